"""Plans while they change."""

import re
from typing import Any, Final

from sanic import Request

from tripkit.errors import Malformed, NotAuthenticated, NotFound, TripkitError
from tripkit.schemas.changes import EventQuery
from tripkit.schemas.users import Actor
from tripkit.server.answer import Answer
from tripkit.server.auth import actor_of
from tripkit.server.events import Events, Listener
from tripkit.server.routing import Resource

routes: Final = Resource("history", "/api/plans/{plan_id}")
EVENT_STREAM: Final = "text/event-stream"
#: Milliseconds after which a client connects again.
_RETRY: Final = 3000
_HEADERS: Final = {"x-accel-buffering": "no"}  # or nginx would collect the events


@routes.get(
    "/events/",
    scope="plans:read",
    query=EventQuery,
    content_type=EVENT_STREAM,
    problems=(503,),
    headers={"Last-Event-ID": "The last event you got: those after it come first."},
)
async def follow_plan(request: Request, actor: Actor, plan_id: int, query: EventQuery) -> None:
    """Follow a plan: an event for each change, as it is made, in the order in which they were made.

    `open` comes first and says at which version the plan is. `change` holds one as `changes/` lists it; of one that is
    very large the fields are left out. `reset` says that not every change since Last-Event-ID is kept: read the plan
    anew. `end` is the last, with the reason: no access any more, or the server stops. A comment now and then keeps the
    connection open. The id of an event is the version of the plan: send the last one as Last-Event-ID to go on.
    """
    ctx = request.app.ctx
    newest = await ctx.bridge.read(ctx.tripkit.history.newest, actor, plan_id)
    last = _last_event(request, newest)
    events: Events = ctx.events
    with events.listening(actor.user_id, plan_id, newest if last is None else last) as listener:
        response = await request.respond(Answer(b"", 200, _HEADERS, EVENT_STREAM))
        if request.method == "HEAD":
            return
        await response.send(f'retry: {_RETRY}\nid: {listener.version}\nevent: open\ndata: {{"version":{newest}}}\n\n')
        reason = await _follow(request, response, events, listener, newest, query)
        await response.send(f'event: end\ndata: {{"reason":"{reason}"}}\n\n')


async def _follow(
    request: Request, response: Any, events: Events, listener: Listener, newest: int, query: EventQuery
) -> str:
    """Tell what happens until there is an end; why there is one."""
    heartbeat = request.app.ctx.tripkit.settings.server.event_heartbeat
    try:
        await _catch_up(response, events, listener, newest)
        while query.follow and not events.is_closing():
            if not await events.wait(listener, heartbeat):
                await response.send(b": still here\n\n")
            if events.is_closing():
                break
            await _require_access(request, listener.plan_id)
            while found := await events.next(listener):
                await _tell(response, listener, found)
    except (NotAuthenticated, NotFound):
        return "no access"
    except TripkitError:  # too much to do, or no database: the client comes back
        return "try again"
    return "the server stops" if events.is_closing() else "that is all"


async def _catch_up(response: Any, events: Events, listener: Listener, newest: int) -> None:
    """Tell what happened since the last event that the client got; or that not all of it is known."""
    while listener.version < newest:
        found = await events.next(listener)
        if not found or found[0][0] != listener.version + 1:
            await response.send(f'id: {newest}\nevent: reset\ndata: {{"version":{newest}}}\n\n')
            listener.version = newest
        else:
            await _tell(response, listener, found)
    listener.news.set()  # there may have been something since


async def _tell(response: Any, listener: Listener, found: list[tuple[int, bytes]]) -> None:
    for version, text in found:
        await response.send(text)
        listener.version = version


async def _require_access(request: Request, plan_id: int) -> None:
    """Raise unless whoever asked may still read the plan, by the same token."""
    ctx = request.app.ctx
    actor = await actor_of(request)
    await ctx.bridge.read(ctx.tripkit.history.newest, actor, plan_id)


def _last_event(request: Request, newest: int) -> int | None:
    header = request.headers.get("last-event-id")
    if header is None:
        return None
    if not re.fullmatch("[0-9]{1,18}", header.strip()):
        raise Malformed("Last-Event-ID is the id of an event of this stream: the number of a version.")
    return min(int(header), newest)
