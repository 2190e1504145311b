"""Checklists of plans."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.checklists import (
    ChecklistIn,
    ChecklistList,
    ChecklistMove,
    ChecklistOut,
    ChecklistPatch,
    ChecklistQuery,
)
from tripkit.schemas.users import Actor
from tripkit.server.conditional import answer_tagged, expected_version
from tripkit.server.idempotency import IDEMPOTENT, write_once
from tripkit.server.routing import Resource, json_response

routes: Final = Resource("checklists", "/api/plans/{plan_id}/checklists")
_IF_MATCH: Final = {"If-Match": "The ETag of the checklist that you read: if it has changed since, it stays so (412)."}
_IF_MATCH_PLAN: Final = {"If-Match": "The ETag of the plan that you read: if it has changed since, it stays so (412)."}
_IF_NONE_MATCH: Final = {"If-None-Match": "The ETag that you have: if nothing has changed since, the answer is 304."}

_SAME: Final = {"plan_id": "$request.path.plan_id", "checklist_id": "$request.path.checklist_id"}
_NEW: Final = {"plan_id": "$request.path.plan_id", "checklist_id": "$response.body#/id"}


@routes.get("/", scope="plans:read", query=ChecklistQuery, answer=ChecklistList, headers=_IF_NONE_MATCH)
async def list_checklists(request: Request, actor: Actor, plan_id: int, query: ChecklistQuery) -> HTTPResponse:
    """List the checklists of a plan with all their entries.

    The ETag is that of the plan.
    """
    ctx = request.app.ctx
    found: ChecklistList = await ctx.bridge.read_much(ctx.tripkit.checklists.of_plan, actor, plan_id, query)
    return answer_tagged(request, found, f'"{found.version}"')


@routes.post(
    "/",
    scope="plans:write",
    body=ChecklistIn,
    answer=ChecklistOut,
    status=201,
    problems=(409, 412),
    headers=IDEMPOTENT | _IF_MATCH_PLAN,
    links=dict.fromkeys(("get_checklist", "edit_checklist", "move_checklist", "trash_checklist", "add_entries"), _NEW),
)
async def create_checklist(request: Request, actor: Actor, plan_id: int, body: ChecklistIn) -> HTTPResponse:
    """Make a checklist: empty, with entries, from a template, or as a copy of one in any plan that you may read."""
    ctx = request.app.ctx
    create = ctx.tripkit.checklists.create
    made, headers = await write_once(
        request, ChecklistOut, create, actor, plan_id, body, expected=expected_version(request)
    )
    return _tagged(made, 201, {"location": _address(request, made), **headers})


@routes.get("/{checklist_id}/", scope="plans:read", answer=ChecklistOut)
async def get_checklist(request: Request, actor: Actor, plan_id: int, checklist_id: int) -> HTTPResponse:
    """Read a checklist with its entries."""
    ctx = request.app.ctx
    return _tagged(await ctx.bridge.read(ctx.tripkit.checklists.get, actor, plan_id, checklist_id))


@routes.patch(
    "/{checklist_id}/",
    scope="plans:write",
    body=ChecklistPatch,
    answer=ChecklistOut,
    problems=(412,),
    headers=_IF_MATCH,
)
async def edit_checklist(
    request: Request, actor: Actor, plan_id: int, checklist_id: int, body: ChecklistPatch
) -> HTTPResponse:
    """Give a checklist another name."""
    ctx = request.app.ctx
    expected = expected_version(request)
    edit = ctx.tripkit.checklists.edit
    return _tagged(await ctx.bridge.write(edit, actor, plan_id, checklist_id, body, expected=expected))


@routes.delete(
    "/{checklist_id}/",
    scope="plans:write",
    status=204,
    problems=(412,),
    headers=_IF_MATCH,
    links=dict.fromkeys(("get_checklist", "restore_checklist"), _SAME),
)
async def trash_checklist(request: Request, actor: Actor, plan_id: int, checklist_id: int) -> None:
    """Put a checklist into the trash, from where it can be restored for 30 days."""
    ctx = request.app.ctx
    expected = expected_version(request)
    await ctx.bridge.write(ctx.tripkit.checklists.trash, actor, plan_id, checklist_id, expected=expected)


@routes.post("/{checklist_id}/restore/", scope="plans:write", answer=ChecklistOut, problems=(409,), headers=IDEMPOTENT)
async def restore_checklist(request: Request, actor: Actor, plan_id: int, checklist_id: int) -> HTTPResponse:
    """Take a checklist out of the trash."""
    restore = request.app.ctx.tripkit.checklists.restore
    restored, headers = await write_once(request, ChecklistOut, restore, actor, plan_id, checklist_id)
    return _tagged(restored, headers=headers)


@routes.post(
    "/{checklist_id}/move/",
    scope="plans:write",
    body=ChecklistMove,
    answer=ChecklistOut,
    problems=(409, 412),
    headers=IDEMPOTENT | _IF_MATCH,
)
async def move_checklist(
    request: Request, actor: Actor, plan_id: int, checklist_id: int, body: ChecklistMove
) -> HTTPResponse:
    """Move a checklist to another position, or to another plan that you may change.

    There it is a new one, and nobody is named to see to its entries; here it goes to the trash.
    """
    move = request.app.ctx.tripkit.checklists.move
    moved, headers = await write_once(
        request, ChecklistOut, move, actor, plan_id, checklist_id, body, expected=expected_version(request)
    )
    return _tagged(moved, headers={"content-location": _address(request, moved), **headers})


def _tagged(record: ChecklistOut, status: int = 200, headers: dict[str, str] | None = None) -> HTTPResponse:
    # Never a 304: who sees to an entry is also changed by removing a traveller.
    return json_response(record, status, {"etag": f'"{record.version}"', **(headers or {})})


def _address(request: Request, record: ChecklistOut) -> str:
    return f"{request.app.ctx.base_url}/api/plans/{record.plan_id}/checklists/{record.id}/"
