"""Templates of checklists."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.checklist_templates import TemplateIn, TemplateList, TemplateOut, TemplatePatch
from tripkit.schemas.users import Actor
from tripkit.server.conditional import answer_tagged, expected_version
from tripkit.server.idempotency import IDEMPOTENT, write_once
from tripkit.server.routing import Resource

routes: Final = Resource("checklist templates", "/api/checklist-templates")
_IF_MATCH: Final = {"If-Match": "The ETag that you read: if the template has changed since, it stays as it is (412)."}
_IF_NONE_MATCH: Final = {"If-None-Match": "The ETag that you have: if it is still the template's, the answer is 304."}
_NEW: Final = {"template_id": "$response.body#/id"}


@routes.get("/", scope="plans:read", answer=TemplateList)
async def list_templates(request: Request, actor: Actor) -> TemplateList:
    """List your templates of checklists, and those that come with tripkit."""
    ctx = request.app.ctx
    found: TemplateList = await ctx.bridge.read_much(ctx.tripkit.checklist_templates.all, actor)
    return found


@routes.post(
    "/",
    scope="plans:write",
    body=TemplateIn,
    answer=TemplateOut,
    status=201,
    problems=(404, 409),
    headers=IDEMPOTENT,
    links=dict.fromkeys(("get_template", "edit_template", "delete_template"), _NEW),
)
async def create_template(request: Request, actor: Actor, body: TemplateIn) -> HTTPResponse:
    """Make a template of checklists, of its own or from a checklist in any plan that you may read."""
    ctx = request.app.ctx
    made, headers = await write_once(request, TemplateOut, ctx.tripkit.checklist_templates.create, actor, body)
    location = f"{ctx.base_url}/api/checklist-templates/{made.id}/"
    return _tagged(request, made, 201, {"location": location, **headers})


@routes.get("/{template_id}/", scope="plans:read", answer=TemplateOut, headers=_IF_NONE_MATCH)
async def get_template(request: Request, actor: Actor, template_id: int) -> HTTPResponse:
    """Read a template of yours."""
    ctx = request.app.ctx
    return _tagged(request, await ctx.bridge.read(ctx.tripkit.checklist_templates.get, actor, template_id))


@routes.patch(
    "/{template_id}/",
    scope="plans:write",
    body=TemplatePatch,
    answer=TemplateOut,
    problems=(409, 412),
    headers=_IF_MATCH,
)
async def edit_template(request: Request, actor: Actor, template_id: int, body: TemplatePatch) -> HTTPResponse:
    """Change a template of yours. Checklists that were made from it stay as they are."""
    ctx = request.app.ctx
    edit, expected = ctx.tripkit.checklist_templates.edit, expected_version(request)
    return _tagged(request, await ctx.bridge.write(edit, actor, template_id, body, expected=expected))


@routes.delete("/{template_id}/", scope="plans:write", status=204, problems=(412,), headers=_IF_MATCH)
async def delete_template(request: Request, actor: Actor, template_id: int) -> None:
    """Delete a template of yours, for good. Checklists that were made from it stay."""
    ctx = request.app.ctx
    delete, expected = ctx.tripkit.checklist_templates.delete, expected_version(request)
    await ctx.bridge.write(delete, actor, template_id, expected=expected)


def _tagged(
    request: Request, template: TemplateOut, status: int = 200, headers: dict[str, str] | None = None
) -> HTTPResponse:
    return answer_tagged(request, template, f'"{template.version}"', status, headers)
