"""What was done with plans, and the ways back."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.changes import (
    ChangeList,
    ChangeOut,
    ChangeQuery,
    Difference,
    DifferenceQuery,
    UndoIn,
    VersionOut,
)
from tripkit.schemas.users import Actor
from tripkit.server.conditional import expected_version
from tripkit.server.idempotency import IDEMPOTENT, write_once
from tripkit.server.pages import page_response
from tripkit.server.routing import Resource, json_response

routes: Final = Resource("history", "/api/plans/{plan_id}")
_WRITE: Final = {
    **IDEMPOTENT,
    "If-Match": "The ETag of the plan that you read: if it has changed since, it stays so (412).",
}


@routes.get("/changes/", scope="plans:read", query=ChangeQuery, answer=ChangeList)
async def list_changes(request: Request, actor: Actor, plan_id: int, query: ChangeQuery) -> HTTPResponse:
    """List what was done with a plan, newest first: who, when, through what, and which fields before and after."""
    ctx = request.app.ctx
    page = await ctx.bridge.read_much(ctx.tripkit.history.page, actor, plan_id, query)
    return page_response(request, f"/api/plans/{plan_id}/changes/", page, ChangeOut, query.fields)


@routes.get("/changes/{version}/", scope="plans:read", answer=ChangeOut)
async def get_change(request: Request, actor: Actor, plan_id: int, version: int) -> ChangeOut:
    """Read the change that made a version of a plan."""
    ctx = request.app.ctx
    found: ChangeOut = await ctx.bridge.read_much(ctx.tripkit.history.change, actor, plan_id, version)
    return found


@routes.get("/versions/{version}/", scope="plans:read", answer=VersionOut)
async def get_version(request: Request, actor: Actor, plan_id: int, version: int) -> VersionOut:
    """Read a whole plan as it was at a version. Changes older than `plans.history_days` are not kept."""
    ctx = request.app.ctx
    found: VersionOut = await ctx.bridge.read_much(ctx.tripkit.history.version, actor, plan_id, version)
    return found


@routes.get("/versions/{version}/diff/", scope="plans:read", query=DifferenceQuery, answer=Difference)
async def get_difference(
    request: Request, actor: Actor, plan_id: int, version: int, query: DifferenceQuery
) -> Difference:
    """Compare a version of a plan with another, or with what it is now."""
    ctx = request.app.ctx
    found: Difference = await ctx.bridge.read_much(ctx.tripkit.history.difference, actor, plan_id, version, query.to)
    return found


@routes.post(
    "/undo/",
    scope="plans:write",
    body=UndoIn,
    body_optional=True,
    answer=ChangeOut,
    problems=(409, 412),
    headers=_WRITE,
)
async def undo_change(request: Request, actor: Actor, plan_id: int, body: UndoIn) -> HTTPResponse:
    """Take a change back: the last one of your own, or the one that made a version.

    What was changed since in other places stays. Where something newer is in the way nothing is changed, and the answer
    (409) names it. To take back an undo does again what it took back.
    """
    ctx = request.app.ctx
    expected = expected_version(request)
    undo = ctx.tripkit.history.undo
    change, headers = await write_once(request, ChangeOut, undo, actor, plan_id, body.version, expected=expected)
    return _answer(change, headers)


@routes.post("/restore/{version}/", scope="plans:write", answer=ChangeOut, problems=(409, 412), headers=_WRITE)
async def restore_version(request: Request, actor: Actor, plan_id: int, version: int) -> HTTPResponse:
    """Make a plan what it was at a version. Whether it is published, and who has access, stays as it is."""
    ctx = request.app.ctx
    expected = expected_version(request)
    restore = ctx.tripkit.history.restore
    change, headers = await write_once(request, ChangeOut, restore, actor, plan_id, version, expected=expected)
    return _answer(change, headers)


def _answer(change: ChangeOut, headers: dict[str, str]) -> HTTPResponse:
    return json_response(change, headers={"etag": f'"{change.version}"', **headers})
