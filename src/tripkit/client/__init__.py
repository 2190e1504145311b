"""A client for tripkit servers, as a library: `Client`.

It works on the records of `tripkit.schemas`, and raises what the services of a local database raise (`tripkit.errors`).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tripkit.client.client import Client

__all__ = ["Client"]


def __getattr__(name: str) -> Any:
    # It brings HTTP, which commands on a local database can do without.
    if name == "Client":
        from tripkit.client.client import Client

        return Client
    raise AttributeError(name)
