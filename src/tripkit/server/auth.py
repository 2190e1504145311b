"""From the Authorization header to the actor."""

from contextlib import suppress

from sanic import Request

from tripkit.errors import InvalidToken, NotAuthenticated, TripkitError
from tripkit.schemas.users import Actor, Client
from tripkit.services.api_tokens import PREFIX


async def actor_of(request: Request) -> Actor:
    """Who sends this request; raises `NotAuthenticated` or `InvalidToken`."""
    header = request.headers.get("authorization")
    if not header:
        raise NotAuthenticated
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.isascii():
        raise InvalidToken('the header must be "Authorization: Bearer …"')
    find = _by_api_token if token.startswith(PREFIX) else _by_access_token
    actor = await find(request, token)
    request.ctx.user_id = actor.user_id
    return actor


async def _by_access_token(request: Request, token: str) -> Actor:
    ctx = request.app.ctx
    actor: Actor = await ctx.bridge.read(ctx.tripkit.sessions.authenticate, token, client_of(request))
    return actor


async def _by_api_token(request: Request, token: str) -> Actor:
    ctx = request.app.ctx
    actor: Actor
    actor, is_news = await ctx.bridge.read(ctx.tripkit.api_tokens.authenticate, token, client_of(request))
    if is_news:
        with suppress(TripkitError):  # a request is not refused because its token's use cannot be noted
            await ctx.bridge.write(ctx.tripkit.api_tokens.note_use, actor)
    return actor


async def actor_if_any(request: Request) -> Actor | None:
    """Who sends this request, or None for somebody without credentials.

    Those that cannot be accepted are refused here as well: their owner should learn of it, and not pass for a stranger.
    """
    return await actor_of(request) if request.headers.get("authorization") else None


def client_of(request: Request) -> Client:
    """Where this request comes from."""
    device = request.headers.get("user-agent", "")
    if not device.isascii():  # it may hold bytes that are no text, which no database takes
        device = device.encode(errors="surrogateescape").decode(errors="replace")
    return Client(request.ctx.client, device, request.ctx.id)
