"""Checks of whole plans: facts only, from what is written in them."""

from collections.abc import Callable, Iterator
from typing import Final, get_args

import msgspec

from tripkit.config import Settings
from tripkit.database import Engine, atomic
from tripkit.schemas.checks import CheckOut, Code, Finding, IgnoredIn, Severity
from tripkit.schemas.expenses import ExpenseOut
from tripkit.schemas.items import ItemOut
from tripkit.schemas.money import Totals
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.services import check_course, check_items, check_money, parts, plan_money, plan_settings
from tripkit.services.check_trip import Trip
from tripkit.services.expenses import Expenses
from tripkit.services.items import Items
from tripkit.services.plan_settings import Kept
from tripkit.services.plans import Plans

#: Each gives findings of the code that it is called like.
CHECKS: Final[tuple[Callable[[Trip], Iterator[Finding]], ...]] = (
    check_course.overlap,
    check_course.short_connection,
    check_course.too_far,
    check_course.too_fast,
    check_items.night_without_lodging,
    check_items.outside_dates,
    check_items.no_reference,
    check_items.no_zone,
    check_items.irregular_time,
    check_money.over_budget,
    check_money.no_rate,
)
_GRAVITY: Final = {severity: number for number, severity in enumerate(get_args(Severity))}


class PlanChecks:
    """Finds what will not work."""

    def __init__(self, db: Engine, plans: Plans, items: Items, expenses: Expenses, settings: Settings) -> None:
        self.db = db
        self._plans, self._items, self._expenses, self._thresholds = plans, items, expenses, settings.checks

    def check(self, actor: Actor, plan_id: int) -> CheckOut:
        """Everything that is found in a plan, without what is ignored there."""
        plan = self._plans.get(actor, plan_id)
        return self._checked(plan, plan_settings.read(self.db, plan.id))

    @atomic
    def ignore(self, actor: Actor, plan_id: int, form: IgnoredIn, *, expected: int | None = None) -> CheckOut:
        """Ignore findings of these codes, and only these. `expected` is the version of the plan that is known."""
        plan = self._plans.to_write(actor, plan_id, expected=expected)
        kept = plan_settings.read(self.db, plan.id)
        kept = msgspec.structs.replace(kept, ignored_checks=[code for code in get_args(Code) if code in form.codes])
        was = parts.SETTINGS.rows(self.db, plan.id, plan.id)
        plan_settings.save(self.db, plan.id, kept)
        return self._checked(self._plans.touch(actor, plan, "checks.ignore", was), kept)

    def _checked(self, plan: PlanOut, kept: Kept) -> CheckOut:
        items = [item for item in self._items.all(plan) if item.status != "idea"]
        totals, certain = _costs(plan, items, self._expenses.all(plan), kept)
        found = list(findings(Trip(plan, items, totals, certain, self._thresholds)))
        # Codes of a newer tripkit may be kept: this one has nothing to ignore for them.
        ignored: list[Code] = [code for code in get_args(Code) if code in kept.ignored_checks]
        shown = [each for each in found if each.code not in ignored]
        return CheckOut(plan.id, plan.version, not shown, shown, ignored, len(found) - len(shown))


def _costs(plan: PlanOut, items: list[ItemOut], expenses: list[ExpenseOut], kept: Kept) -> tuple[Totals, Totals]:
    """What a plan costs, and what it costs at least, without what is in currencies that have no rate."""
    totals = plan_money.totals(plan, items, kept.by_pair, expenses, kept.budgets)
    if not (missing := totals.total.missing):
        return totals, totals
    unknown = {each.id for each in items if each.cost is not None and (each.paid_currency or each.currency) in missing}
    items = [each for each in items if each.id not in unknown]
    # What is paid for an item is in its cost, whether that can be counted or not.
    expenses = [each for each in expenses if each.currency not in missing and each.item_id not in unknown]
    return totals, plan_money.totals(plan, items, kept.by_pair, expenses, kept.budgets)


def findings(trip: Trip) -> list[Finding]:
    """What every check finds, the gravest first."""
    found = [finding for check in CHECKS for finding in check(trip)]
    return sorted(found, key=lambda finding: _GRAVITY[finding.severity])
