"""Refused attempts in the audit trail: a route that names an event has what it refuses recorded, here and nowhere else.

What was done is recorded by the services. What a rate limit refuses is not recorded, and of the rest only so much of
each client as the rule `refusals` allows: the trail is never cut, so nobody may fill it at will.
"""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from sanic import Request

from tripkit.errors import Busy, DatabaseError, TripkitError
from tripkit.schemas.users import Actor
from tripkit.server.auth import client_of
from tripkit.server.limits import REFUSALS
from tripkit.server.problems import slug
from tripkit.services.audit import Event

_log = logging.getLogger("tripkit.server")


async def recorded(
    request: Request,
    event: Event,
    work: Callable[[], Coroutine[Any, Any, Any]],
    *,
    actor: Actor | None,
    user_id: int | None,
) -> Any:
    """Do `work`; when it is refused, record that `event` was. `user_id` is whom it is about, if not the actor."""
    try:
        return await work()
    except TripkitError as error:
        if not isinstance(error, Busy | DatabaseError):
            await _record(request, event, error, actor, user_id)
        raise


async def _record(
    request: Request, event: Event, error: TripkitError, actor: Actor | None, user_id: int | None
) -> None:
    fields = ", ".join(getattr(error, "errors", ()))
    await record_refusal(request, event, f"{slug(error)}: {fields}" if fields else slug(error), actor, user_id)


async def record_refusal(
    request: Request, event: Event, why: str, actor: Actor | None = None, user_id: int | None = None
) -> None:
    """Record that `event` was refused, unless this client had enough of that recorded."""
    ctx = request.app.ctx
    try:
        if await ctx.limits.allows(REFUSALS, request):
            await ctx.bridge.write(
                ctx.tripkit.audit.record, event, actor, subject=user_id, client=client_of(request), refused=why
            )
    except TripkitError as failed:  # the caller is to hear of the refusal all the same
        _log.warning("a refused attempt could not be recorded: %s", failed, extra={"fields": {"event": event}})
