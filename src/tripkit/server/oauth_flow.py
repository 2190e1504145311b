"""What the routes of sign-ins with a provider share: where a browser comes back, and that refusals are recorded."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sanic import Request

from tripkit.errors import Busy, ProviderUnavailable, TripkitError
from tripkit.oauth.base import callback_url
from tripkit.schemas.users import Actor
from tripkit.server.auth import client_of

_log = logging.getLogger("tripkit.oauth")


def redirect_uri(request: Request, provider: str) -> str:
    """Where the provider sends this browser back to."""
    base = request.app.ctx.base_url
    if not base:
        raise ProviderUnavailable(provider, "this server does not know its own address (server.public_url is not set)")
    return callback_url(base, provider)


@asynccontextmanager
async def recorded(
    request: Request, provider: str, *, actor: Actor | None = None, subject: int | None = None
) -> AsyncIterator[None]:
    """Write down a refusal that comes out of this; `subject` is the account it is about, where that is known."""
    try:
        yield
    except Busy:
        raise
    except TripkitError as error:
        if isinstance(error, ProviderUnavailable):
            fields = {"provider": provider, "where": error.where, "request_id": request.ctx.id}
            _log.warning("sign-in provider failed: %s", error.reason, extra={"fields": fields})
        ctx = request.app.ctx
        record = ctx.tripkit.oauth.record_refusal
        await ctx.bridge.write(record, provider, error, client_of(request), actor=actor, subject=subject)
        raise
