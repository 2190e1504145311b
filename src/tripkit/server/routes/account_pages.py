"""The pages that links in mail lead to. Looking at one uses nothing up, since mail scanners do; its button does."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final

from msgspec import Meta, Struct
from sanic import Request
from sanic.response import HTTPResponse

from tripkit.errors import Busy, Conflict, Forbidden, InvalidToken, TooManyRequests, TripkitError, ValidationFailed
from tripkit.schemas.administration import InvitationIn
from tripkit.schemas.users import LinkTokenIn, ResetIn, UserOut
from tripkit.server import limits
from tripkit.server.account_html import CONTENT_TYPE, STYLE_PATH, Field, Form, page, style
from tripkit.server.answer import Answer
from tripkit.server.auditing import record_refusal
from tripkit.server.auth import client_of
from tripkit.server.problems import slug, status_of
from tripkit.server.routing import FORMS, Handler, Resource
from tripkit.services.audit import Event
from tripkit.services.links import Page

routes: Final = Resource("pages", "")
_NEW_PASSWORD: Final = (
    Field("password", "New password", "new-password", "At least 8 characters."),
    Field("password_confirm", "The same again", "new-password"),
)
_SIGN_IN: Final = "You can sign in with it now."


class LinkQuery(Struct, frozen=True):
    """What a link brings. Some mail services add parameters of their own."""

    token: Annotated[str, Meta(description="From the link that was mailed.")] = ""


def refused(request: Request, error: TripkitError) -> HTTPResponse:
    """A page that says what is wrong, and what to do about it."""
    status = status_of(error)
    if isinstance(error, InvalidToken):
        told = (
            "It may have been used already, have expired, or have been replaced by a newer one.",
            "If what you wanted is not done yet, ask for a new message, and use the link in the newest one.",
        )
        return page(request, "This link does not work any more", told, status=400)
    if isinstance(error, Conflict | Forbidden):
        return page(request, "This cannot be done now", (str(error),), status=status)
    answer = page(request, "Something is wrong", (str(error),), status=status)
    if isinstance(error, Busy | TooManyRequests):
        answer.headers["retry-after"] = str(error.retry_after)
    return answer


def _show(at: Page) -> Callable[[Handler], Handler]:
    return routes.get(at, auth=False, query=LinkQuery, content_type=CONTENT_TYPE, refusal=refused)


def _do(at: Page, body: type, event: Event) -> Callable[[Handler], Handler]:
    return routes.post(
        at,
        auth=False,
        body=body,
        takes=FORMS,
        content_type=CONTENT_TYPE,
        problems=(403, 409),
        limits=(limits.GUESSES,),
        audited=event,
        refusal=refused,
    )


@_show(Page.VERIFY)
async def verify_page(request: Request, query: LinkQuery) -> HTTPResponse:
    """A page with a button that confirms an email address."""
    ctx = request.app.ctx
    user = await ctx.bridge.read(ctx.tripkit.email_verification.peek, query.token)
    form = Form("Confirm", query.token)
    return page(request, "Confirm your email address", (f"Is {user.email} your address?",), form)


@_do(Page.VERIFY, LinkTokenIn, Event.VERIFIED)
async def verify_page_sent(request: Request, body: LinkTokenIn) -> HTTPResponse:
    """Confirm an email address."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.email_verification.verify, body.token, client_of(request))
    return page(request, "Your email address is confirmed", ("There is nothing more to do here.",))


@_show(Page.RESET)
async def reset_page(request: Request, query: LinkQuery) -> HTTPResponse:
    """A page that asks for a new password."""
    ctx = request.app.ctx
    user: UserOut = await ctx.bridge.read(ctx.tripkit.password_reset.peek, query.token)
    return _reset_form(request, user, query.token)


@_do(Page.RESET, ResetIn, Event.PASSWORD_RESET)
async def reset_page_sent(request: Request, body: ResetIn) -> HTTPResponse:
    """Set a new password."""
    ctx = request.app.ctx

    async def again(failed: ValidationFailed) -> HTTPResponse:
        user = await ctx.bridge.read(ctx.tripkit.password_reset.peek, body.token)
        return _reset_form(request, user, body.token, failed)

    async def reset() -> HTTPResponse:
        await ctx.bridge.hash(ctx.tripkit.password_reset.confirm, body, client_of(request))
        told = ("You were signed out everywhere.", _SIGN_IN)
        return page(request, "Your new password is set", told)

    return await _or_again(request, Event.PASSWORD_RESET, reset, again)


@_show(Page.EMAIL)
async def email_page(request: Request, query: LinkQuery) -> HTTPResponse:
    """A page with a button that changes an email address."""
    ctx = request.app.ctx
    found = await ctx.bridge.read(ctx.tripkit.email_change.peek, query.token)
    told = (f"Shall {found.payload['email']} be the email address of your account, in place of {found.user.email}?",)
    return page(request, "Confirm your new email address", told, Form("Confirm", query.token))


