"""Who comes along."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.names import NameQuery, Resolved
from tripkit.schemas.travellers import TravellerIn, TravellerList, TravellerOut
from tripkit.schemas.users import Actor
from tripkit.server.conditional import PREFER, answer_tagged, expected_version, gone
from tripkit.server.idempotency import IDEMPOTENT, write_once
from tripkit.server.routing import Resource, json_response

routes: Final = Resource("travellers", "/api/plans/{plan_id}/travellers")
_IF_MATCH: Final = {"If-Match": "The ETag of the plan that you read: if it has changed since, it stays so (412)."}
_IF_NONE_MATCH: Final = {"If-None-Match": "The ETag that you have: if nothing has changed since, the answer is 304."}
_NEW: Final = {"plan_id": "$request.path.plan_id", "traveller_id": "$response.body#/id"}


@routes.get("/", scope="plans:read", answer=TravellerList, headers=_IF_NONE_MATCH)
async def list_travellers(request: Request, actor: Actor, plan_id: int) -> HTTPResponse:
    """List the travellers of a plan. The ETag is that of the plan."""
    ctx = request.app.ctx
    found: TravellerList = await ctx.bridge.read(ctx.tripkit.travellers.of_plan, actor, plan_id)
    return answer_tagged(request, found, f'"{found.version}"')


@routes.post(
    "/",
    scope="plans:write",
    body=TravellerIn,
    answer=TravellerOut,
    status=201,
    problems=(409, 412),
    headers=IDEMPOTENT | _IF_MATCH,
    links=dict.fromkeys(("get_traveller", "rename_traveller", "delete_traveller"), _NEW),
)
async def create_traveller(request: Request, actor: Actor, plan_id: int, body: TravellerIn) -> HTTPResponse:
    """Add somebody who comes along, with an account or without."""
    ctx = request.app.ctx
    create = ctx.tripkit.travellers.create
    made, headers = await write_once(
        request, TravellerOut, create, actor, plan_id, body, expected=expected_version(request)
    )
    address = f"{ctx.base_url}/api/plans/{plan_id}/travellers/{made.id}/"
    return json_response(made, 201, {"location": address, **headers})


@routes.get("/resolve/", scope="plans:read", query=NameQuery, answer=Resolved, problems=(409,))
async def resolve_traveller(request: Request, actor: Actor, plan_id: int, query: NameQuery) -> Resolved:
    """Find the id of a traveller by their name, their number, or a piece of their name that nobody else has."""
    ctx = request.app.ctx
    return Resolved(await ctx.bridge.read(ctx.tripkit.travellers.resolve, actor, plan_id, query.name))


@routes.get("/{traveller_id}/", scope="plans:read", answer=TravellerOut)
async def get_traveller(request: Request, actor: Actor, plan_id: int, traveller_id: int) -> HTTPResponse:
    """Read one traveller."""
    ctx = request.app.ctx
    return json_response(await ctx.bridge.read(ctx.tripkit.travellers.get, actor, plan_id, traveller_id))


@routes.patch(
    "/{traveller_id}/",
    scope="plans:write",
    body=TravellerIn,
    answer=TravellerOut,
    problems=(409, 412),
    headers=_IF_MATCH,
)
async def rename_traveller(
    request: Request, actor: Actor, plan_id: int, traveller_id: int, body: TravellerIn
) -> HTTPResponse:
    """Rename a traveller."""
    ctx = request.app.ctx
    rename, expected = ctx.tripkit.travellers.rename, expected_version(request)
    return json_response(await ctx.bridge.write(rename, actor, plan_id, traveller_id, body, expected=expected))


@routes.delete(
    "/{traveller_id}/",
    scope="plans:write",
    status=204,
    answer=TravellerOut,
    problems=(409, 412),
    headers=_IF_MATCH | PREFER,
)
async def delete_traveller(request: Request, actor: Actor, plan_id: int, traveller_id: int) -> HTTPResponse | None:
    """Remove a traveller. Whoever is named in an expense stays (409)."""
    ctx = request.app.ctx
    expected = expected_version(request)
    delete = ctx.tripkit.travellers.delete
    return gone(request, await ctx.bridge.write(delete, actor, plan_id, traveller_id, expected=expected))
