"""The application of one server process."""

import asyncio
import logging
from collections import defaultdict
from contextlib import suppress
from urllib.parse import urlsplit

import msgspec
from sanic import Request, Sanic
from sanic.response import HTTPResponse

from tripkit import logs
from tripkit.bootstrap import open_tripkit
from tripkit.config import Settings
from tripkit.errors import TripkitError
from tripkit.ratelimit import MemoryLimiter
from tripkit.security.clientip import Resolver
from tripkit.server import docs, middleware, openapi
from tripkit.server.background import Background
from tripkit.server.bridge import Bridge
from tripkit.server.bus import open_bus
from tripkit.server.counters import Keeper
from tripkit.server.events import Events
from tripkit.server.limits import open_limits
from tripkit.server.outbox import OutboxSender
from tripkit.server.problems import ProblemHandler
from tripkit.server.request import App, TripkitRequest
from tripkit.server.routes import ENDPOINTS
from tripkit.server.routing import Handler, mount, sanic_path, template
from tripkit.server.search_upkeep import SearchUpkeep
from tripkit.server.share_views import ViewCounter

_log = logging.getLogger("tripkit.server")

#: Seconds between two rounds of deleting what nobody can use any more.
UPKEEP = 3600


def create_app(settings: Settings, *, first_process: bool = True) -> App:
    """Build the application. `first_process`: the one of several that looks after the database file."""
    app: App = Sanic(
        "tripkit",
        configure_logging=False,
        error_handler=ProblemHandler(),
        request_class=TripkitRequest,
    )
    server = settings.server
    app.config.update(
        AUTO_EXTEND=False,
        ACCESS_LOG=False,
        MOTD=False,
        REQUEST_MAX_SIZE=server.max_body,
        REQUEST_TIMEOUT=server.request_timeout,
        RESPONSE_TIMEOUT=server.request_timeout * 2,
        KEEP_ALIVE_TIMEOUT=server.keep_alive,
        GRACEFUL_SHUTDOWN_TIMEOUT=server.shutdown_timeout,
        # Sanic believes whoever sends these headers; `security/clientip.py` asks who it is.
        FORWARDED_SECRET=None,
        PROXIES_COUNT=None,
        REAL_IP_HEADER=None,
    )
    app.ctx.clients = Resolver(server.trusted_proxies)
    app.ctx.base_url = server.public_url.rstrip("/")
    app.ctx.base_path = urlsplit(app.ctx.base_url).path
    described = openapi.document(ENDPOINTS, server_url=app.ctx.base_url)
    app.ctx.openapi = msgspec.json.encode(described)
    app.ctx.docs = docs.page(described)
    mount(app, list(ENDPOINTS))
    _mount_options(app)
    for route in app.router.routes:
        route.ctx.template = template(route.path)
    middleware.install(app, settings)

    @app.before_server_start
    async def open_services(app: App) -> None:
        app.ctx.logging = logs.to_stderr(style=settings.logs.format, level=settings.logs.level)
        app.ctx.logging.__enter__()
        app.ctx.tripkit = open_tripkit(settings)
        _ = app.ctx.tripkit.oauth  # what it loads takes long, and would hold up the first who signs in
        app.ctx.limits = open_limits(settings, app.ctx.tripkit.clock)
        with suppress(OSError):  # the log says so, and the server does without
            await app.ctx.limits.limiter.ping()
        app.ctx.bridge = Bridge(app.ctx.tripkit, checkpoints=first_process)
        app.ctx.background = Background()
        app.ctx.events = Events(app.ctx.tripkit, app.ctx.bridge, open_bus(settings))
        app.ctx.events.start()
        app.ctx.keeper = None
        if first_process and isinstance(limiter := app.ctx.limits.limiter, MemoryLimiter):
            app.ctx.keeper = Keeper(limiter, app.ctx.tripkit.rate_limits, app.ctx.bridge)
            await app.ctx.keeper.start()
        app.ctx.views = ViewCounter(app.ctx.tripkit, app.ctx.bridge)
        app.ctx.views.start()
        app.ctx.sender = OutboxSender(app.ctx.tripkit)
        app.ctx.sender.start()
        if first_process:
            app.ctx.upkeep = asyncio.create_task(_upkeep(app))
            app.ctx.search_upkeep = SearchUpkeep(app.ctx.bridge, app.ctx.tripkit.search_index)
            app.ctx.search_upkeep.start()

    @app.before_server_stop
    async def stop_upkeep(app: App) -> None:
        await app.ctx.events.close()  # or nobody who follows a plan would ever have been answered
        if first_process:
            app.ctx.upkeep.cancel()
            app.ctx.search_upkeep.stop()

    @app.after_server_stop
    async def close_services(app: App) -> None:
        await app.ctx.background.drain()
        if app.ctx.keeper:
            await app.ctx.keeper.stop()
        await app.ctx.views.stop()
        app.ctx.sender.stop()
        app.ctx.bridge.close()
        await app.ctx.limits.limiter.close()
        app.ctx.tripkit.close()
        app.ctx.logging.__exit__(None, None, None)

    return app


def _mount_options(app: App) -> None:
    """OPTIONS on every address, for browsers that ask before they send."""
    methods: dict[str, list[str]] = defaultdict(list)
    for endpoint in ENDPOINTS:
        methods[endpoint.path] += ["GET", "HEAD"] if endpoint.method == "GET" else [endpoint.method]
    for path, offered in methods.items():
        app.add_route(_options(offered), sanic_path(path), methods=["OPTIONS"], name=f"options-{path}")


def _options(offered: list[str]) -> Handler:
    async def options(request: Request, **_: str) -> HTTPResponse:  # noqa: ARG001
        return middleware.preflight(offered)

    return options


async def _upkeep(app: App) -> None:
    """Now and every hour: delete for good what was in the trash too long, and sessions and keys that are over; and
    encrypt with the current key what an earlier one still opens.
    """
    while True:
        try:
            await app.ctx.bridge.write(app.ctx.tripkit.plans.purge)
            await app.ctx.bridge.write(app.ctx.tripkit.items.purge)
            await app.ctx.bridge.write(app.ctx.tripkit.expenses.purge)
            await app.ctx.bridge.write(app.ctx.tripkit.checklists.purge)
            await app.ctx.bridge.write(app.ctx.tripkit.sessions.forget_expired)
            await app.ctx.bridge.write(app.ctx.tripkit.one_time_tokens.forget_expired)
            await app.ctx.bridge.write(app.ctx.tripkit.oauth_tickets.forget_expired)
            await app.ctx.bridge.write(app.ctx.tripkit.idempotency.forget_expired)
            await app.ctx.bridge.write(app.ctx.tripkit.share_views.forget_old)
            await app.ctx.bridge.write(app.ctx.tripkit.second_factors.reseal)
            while await app.ctx.bridge.write(app.ctx.tripkit.rate_limits.forget_expired):
                pass
            while await app.ctx.bridge.write(app.ctx.tripkit.history.forget_old):
                pass
        except TripkitError as error:
            _log.warning("upkeep failed, and is tried again in an hour: %s", error)
        await asyncio.sleep(UPKEEP)
