"""What travellers pay for each other, on a server."""

from tripkit.client.resource import Resource, at
from tripkit.schemas.balances import Balances as BalancesOut
from tripkit.schemas.expenses import ExpenseIn, ExpenseList, ExpenseOut, ExpensePatch, ExpenseQuery


class Expenses(Resource):
    """The expenses of plans."""

    def get(self, plan_id: int, expense_id: int) -> ExpenseOut:
        """One expense; raises `NotFound`, also for one in the trash."""
        return self._http.read(_expense(plan_id, expense_id), ExpenseOut)

    def of_plan(self, plan_id: int, query: ExpenseQuery) -> ExpenseList:
        """The expenses of a plan, by their days."""
        return self._http.read(at("plans", plan_id, "expenses"), ExpenseList, query)

    def resolve(self, plan_id: int, name: str, *, trashed: bool = False) -> int:
        """The id of the expense of this number or title; raises as `Plans.resolve`."""
        return self._resolve(at("plans", plan_id, "expenses", "resolve"), name, trashed=trashed)

    def create(self, plan_id: int, form: ExpenseIn, *, expected: int | None = None) -> ExpenseOut:
        """A new expense. `expected` is the version of the plan that you know."""
        return self._http.create(at("plans", plan_id, "expenses"), ExpenseOut, form, expected=expected)

    def edit(self, plan_id: int, expense_id: int, patch: ExpensePatch, *, expected: int | None = None) -> ExpenseOut:
        """Change the fields that were given. `expected` is the version of the expense that you know."""
        return self._http.write("PATCH", _expense(plan_id, expense_id), ExpenseOut, patch, expected=expected)

    def trash(self, plan_id: int, expense_id: int, *, expected: int | None = None) -> ExpenseOut:
        """Put an expense into the trash, from where it can be restored."""
        return self._http.write("DELETE", _expense(plan_id, expense_id), ExpenseOut, expected=expected)

    def restore(self, plan_id: int, expense_id: int) -> ExpenseOut:
        """Take an expense out of the trash."""
        return self._http.create(at("plans", plan_id, "expenses", expense_id, "restore"), ExpenseOut)


class Balances(Resource):
    """What travellers owe each other."""

    def balances(self, plan_id: int) -> BalancesOut:
        """Who is owed and who owes, and the fewest transfers that settle it."""
        return self._http.read(at("plans", plan_id, "balances"), BalancesOut)


def _expense(plan_id: int, expense_id: int) -> str:
    return at("plans", plan_id, "expenses", expense_id)
