"""One live server on each kind of database."""

from ..live import server_on_each as server

__all__ = ["server"]
