"""The money of plans."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.money import BudgetsIn, BudgetsOut, RatesIn, RatesOut, Totals
from tripkit.schemas.users import Actor
from tripkit.server.conditional import expected_version
from tripkit.server.routing import Resource, json_response

routes: Final = Resource("money", "/api/plans/{plan_id}")
_IF_MATCH: Final = {"If-Match": "The ETag of the plan that you read: if it has changed since, it stays so (412)."}


@routes.get("/rates/", scope="plans:read", answer=RatesOut)
async def get_rates(request: Request, actor: Actor, plan_id: int) -> HTTPResponse:
    """Read the exchange rates of a plan."""
    ctx = request.app.ctx
    return _tagged(await ctx.bridge.read(ctx.tripkit.money.rates, actor, plan_id))


@routes.put("/rates/", scope="plans:write", body=RatesIn, answer=RatesOut, problems=(412,), headers=_IF_MATCH)
async def replace_rates(request: Request, actor: Actor, plan_id: int, body: RatesIn) -> HTTPResponse:
    """Replace the exchange rates of a plan."""
    ctx = request.app.ctx
    expected = expected_version(request)
    return _tagged(await ctx.bridge.write(ctx.tripkit.money.replace_rates, actor, plan_id, body, expected=expected))


@routes.get("/budgets/", scope="plans:read", answer=BudgetsOut)
async def get_budgets(request: Request, actor: Actor, plan_id: int) -> HTTPResponse:
    """Read what each kind of item may cost."""
    ctx = request.app.ctx
    return _tagged(await ctx.bridge.read(ctx.tripkit.money.budgets, actor, plan_id))


@routes.put("/budgets/", scope="plans:write", body=BudgetsIn, answer=BudgetsOut, problems=(412,), headers=_IF_MATCH)
async def replace_budgets(request: Request, actor: Actor, plan_id: int, body: BudgetsIn) -> HTTPResponse:
    """Replace what each kind of item may cost, beside the budget of the whole plan."""
    ctx = request.app.ctx
    expected = expected_version(request)
    return _tagged(await ctx.bridge.write(ctx.tripkit.money.replace_budgets, actor, plan_id, body, expected=expected))


@routes.get("/totals/", scope="plans:read", answer=Totals)
async def get_totals(request: Request, actor: Actor, plan_id: int) -> HTTPResponse:
    """Add up what a plan costs: by currency, by status and by kind, against its budget.

    There is one amount of a sum only where a rate is known for each of its currencies. What is done counts by the rate
    of then.
    """
    ctx = request.app.ctx
    return _tagged(await ctx.bridge.read_much(ctx.tripkit.money.totals, actor, plan_id))


def _tagged(record: RatesOut | BudgetsOut | Totals) -> HTTPResponse:
    return json_response(record, headers={"etag": f'"{record.version}"'})
