"""Signing in with a provider: for browsers, which are sent there and back, and for apps that talk to it themselves."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.oauth import (
    CallbackQuery,
    ExchangeIn,
    HandoverOut,
    NonceOut,
    ProofIn,
    ProviderList,
    ProviderOut,
    StartQuery,
)
from tripkit.schemas.users import SignedIn
from tripkit.server import oauth_cookie, plain_page
from tripkit.server.answer import Answer
from tripkit.server.auth import client_of
from tripkit.server.limits import OAUTH_FAILURE, OAUTH_START
from tripkit.server.oauth_flow import recorded, redirect_uri
from tripkit.server.routing import FORMS, HTML, JSON, Resource, json_response
from tripkit.services.oauth import new_secret
from tripkit.services.oauth_tickets import LIFETIMES, Step

routes: Final = Resource("sign-in providers", "/api/auth")
_ANY_FORM: Final = (JSON, *FORMS)


@routes.get("/providers/", auth=False, answer=ProviderList)
async def list_providers(request: Request) -> ProviderList:
    """List the providers to sign in with."""
    base = request.app.ctx.base_url
    providers = request.app.ctx.tripkit.oauth.providers.values()
    return ProviderList(
        [ProviderOut(each.name, each.label, f"{base}/api/auth/login/{each.name}/") for each in providers]
    )


@routes.get(
    "/login/{provider}/",
    auth=False,
    query=StartQuery,
    status=302,
    content_type=HTML,
    problems=(401, 503),
    limits=(OAUTH_START, OAUTH_FAILURE),
)
async def begin_login(request: Request, provider: str, query: StartQuery) -> HTTPResponse:
    """Send a browser to a provider, to sign in.

    It comes back by `/api/auth/login/{provider}/callback/`, and goes on to `next` with a one-time `code`, which
    `POST /api/auth/token/exchange/` turns into tokens within 60 seconds. A front end should send a `code_challenge`,
    and the `code_verifier` with the exchange: then a code that somebody else slipped to it is worth nothing.
    """
    ctx = request.app.ctx
    found = ctx.tripkit.oauth.provider(provider)
    async with recorded(request, provider):
        back, secret = redirect_uri(request, provider), new_secret()
        begun = await ctx.bridge.write(ctx.tripkit.oauth.begin, provider, query, back, secret)
        url = await found.authorization_url(
            redirect_uri=back, state=begun.state, nonce=begun.nonce, code_verifier=begun.code_verifier
        )
    kept = oauth_cookie.with_secret(request, secret, secure=back.startswith("https://"))
    return Answer(b"", 302, {"location": url, "set-cookie": kept})


@routes.get(
    "/login/{provider}/callback/",
    auth=False,
    query=CallbackQuery,
    answer=HandoverOut,
    status=302,
    content_type=HTML,
    problems=(401, 403, 409, 503),
    limits=(OAUTH_FAILURE,),
)
async def finish_login(request: Request, provider: str, query: CallbackQuery) -> HTTPResponse:
    """Where a provider sends a browser back to. Register this address there."""
    ctx = request.app.ctx
    found = ctx.tripkit.oauth.provider(provider)
    async with recorded(request, provider):
        secure = redirect_uri(request, provider).startswith("https://")
        known = oauth_cookie.secrets_of(request, secure=secure)
        pending, proof = await ctx.bridge.write(ctx.tripkit.oauth.resume, provider, query, known)
        person = await found.identify(proof)
        url, code = await ctx.bridge.write(ctx.tripkit.oauth.hand_over, pending, person, client_of(request))
    if url is not None:
        return Answer(b"", 302, {"location": url})
    if plain_page.is_wanted(request):
        lines = (f"Give this code to the program that asked for it, within a minute: {code}",)
        return plain_page.answer(f"You are signed in with {found.label}", lines)
    return json_response(HandoverOut(code, _seconds(Step.HANDOVER)))


@routes.post(
    "/token/exchange/",
    auth=False,
    body=ExchangeIn,
    takes=_ANY_FORM,
    answer=SignedIn,
    problems=(401, 403),
    limits=(OAUTH_FAILURE,),
)
async def exchange_code(request: Request, body: ExchangeIn) -> SignedIn:
    """Turn the one-time code of a sign-in with a provider into tokens. The answer is that of a login."""
    ctx = request.app.ctx
    async with recorded(request, ""):
        user_id, provider = await ctx.bridge.write(ctx.tripkit.oauth.exchange, body)
    return await _sign_in(request, user_id, provider)


@routes.post("/login/{provider}/nonce/", auth=False, answer=NonceOut, limits=(OAUTH_START,))
async def issue_nonce(request: Request, provider: str) -> NonceOut:
    """Get the nonce that an ID token has to bear which is sent here. It can be used once, within 10 minutes."""
    ctx = request.app.ctx
    nonce = await ctx.bridge.write(ctx.tripkit.oauth.issue_nonce, provider)
    return NonceOut(nonce, _seconds(Step.NONCE))


@routes.post(
    "/login/{provider}/",
    auth=False,
    body=ProofIn,
    takes=_ANY_FORM,
    answer=SignedIn,
    problems=(401, 403, 409),
    limits=(OAUTH_FAILURE,),
)
async def log_in_with(request: Request, provider: str, body: ProofIn) -> SignedIn:
    """Sign in with what a provider gave to an app. The answer is that of a login.

    Send `code`, `redirect_uri` and `code_verifier`; or `id_token` and `nonce` (Google and OpenID providers); or
    `access_token` (Facebook).
    """
    ctx = request.app.ctx
    found = ctx.tripkit.oauth.provider(provider)
    async with recorded(request, provider):
        person = await found.identify(await ctx.bridge.write(ctx.tripkit.oauth.proof, provider, body))
        user_id = await ctx.bridge.write(ctx.tripkit.oauth.enter, provider, person, client_of(request))
    return await _sign_in(request, user_id, provider)


async def _sign_in(request: Request, user_id: int, provider: str) -> SignedIn:
    ctx = request.app.ctx
    async with recorded(request, provider, subject=user_id):
        signed_in: SignedIn = await ctx.bridge.write(
            ctx.tripkit.accounts.sign_in, user_id, client_of(request), provider=provider
        )
    return signed_in


def _seconds(step: Step) -> int:
    return int(LIFETIMES[step].total_seconds())
