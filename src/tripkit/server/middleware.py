"""What every answer bears: security headers, CORS, the request id; and its line in the log and the metrics."""

import logging
import re
from time import perf_counter
from typing import Any, Final

from sanic import Request
from sanic.response import BaseHTTPResponse, HTTPResponse

from tripkit import metrics
from tripkit.config import Settings
from tripkit.schemas.contract import API, API_HEADER
from tripkit.server.answer import Answer, encoded
from tripkit.server.request import App

_log = logging.getLogger("tripkit.access")

CSP: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
#: On every answer, unless it has one of its own.
_STANDING: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "content-security-policy": CSP,
    "cache-control": "no-store",
    API_HEADER: ".".join(map(str, API)),
}
HSTS: Final = "max-age=31536000"

_ALLOWED_HEADERS: Final = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Share-Grant, Prefer"
#: What may be the secret of a link in an address that is no route: a mistyped one, perhaps.
_SECRET: Final = re.compile("(?<=/s/)[^/]+|(?<=/shared/)[^/]+|(?<=/)[A-Za-z0-9_-]{22,}", re.IGNORECASE)
_EXPOSED_HEADERS: Final = "ETag, Location, Retry-After, X-Request-ID, Idempotency-Replayed, RateLimit, RateLimit-Policy"


def install(app: App, settings: Settings) -> None:
    """Add the one response middleware."""
    origins = frozenset(settings.server.cors_origins)
    access = settings.logs.access
    fixed = dict(_STANDING)
    if settings.server.public_url.startswith("https://"):
        fixed["strict-transport-security"] = HSTS + ("; includeSubDomains" if settings.server.hsts_subdomains else "")
    if origins:
        fixed["vary"] = "Origin"
    standing = encoded(fixed)

    async def finish(request: Any, response: Any) -> None:
        headers = response.headers
        if not isinstance(response, Answer):  # Sanic's own, made where ours could not be
            for name, value in fixed.items():
                headers.setdefault(name, value)
        elif "cache-control" in headers or "content-security-policy" in headers:
            response.standing = encoded({name: value for name, value in fixed.items() if name not in headers})
        else:
            response.standing = standing
        headers["x-request-id"] = request.ctx.id
        if request.ctx.rate_limit:
            headers.update(request.ctx.rate_limit)
        if origins and (origin := request.headers.get("origin")) in origins:
            headers["access-control-allow-origin"] = origin
            headers["access-control-expose-headers"] = _EXPOSED_HEADERS
        _record(request, response, access)

    app.register_middleware(finish, "response")


def preflight(methods: list[str]) -> HTTPResponse:
    """The answer to OPTIONS: what is offered here; whether the origin may use it, `finish` says."""
    allowed = ", ".join(sorted({*methods, "OPTIONS"}))
    return Answer(
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
            "route": route if request.route else _without_secrets(request.path)[:200],
            "status": response.status,
            "ms": round(seconds * 1000, 1),
            "client": request.ctx.client,
            "user_id": request.ctx.user_id,
            "request_id": request.ctx.id,
        }
        _log.info("%s %s %s", fields["method"], fields["route"], fields["status"], extra={"fields": fields})


def _without_secrets(path: str) -> str:
    return _SECRET.sub("…", path)
