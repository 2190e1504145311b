"""The entries of checklists."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.checklists import EntriesIn, EntriesMark, EntriesOut, EntryMove, EntryOut, EntryPatch
from tripkit.schemas.users import Actor
from tripkit.server.conditional import expected_version
from tripkit.server.idempotency import IDEMPOTENT, write_once
from tripkit.server.routing import Resource, json_response

routes: Final = Resource("checklists", "/api/plans/{plan_id}/checklists/{checklist_id}/entries")
_IF_MATCH: Final = {"If-Match": "The version of the entry, as an ETag: if it has changed since, it stays so (412)."}
_FIRST: Final = {
    "plan_id": "$request.path.plan_id",
    "checklist_id": "$request.path.checklist_id",
    "entry_id": "$response.body#/entries/0/id",
}
_IF_MATCH_LIST: Final = {"If-Match": "The ETag of the checklist: if it has changed since, nothing is added (412)."}


@routes.post(
    "/",
    scope="plans:write",
    body=EntriesIn,
    answer=EntriesOut,
    status=201,
    problems=(409, 412),
    headers=IDEMPOTENT | _IF_MATCH_LIST,
    links=dict.fromkeys(("edit_entry", "move_entry", "delete_entry"), _FIRST),
)
async def add_entries(request: Request, actor: Actor, plan_id: int, checklist_id: int, body: EntriesIn) -> HTTPResponse:
    """Add entries to a checklist, one or many: all of them, or none."""
    ctx = request.app.ctx
    made, headers = await write_once(
        request,
        EntriesOut,
        ctx.tripkit.checklist_entries.add,
        actor,
        plan_id,
        checklist_id,
        body,
        expected=expected_version(request),
    )
    return json_response(made, 201, {"location": _address(request, plan_id, checklist_id), **headers})


@routes.patch("/", scope="plans:write", body=EntriesMark, answer=EntriesOut)
async def mark_entries(
    request: Request, actor: Actor, plan_id: int, checklist_id: int, body: EntriesMark
) -> EntriesOut:
    """Check many entries off at once, or not any more: all of them, or none. It is one change."""
    ctx = request.app.ctx
    marked: EntriesOut = await ctx.bridge.write(ctx.tripkit.checklist_entries.mark, actor, plan_id, checklist_id, body)
    return marked


@routes.patch("/{entry_id}/", scope="plans:write", body=EntryPatch, answer=EntryOut, problems=(412,), headers=_IF_MATCH)
async def edit_entry(
    request: Request, actor: Actor, plan_id: int, checklist_id: int, entry_id: int, body: EntryPatch
) -> HTTPResponse:
    """Change an entry: check it off, say who sees to it, or word it anew. What is left out stays."""
    ctx = request.app.ctx
    edit, expected = ctx.tripkit.checklist_entries.edit, expected_version(request)
    return _tagged(await ctx.bridge.write(edit, actor, plan_id, checklist_id, entry_id, body, expected=expected))


@routes.delete("/{entry_id}/", scope="plans:write", status=204, problems=(412,), headers=_IF_MATCH)
async def delete_entry(request: Request, actor: Actor, plan_id: int, checklist_id: int, entry_id: int) -> None:
    """Delete an entry."""
    ctx = request.app.ctx
    delete, expected = ctx.tripkit.checklist_entries.delete, expected_version(request)
    await ctx.bridge.write(delete, actor, plan_id, checklist_id, entry_id, expected=expected)


@routes.post(
    "/{entry_id}/move/",
    scope="plans:write",
    body=EntryMove,
    answer=EntryOut,
    problems=(409, 412),
    headers=IDEMPOTENT | _IF_MATCH,
)
async def move_entry(
    request: Request, actor: Actor, plan_id: int, checklist_id: int, entry_id: int, body: EntryMove
) -> HTTPResponse:
    """Move an entry to another position, or to another checklist of the plan."""
    move, expected = request.app.ctx.tripkit.checklist_entries.move, expected_version(request)
    moved, headers = await write_once(
        request, EntryOut, move, actor, plan_id, checklist_id, entry_id, body, expected=expected
    )
    return _tagged(moved, headers)


def _tagged(entry: EntryOut, headers: dict[str, str] | None = None) -> HTTPResponse:
    return json_response(entry, headers={"etag": f'"{entry.version}"', **(headers or {})})


def _address(request: Request, plan_id: int, checklist_id: int) -> str:
    return f"{request.app.ctx.base_url}/api/plans/{plan_id}/checklists/{checklist_id}/"
