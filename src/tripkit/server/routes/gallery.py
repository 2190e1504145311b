"""The gallery: published plans, for everybody."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.gallery import GalleryList, GalleryPage, GalleryPlan, GalleryQuery, PublishedPlan
from tripkit.schemas.plan_copies import PlanCopyIn, PlanCopyOut
from tripkit.schemas.users import Actor
from tripkit.server.conditional import answer_tagged
from tripkit.server.idempotency import IDEMPOTENT, write_once
from tripkit.server.limits import ANONYMOUS
from tripkit.server.pages import page_response
from tripkit.server.routing import Resource, json_response

routes: Final = Resource("gallery", "/api/gallery")
_IF_NONE_MATCH: Final = {"If-None-Match": "The ETag that you have: if the plan is still as it was, the answer is 304."}
#: A plan may be taken back at any moment, so a copy is asked about before each use, and only its reader keeps one.
_CACHE: Final = {"cache-control": "private, no-cache"}


@routes.get("/", auth="optional", scope="plans:read", query=GalleryQuery, answer=GalleryList, limits=(ANONYMOUS,))
async def list_gallery(request: Request, actor: Actor | None, query: GalleryQuery) -> HTTPResponse:  # noqa: ARG001
    """List published plans, the last changed first, page by page.

    A page may hold fewer plans than `limit`, even none, and have a `next` all the same: go on there.
    """
    ctx = request.app.ctx
    # With a filter many plans may have to be looked at for a few.
    plain = GalleryQuery(limit=query.limit, cursor=query.cursor, fields=query.fields)
    read = ctx.bridge.read if query == plain else ctx.bridge.read_much
    page: GalleryPage = await read(ctx.tripkit.gallery.page, query)
    return page_response(request, "/api/gallery/", page, GalleryPlan, query.fields, _CACHE)


@routes.get(
    "/{plan_id}/",
    auth="optional",
    scope="plans:read",
    answer=PublishedPlan,
    headers=_IF_NONE_MATCH,
    limits=(ANONYMOUS,),
)
async def get_gallery_plan(request: Request, actor: Actor | None, plan_id: int) -> HTTPResponse:  # noqa: ARG001
    """Read a published plan with its items.

    Publishing a plan shows everybody all of it except for its costs, budget and currency, its booking references, and
    `plan_data`, which may hold anything.
    """
    ctx = request.app.ctx
    plan: PublishedPlan = await ctx.bridge.read_much(ctx.tripkit.gallery.get, plan_id)
    # The username may change when the version does not.
    return answer_tagged(request, plan, f'"{plan.version}-{plan.user}"', headers=_CACHE)


@routes.post(
    "/{plan_id}/copy/",
    scope="plans:write",
    body=PlanCopyIn,
    answer=PlanCopyOut,
    status=201,
    problems=(409,),
    headers=IDEMPOTENT,
)
async def copy_gallery_plan(request: Request, actor: Actor, plan_id: int, body: PlanCopyIn) -> HTTPResponse:
    """Copy a published plan into one of your own, also to another date: what the gallery shows of it, as a draft.

    Costs, references, `plan_data`, rates and travellers are not copied. `warnings` names local times that come twice
    or never on the new date.
    """
    ctx = request.app.ctx
    copy = ctx.tripkit.plan_copies.copy_published
    made, headers = await write_once(request, PlanCopyOut, copy, actor, plan_id, body)
    location = f"{ctx.base_url}/api/plans/{made.plan.id}/"
    return json_response(made, 201, {"location": location, "etag": f'"{made.plan.version}"', **headers})
