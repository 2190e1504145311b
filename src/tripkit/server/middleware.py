"""What every answer bears: security headers, CORS, the request id; and its line in the log and the metrics."""

import logging
from time import perf_counter
from typing import Any, Final

from sanic import Request
from sanic.response import BaseHTTPResponse, HTTPResponse

from tripkit import metrics
from tripkit.config import Settings
from tripkit.server.request import App

_log = logging.getLogger("tripkit.access")

_ALWAYS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
CSP: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
PRIVATE: Final = "no-store"
HSTS: Final = "max-age=31536000"

_ALLOWED_HEADERS: Final = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key"
_EXPOSED_HEADERS: Final = "ETag, Location, Retry-After, X-Request-ID"


def install(app: App, settings: Settings) -> None:
    """Add the one response middleware."""
    origins = frozenset(settings.server.cors_origins)
    fixed = dict(_ALWAYS)
    if settings.server.public_url.startswith("https://"):
        fixed["strict-transport-security"] = HSTS
    access = settings.logs.access

    async def finish(request: Any, response: BaseHTTPResponse) -> None:
        headers = response.headers
        headers.update(fixed)
        headers["x-request-id"] = request.ctx.id
        headers.setdefault("content-security-policy", CSP)
        headers.setdefault("cache-control", PRIVATE)
        if origins:
            headers["vary"] = "Origin"
            if request.headers.get("origin") in origins:
                headers["access-control-allow-origin"] = request.headers["origin"]
                headers["access-control-expose-headers"] = _EXPOSED_HEADERS
        _record(request, response, access)

    app.register_middleware(finish, "response")


def preflight(methods: list[str]) -> HTTPResponse:
    """The answer to OPTIONS: what is offered here; whether the origin may use it, `finish` says."""
    allowed = ", ".join(sorted({*methods, "OPTIONS"}))
    return HTTPResponse(
        b"",
        204,
        {
            "allow": allowed,
            "access-control-allow-methods": allowed,
            "access-control-allow-headers": _ALLOWED_HEADERS,
            "access-control-max-age": "600",
        },
    )


def _record(request: Request, response: BaseHTTPResponse, access: bool) -> None:
    seconds = perf_counter() - request.ctx.started
    route = request.route.ctx.template if request.route else "(none)"
    metrics.observe_request(request.method, route, response.status, seconds)
    if access:
        fields = {
            "method": request.method,
            "route": route if request.route else request.path[:200],
            "status": response.status,
            "ms": round(seconds * 1000, 1),
            "client": request.ctx.client,
            "user_id": request.ctx.user_id,
            "request_id": request.ctx.id,
        }
        _log.info("%s %s %s", fields["method"], fields["route"], fields["status"], extra={"fields": fields})
