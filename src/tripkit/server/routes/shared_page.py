"""The page behind a link to a plan. No account is needed, and the token in its address is told to nobody else."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.errors import LinkPasswordRequired, NotFound, TripkitError, ValidationFailed, WrongLinkPassword
from tripkit.schemas.share_links import LinkGrant, LinkPasswordIn
from tripkit.schemas.shared import SharedPlan
from tripkit.server import refusal_page, templating, trip_page
from tripkit.server.answer import Answer
from tripkit.server.limits import SHARE_PASSWORD, SHARED
from tripkit.server.links import absolute
from tripkit.server.refusal_page import UNLISTED, words
from tripkit.server.routes.shared import opened
from tripkit.server.routing import FORMS, Resource
from tripkit.server.share_cookie import with_grant
from tripkit.services.links import shared_page

routes: Final = Resource("pages", "/s/{token}")


def refused(request: Request, error: TripkitError) -> HTTPResponse:
    """A form where a password is missing, or else a page that says what is wrong. Nobody learns why a link is dead."""
    if isinstance(error, WrongLinkPassword):
        return _password_form(request, str(error), 403)
    if isinstance(error, LinkPasswordRequired):
        return _password_form(request, "", 200)
    if isinstance(error, ValidationFailed) and "password" in error.errors:
        return _password_form(request, f"The password {' '.join(error.errors['password'])}", 400)
    if isinstance(error, NotFound):
        told = (
            "It may be mistyped, or have ended, or whoever sent it has switched it off.",
            "Ask them for a new one.",
        )
        return words(request, "This link does not work", told, status=404)
    return refusal_page.refused(request, error)


@routes.get("", auth=False, content_type=templating.CONTENT_TYPE, limits=(SHARED,), refusal=refused)
async def show_shared_page(request: Request, token: str) -> HTTPResponse:
    """Look at the plan behind a link. Where it has a password, a form asks for it."""
    ctx = request.app.ctx
    plan: SharedPlan = (await opened(request, token)).plan
    body: bytes = await ctx.bridge.read_much(
        trip_page.page,
        plan,
        url=absolute(request, shared_page(token)),
        base=ctx.base_path,
        calendar=f"{ctx.base_path}/api/shared/{token}/calendar.ics",
        listed=False,
    )
    return templating.answer(body, headers=UNLISTED)


@routes.post(
    "",
    auth=False,
    body=LinkPasswordIn,
    takes=FORMS,
    content_type=templating.CONTENT_TYPE,
    status=303,
    problems=(403,),
    limits=(SHARED, *SHARE_PASSWORD),
    refusal=refused,
)
async def unlock_shared_page(request: Request, token: str, body: LinkPasswordIn) -> HTTPResponse:
    """Give the password of a link. It need not be given again for an hour."""
    ctx = request.app.ctx
    grant: LinkGrant = await ctx.bridge.hash(ctx.tripkit.link_access.unlock, token, body.password)
    here = absolute(request, shared_page(token))
    cookie = with_grant(token, grant.grant, secure=here.startswith("https://"))
    return Answer(b"", 303, {"location": ctx.base_path + shared_page(token), "set-cookie": cookie})


def _password_form(request: Request, wrong: str, status: int) -> HTTPResponse:
    """The form. What is behind it is not named: whoever only has the link learns nothing."""
    action = request.app.ctx.base_path + shared_page(request.match_info["token"])
    told = ("Whoever shared this trip has set a password.",)
    return words(
        request, "A password is needed", told, template="password.html", status=status, action=action, wrong=wrong
    )
