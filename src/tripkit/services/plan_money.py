"""The money of a plan: its exchange rates, and what its items and expenses cost by them."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, get_args

import msgspec

from tripkit.database import Engine, atomic
from tripkit.errors import NotFound, ValidationFailed
from tripkit.schemas.changes import ChangeAction
from tripkit.schemas.expenses import REPAYMENT, ExpenseOut
from tripkit.schemas.items import ItemOut, ItemStatus, Kind
from tripkit.schemas.money import BudgetsIn, BudgetsOut, Rate, RatesIn, RatesOut, Sum, Totals
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.services import money, parts, plan_rules, plan_settings, rates
from tripkit.services.expenses import Expenses
from tripkit.services.items import Items
from tripkit.services.money import Money
from tripkit.services.plans import Plans

#: What has been paid for, or will have to be.
_SPENT: Final = ("booked", "done")


_NO_BUDGETS: Final[Mapping[str, Decimal]] = MappingProxyType({})


class PlanMoney:
    """What plans cost."""

    def __init__(self, db: Engine, plans: Plans, items: Items, expenses: Expenses) -> None:
        self.db = db
        self._plans, self._items, self._expenses = plans, items, expenses

    def rates(self, actor: Actor, plan_id: int) -> RatesOut:
        """The rates of a plan."""
        plan = self._plans.get(actor, plan_id)
        return RatesOut(plan.id, plan.version, plan_settings.read(self.db, plan.id).rates)

    @atomic
    def replace_rates(self, actor: Actor, plan_id: int, form: RatesIn, *, expected: int | None = None) -> RatesOut:
        """Other rates, and only these. `expected` is the version of the plan that the caller knows."""
        plan = self._plans.to_write(actor, plan_id, expected=expected)
        return self._save(actor, plan, _checked(form.rates))

    @atomic
    def set_rate(self, actor: Actor, plan_id: int, rate: Rate) -> RatesOut:
        """One rate, in place of any between both currencies."""
        plan = self._plans.to_write(actor, plan_id)
        [tidy] = _checked([rate], alone=True)
        return self._save(actor, plan, [*self._others(plan, tidy.base, tidy.quote), tidy])

    @atomic
    def forget_rate(self, actor: Actor, plan_id: int, base: str, quote: str) -> RatesOut:
        """No rate between both currencies; raises `NotFound` if there is none."""
        plan = self._plans.to_write(actor, plan_id)
        others = self._others(plan, base.upper(), quote.upper())
        if len(others) == len(plan_settings.read(self.db, plan.id).rates):
            raise NotFound("rate in this plan between", f"{base.upper()} and {quote.upper()}")
        return self._save(actor, plan, others)

    def budgets(self, actor: Actor, plan_id: int) -> BudgetsOut:
        """What kinds of items may cost."""
        plan = self._plans.get(actor, plan_id)
        return BudgetsOut(plan.id, plan.version, plan.currency, plan_settings.read(self.db, plan.id).budgets)

    @atomic
    def replace_budgets(
        self, actor: Actor, plan_id: int, form: BudgetsIn, *, expected: int | None = None
    ) -> BudgetsOut:
        """Other budgets of kinds, and only these. `expected` is the version of the plan that the caller knows."""
        plan = self._plans.to_write(actor, plan_id, expected=expected)
        found = _checked_budgets(form.budgets)
        return BudgetsOut(plan.id, self._keep(actor, plan, "budgets.edit", budgets=found), plan.currency, found)

    def totals(self, actor: Actor, plan_id: int) -> Totals:
        """What a plan costs, by currency, status and kind, against its budgets."""
        plan = self._plans.get(actor, plan_id)
        kept = plan_settings.read(self.db, plan.id)
        return totals(plan, self._items.all(plan), kept.by_pair, self._expenses.all(plan), kept.budgets)

    def _others(self, plan: PlanOut, base: str, quote: str) -> list[Rate]:
        kept = plan_settings.read(self.db, plan.id).rates
        return [each for each in kept if {each.base, each.quote} != {base, quote}]

    def _save(self, actor: Actor, plan: PlanOut, found: list[Rate]) -> RatesOut:
        return RatesOut(plan.id, self._keep(actor, plan, "rates.edit", rates=found), found)

    def _keep(self, actor: Actor, plan: PlanOut, action: ChangeAction, **settings: Any) -> int:
        """Keep settings of a plan; the version of it then."""
        kept = plan_settings.read(self.db, plan.id)
        was = parts.SETTINGS.rows(self.db, plan.id, plan.id)
        plan_settings.save(self.db, plan.id, msgspec.structs.replace(kept, **settings))
        return self._plans.touch(actor, plan, action, was).version


def totals(
    plan: PlanOut,
    items: Iterable[ItemOut],
    by_pair: rates.Rates,
    expenses: Iterable[ExpenseOut] = (),
    budgets: Mapping[str, Decimal] = _NO_BUDGETS,
) -> Totals:
    """What these items and expenses of a plan cost; nothing is counted twice."""
    costly = [item for item in items if item.cost is not None]

    def sum_of(found: Iterable[ItemOut | ExpenseOut]) -> Sum:
        return _sum(list(found), plan.currency, by_pair)

    counted = [item for item in costly if item.status != "idea"]
    on_their_own = _on_their_own(expenses, counted)
    whole: list[ItemOut | ExpenseOut] = [*counted, *on_their_own]
    total = sum_of(whole)
    left = None if plan.budget is None or total.amount is None else plan.budget - total.amount
    by_kind = {name: sum_of(some) for name in get_args(Kind) if (some := [each for each in whole if each.kind == name])}
    return Totals(
        plan_id=plan.id,
        version=plan.version,
        currency=plan.currency,
        budget=plan.budget,
        total=total,
        planned=sum_of(item for item in counted if item.status not in _SPENT),
        spent=sum_of(each for each in whole if isinstance(each, ExpenseOut) or each.status in _SPENT),
        expenses=sum_of(on_their_own),
        remaining=left,
        by_status={
            name: sum_of(of)
            for name in get_args(ItemStatus)
            if (of := [item for item in costly if item.status == name])
        },
        by_kind=by_kind,
        budgets=dict(budgets),
        remaining_by_kind={name: _left(budget, by_kind.get(name)) for name, budget in budgets.items()},
    )


def _left(budget: Decimal, spent: Sum | None) -> Decimal | None:
    if spent is None:
        return budget
    return None if spent.amount is None else budget - spent.amount


def _on_their_own(expenses: Iterable[ExpenseOut], counted: Iterable[ItemOut]) -> list[ExpenseOut]:
    """Expenses that pay for no item whose cost counts already, and that are no repayment."""
    known = {item.id for item in counted}
    return [each for each in expenses if each.item_id not in known and each.kind != REPAYMENT]


def _sum(found: list[ItemOut | ExpenseOut], currency: str, by_pair: rates.Rates) -> Sum:
    """Each in its own currency; and all in one, where what is done counts as it was paid."""
    whole = rates.total([_counted(each) for each in found], currency, by_pair)
    return Sum(money.totals(_cost(each) for each in found), whole.amount, whole.missing)


def _cost(each: ItemOut | ExpenseOut) -> Money:
    if isinstance(each, ExpenseOut):
        return Money(each.amount, each.currency)
    return Money(each.cost or Decimal(0), each.currency or "")


def _counted(each: ItemOut | ExpenseOut) -> Money:
    if isinstance(each, ExpenseOut) or each.paid is None:
        return _cost(each)
    return Money(each.paid, each.paid_currency or "")


def _checked(given: list[Rate], *, alone: bool = False) -> list[Rate]:
    """Tidied; raises `ValidationFailed` with all that is wrong."""
    errors: dict[str, list[str]] = {}
    found: dict[tuple[str, str], Rate] = {}
    for number, each in enumerate(given):
        where = "" if alone else f"rates[{number}]."
        base, quote = each.base.upper(), each.quote.upper()
        try:
            rate = Rate(base, quote, rates.checked(each.rate, base, quote))
        except ValidationFailed as failed:
            errors |= {f"{where}{name}": messages for name, messages in failed.errors.items()}
            continue
        if (base, quote) in found:
            errors[f"{where}quote"] = [f"has a rate from {base} already. Give each once."]
        found[base, quote] = rate
    if errors:
        raise ValidationFailed(errors)
    return list(found.values())


def _checked_budgets(given: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """With two decimals, in the order of kinds; raises `ValidationFailed` with all that is wrong."""
    kinds = get_args(Kind)
    unknown = [kind for kind in given if kind not in kinds]
    errors = {f"budgets.{kind}"[:60]: [f"is no kind of item. Kinds are {', '.join(kinds)}."] for kind in unknown}
    found: dict[str, Decimal] = {}
    for kind in kinds:
        if kind in given:
            try:
                found[kind] = plan_rules.budget(given[kind])
            except ValidationFailed as failed:
                errors[f"budgets.{kind}"] = failed.errors["budget"]
    if errors:
        raise ValidationFailed(errors)
    return found
