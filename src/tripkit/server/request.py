"""The request, with what every answer and log line needs from the start, however broken the rest of it is."""

import itertools
import secrets
from time import perf_counter
from types import SimpleNamespace
from typing import Any, Final, TypeAlias

from sanic import Config, Request, Sanic

from tripkit.security.clientip import NOBODY
from tripkit.server.protocol import check_head, check_host

App: TypeAlias = "Sanic[Config, SimpleNamespace]"

_process: Final = secrets.token_hex(6)
_numbers: Final = itertools.count(1)


class TripkitRequest(Request):
    """`ctx.id` names the request in answers and logs; `ctx.user_id` is set once it is known who asks.

    `ctx.client` is the address of the client, `ctx.client_key` what limits count by, `ctx.origin` all that is known of
    where the request comes from (`security/clientip.py`), and `ctx.peer` who is at the other end of the connection.

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
        ctx.peer = peer = connection.peer if connection else NOBODY
        ctx.origin = origin = self.app.ctx.clients.resolve(peer, self.headers.items()) if peer.is_proxy else peer.origin
        ctx.client, ctx.client_key = origin.address, origin.network
        if self.head:  # there is none in what Sanic makes up for a head that cannot be read
            check_head(self.head)
            check_host(self.headers.getall("host", ()), self.version)
