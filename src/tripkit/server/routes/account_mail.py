"""What goes by mail: showing that an address is one's own, forgotten passwords, and other addresses."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.users import Accepted, Actor, LinkTokenIn, ResetIn, ResetRequestIn
from tripkit.server import limits
from tripkit.server.auditing import record_refusal
from tripkit.server.auth import client_of
from tripkit.server.routing import FORMS, JSON, Resource, json_response
from tripkit.services.audit import Event

routes: Final = Resource("accounts", "/api/auth")
_ANY_FORM: Final = (JSON, *FORMS)
_RESET_REQUESTED: Final = Accepted("If an account has this address, a message with a link is on its way to it.")


@routes.post(
    "/email/verify/",
    auth=False,
    body=LinkTokenIn,
    takes=_ANY_FORM,
    status=204,
    problems=(401, 403),
    limits=(limits.GUESSES,),
    audited=Event.VERIFIED,
)
async def verify_email(request: Request, body: LinkTokenIn) -> None:
    """Confirm your email address, with the token that was mailed to it when you signed up."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.email_verification.verify, body.token, client_of(request))


@routes.post(
    "/email/verify/resend/",
    status=204,
    problems=(409,),
    limits=(limits.MAIL,),
    audited=Event.VERIFICATION_REQUESTED,
)
async def resend_verification(request: Request, actor: Actor) -> None:
    """Have the link that confirms your address mailed again. The one before is worth nothing any more."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.email_verification.resend, actor)


@routes.post(
    "/password/reset/",
    auth=False,
    body=ResetRequestIn,
    takes=_ANY_FORM,
    answer=Accepted,
    status=202,
    limits=(limits.RESET,),
)
async def request_password_reset(request: Request, body: ResetRequestIn) -> HTTPResponse:
    """Have a link to a new password mailed to you. The answer is the same whether there is such an account or not."""
    request.app.ctx.background.start("mailing a link to a new password", _request_reset(request, body.email))
    return json_response(_RESET_REQUESTED, 202)


@routes.post(
    "/password/reset/confirm/",
    auth=False,
    body=ResetIn,
    takes=_ANY_FORM,
    status=204,
    problems=(401, 403, 503),
    limits=(limits.GUESSES,),
    audited=Event.PASSWORD_RESET,
)
async def reset_password(request: Request, body: ResetIn) -> None:
    """Set a new password, with the token that was mailed to you. All your sessions end."""
    ctx = request.app.ctx
    await ctx.bridge.hash(ctx.tripkit.password_reset.confirm, body, client_of(request))


@routes.post(
    "/email/confirm/",
    auth=False,
    body=LinkTokenIn,
    takes=_ANY_FORM,
    status=204,
    problems=(401, 403, 409),
    limits=(limits.GUESSES,),
    audited=Event.EMAIL_CHANGED,
)
async def confirm_new_email(request: Request, body: LinkTokenIn) -> None:
    """Confirm your new email address, with the token that was mailed to it. All your other sessions end."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.email_change.confirm, body.token, client_of(request))


@routes.post(
    "/email/revert/",
    auth=False,
    body=LinkTokenIn,
    takes=_ANY_FORM,
    status=204,
    problems=(401, 403, 409),
    limits=(limits.GUESSES,),
    audited=Event.EMAIL_REVERTED,
)
async def revert_email(request: Request, body: LinkTokenIn) -> None:
    """Take back a change of your email address, with the token that was mailed to the old one.

    All sessions end, the password is worth nothing any more, and a link to a new one is mailed to the old address.
    """
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.email_change.revert, body.token, client_of(request))


async def _request_reset(request: Request, email: str) -> None:
    ctx = request.app.ctx
    refused = await ctx.bridge.write(ctx.tripkit.password_reset.request, email, client_of(request))
    if refused:
        await record_refusal(request, Event.RESET_REQUESTED, refused)
