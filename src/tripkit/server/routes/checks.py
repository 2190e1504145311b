"""Checks of plans."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.checks import CheckOut, IgnoredIn
from tripkit.schemas.users import Actor
from tripkit.server.conditional import expected_version
from tripkit.server.routing import Resource, json_response

routes: Final = Resource("checks", "/api/plans/{plan_id}/check")
_IF_MATCH: Final = {"If-Match": "The ETag of the plan that you read: if it has changed since, it stays so (412)."}


@routes.get("/", scope="plans:read", answer=CheckOut)
async def check_plan(request: Request, actor: Actor, plan_id: int) -> HTTPResponse:
    """Find what will not work in a plan: overlaps, connections, nights without a bed, the budget."""
    ctx = request.app.ctx
    return _tagged(await ctx.bridge.read_much(ctx.tripkit.checks.check, actor, plan_id))


@routes.put("/ignored/", scope="plans:write", body=IgnoredIn, answer=CheckOut, problems=(412,), headers=_IF_MATCH)
async def ignore_findings(request: Request, actor: Actor, plan_id: int, body: IgnoredIn) -> HTTPResponse:
    """Say which findings are ignored in a plan, by their codes."""
    ctx = request.app.ctx
    expected = expected_version(request)
    return _tagged(await ctx.bridge.write(ctx.tripkit.checks.ignore, actor, plan_id, body, expected=expected))


def _tagged(record: CheckOut) -> HTTPResponse:
    return json_response(record, headers={"etag": f'"{record.version}"'})
