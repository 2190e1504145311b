"""One server process: from a bound socket to the last answer."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import Any, Final

import uvloop

from tripkit.config import Settings
from tripkit.server.app import create_app
from tripkit.server.protocol import Protocol
from tripkit.server.request import App

BACKLOG: Final = 1024


def serve_one(
    settings: Settings, listener: socket.socket, ready: Callable[[], None], *, first_process: bool = True
) -> None:
    """Serve in this process until a signal comes. `ready` is called once requests are answered."""
    os.environ["SANIC_IGNORE_PRODUCTION_WARNING"] = "true"  # it is about options that tripkit does not offer
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve_until_stopped(settings, listener, ready, first_process))


async def _serve_until_stopped(
    settings: Settings, listener: socket.socket, ready: Callable[[], None], first_process: bool
) -> None:
    """Sanic's own runner loses a signal that comes while it starts, so the server is driven here."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app: App = create_app(settings, first_process=first_process)
    # Known to Sanic as its one server, it sends no empty Alt-Svc header.
    app.prepare(sock=listener, single_process=True, access_log=False, motd=False)
    server: Any = await app.create_server(
        sock=listener,
        backlog=BACKLOG,
        protocol=Protocol,
        access_log=False,
        return_asyncio_server=True,
        asyncio_server_kwargs={"start_serving": False},
    )
    await server.startup()
    await server.before_start()
    await server.start_serving()
    await server.after_start()
    ready()
    await stop.wait()
    await server.before_stop()
    server.close()
    await _drain(server.connections, settings.server.shutdown_timeout)
    await server.after_stop()


async def _drain(connections: set[Any], seconds: float) -> None:
    """Close idle connections, and the others when their request is answered, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while connections and time.monotonic() < deadline:
        for connection in list(connections):
            connection.close_if_idle()
        await asyncio.sleep(0.05)
    for connection in list(connections):
        connection.abort()
