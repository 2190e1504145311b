"""Travel plans."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.names import Resolved, TitleQuery
from tripkit.schemas.plans import PlanIn, PlanList, PlanOut, PlanPage, PlanPatch, PlanQuery
from tripkit.schemas.users import Actor
from tripkit.server.conditional import PREFER, expected_version, gone, tagged
from tripkit.server.idempotency import IDEMPOTENT, write_once
from tripkit.server.pages import page_response
from tripkit.server.routing import JSON, MERGE_PATCH, Resource

routes: Final = Resource("plans", "/api/plans")
_IF_MATCH: Final = {"If-Match": "The ETag that you read: if the plan has changed since, it stays as it is (412)."}
_IF_NONE_MATCH: Final = {"If-None-Match": "The ETag that you have: if it is still the plan's, the answer is 304."}

_SAME: Final = {"plan_id": "$request.path.plan_id"}
_NEW: Final = {"plan_id": "$response.body#/id"}


@routes.get("/", scope="plans:read", query=PlanQuery, answer=PlanList)
async def list_plans(request: Request, actor: Actor, query: PlanQuery) -> HTTPResponse:
    """List your plans, page by page."""
    ctx = request.app.ctx
    page: PlanPage = await ctx.bridge.read(ctx.tripkit.plans.page, actor, query)
    return page_response(request, "/api/plans/", page, PlanOut, query.fields)


@routes.post(
    "/",
    scope="plans:write",
    body=PlanIn,
    answer=PlanOut,
    status=201,
    problems=(409,),
    headers=IDEMPOTENT,
    links=dict.fromkeys(("get_plan", "replace_plan", "edit_plan", "trash_plan"), _NEW),
)
async def create_plan(request: Request, actor: Actor, body: PlanIn) -> HTTPResponse:
    """Make a plan."""
    ctx = request.app.ctx
    plan, headers = await write_once(request, PlanOut, ctx.tripkit.plans.create, actor, body)
    return tagged(request, plan, 201, {"location": f"{ctx.base_url}/api/plans/{plan.id}/", **headers})


@routes.get("/resolve/", scope="plans:read", query=TitleQuery, answer=Resolved, problems=(404, 409))
async def resolve_plan(request: Request, actor: Actor, query: TitleQuery) -> Resolved:
    """Find the id of a plan by its title, or by a piece of it that no other plan of yours has."""
    ctx = request.app.ctx
    resolve = ctx.tripkit.plans.resolve
    return Resolved(await ctx.bridge.read_much(resolve, actor, query.name, trashed=query.trashed))


@routes.get("/{plan_id}/", scope="plans:read", answer=PlanOut, headers=_IF_NONE_MATCH)
async def get_plan(request: Request, actor: Actor, plan_id: int) -> HTTPResponse:
    """Read a plan."""
    ctx = request.app.ctx
    return tagged(request, await ctx.bridge.read(ctx.tripkit.plans.get, actor, plan_id))


@routes.put("/{plan_id}/", scope="plans:write", body=PlanIn, answer=PlanOut, problems=(412,), headers=_IF_MATCH)
async def replace_plan(request: Request, actor: Actor, plan_id: int, body: PlanIn) -> HTTPResponse:
    """Replace a plan. What is left out goes back to its default."""
    ctx = request.app.ctx
    expected = expected_version(request)
    return tagged(request, await ctx.bridge.write(ctx.tripkit.plans.replace, actor, plan_id, body, expected=expected))


@routes.patch(
    "/{plan_id}/",
    scope="plans:write",
    body=PlanPatch,
    takes=(JSON, MERGE_PATCH),
    answer=PlanOut,
    problems=(412,),
    headers=_IF_MATCH,
)
async def edit_plan(request: Request, actor: Actor, plan_id: int, body: PlanPatch) -> HTTPResponse:
    """Change a plan. What is left out stays.

    Sent as `application/merge-patch+json`, `plan_data` is merged into what is there (RFC 7396); else it replaces it.
    """
    ctx = request.app.ctx
    plan = await ctx.bridge.write(
        ctx.tripkit.plans.edit,
        actor,
        plan_id,
        body,
        expected=expected_version(request),
        merge=request.headers.get("content-type", "").lower().startswith(MERGE_PATCH),
    )
    return tagged(request, plan)


@routes.delete(
    "/{plan_id}/",
    scope="plans:write",
    status=204,
    answer=PlanOut,
    problems=(412,),
    headers=_IF_MATCH | PREFER,
    links=dict.fromkeys(("get_plan", "restore_plan"), _SAME),
)
async def trash_plan(request: Request, actor: Actor, plan_id: int) -> HTTPResponse | None:
    """Put a plan into the trash, from where it can be restored for 30 days."""
    ctx = request.app.ctx
    expected = expected_version(request)
    return gone(request, await ctx.bridge.write(ctx.tripkit.plans.trash, actor, plan_id, expected=expected))


@routes.post(
    "/{plan_id}/restore/",
    scope="plans:write",
    answer=PlanOut,
    problems=(409,),
    headers=IDEMPOTENT,
    links=dict.fromkeys(("get_plan", "trash_plan"), _SAME),
)
async def restore_plan(request: Request, actor: Actor, plan_id: int) -> HTTPResponse:
    """Take a plan out of the trash."""
    ctx = request.app.ctx
    plan, headers = await write_once(request, PlanOut, ctx.tripkit.plans.restore, actor, plan_id)
    return tagged(request, plan, headers=headers)
