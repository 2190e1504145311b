"""From the Authorization header to the actor."""

from sanic import Request

from tripkit.errors import InvalidToken, NotAuthenticated
from tripkit.schemas.users import Actor, Client


async def actor_of(request: Request) -> Actor:
    """Who sends this request; raises `NotAuthenticated` or `InvalidToken`."""
    header = request.headers.get("authorization")
    if not header:
        raise NotAuthenticated
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.isascii():
        raise InvalidToken('the header must be "Authorization: Bearer …"')
    ctx = request.app.ctx
    actor: Actor = await ctx.bridge.read(ctx.tripkit.sessions.authenticate, token, client_of(request))
    request.ctx.user_id = actor.user_id
    return actor


async def actor_if_any(request: Request) -> Actor | None:
    """Who sends this request, or None for somebody without credentials.

    Those that cannot be accepted are refused here as well: their owner should learn of it, and not pass for a stranger.
    """
    return await actor_of(request) if request.headers.get("authorization") else None


def client_of(request: Request) -> Client:
    """Where this request comes from."""
    return Client(request.ctx.client, request.headers.get("user-agent", ""), request.ctx.id)
