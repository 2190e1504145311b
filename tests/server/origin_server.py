"""`tripkit serve` with one more route, /origin, which tells where the server says that a request comes from.

With `TRIPKIT_TEST_SOCKET` it listens on a unix socket at that path as well as it would on the port.
"""

import os
import socket
from typing import Any

from sanic import Request

from tripkit.__main__ import main
from tripkit.server import routes
from tripkit.server.links import absolute
from tripkit.server.routing import Resource

extra = Resource("test", "")


@extra.get("/origin", auth=False)
async def origin(request: Request) -> dict[str, Any]:
    """Tell where this request comes from."""
    ctx = request.ctx
    return {"client": ctx.client, "key": ctx.client_key, "link": absolute(request, "/shared/1")}


routes.ENDPOINTS = (*routes.ENDPOINTS, *extra.endpoints)

if path := os.environ.pop("TRIPKIT_TEST_SOCKET", None):
    from tripkit.server import run

    def bind(host: str, port: int) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        return listener

    run.bind = bind
    run.url_of = lambda listener, settings: "http://unix:0"

main()
