"""Tokens for programs. No route here is open to a token."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.api_tokens import ApiTokenIn, ApiTokenList, ApiTokenOut, NewApiToken
from tripkit.schemas.users import Actor
from tripkit.server.routing import Resource, json_response

routes: Final = Resource("tokens", "/api/auth/tokens")
_NEW: Final = {"token_id": "$response.body#/id"}


@routes.get("/", answer=ApiTokenList)
async def list_api_tokens(request: Request, actor: Actor) -> ApiTokenList:
    """List your API tokens, the newest first. There are 100 at most."""
    ctx = request.app.ctx
    found: ApiTokenList = await ctx.bridge.read(ctx.tripkit.api_tokens.all, actor)
    return found


@routes.post(
    "/",
    body=ApiTokenIn,
    answer=NewApiToken,
    status=201,
    problems=(409,),
    links=dict.fromkeys(("get_api_token", "revoke_api_token"), _NEW),
)
async def create_api_token(request: Request, actor: Actor, body: ApiTokenIn) -> HTTPResponse:
    """Make an API token. The answer is the only one that shows it.

    You must have given your password or a code in the last 10 minutes.
    """
    ctx = request.app.ctx
    made: NewApiToken = await ctx.bridge.write(ctx.tripkit.api_tokens.create, actor, body)
    return json_response(made, 201, {"location": f"{ctx.base_url}/api/auth/tokens/{made.id}/"})


@routes.get("/{token_id}/", answer=ApiTokenOut)
async def get_api_token(request: Request, actor: Actor, token_id: int) -> ApiTokenOut:
    """Look at an API token, without what would let anybody use it."""
    ctx = request.app.ctx
    found: ApiTokenOut = await ctx.bridge.read(ctx.tripkit.api_tokens.get, actor, token_id)
    return found


@routes.delete("/{token_id}/", status=204)
async def revoke_api_token(request: Request, actor: Actor, token_id: int) -> None:
    """Revoke an API token: it is worth nothing at once.

    You must have given your password or a code in the last 10 minutes.
    """
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.api_tokens.revoke, actor, token_id)
