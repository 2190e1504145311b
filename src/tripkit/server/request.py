"""The request, with what every answer and log line needs from the start, however broken the rest of it is."""

import itertools
import secrets
from time import perf_counter
from types import SimpleNamespace
from typing import Any, Final, TypeAlias

from sanic import Config, Request, Sanic

from tripkit.server.protocol import check_head

App: TypeAlias = "Sanic[Config, SimpleNamespace]"

_process: Final = secrets.token_hex(6)
_numbers: Final = itertools.count(1)


class TripkitRequest(Request):
    """`ctx.id` names the request in answers and logs; `ctx.user_id` is set once somebody is signed in.

    State lives here and in no ContextVar: one task serves all requests of a connection.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ctx = self.ctx
        ctx.id = f"{_process}-{next(_numbers):x}"
        ctx.started = perf_counter()
        ctx.user_id = None
        ctx.rate_limit = None
        # Known since the connection was made: a socket that the client has reset cannot be asked any more.
        connection: Any = self.transport.get_protocol()
        ctx.client = ctx.client_key = connection.conn_info.client_ip if connection else ""
        check_head(self.head)
