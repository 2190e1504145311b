"""Where somebody is signed in."""

from typing import Final

from sanic import Request

from tripkit.schemas.sessions import SessionList
from tripkit.schemas.users import Actor
from tripkit.server.routing import Resource

routes: Final = Resource("sessions", "/api/auth/sessions")


@routes.get("/", answer=SessionList)
async def list_sessions(request: Request, actor: Actor) -> SessionList:
    """List your sessions, the one used last first: at most 100 of them."""
    ctx = request.app.ctx
    found: SessionList = await ctx.bridge.read(ctx.tripkit.sessions.alive, actor)
    return found


@routes.delete("/{session_id}/", status=204)
async def end_session(request: Request, actor: Actor, session_id: int) -> None:
    """End one of your sessions: its tokens are dead at once.

    For another session than this one you must have given your password or a code in the last 10 minutes.
    """
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.sessions.end_one, actor, session_id)


@routes.delete("/", status=204)
async def end_other_sessions(request: Request, actor: Actor) -> None:
    """End all your sessions but this one.

    You must have given your password or a code in the last 10 minutes.
    """
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.sessions.end_others, actor)
