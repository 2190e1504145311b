"""What travellers pay for each other, and who owes whom."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.balances import Balances
from tripkit.schemas.expenses import ExpenseIn, ExpenseList, ExpenseOut, ExpensePatch, ExpenseQuery
from tripkit.schemas.names import Resolved, TitleQuery
from tripkit.schemas.users import Actor
from tripkit.server.conditional import PREFER, answer_tagged, expected_version, gone
from tripkit.server.idempotency import IDEMPOTENT, write_once
from tripkit.server.routing import Resource, json_response

routes: Final = Resource("expenses", "/api/plans/{plan_id}")
_IF_MATCH: Final = {
    "If-Match": "The ETag of the expense that you read: if it has changed since, it stays as it is (412)."
}
_IF_MATCH_PLAN: Final = {"If-Match": "The ETag of the plan that you read: if it has changed since, it stays so (412)."}
_IF_NONE_MATCH: Final = {"If-None-Match": "The ETag that you have: if nothing has changed since, the answer is 304."}

_SAME: Final = {"plan_id": "$request.path.plan_id", "expense_id": "$request.path.expense_id"}
_NEW: Final = {"plan_id": "$request.path.plan_id", "expense_id": "$response.body#/id"}


@routes.get("/expenses/", scope="plans:read", query=ExpenseQuery, answer=ExpenseList, headers=_IF_NONE_MATCH)
async def list_expenses(request: Request, actor: Actor, plan_id: int, query: ExpenseQuery) -> HTTPResponse:
    """List the expenses of a plan by their days.

    All of them come at once. The ETag is that of the plan.
    """
    ctx = request.app.ctx
    found: ExpenseList = await ctx.bridge.read_much(ctx.tripkit.expenses.of_plan, actor, plan_id, query)
    return answer_tagged(request, found, f'"{found.version}"')


@routes.post(
    "/expenses/",
    scope="plans:write",
    body=ExpenseIn,
    answer=ExpenseOut,
    status=201,
    problems=(409, 412),
    headers=IDEMPOTENT | _IF_MATCH_PLAN,
    links=dict.fromkeys(("get_expense", "edit_expense", "trash_expense"), _NEW),
)
async def create_expense(request: Request, actor: Actor, plan_id: int, body: ExpenseIn) -> HTTPResponse:
    """Add what travellers paid, and for whom.

    Payments add up to the amount, and so do the shares of the split `exact`. Those of the other splits are computed:
    cents that are left over go to the first in the list, or to those who would lose the most.
    """
    ctx = request.app.ctx
    create = ctx.tripkit.expenses.create
    made, headers = await write_once(
        request, ExpenseOut, create, actor, plan_id, body, expected=expected_version(request)
    )
    address = f"{ctx.base_url}/api/plans/{plan_id}/expenses/{made.id}/"
    return _tagged(made, 201, {"location": address, **headers})


@routes.get("/expenses/resolve/", scope="plans:read", query=TitleQuery, answer=Resolved, problems=(409,))
async def resolve_expense(request: Request, actor: Actor, plan_id: int, query: TitleQuery) -> Resolved:
    """Find the id of an expense by its title, or by a piece of it that no other expense of the plan has."""
    ctx = request.app.ctx
    resolve = ctx.tripkit.expenses.resolve
    return Resolved(await ctx.bridge.read_much(resolve, actor, plan_id, query.name, trashed=query.trashed))


@routes.get("/expenses/{expense_id}/", scope="plans:read", answer=ExpenseOut)
async def get_expense(request: Request, actor: Actor, plan_id: int, expense_id: int) -> HTTPResponse:
    """Read an expense."""
    ctx = request.app.ctx
    # Never a 304: its item may leave the plan, which changes without it.
    return _tagged(await ctx.bridge.read(ctx.tripkit.expenses.get, actor, plan_id, expense_id))


@routes.patch(
    "/expenses/{expense_id}/",
    scope="plans:write",
    body=ExpensePatch,
    answer=ExpenseOut,
    problems=(412,),
    headers=_IF_MATCH,
)
async def edit_expense(
    request: Request, actor: Actor, plan_id: int, expense_id: int, body: ExpensePatch
) -> HTTPResponse:
    """Change an expense. What is left out stays, and lists are replaced whole.

    Whoever paid alone pays the new amount, and another split without `shared_by` begins anew for the same travellers.
    """
    ctx = request.app.ctx
    edit, expected = ctx.tripkit.expenses.edit, expected_version(request)
    return _tagged(await ctx.bridge.write(edit, actor, plan_id, expense_id, body, expected=expected))


@routes.delete(
    "/expenses/{expense_id}/",
    scope="plans:write",
    status=204,
    answer=ExpenseOut,
    problems=(412,),
    headers=_IF_MATCH | PREFER,
    links=dict.fromkeys(("get_expense", "restore_expense"), _SAME),
)
async def trash_expense(request: Request, actor: Actor, plan_id: int, expense_id: int) -> HTTPResponse | None:
    """Put an expense into the trash, from where it can be restored for 30 days."""
    ctx = request.app.ctx
    expected = expected_version(request)
    trash = ctx.tripkit.expenses.trash
    return gone(request, await ctx.bridge.write(trash, actor, plan_id, expense_id, expected=expected))


@routes.post(
    "/expenses/{expense_id}/restore/",
    scope="plans:write",
    answer=ExpenseOut,
    problems=(409,),
    headers=IDEMPOTENT,
)
async def restore_expense(request: Request, actor: Actor, plan_id: int, expense_id: int) -> HTTPResponse:
    """Take an expense out of the trash."""
    restore = request.app.ctx.tripkit.expenses.restore
    restored, headers = await write_once(request, ExpenseOut, restore, actor, plan_id, expense_id)
    return _tagged(restored, headers=headers)


@routes.get("/balances/", scope="plans:read", answer=Balances)
async def get_balances(request: Request, actor: Actor, plan_id: int) -> HTTPResponse:
    """Say who owes whom by the expenses of a plan, and the fewest transfers that settle it.

    By currency always, and in all only where a rate is known for each of them. Settle by one or the other, not by both.
    """
    ctx = request.app.ctx
    found: Balances = await ctx.bridge.read_much(ctx.tripkit.balances.balances, actor, plan_id)
    return json_response(found, headers={"etag": f'"{found.version}"'})


def _tagged(expense: ExpenseOut, status: int = 200, headers: dict[str, str] | None = None) -> HTTPResponse:
    return json_response(expense, status, {"etag": f'"{expense.version}"', **(headers or {})})
