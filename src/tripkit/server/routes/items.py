"""What fills plans."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.items import ItemIn, ItemList, ItemMove, ItemOut, ItemPatch, ItemQuery, ItemsIn, ItemsOut
from tripkit.schemas.names import Resolved, TitleQuery
from tripkit.schemas.users import Actor
from tripkit.server.conditional import PREFER, answer_tagged, expected_version, gone, tagged
from tripkit.server.idempotency import IDEMPOTENT, write_once
from tripkit.server.routing import Resource, json_response
from tripkit.services.item_places import Draft, complete

routes: Final = Resource("items", "/api/plans/{plan_id}/items")
_IF_MATCH: Final = {"If-Match": "The ETag of the item that you read: if it has changed since, it stays as it is (412)."}
_IF_MATCH_PLAN: Final = {"If-Match": "The ETag of the plan that you read: if it has changed since, it stays so (412)."}
_IF_NONE_MATCH: Final = {"If-None-Match": "The ETag that you have: if nothing has changed since, the answer is 304."}

_SAME: Final = {"plan_id": "$request.path.plan_id", "item_id": "$request.path.item_id"}
_NEW: Final = {"plan_id": "$request.path.plan_id", "item_id": "$response.body#/id"}


@routes.get("/", scope="plans:read", query=ItemQuery, answer=ItemList, headers=_IF_NONE_MATCH)
async def list_items(request: Request, actor: Actor, plan_id: int, query: ItemQuery) -> HTTPResponse:
    """List the items of a plan by day, in the order in which they are lived through.

    All of them come at once. The ETag is that of the plan.
    """
    ctx = request.app.ctx
    found: ItemList = await ctx.bridge.read_much(ctx.tripkit.items.by_day, actor, plan_id, query)
    return answer_tagged(request, found, f'"{found.version}"')


@routes.post(
    "/",
    scope="plans:write",
    body=ItemIn,
    answer=ItemOut,
    status=201,
    problems=(409, 412),
    headers=IDEMPOTENT | _IF_MATCH_PLAN,
    links=dict.fromkeys(("get_item", "edit_item", "move_item", "trash_item"), _NEW),
)
async def create_item(request: Request, actor: Actor, plan_id: int, body: ItemIn) -> HTTPResponse:
    """Add an item to a plan.

    Of a place that tripkit knows, coordinates, country and time zone are filled in where they are left out, and
    `filled_in` names what was.
    """
    ctx = request.app.ctx
    draft = await ctx.bridge.read_much(complete, body)
    create = ctx.tripkit.items.create
    item, headers = await write_once(
        request, ItemOut, create, actor, plan_id, draft, expected=expected_version(request)
    )
    return tagged(request, item, 201, {"location": _address(request, item), **headers})


@routes.post(
    "/batch/",
    scope="plans:write",
    body=ItemsIn,
    answer=ItemsOut,
    status=201,
    problems=(409, 412),
    headers=IDEMPOTENT | _IF_MATCH_PLAN,
)
async def create_items(request: Request, actor: Actor, plan_id: int, body: ItemsIn) -> HTTPResponse:
    """Add several items to a plan at once: all of them, or none."""
    ctx = request.app.ctx
    drafts = await ctx.bridge.read_much(_complete_each, body)
    create = ctx.tripkit.items.create_many
    made, headers = await write_once(
        request, ItemsOut, create, actor, plan_id, drafts, expected=expected_version(request)
    )
    return json_response(made, 201, {"location": f"{ctx.base_url}/api/plans/{plan_id}/items/", **headers})


@routes.get("/resolve/", scope="plans:read", query=TitleQuery, answer=Resolved, problems=(409,))
async def resolve_item(request: Request, actor: Actor, plan_id: int, query: TitleQuery) -> Resolved:
    """Find the id of an item by its title, or by a piece of it that no other item of the plan has."""
    ctx = request.app.ctx
    resolve = ctx.tripkit.items.resolve
    return Resolved(await ctx.bridge.read_much(resolve, actor, plan_id, query.name, trashed=query.trashed))


@routes.get("/{item_id}/", scope="plans:read", answer=ItemOut)
async def get_item(request: Request, actor: Actor, plan_id: int, item_id: int) -> HTTPResponse:
    """Read an item."""
    ctx = request.app.ctx
    item: ItemOut = await ctx.bridge.read(ctx.tripkit.items.get, actor, plan_id, item_id)
    # Never a 304: its days follow from the plan, which changes without it.
    return json_response(item, headers={"etag": f'"{item.version}"'})


@routes.patch("/{item_id}/", scope="plans:write", body=ItemPatch, answer=ItemOut, problems=(412,), headers=_IF_MATCH)
async def edit_item(request: Request, actor: Actor, plan_id: int, item_id: int, body: ItemPatch) -> HTTPResponse:
    """Change an item. What is left out stays, and a place is replaced whole."""
    ctx = request.app.ctx
    draft = await ctx.bridge.read_much(complete, body)
    expected = expected_version(request)
    item = await ctx.bridge.write(ctx.tripkit.items.edit, actor, plan_id, item_id, draft, expected=expected)
    return tagged(request, item)


@routes.delete(
    "/{item_id}/",
    scope="plans:write",
    status=204,
    answer=ItemOut,
    problems=(412,),
    headers=_IF_MATCH | PREFER,
    links=dict.fromkeys(("get_item", "restore_item"), _SAME),
)
async def trash_item(request: Request, actor: Actor, plan_id: int, item_id: int) -> HTTPResponse | None:
    """Put an item into the trash, from where it can be restored for 30 days."""
    ctx = request.app.ctx
    expected = expected_version(request)
    return gone(request, await ctx.bridge.write(ctx.tripkit.items.trash, actor, plan_id, item_id, expected=expected))


@routes.post("/{item_id}/restore/", scope="plans:write", answer=ItemOut, problems=(409,), headers=IDEMPOTENT)
async def restore_item(request: Request, actor: Actor, plan_id: int, item_id: int) -> HTTPResponse:
    """Take an item out of the trash."""
    ctx = request.app.ctx
    item, headers = await write_once(request, ItemOut, ctx.tripkit.items.restore, actor, plan_id, item_id)
    return tagged(request, item, headers=headers)


@routes.post(
    "/{item_id}/move/",
    scope="plans:write",
    body=ItemMove,
    answer=ItemOut,
    problems=(409, 412),
    headers=IDEMPOTENT | _IF_MATCH,
)
async def move_item(request: Request, actor: Actor, plan_id: int, item_id: int, body: ItemMove) -> HTTPResponse:
    """Move an item to another day, to another position in it, or to another plan that you may change."""
    ctx = request.app.ctx
    move = ctx.tripkit.items.move
    item, headers = await write_once(
        request, ItemOut, move, actor, plan_id, item_id, body, expected=expected_version(request)
    )
    return tagged(request, item, headers={"content-location": _address(request, item), **headers})


def _complete_each(body: ItemsIn) -> list[Draft[ItemIn]]:
    return [complete(each) for each in body.items]


def _address(request: Request, item: ItemOut) -> str:
    return f"{request.app.ctx.base_url}/api/plans/{item.plan_id}/items/{item.id}/"
