"""What travellers pay for each other.

Who may do what with an expense is who may do it with its plan, and every write to an expense is one to its plan.
"""

from datetime import timedelta
from typing import Any, Final

from peewee import fn

from tripkit.config import Settings
from tripkit.database import Command, Engine, Param, Statement, atomic, params
from tripkit.errors import Conflict, NotFound, StaleVersion, ValidationFailed
from tripkit.models import Expense, Item
from tripkit.schemas.changes import ChangeAction
from tripkit.schemas.expenses import ExpenseIn, ExpenseList, ExpenseOut, ExpensePatch, ExpenseQuery, Payment, Share
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.services import expense_records, expense_rules, names, parts, validation
from tripkit.services.clock import Clock
from tripkit.services.expense_records import COLUMNS, JOINED, WRITTEN
from tripkit.services.plans import Plans
from tripkit.services.travellers import Travellers

_IN_PLAN: Final = Expense.plan == Param("plan")
_THIS_ONE: Final = Expense.id == Param("id")


def _of_plan(*, trashed: bool) -> Any:
    mine = _IN_PLAN & Expense.trashed_at.is_null(not trashed)
    return Expense.select(*COLUMNS).join(*JOINED[:2], on=JOINED[2]).where(mine).order_by(Expense.date, Expense.id)


ALL = Statement(lambda: _of_plan(trashed=False), record=expense_records.read)
TRASHED = Statement(lambda: _of_plan(trashed=True), record=expense_records.read)
ONE = Statement(
    lambda: Expense.select(*COLUMNS).join(*JOINED[:2], on=JOINED[2]).where(_IN_PLAN & _THIS_ONE),
    record=expense_records.read,
)
COUNT = Statement(
    lambda: Expense.select(fn.COUNT(Expense.id)).where(_IN_PLAN & Expense.trashed_at.is_null()), record=int
)
CREATE = Statement(
    lambda: Expense.insert(params(Expense.plan, *WRITTEN, Expense.created_at)).returning(Expense.id), record=int
)
UPDATE = Command(lambda: Expense.update(params(*WRITTEN)).where(_THIS_ONE))
TRASH = Command(
    lambda: Expense.update(params(Expense.version, Expense.updated_at, Expense.trashed_at)).where(_THIS_ONE)
)
PURGE = Command(lambda: Expense.delete().where(Expense.trashed_at < Param("before")))
ITEM_IS_THERE = Statement(
    lambda: Item.select(Item.id).where(
        (Item.plan == Param("plan")) & (Item.id == Param("id")) & Item.trashed_at.is_null()
    ),
    record=int,
)


