"""The live server and its clients, for the tests here."""

from ..live import PASSWORD, LiveServer, admin, anonymous, api, plan, server, sign_up, start_server, stranger

__all__ = [
    "PASSWORD",
    "LiveServer",
    "admin",
    "anonymous",
    "api",
    "plan",
    "server",
    "sign_up",
    "start_server",
    "stranger",
]
