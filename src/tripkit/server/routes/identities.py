"""The providers that a signed-in person can sign in with."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.oauth import ExchangeIn, IdentityList, IdentityOut, LinkIn, LinkOut, ProofIn
from tripkit.schemas.users import Actor
from tripkit.server.limits import OAUTH_FAILURE, OAUTH_START
from tripkit.server.oauth_flow import recorded, redirect_uri
from tripkit.server.routing import FORMS, JSON, Resource, json_response
from tripkit.services.oauth_tickets import LIFETIMES, Step

routes: Final = Resource("linked providers", "/api/auth/identities")
_ANY_FORM: Final = (JSON, *FORMS)
_PATH: Final = "/api/auth/identities/"


@routes.get("/", answer=IdentityList)
async def list_identities(request: Request, actor: Actor) -> IdentityList:
    """List the providers that you can sign in with."""
    ctx = request.app.ctx
    return IdentityList(await ctx.bridge.read(ctx.tripkit.identities.of, actor))


@routes.post("/{provider}/start/", body=LinkIn, takes=_ANY_FORM, answer=LinkOut, problems=(403,), limits=(OAUTH_START,))
async def begin_link(request: Request, actor: Actor, provider: str, body: LinkIn) -> LinkOut:
    """Get the address to which a browser goes to link a provider, within a minute.

    It comes back to `next` with a one-time `code`. Send that to `POST /api/auth/identities/`, signed in as now.
    """
    ctx = request.app.ctx
    ticket = await ctx.bridge.write(ctx.tripkit.oauth.ask_to_link, actor, provider, body)
    start = redirect_uri(request, provider).removesuffix("callback/")
    return LinkOut(f"{start}?link={ticket}", int(LIFETIMES[Step.LINK].total_seconds()))


@routes.post(
    "/", body=ExchangeIn, takes=_ANY_FORM, answer=IdentityOut, status=201, problems=(403, 409), limits=(OAUTH_FAILURE,)
)
async def finish_link(request: Request, actor: Actor, body: ExchangeIn) -> HTTPResponse:
    """Link the provider that a browser came back from. Only the session that asked for it can."""
    ctx = request.app.ctx
    async with recorded(request, "", actor=actor):
        linked = await ctx.bridge.write(ctx.tripkit.oauth.confirm_link, actor, body)
    return json_response(linked, 201, {"location": ctx.base_url + _PATH})


@routes.post(
    "/{provider}/",
    body=ProofIn,
    takes=_ANY_FORM,
    answer=IdentityOut,
    status=201,
    problems=(403, 409),
    limits=(OAUTH_FAILURE,),
)
async def link_with(request: Request, actor: Actor, provider: str, body: ProofIn) -> HTTPResponse:
    """Link a provider with what it gave to an app, as in `POST /api/auth/login/{provider}/`."""
    ctx = request.app.ctx
    found = ctx.tripkit.oauth.provider(provider)
    async with recorded(request, provider, actor=actor):
        person = await found.identify(await ctx.bridge.write(ctx.tripkit.oauth.proof, provider, body))
        linked = await ctx.bridge.write(ctx.tripkit.oauth.link, actor, provider, person)
    return json_response(linked, 201, {"location": ctx.base_url + _PATH})


@routes.delete("/{provider}/", status=204, problems=(403, 409))
async def unlink(request: Request, actor: Actor, provider: str) -> None:
    """Unlink a provider. The last way into your account stays."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.identities.unlink, actor, provider)