class Expenses:
    """What people do with the expenses of their plans."""

    def __init__(self, db: Engine, plans: Plans, travellers: Travellers, clock: Clock, settings: Settings) -> None:
        self.db = db
        self._plans, self._travellers = plans, travellers
        self._clock, self._settings = clock, settings.plans

    def get(self, actor: Actor, plan_id: int, expense_id: int) -> ExpenseOut:
        """One expense; raises `NotFound`, also for one in the trash."""
        return self._find(self._plans.get(actor, plan_id), expense_id)

    def of_plan(self, actor: Actor, plan_id: int, query: ExpenseQuery) -> ExpenseList:
        """The expenses of a plan, by their days."""
        plan = self._plans.get(actor, plan_id)
        found = self.all(plan, trashed=query.trashed)
        return ExpenseList(plan.id, plan.version, [each for each in found if _is_meant(each, query)])

    def all(self, plan: PlanOut, *, trashed: bool = False) -> list[ExpenseOut]:
        """Every expense of a plan that the caller was given by `Plans`, by their days."""
        return (TRASHED if trashed else ALL).all(self.db, plan=plan.id)

    def resolve(self, actor: Actor, plan_id: int, name: str, *, trashed: bool = False) -> int:
        """The id of the expense that a person named by its number or an unambiguous piece of its title."""
        if (number := names.number(name)) is not None:
            return number
        found = self.all(self._plans.get(actor, plan_id), trashed=trashed)
        return names.pick("expense", name, [(each.id, each.title) for each in found], trashed=trashed)

    @atomic
    def create(self, actor: Actor, plan_id: int, form: ExpenseIn, *, expected: int | None = None) -> ExpenseOut:
        """A new expense. `expected` is the version of the plan that the caller knows."""
        plan = self._plans.to_write(actor, plan_id, expected=expected)
        values = self._checked(plan, validation.given(form))
        self._require_room(plan)
        now = self._clock()
        columns = expense_records.stored(values) | {"version": 1, "updated_at": now, "trashed_at": None}
        expense_id = CREATE.one(self.db, **columns, plan=plan.id, created_at=now)
        self._plans.touch(actor, plan, "expense.create", parts.EXPENSE.new(plan.id, expense_id or 0))
        return self._read(plan, expense_id or 0)

    @atomic
    def edit(
        self, actor: Actor, plan_id: int, expense_id: int, patch: ExpensePatch, *, expected: int | None = None
    ) -> ExpenseOut:
        """Change the fields that were given. `expected` is the version of the expense that the caller knows."""
        plan = self._plans.to_write(actor, plan_id)
        expense = self._find(plan, expense_id, expected)
        values = self._checked(plan, expense_rules.merged(_fields(expense), validation.given(patch)), expense.item_id)
        columns = expense_records.stored(values) | {"version": expense.version + 1, "updated_at": self._clock()}
        was = parts.EXPENSE.rows(self.db, plan.id, expense.id)
        UPDATE.run(self.db, **columns, trashed_at=None, id=expense.id)
        self._plans.touch(actor, plan, "expense.edit", was)
        return self._read(plan, expense_id)

    @atomic
    def trash(self, actor: Actor, plan_id: int, expense_id: int, *, expected: int | None = None) -> ExpenseOut:
        """Put an expense into the trash, and delete for good what has been there too long."""
        plan = self._plans.to_write(actor, plan_id)
        self._set_trashed(actor, plan, "expense.trash", self._find(plan, expense_id, expected))
        self.purge()
        return self._read(plan, expense_id)

    @atomic
    def restore(self, actor: Actor, plan_id: int, expense_id: int) -> ExpenseOut:
        """Take an expense out of the trash."""
        plan = self._plans.to_write(actor, plan_id)
        expense = self._find(plan, expense_id, trashed=True)
        self._require_room(plan)
        self._set_trashed(actor, plan, "expense.restore", expense)
        return self._read(plan, expense_id)

    @atomic
    def purge(self) -> int:
        """Delete for good what has been in the trash for `plans.trash_days`; how many expenses that were."""
        return PURGE.run(self.db, before=self._clock() - timedelta(days=self._settings.trash_days))

    def _checked(self, plan: PlanOut, values: dict[str, Any], known_item: int | None = None) -> dict[str, Any]:
        item_id = values["item_id"]
        if item_id not in (None, known_item) and ITEM_IS_THERE.one(self.db, plan=plan.id, id=item_id) is None:
            raise ValidationFailed({"item_id": [f"must be an item of this plan, and {item_id} is none."]})
        return expense_rules.checked(values, plan, self._travellers.all(plan))

    def _find(
        self, plan: PlanOut, expense_id: int, expected: int | None = None, *, trashed: bool = False
    ) -> ExpenseOut:
        expense = ONE.one(self.db, plan=plan.id, id=expense_id)
        if expense is None or (expense.trashed_at is not None) != trashed:
            raise NotFound("expense in the trash with the number" if trashed else "expense", expense_id)
        if expected is not None and expense.version != expected:
            raise StaleVersion("expense", expense_id, expense.version, expense)
        return expense

    def _require_room(self, plan: PlanOut) -> None:
        if (COUNT.one(self.db, plan=plan.id) or 0) >= self._settings.max_expenses:
            raise Conflict(
                f"A plan may have {self._settings.max_expenses} expenses, and this one has. "
                "Delete some, or put several into one."
            )

    def _set_trashed(self, actor: Actor, plan: PlanOut, action: ChangeAction, expense: ExpenseOut) -> None:
        """Into the trash, or out of it."""
        was, now = parts.EXPENSE.rows(self.db, plan.id, expense.id), self._clock()
        moment = now if action == "expense.trash" else None
        TRASH.run(self.db, id=expense.id, version=expense.version + 1, updated_at=now, trashed_at=moment)
        self._plans.touch(actor, plan, action, was)

    def _read(self, plan: PlanOut, expense_id: int) -> ExpenseOut:
        """An expense as it was just written."""
        expense = ONE.one(self.db, plan=plan.id, id=expense_id)
        assert expense is not None
        return expense


def _fields(expense: ExpenseOut) -> dict[str, Any]:
    """What a person may change of an expense, as they would give it."""
    fields = {name: getattr(expense, name) for name in ExpensePatch.__struct_fields__}
    fields["paid_by"] = [Payment(each.traveller_id, each.amount) for each in expense.paid_by]
    fields["shared_by"] = [
        Share(each.traveller_id, each.weight, each.amount if expense.split == "exact" else None)
        for each in expense.shared_by
    ]
    return fields


def _is_meant(expense: ExpenseOut, query: ExpenseQuery) -> bool:
    people = {each.traveller_id for each in expense.paid_by} | {each.traveller_id for each in expense.shared_by}
    return (
        (query.traveller_id is None or query.traveller_id in people)
        and (query.item_id is None or query.item_id == expense.item_id)
        and (query.kind is None or query.kind == expense.kind)
    )
