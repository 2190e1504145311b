"""For those who run the server, and those who build on it."""

import hmac
from typing import Final

import msgspec
from sanic import Request
from sanic.response import HTTPResponse

from tripkit import metrics
from tripkit.bootstrap import Tripkit
from tripkit.errors import Forbidden, SchemaMismatch, TripkitError
from tripkit.server import docs
from tripkit.server.answer import Answer
from tripkit.server.routing import Resource

routes: Final = Resource("operations", "")
_FORWARDING: Final = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "x-real-ip", "via")


class Health(msgspec.Struct):
    """Whether the process is alive."""

    status: str


class Readiness(msgspec.Struct):
    """Whether requests can be served; each part is `ok`, or what is wrong with it.

    A `limiter` that is `degraded` limits less than it should; requests are served all the same.
    """

    status: str
    database: str
    migrations: str
    limiter: str = "ok"


@routes.get("/healthz", auth=False, answer=Health)
async def health(request: Request) -> Health:  # noqa: ARG001
    """Whether the process is alive."""
    return Health("ok")


@routes.get("/readyz", auth=False, answer=Readiness, problems=(503,))
async def readiness(request: Request) -> HTTPResponse:
    """Whether the database answers and its schema is current, and whether rate limits are complete."""
    ctx = request.app.ctx
    found: Readiness = await ctx.bridge.read_much(_ready, ctx.tripkit)
    try:
        await ctx.limits.limiter.ping()
    except OSError:
        found.limiter = "degraded"
    status = 200 if found.status == "ok" else 503
    return Answer(msgspec.json.encode(found), status, {}, "application/json")


@routes.get("/metrics", auth=False, content_type="text/plain", problems=(403,))
async def prometheus(request: Request) -> HTTPResponse:
    """Counters and timings, for Prometheus. Open to this machine, or with `metrics.token`."""
    token = request.app.ctx.tripkit.settings.metrics.token
    sent = request.headers.get("authorization", "").removeprefix("Bearer ")
    allowed = hmac.compare_digest(sent.encode(), token.encode()) if token else _is_local(request)
    if not allowed:
        raise Forbidden("Metrics are for this machine only, unless metrics.token is set and sent as a bearer token.")
    return Answer(metrics.exposition(), 200, {}, metrics.CONTENT_TYPE)


@routes.get("/openapi.json", auth=False)
async def openapi_document(request: Request) -> HTTPResponse:
    """This API as an OpenAPI 3.1 document."""
    return Answer(request.app.ctx.openapi, 200, {"cache-control": "no-cache"}, "application/json")


@routes.get("/docs", auth=False, content_type="text/html")
async def reference(request: Request) -> HTTPResponse:
    """The reference of this API, to read."""
    headers = {"cache-control": "no-cache", "content-security-policy": docs.CSP}
    return Answer(request.app.ctx.docs, 200, headers, "text/html; charset=utf-8")


@routes.get("/docs/style.css", auth=False, content_type="text/css")
async def reference_style(request: Request) -> HTTPResponse:  # noqa: ARG001
    """The looks of the reference."""
    return Answer(docs.style(), 200, {"cache-control": "no-cache"}, "text/css; charset=utf-8")


def _ready(tripkit: Tripkit) -> Readiness:
    database = migrations = "ok"
    try:
        tripkit.migrations.require_current()
    except SchemaMismatch:
        migrations = "not current"
    except TripkitError:
        database = "not available"
    return Readiness("ok" if database == migrations == "ok" else "unavailable", database, migrations)


def _is_local(request: Request) -> bool:
    """A loopback peer that speaks for nobody else: a proxy on this machine adds forwarding headers."""
    return request.ctx.peer.is_loopback and not any(name in request.headers for name in _FORWARDING)
