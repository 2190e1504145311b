"""The money of a plan: rates, totals, and what is frozen."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import NotFound, StaleVersion, ValidationFailed
from tripkit.schemas.expenses import ExpenseIn, Payment
from tripkit.schemas.items import ItemIn, ItemMove, ItemOut, ItemPatch
from tripkit.schemas.money import BudgetsIn, Rate, RatesIn
from tripkit.schemas.plans import PlanOut, PlanPatch
from tripkit.schemas.travellers import TravellerIn
from tripkit.schemas.users import Actor
from tripkit.services.item_places import complete

D = Decimal


@pytest.fixture
def plan(make_plan: Callable[..., PlanOut], ada: Actor) -> PlanOut:
    return make_plan(ada, budget=D("1000.00"), currency="EUR", start_date=date(2027, 4, 1))


@pytest.fixture
def add(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[..., ItemOut]:
    """`add("1200", "JPY", status="done")`."""

    def create(cost: str, currency: str, **fields: Any) -> ItemOut:
        form = ItemIn(title="x", cost=D(cost), currency=currency, **fields)
        return tripkit.items.create(ada, plan.id, complete(form))

    return create


@pytest.fixture
def rate(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[..., Any]:
    return lambda base, quote, value: tripkit.money.set_rate(ada, plan.id, Rate(base, quote, D(value)))


def rates(*given: tuple[str, str, str]) -> RatesIn:
    return RatesIn([Rate(base, quote, D(value)) for base, quote, value in given])


def test_a_plan_without_items_costs_nothing(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> None:
    found = tripkit.money.totals(ada, plan.id)
    assert (found.total.amount, found.total.by_currency, found.total.missing) == (D("0.00"), {}, [])
    assert (found.remaining, found.by_kind, found.by_status) == (D("1000.00"), {}, {})


def test_totals_are_by_currency_status_and_kind(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, rate: Any
) -> None:
    rate("EUR", "JPY", "160")
    add("100", "EUR", kind="lodging", status="booked")
    add("1600", "JPY", kind="food", status="planned")
    add("3200", "JPY", kind="food", status="done")
    add("500", "EUR", status="idea")
    tripkit.items.create(ada, plan.id, complete(ItemIn(title="free")))
    found = tripkit.money.totals(ada, plan.id)
    assert (found.total.by_currency, found.total.amount) == ({"EUR": D("100.00"), "JPY": D(4800)}, D("130.00"))
    assert (found.planned.amount, found.spent.amount, found.remaining) == (D("10.00"), D("120.00"), D("870.00"))
    assert {name: each.amount for name, each in found.by_status.items()} == {
        "idea": D("500.00"), "planned": D("10.00"), "booked": D("100.00"), "done": D("20.00"),
    }  # fmt: skip
    assert {name: each.amount for name, each in found.by_kind.items()} == {"lodging": D("100.00"), "food": D("30.00")}


def test_without_a_rate_there_is_no_one_total(tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, rate: Any) -> None:
    add("100", "EUR")
    add("1.234", "KWD")
    add("20", "USD", status="booked")
    found = tripkit.money.totals(ada, plan.id)
    assert (found.total.amount, found.total.missing, found.remaining) == (None, ["KWD", "USD"], None)
    assert found.total.by_currency == {"EUR": D("100.00"), "KWD": D("1.234"), "USD": D("20.00")}
    rate("USD", "EUR", "0.9")
    rate("KWD", "USD", "3.25")
    # 1.234 KWD are 4.0105 USD, and 3.60945 EUR: rounded once.
    assert tripkit.money.totals(ada, plan.id).total.amount == D("121.61")


def test_an_exceeded_budget_remains_below_zero(tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any) -> None:
    add("1000.01", "EUR")
    assert tripkit.money.totals(ada, plan.id).remaining == D("-0.01")
    tripkit.plans.edit(ada, plan.id, PlanPatch(budget=None))
    assert tripkit.money.totals(ada, plan.id).remaining is None


def test_what_is_done_is_frozen_at_the_rate_of_then(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, rate: Any
) -> None:
    rate("EUR", "JPY", "160")
    item = add("16000", "JPY", status="done")
    assert (item.paid, item.paid_currency) == (D("100.00"), "EUR")
    other = add("16000", "JPY", status="booked")
    assert other.paid is None
    rate("EUR", "JPY", "100")
    assert tripkit.money.totals(ada, plan.id).total.amount == D("260.00")

    def edit(**fields: Any) -> ItemOut:
        return tripkit.items.edit(ada, plan.id, item.id, complete(ItemPatch(**fields)))

    assert edit(title="still").paid == D("100.00")
    assert edit(cost=D(8000)).paid == D("80.00"), "another cost, at the rate of now"
    assert edit(status="planned").paid is None
    assert edit(status="done").paid == D("80.00")
    assert edit(cost=None).paid is None


def test_what_is_done_before_there_is_a_rate_counts_by_the_rate_that_comes(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, rate: Any
) -> None:
    assert add("16000", "JPY", status="done").paid is None
    assert tripkit.money.totals(ada, plan.id).spent.missing == ["JPY"]
    rate("EUR", "JPY", "160")
    assert tripkit.money.totals(ada, plan.id).spent.amount == D("100.00")


def test_what_was_paid_goes_along_and_is_not_counted_anew(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, rate: Any, make_plan: Callable[..., PlanOut]
) -> None:
    rate("EUR", "JPY", "160")
    item = add("16000", "JPY", status="done")
    tripkit.plans.edit(ada, plan.id, PlanPatch(currency="USD"))
    assert tripkit.money.totals(ada, plan.id).total.missing == ["EUR"]
    rate("EUR", "USD", "1.1")
    assert tripkit.money.totals(ada, plan.id).total.amount == D("110.00")
    euros = make_plan(ada)
    moved = tripkit.items.move(ada, plan.id, item.id, ItemMove(plan_id=euros.id))
    assert (moved.paid, tripkit.money.totals(ada, euros.id).total.amount) == (D("100.00"), D("100.00"))


def test_an_amount_beyond_all_bounds_is_not_frozen(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, rate: Any
) -> None:
    rate("KWD", "EUR", "1000000000")
    item = add("999999999999.999", "KWD", status="done")
    assert (item.cost, item.paid) == (D("999999999999.999"), None)
    assert tripkit.money.totals(ada, plan.id).total.amount == D("999999999999999000000.00")


# --- rates ----------------------------------------------------------------------------------------------------------


def test_rates_are_replaced_as_a_whole_and_are_a_write_to_the_plan(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, clock: Any
) -> None:
    assert tripkit.money.rates(ada, plan.id).rates == []
    clock.advance(seconds=1)
    found = tripkit.money.replace_rates(ada, plan.id, rates(("eur", "jpy", "162.5"), ("EUR", "USD", "1.100")))
    assert found.rates == [Rate("EUR", "JPY", D("162.5")), Rate("EUR", "USD", D("1.100"))]
    assert found == tripkit.money.rates(ada, plan.id)
    assert found.version == plan.version + 1
    assert tripkit.plans.get(ada, plan.id).updated_at == clock.now
    with pytest.raises(StaleVersion):
        tripkit.money.replace_rates(ada, plan.id, rates(), expected=plan.version)
    assert tripkit.money.replace_rates(ada, plan.id, rates(), expected=found.version).rates == []


def test_one_rate_takes_the_place_of_any_between_both_currencies(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, rate: Any
) -> None:
    tripkit.money.replace_rates(ada, plan.id, rates(("JPY", "EUR", "0.006"), ("EUR", "USD", "1.1")))
    assert rate("eur", "jpy", "162.5").rates == [Rate("EUR", "USD", D("1.1")), Rate("EUR", "JPY", D("162.5"))]
    assert tripkit.money.forget_rate(ada, plan.id, "usd", "EUR").rates == [Rate("EUR", "JPY", D("162.5"))]
    with pytest.raises(NotFound, match="between EUR and USD"):
        tripkit.money.forget_rate(ada, plan.id, "EUR", "USD")


def test_wrong_rates_are_named_with_their_number(tripkit: Tripkit, ada: Actor, plan: PlanOut, rate: Any) -> None:
    with pytest.raises(ValidationFailed) as failed:
        tripkit.money.replace_rates(
            ada,
            plan.id,
            rates(
                ("EUR", "JPY", "0"),
                ("EUR", "EUR", "1"),
                ("EUR", "XAU", "NaN"),
                ("EUR", "USD", "1"),
                ("eur", "usd", "2"),
            ),
        )
    assert failed.value.errors.keys() == {
        "rates[0].rate", "rates[1].quote", "rates[2].quote", "rates[2].rate", "rates[4].quote",
    }  # fmt: skip
    with pytest.raises(ValidationFailed) as failed:
        rate("EUR", "JPY", "1e30")
    assert failed.value.errors.keys() == {"rate"}
    assert tripkit.money.rates(ada, plan.id).rates == []


def test_others_do_not_know_of_the_money(tripkit: Tripkit, bob: Actor, plan: PlanOut) -> None:
    for work in (
        lambda: tripkit.money.rates(bob, plan.id),
        lambda: tripkit.money.totals(bob, plan.id),
        lambda: tripkit.money.replace_rates(bob, plan.id, rates()),
        lambda: tripkit.money.set_rate(bob, plan.id, Rate("EUR", "JPY", D(1))),
        lambda: tripkit.money.forget_rate(bob, plan.id, "EUR", "JPY"),
    ):
        with pytest.raises(NotFound, match="plan"):
            work()


# --- expenses -------------------------------------------------------------------------------------------------------


@pytest.fixture
def pay(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[..., Any]:
    """`pay("1200", "JPY", kind="food")`: an expense of the only traveller."""
    traveller = tripkit.travellers.create(ada, plan.id, TravellerIn("Ada"))

    def create(amount: str, currency: str, **fields: Any) -> Any:
        form = ExpenseIn("x", date(2027, 4, 2), D(amount), [Payment(traveller.id)], currency, **fields)
        return tripkit.expenses.create(ada, plan.id, form)

    return create


def test_an_expense_without_an_item_was_spent(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, rate: Any, pay: Any
) -> None:
    rate("EUR", "JPY", "160")
    add("100", "EUR", kind="lodging")
    pay("1600", "JPY", kind="food")
    pay("20", "EUR", kind="repayment")
    found = tripkit.money.totals(ada, plan.id)
    assert (found.total.amount, found.planned.amount, found.spent.amount) == (D("110.00"), D("100.00"), D("10.00"))
    assert found.expenses.by_currency == {"JPY": D(1600)}
    assert found.remaining == D("890.00")
    assert {name: each.amount for name, each in found.by_kind.items()} == {"lodging": D("100.00"), "food": D("10.00")}
    assert list(found.by_status) == ["planned"]


def test_an_expense_for_an_item_is_not_counted_twice(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, pay: Any
) -> None:
    item = add("100", "EUR", status="booked")
    pay("95", "EUR", item_id=item.id)

    def total() -> Any:
        return tripkit.money.totals(ada, plan.id).total.amount

    def edit(**fields: Any) -> None:
        tripkit.items.edit(ada, plan.id, item.id, complete(ItemPatch(**fields)))

    assert total() == D("100.00"), "the cost of the item counts"
    edit(cost=None)
    assert total() == D("95.00"), "the item has none"
    edit(cost=D(100), currency="EUR", status="idea")
    assert total() == D("95.00"), "ideas are in no total"
    edit(status="done")
    tripkit.items.trash(ada, plan.id, item.id)
    assert total() == D("95.00"), "it is in the trash"


def test_a_currency_of_expenses_needs_a_rate_and_the_budget_is_theirs_too(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, pay: Any, rate: Any
) -> None:
    pay("200000", "JPY")
    assert tripkit.money.totals(ada, plan.id).total.missing == ["JPY"]
    assert [each.code for each in tripkit.checks.check(ada, plan.id).findings] == ["no-rate"]
    rate("EUR", "JPY", "160")
    assert tripkit.money.totals(ada, plan.id).remaining == D("-250.00")
    assert [each.code for each in tripkit.checks.check(ada, plan.id).findings] == ["over-budget"]


# --- what kinds of items may cost -----------------------------------------------------------------------------------


def test_a_kind_may_have_a_budget_of_its_own(tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any) -> None:
    add("80", "EUR", kind="food")
    add("30.50", "EUR", kind="food", status="booked")
    add("500", "EUR", kind="food", status="idea")
    add("12", "USD", kind="bus")
    budgets = {"food": D("100"), "bus": D("20"), "lodging": D("300.5")}
    kept = tripkit.money.replace_budgets(ada, plan.id, BudgetsIn(budgets))
    assert kept.budgets == {"bus": D("20.00"), "lodging": D("300.50"), "food": D("100.00")}
    assert list(kept.budgets) == ["bus", "lodging", "food"], "in the order of kinds"
    assert tripkit.money.budgets(ada, plan.id) == kept
    assert kept.version == tripkit.plans.get(ada, plan.id).version
    totals = tripkit.money.totals(ada, plan.id)
    assert totals.budgets == kept.budgets
    assert totals.remaining_by_kind == {"bus": None, "lodging": D("300.50"), "food": D("-10.50")}
    found = [each for each in tripkit.checks.check(ada, plan.id).findings if each.code == "over-budget"]
    assert [each.message for each in found] == [
        "All of food costs 110.50 EUR, which is 10.50 more than its budget of 100.00."
    ]
    tripkit.history.undo(ada, plan.id)
    assert tripkit.money.budgets(ada, plan.id).budgets == {}


@pytest.mark.parametrize("amount", ["NaN", "-1", "1e30", "1.005"])
def test_a_budget_that_is_none_is_refused_by_its_kind(tripkit: Tripkit, ada: Actor, plan: PlanOut, amount: str) -> None:
    with pytest.raises(ValidationFailed) as failed:
        tripkit.money.replace_budgets(ada, plan.id, BudgetsIn({"food": D(amount), "bus": D(1)}))
    assert list(failed.value.errors) == ["budgets.food"]
    with pytest.raises(StaleVersion):
        tripkit.money.replace_budgets(ada, plan.id, BudgetsIn({}), expected=99)