@_do(Page.EMAIL, LinkTokenIn, Event.EMAIL_CHANGED)
async def email_page_sent(request: Request, body: LinkTokenIn) -> HTTPResponse:
    """Change an email address."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.email_change.confirm, body.token, client_of(request))
    told = ("Sign in with it from now on. Everywhere but where you asked for the change you were signed out.",)
    return page(request, "Your email address is changed", told)


@_show(Page.EMAIL_UNDO)
async def email_undo_page(request: Request, query: LinkQuery) -> HTTPResponse:
    """A page with a button that takes back a change of an email address."""
    ctx = request.app.ctx
    found = await ctx.bridge.read(ctx.tripkit.email_change.peek_revert, query.token)
    told = (
        f"Shall your account have the email address {found.payload['email']} again?",
        "You are signed out everywhere then, and the password does not work any more: a link to choose a new one is "
        "mailed to that address.",
    )
    return page(request, "Take back the change of your email address", told, Form("Take it back", query.token))


@_do(Page.EMAIL_UNDO, LinkTokenIn, Event.EMAIL_REVERTED)
async def email_undo_page_sent(request: Request, body: LinkTokenIn) -> HTTPResponse:
    """Take back a change of an email address."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.email_change.revert, body.token, client_of(request))
    told = ("Now choose a new password: a link for that is in the message that was just mailed to you.",)
    return page(request, "Your account has its address back", told)


@_show(Page.INVITATION)
async def invitation_page(request: Request, query: LinkQuery) -> HTTPResponse:
    """A page that asks somebody who was invited for a password."""
    ctx = request.app.ctx
    user: UserOut = await ctx.bridge.read(ctx.tripkit.invitations.peek, query.token)
    return _invitation_form(request, user, query.token)


@_do(Page.INVITATION, InvitationIn, Event.INVITATION_ACCEPTED)
async def invitation_page_sent(request: Request, body: InvitationIn) -> HTTPResponse:
    """Accept an invitation."""
    ctx = request.app.ctx

    async def again(failed: ValidationFailed) -> HTTPResponse:
        user = await ctx.bridge.read(ctx.tripkit.invitations.peek, body.token)
        return _invitation_form(request, user, body.token, failed)

    async def accept() -> HTTPResponse:
        user = await ctx.bridge.hash(ctx.tripkit.invitations.accept_only, body, client_of(request))
        return page(request, "Welcome", (f"Your account {user.username} has its password.", _SIGN_IN))

    return await _or_again(request, Event.INVITATION_ACCEPTED, accept, again)


@_show(Page.PLAN_INVITATION)
async def plan_invitation_page(request: Request, query: LinkQuery) -> HTTPResponse:
    """A page with a button that accepts an invitation to a plan."""
    ctx = request.app.ctx
    found = await ctx.bridge.read(ctx.tripkit.plan_invitations.peek, query.token)
    told = (
        f'{found.owner} shares the plan "{found.title}" with you, as {found.role}.',
        f"It opens to the account here that has confirmed the address {found.email}.",
    )
    return page(request, "You are invited to a trip", told, Form("Accept", query.token))


@_do(Page.PLAN_INVITATION, LinkTokenIn, Event.MEMBER_JOINED)
async def plan_invitation_page_sent(request: Request, body: LinkTokenIn) -> HTTPResponse:
    """Accept an invitation to a plan."""
    ctx = request.app.ctx
    found = await ctx.bridge.write(ctx.tripkit.plan_invitations.accept_mailed, body.token, client_of(request))
    return page(request, "You are in", (f'The plan "{found.title}" is among your plans now.',))


@routes.get(STYLE_PATH, auth=False, content_type="text/css")
async def pages_style(request: Request) -> HTTPResponse:  # noqa: ARG001
    """The looks of the pages that links in mail lead to."""
    return Answer(style(), 200, {"cache-control": "no-cache"}, "text/css; charset=utf-8")


async def _or_again(
    request: Request,
    event: Event,
    work: Callable[[], Coroutine[Any, Any, HTTPResponse]],
    again: Callable[[ValidationFailed], Coroutine[Any, Any, HTTPResponse]],
) -> HTTPResponse:
    """Do `work`, or show the form again with what is wrong with what was filled in."""
    try:
        return await work()
    except ValidationFailed as failed:
        await record_refusal(request, event, f"{slug(failed)}: {', '.join(failed.errors)}")
        return await again(failed)


def _reset_form(request: Request, user: UserOut, token: str, failed: ValidationFailed | None = None) -> HTTPResponse:
    told = ("You will be signed out everywhere.",)
    return _password_form(request, "Choose a new password", told, user, token, failed)


def _invitation_form(
    request: Request, user: UserOut, token: str, failed: ValidationFailed | None = None
) -> HTTPResponse:
    told = (f"Choose a password for your account {user.username}.",)
    return _password_form(request, "Your invitation", told, user, token, failed)


def _password_form(
    request: Request,
    title: str,
    told: tuple[str, ...],
    user: UserOut,
    token: str,
    failed: ValidationFailed | None,
) -> HTTPResponse:
    form = Form("Set the password", token, user.email, _NEW_PASSWORD, failed.errors if failed else {})
    return page(request, title, told, form, status=400 if failed else 200)
