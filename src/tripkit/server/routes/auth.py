"""Accounts: signing up, in and out, and the profile."""

from functools import partial
from typing import Final

from msgspec import UNSET
from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.second_factor import ChallengeIn
from tripkit.schemas.users import (
    Actor,
    DeleteAccountIn,
    LoginIn,
    PasswordChangeIn,
    Reauthenticated,
    ReauthenticationIn,
    RefreshIn,
    SignedIn,
    SignupIn,
    TokenPair,
    UserOut,
    UserPatch,
)
from tripkit.server import limits
from tripkit.server.auth import client_of
from tripkit.server.routing import FORMS, JSON, Resource, json_response
from tripkit.services.audit import Event

routes: Final = Resource("accounts", "/api/auth")
_ANY_FORM: Final = (JSON, *FORMS)
USER_PATH: Final = "/api/auth/user/"


@routes.post(
    "/signup/",
    auth=False,
    body=SignupIn,
    takes=_ANY_FORM,
    answer=SignedIn,
    status=201,
    problems=(403, 409, 503),
    limits=(limits.SIGN_UP,),
    audited=Event.SIGNED_UP,
)
async def sign_up(request: Request, body: SignupIn) -> HTTPResponse:
    """Make an account and sign in."""
    ctx = request.app.ctx
    signed_in = await ctx.bridge.hash(ctx.tripkit.accounts.sign_up, body, client_of(request))
    return json_response(signed_in, 201, {"location": ctx.base_url + USER_PATH})


@routes.post(
    "/login/",
    auth=False,
    body=LoginIn,
    takes=_ANY_FORM,
    answer=SignedIn,
    problems=(401, 403, 503),
    limits=limits.LOG_IN,
)
async def log_in(request: Request, body: LoginIn) -> SignedIn:
    """Sign in.

    When the account has a second factor, the answer is 401 with the type `second-factor-required` and a `challenge`,
    which is sent with a code to `/api/auth/login/second-factor/`.
    """
    ctx = request.app.ctx
    signed_in: SignedIn = await ctx.bridge.hash(ctx.tripkit.accounts.log_in, body, client_of(request))
    return signed_in


@routes.post(
    "/login/second-factor/",
    auth=False,
    body=ChallengeIn,
    takes=_ANY_FORM,
    answer=SignedIn,
    problems=(401, 403, 503),
    limits=limits.SECOND_STEP,
)
async def finish_log_in(request: Request, body: ChallengeIn) -> SignedIn:
    """Sign in, second step: the challenge of the first one, and a code.

    A challenge is good for 5 minutes, one login, and five wrong codes (`invalid-code`). After that, log in again.
    """
    ctx = request.app.ctx
    signed_in: SignedIn = await ctx.bridge.write(ctx.tripkit.accounts.finish_log_in, body, client_of(request))
    return signed_in


@routes.post(
    "/reauth/",
    body=ReauthenticationIn,
    takes=_ANY_FORM,
    answer=Reauthenticated,
    problems=(409, 503),
    limits=limits.CONFIRM,
)
async def reauthenticate(request: Request, actor: Actor, body: ReauthenticationIn) -> Reauthenticated:
    """Give your password, or a code of your second factor, again.

    For 10 minutes you may then change how the account is secured, as after logging in. The answer bears new tokens in
    the place of yours, which are dead at once.
    """
    ctx = request.app.ctx
    given: Reauthenticated = await ctx.bridge.hash(ctx.tripkit.reauthentication.give, actor, body)
    return given


@routes.post("/logout/", status=204)
async def log_out(request: Request, actor: Actor) -> None:
    """Sign out: this session, its access token and its refresh token are dead at once."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.sessions.end, actor)


@routes.post("/token/refresh/", auth=False, body=RefreshIn, takes=_ANY_FORM, answer=TokenPair, problems=(401, 403))
async def refresh(request: Request, body: RefreshIn) -> TokenPair:
    """Get a new pair of tokens.

    The refresh token that was sent is used up. Using it again ends the session, except that for a few seconds a refresh
    whose answer was lost may be repeated.
    """
    ctx = request.app.ctx
    pair: TokenPair = await ctx.bridge.write(ctx.tripkit.sessions.refresh, body.refresh, client_of(request))
    return pair


@routes.get("/user/", scope="account", answer=UserOut)
async def profile(request: Request, actor: Actor) -> UserOut:
    """Your account."""
    ctx = request.app.ctx
    user: UserOut = await ctx.bridge.read(ctx.tripkit.accounts.profile, actor)
    return user


@routes.patch(
    "/user/",
    scope="account",
    body=UserPatch,
    takes=_ANY_FORM,
    answer=UserOut,
    problems=(409,),
    audited=Event.PROFILE_CHANGED,
)
async def edit_profile(request: Request, actor: Actor, body: UserPatch) -> UserOut:
    """Change your account.

    A new email address is mailed a link first (`pending_email`), and the account has it once that is confirmed. This
    needs that you gave your password or a code in the last 10 minutes. Sending the present address drops such a change.
    """
    ctx = request.app.ctx
    work = partial(ctx.bridge.write, ctx.tripkit.accounts.edit, actor, body)
    mails = body.email is not UNSET and await ctx.bridge.read(ctx.tripkit.email_change.is_new, actor, body.email)
    user: UserOut = await ctx.limits.run(request, (limits.MAIL,) if mails else (), body, work)
    return user


@routes.delete(
    "/user/",
    body=DeleteAccountIn,
    takes=_ANY_FORM,
    status=204,
    problems=(409, 503),
    limits=limits.CONFIRM,
    audited=Event.DELETED,
)
async def delete_account(request: Request, actor: Actor, body: DeleteAccountIn) -> None:
    """Delete your account and all your plans for good.

    Your password confirms it; it may be left out within 10 minutes after you gave it, or a code. The last administrator
    stays.
    """
    ctx = request.app.ctx
    await ctx.bridge.hash(ctx.tripkit.accounts.delete_own, actor, body)


@routes.post(
    "/password/change/",
    body=PasswordChangeIn,
    takes=_ANY_FORM,
    status=204,
    problems=(503,),
    limits=limits.CONFIRM,
    audited=Event.PASSWORD_CHANGED,
)
async def change_password(request: Request, actor: Actor, body: PasswordChangeIn) -> None:
    """Change your password. All your other sessions end.

    The current one confirms it. Without one, you must have signed in, or given a code, in the last 10 minutes.
    """
    ctx = request.app.ctx
    await ctx.bridge.hash(ctx.tripkit.accounts.change_password, actor, body)
