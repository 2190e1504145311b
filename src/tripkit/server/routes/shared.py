"""Plans behind links, for whoever has the link. The token of a link is a secret: nothing here repeats or logs it."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.formats.calendar import calendar_of
from tripkit.schemas.share_links import LinkGrant, LinkPasswordIn
from tripkit.schemas.shared import SharedPlan
from tripkit.server.answer import Answer
from tripkit.server.conditional import hashed, is_known
from tripkit.server.limits import SHARE_PASSWORD, SHARED
from tripkit.server.routing import JSON, Resource
from tripkit.server.share_cookie import grant_of
from tripkit.services import timezones
from tripkit.services.link_access import Opened

routes: Final = Resource("sharing", "/api/shared/{token}")
ICS: Final = "text/calendar"
_GRANT: Final = {"Share-Grant": "The grant that was given for the password of the link, if it has one."}
_IF_NONE_MATCH: Final = {"If-None-Match": "The ETag that you have: if nothing has changed, the answer is 304."}


@routes.get("/", auth=False, answer=SharedPlan, problems=(401,), headers=_GRANT | _IF_NONE_MATCH, limits=(SHARED,))
async def get_shared_plan(request: Request, token: str) -> HTTPResponse:
    """Read the plan behind a link, but for what is hidden. An account is not needed.

    A link with a password is answered 401 until its password was given.
    """
    plan = (await opened(request, token)).plan
    body, tag = await request.app.ctx.bridge.read_much(hashed, plan)  # in a thread: it may be large
    if is_known(request, tag):
        return Answer(b"", 304, {"etag": tag})
    return Answer(body, 200, {"etag": tag}, JSON)


@routes.post("/", auth=False, body=LinkPasswordIn, answer=LinkGrant, problems=(401,), limits=(SHARED, *SHARE_PASSWORD))
async def unlock_shared_plan(request: Request, token: str, body: LinkPasswordIn) -> LinkGrant:
    """Give the password of a link, for a grant that stands for it for an hour.

    Send the grant as the header `Share-Grant` when you read the plan.
    """
    ctx = request.app.ctx
    grant: LinkGrant = await ctx.bridge.hash(ctx.tripkit.link_access.unlock, token, body.password)
    return grant


@routes.get("/calendar.ics", auth=False, content_type=ICS, problems=(401,), headers=_GRANT, limits=(SHARED,))
async def get_shared_calendar(request: Request, token: str) -> HTTPResponse:
    """Download the plan behind a link as a calendar (RFC 5545): an event for each item with a date."""
    plan = (await opened(request, token)).plan
    text = await request.app.ctx.bridge.read_much(calendar_of, plan, timezones.rules)
    return Answer(text, 200, {"content-disposition": 'attachment; filename="trip.ics"'}, f"{ICS}; charset=utf-8")


async def opened(request: Request, token: str) -> Opened:
    """What a link shows, with the grant that came along. It counts as a view."""
    ctx = request.app.ctx
    found: Opened = await ctx.bridge.read_much(ctx.tripkit.link_access.read, token, grant_of(request, token))
    ctx.views.count(request, found.link_id)
    return found
