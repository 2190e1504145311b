"""Copies of plans."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.plan_copies import PlanCopyIn, PlanCopyOut
from tripkit.schemas.users import Actor
from tripkit.server.idempotency import IDEMPOTENT, write_once
from tripkit.server.routing import Resource, json_response

routes: Final = Resource("plans", "/api/plans/{plan_id}/copy")
_NEW: Final = {"plan_id": "$response.body#/plan/id"}


@routes.post(
    "/",
    scope="plans:write",
    body=PlanCopyIn,
    answer=PlanCopyOut,
    status=201,
    problems=(409,),
    headers=IDEMPOTENT,
    links=dict.fromkeys(("get_plan", "edit_plan", "trash_plan"), _NEW),
)
async def copy_plan(request: Request, actor: Actor, plan_id: int, body: PlanCopyIn) -> HTTPResponse:
    """Copy a plan that you may read into one of your own, also to another date.

    Items, rates, budgets, ignored findings, travellers and checklists come along; expenses do not. Local times stay,
    and `warnings` names those that come twice or never on the new date. The copy is a draft in which nothing is booked,
    paid or done: references and paid amounts are left out, and `booked` and `done` become `planned`.
    """
    ctx = request.app.ctx
    made, headers = await write_once(request, PlanCopyOut, ctx.tripkit.plan_copies.copy, actor, plan_id, body)
    location = f"{ctx.base_url}/api/plans/{made.plan.id}/"
    return json_response(made, 201, {"location": location, "etag": f'"{made.plan.version}"', **headers})
