"""Expenses: who paid, who shares, what is refused, versions and the trash."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import Ambiguous, Conflict, NotFound, StaleVersion, ValidationFailed
from tripkit.schemas.expenses import ExpenseIn, ExpenseOut, ExpensePatch, ExpenseQuery, PaymentOut, ShareOut
from tripkit.schemas.items import ItemIn, ItemMove, ItemOut
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.travellers import TravellerIn
from tripkit.schemas.users import Actor
from tripkit.services import validation
from tripkit.services.item_places import complete

D = Decimal


@pytest.fixture
def plan(make_plan: Callable[..., PlanOut], ada: Actor) -> PlanOut:
    return make_plan(ada, budget=D("1000.00"), currency="EUR")


@pytest.fixture
def people(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> dict[str, int]:
    """The numbers of Ann, Ben and Cat."""
    return {name: tripkit.travellers.create(ada, plan.id, TravellerIn(name)).id for name in ("Ann", "Ben", "Cat")}


def numbered(people: dict[str, int], fields: dict[str, Any]) -> bytes:
    """JSON in which travellers may be named: `{"Ann": "12.50"}` with a value, or `["Ann"]`."""
    values = dict(fields)
    value = {"paid_by": "amount", "shared_by": "weight" if fields.get("split") == "shares" else "amount"}
    for field in value:
        if isinstance(values.get(field), dict):
            values[field] = [{"traveller_id": people[name], value[field]: of} for name, of in values[field].items()]
        elif isinstance(values.get(field), list):
            values[field] = [
                {"traveller_id": people[each]} if isinstance(each, str) else each for each in values[field]
            ]
    return json.dumps(values).encode()


@pytest.fixture
def add(tripkit: Tripkit, ada: Actor, plan: PlanOut, people: dict[str, int]) -> Callable[..., ExpenseOut]:
    """`add(amount="30", paid_by=["Ann"])`: an expense in Ada's plan, as it would come by JSON."""

    def create(*, expected: int | None = None, **fields: Any) -> ExpenseOut:
        default = {"title": "Dinner", "date": "2027-04-02", "amount": "30", "paid_by": ["Ann"]}
        form = validation.decode(ExpenseIn, numbered(people, default | fields))
        return tripkit.expenses.create(ada, plan.id, form, expected=expected)

    return create


@pytest.fixture
def edit(tripkit: Tripkit, ada: Actor, people: dict[str, int]) -> Callable[..., ExpenseOut]:
    def change(expense: ExpenseOut, *, expected: int | None = None, **fields: Any) -> ExpenseOut:
        patch = validation.decode(ExpensePatch, numbered(people, fields))
        return tripkit.expenses.edit(ada, expense.plan_id, expense.id, patch, expected=expected)

    return change


@pytest.fixture
def item(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> ItemOut:
    return tripkit.items.create(ada, plan.id, complete(ItemIn(title="Ryokan", cost=D("100"))))


def wrong(work: Callable[[], Any]) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as failed:
        work()
    return failed.value.errors


def amounts(expense: ExpenseOut) -> tuple[list[str], list[str]]:
    """What each paid, and what each has to bear."""
    return [str(each.amount) for each in expense.paid_by], [str(each.amount) for each in expense.shared_by]


# --- what is kept and what is computed ------------------------------------------------------------------------------


def test_without_more_everybody_shares_what_one_has_paid(
    tripkit: Tripkit, add: Any, ada: Actor, plan: PlanOut, people: dict[str, int], clock: Any
) -> None:
    made = add(title="  Tea ", amount=10)
    ann, ben, cat = people.values()
    assert made == ExpenseOut(
        id=made.id, plan_id=plan.id, title="Tea", date=date(2027, 4, 2), amount=D("10.00"), currency="EUR",
        paid_by=[PaymentOut(ann, D("10.00"))], split="equal",
        shared_by=[ShareOut(ann, None, D("3.34")), ShareOut(ben, None, D("3.33")), ShareOut(cat, None, D("3.33"))],
        kind="other", item_id=None, notes="", version=1, created_at=clock.now, updated_at=clock.now, trashed_at=None,
    )  # fmt: skip
    assert tripkit.expenses.get(ada, plan.id, made.id) == made
    assert [str(each.amount) for each in made.shared_by] == ["3.34", "3.33", "3.33"], "with all of its decimals"


def test_every_field_comes_back_as_it_was_sent(
    tripkit: Tripkit, add: Any, ada: Actor, plan: PlanOut, people: dict[str, int], item: ItemOut
) -> None:
    made = add(
        title="Ryokan", amount="12.345", currency="kwd", paid_by={"Ben": "10", "Ann": "2.345"}, split="shares",
        shared_by={"Cat": "2", "Ann": "0.5"}, kind="lodging", item_id=item.id, notes="Two\nnights",
    )  # fmt: skip
    assert made.currency == "KWD"
    assert amounts(made) == (["10.000", "2.345"], ["9.876", "2.469"])
    assert [each.traveller_id for each in made.shared_by] == [people["Cat"], people["Ann"]]
    assert [each.weight for each in made.shared_by] == [D(2), D("0.5")]
    assert (made.kind, made.item_id, made.notes) == ("lodging", item.id, "Two\nnights")
    assert tripkit.expenses.get(ada, plan.id, made.id) == made


def test_weights_are_kept_plainly(add: Any) -> None:
    made = add(split="shares", shared_by={"Ann": "1E+3", "Ben": "-0", "Cat": "0.50" + "0" * 1000})
    assert [str(each.weight) for each in made.shared_by] == ["1000", "0", "0.5"]


def test_shares_may_be_exact(add: Any) -> None:
    made = add(amount="30", split="exact", shared_by={"Ann": "0", "Ben": "12.5", "Cat": "17.50"})
    assert amounts(made) == (["30.00"], ["0.00", "12.50", "17.50"])


def test_who_comes_later_has_no_share_in_what_was(
    tripkit: Tripkit, add: Any, edit: Any, ada: Actor, plan: PlanOut
) -> None:
    made = add()
    tripkit.travellers.create(ada, plan.id, TravellerIn("Dan"))
    assert len(tripkit.expenses.get(ada, plan.id, made.id).shared_by) == 3
    assert len(edit(made, shared_by=None).shared_by) == 4


def test_expenses_are_listed_by_their_days(
    tripkit: Tripkit, add: Any, ada: Actor, plan: PlanOut, people: dict[str, int], item: ItemOut
) -> None:
    add(title="b", date="2027-04-03", shared_by=["Ben"])
    add(title="c", date="2027-04-03", paid_by=["Cat"], shared_by=["Cat"], kind="food")
    add(title="a", date="2027-04-01", shared_by=["Ann"], item_id=item.id)

    def titles(**query: Any) -> str:
        return "".join(each.title for each in tripkit.expenses.of_plan(ada, plan.id, ExpenseQuery(**query)).expenses)

    assert titles() == "abc"
    assert (titles(traveller_id=people["Ann"]), titles(traveller_id=people["Ben"])) == ("ab", "b")
    assert (titles(kind="food"), titles(item_id=item.id), titles(trashed=True)) == ("c", "a", "")
    assert tripkit.expenses.of_plan(ada, plan.id, ExpenseQuery()).version == tripkit.plans.get(ada, plan.id).version


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-1", "1e30", "1000000000000", "1.234", "1e-400000"])
def test_amounts_that_cannot_be_are_refused(add: Any, amount: str) -> None:
    errors = wrong(lambda: add(amount=amount))
    assert errors.keys() == {"amount"}
    assert errors["amount"][0].startswith("must ")


def test_decimals_are_those_of_the_currency(add: Any) -> None:
    errors = wrong(lambda: add(amount="1.234", currency="JPY"))
    assert errors == {"amount": ['must have no decimals in JPY, not "1.234". Round it yourself.']}
    assert str(add(amount="1.234", currency="KWD").amount) == "1.234"
    assert str(add(amount="1200.0", currency="JPY").amount) == "1200"


@pytest.mark.parametrize("currency", ["XXX", "ABC", "euro", "XAU"])
def test_currencies_are_those_of_iso_4217(add: Any, currency: str) -> None:
    assert wrong(lambda: add(currency=currency)).keys() == {"currency"}


def test_shares_that_do_not_add_up_are_refused_with_the_difference(add: Any) -> None:
    def shared(**people: str) -> list[str]:
        return wrong(lambda: add(amount="30", split="exact", shared_by=people))["shared_by"]

    assert shared(Ann="10", Ben="15") == ["must add up to 30.00 EUR; they are 5.00 EUR too little."]
    assert shared(Ann="10", Ben="20.01") == ["must add up to 30.00 EUR; they are 0.01 EUR too much."]
    assert "at most 2 decimals" in shared(Ann="10.005", Ben="19.995")[0]
    for value in ("NaN", "-1", "1e30"):
        assert "from 0" in shared(Ann=value, Ben="30")[0]


def test_payments_that_do_not_add_up_are_refused_with_the_difference(add: Any) -> None:
    def paid(by: Any) -> dict[str, list[str]]:
        return wrong(lambda: add(amount="30", paid_by=by))

    assert paid({"Ann": "10", "Ben": "15"}) == {"paid_by": ["must add up to 30.00 EUR; they are 5.00 EUR too little."]}
    assert paid({"Ann": "29"}) == {"paid_by": ["must add up to 30.00 EUR; they are 1.00 EUR too little."]}
    assert paid(["Ann", "Ben"]) == {"paid_by": ["must have the amount of each of several; Ann has none."]}
    assert paid({"Ann": "NaN"}).keys() == {"paid_by"}


@pytest.mark.parametrize("weight", ["NaN", "-1", "1e30", "0.0000001", "1e-400000"])
def test_weights_that_cannot_be_are_refused(add: Any, weight: str) -> None:
    errors = wrong(lambda: add(split="shares", shared_by={"Ann": "1", "Ben": weight}))
    assert "as for Ben" in errors["shared_by"][0]


def test_what_does_not_go_with_the_split_is_refused(add: Any, people: dict[str, int]) -> None:
    weight, amount = (
        [{"traveller_id": people["Ann"]}, {"traveller_id": people["Ben"], name: "30"}] for name in ("weight", "amount")
    )
    assert wrong(lambda: add(split="equal", shared_by=weight)).keys() == {"shared_by[1].weight"}
    assert wrong(lambda: add(split="equal", shared_by=amount)).keys() == {"shared_by[1].amount"}
    assert wrong(lambda: add(split="shares", shared_by=amount)).keys() == {"shared_by[0].weight"}
    assert wrong(lambda: add(split="exact", shared_by=amount)) == {
        "shared_by[0].amount": ["is needed for the split exact, also of Ann."]
    }
    assert wrong(lambda: add(split="exact")).keys() == {"shared_by[0].amount"}
    assert wrong(lambda: add(split="shares", shared_by={"Ann": "0"})) == {
        "shared_by": ["must have somebody with more than nothing."]
    }


def test_people_are_travellers_of_the_plan_and_named_once(
    tripkit: Tripkit, add: Any, ada: Actor, people: dict[str, int], make_plan: Any
) -> None:
    other = make_plan(ada)
    stranger = {"traveller_id": tripkit.travellers.create(ada, other.id, TravellerIn("Eve")).id}
    errors = wrong(lambda: add(paid_by=[stranger], shared_by=["Ann", stranger, "Ann"]))
    ann = people["Ann"]
    assert errors.keys() == {"paid_by[0].traveller_id", "shared_by[1].traveller_id", "shared_by[2].traveller_id"}
    assert f"{ann} (Ann)" in errors["paid_by[0].traveller_id"][0]
    assert errors["shared_by[2].traveller_id"] == ["names Ann again. Give each once."]
    form = validation.decode(ExpenseIn, numbered(people, {"title": "x", "date": "2027-04-02", "amount": 1,
                                                          "paid_by": ["Ann"]}))  # fmt: skip
    empty = make_plan(ada)
    assert "has none yet" in wrong(lambda: tripkit.expenses.create(ada, empty.id, form))["paid_by"][0]


def test_all_that_is_wrong_is_named_at_once(add: Any) -> None:
    errors = wrong(
        lambda: add(title=" ", amount="NaN", currency="euro", date="1815-12-10", paid_by=[{"traveller_id": 99}])
    )
    assert errors.keys() == {"title", "date", "currency", "paid_by[0].traveller_id"}
    assert wrong(lambda: add(date="yesterday", split="half", paid_by=[])).keys() == {"date", "split", "paid_by"}


def test_the_item_is_one_of_the_plan(
    tripkit: Tripkit, add: Any, edit: Any, ada: Actor, plan: PlanOut, item: ItemOut, make_plan: Any
) -> None:
    other = make_plan(ada)
    elsewhere = tripkit.items.create(ada, other.id, complete(ItemIn(title="x")))
    for number in (elsewhere.id, 10**12):
        assert wrong(lambda number=number: add(item_id=number)).keys() == {"item_id"}  # type: ignore[misc]
    assert wrong(lambda: add(item_id=item.id, kind="repayment")).keys() == {"item_id"}
    made = add(item_id=item.id)
    tripkit.items.trash(ada, plan.id, item.id)
    assert wrong(lambda: add(item_id=item.id)).keys() == {"item_id"}, "it is in the trash"
    assert edit(made, notes="kept").item_id == item.id
    tripkit.items.restore(ada, plan.id, item.id)
    tripkit.items.move(ada, plan.id, item.id, ItemMove(plan_id=other.id))
    assert tripkit.expenses.get(ada, plan.id, made.id).item_id is None, "it is in another plan now"


def test_an_item_that_is_deleted_for_good_leaves_the_expense(
    tripkit: Tripkit, add: Any, ada: Actor, plan: PlanOut, item: ItemOut, clock: Any
) -> None:
    made = add(item_id=item.id)
    tripkit.items.trash(ada, plan.id, item.id)
    clock.advance(days=31)
    assert tripkit.items.purge() == 1
    assert tripkit.expenses.get(ada, plan.id, made.id) == msgspec.structs.replace(made, item_id=None)


# --- changes --------------------------------------------------------------------------------------------------------


def test_what_is_left_out_stays(add: Any, edit: Any, people: dict[str, int]) -> None:
    made = add(amount="30", paid_by={"Ann": "10", "Ben": "20"}, split="shares", shared_by={"Ann": "1", "Cat": "2"})
    changed = edit(made, notes="cash")
    assert (changed.version, changed.notes) == (2, "cash")
    assert msgspec.structs.replace(changed, notes="", version=1) == made
    assert wrong(lambda: edit(made, amount="60")).keys() == {"paid_by"}
    doubled = edit(made, amount="60", paid_by={"Ann": "20", "Ben": "40"})
    assert amounts(doubled) == (["20.00", "40.00"], ["20.00", "40.00"])


def test_who_paid_alone_pays_another_amount_and_another_split_begins_anew(add: Any, edit: Any) -> None:
    made = add(amount="30", split="exact", shared_by={"Ann": "10", "Cat": "20"})
    assert wrong(lambda: edit(made, amount="40")) == {
        "shared_by": ["must add up to 40.00 EUR; they are 10.00 EUR too little."]
    }
    assert amounts(edit(made, amount="40", shared_by={"Ann": "10", "Cat": "30"})) == (["40.00"], ["10.00", "30.00"])
    assert amounts(edit(made, split="equal")) == (["40.00"], ["20.00", "20.00"])
    assert wrong(lambda: edit(made, split="shares")).keys() == {"shared_by[0].weight"}
    assert amounts(edit(made, currency="JPY", amount="41")) == (["41"], ["21", "20"])


def test_a_version_guards_a_change(tripkit: Tripkit, add: Any, edit: Any, ada: Actor, plan: PlanOut) -> None:
    before = tripkit.plans.get(ada, plan.id).version
    with pytest.raises(StaleVersion, match="plan"):
        add(expected=before - 1)
    made = add(expected=before)
    edit(made, notes="x", expected=1)
    with pytest.raises(StaleVersion) as stale:
        edit(made, notes="y", expected=1)
    assert (stale.value.kind, stale.value.current) == ("expense", 2)
    with pytest.raises(StaleVersion):
        tripkit.expenses.trash(ada, plan.id, made.id, expected=1)
    tripkit.expenses.trash(ada, plan.id, made.id, expected=2)
    tripkit.expenses.restore(ada, plan.id, made.id)
    assert tripkit.plans.get(ada, plan.id).version == before + 4, "every write is one to the plan"


def test_two_changes_at_once_are_one_and_a_refusal(tripkit: Tripkit, add: Any, edit: Any, in_threads: Any) -> None:
    made = add()
    found = in_threads(4, lambda: edit(made, notes="x", expected=1), tripkit.db)
    assert sorted(type(each).__name__ for each in found) == ["ExpenseOut"] + ["StaleVersion"] * 3


def test_the_trash_keeps_an_expense_for_30_days(
    tripkit: Tripkit, add: Any, edit: Any, ada: Actor, plan: PlanOut, clock: Any
) -> None:
    made = add()
    trashed = tripkit.expenses.trash(ada, plan.id, made.id)
    assert (trashed.trashed_at, trashed.version) == (clock.now, 2)
    assert tripkit.expenses.of_plan(ada, plan.id, ExpenseQuery()).expenses == []
    assert tripkit.expenses.of_plan(ada, plan.id, ExpenseQuery(trashed=True)).expenses == [trashed]
    for work in (
        lambda: tripkit.expenses.get(ada, plan.id, made.id),
        lambda: edit(made, notes="x"),
        lambda: tripkit.expenses.trash(ada, plan.id, made.id),
    ):
        with pytest.raises(NotFound):
            work()
    restored = tripkit.expenses.restore(ada, plan.id, made.id)
    assert (restored.trashed_at, restored.version, restored.amount) == (None, 3, made.amount)
    with pytest.raises(NotFound, match="trash"):
        tripkit.expenses.restore(ada, plan.id, made.id)
    tripkit.expenses.trash(ada, plan.id, made.id)
    clock.advance(days=31)
    assert tripkit.expenses.purge() == 1
    with pytest.raises(NotFound):
        tripkit.expenses.restore(ada, plan.id, made.id)


def test_a_plan_has_so_many_expenses_at_most(
    monkeypatch: pytest.MonkeyPatch, tripkit: Tripkit, add: Any, ada: Actor, plan: PlanOut
) -> None:
    expenses = tripkit.expenses
    assert expenses._settings.max_expenses == 2_000
    monkeypatch.setattr(expenses, "_settings", msgspec.structs.replace(expenses._settings, max_expenses=1))
    made = add()
    with pytest.raises(Conflict, match="1 expenses"):
        add()
    expenses.trash(ada, plan.id, made.id)
    add()
    with pytest.raises(Conflict):
        expenses.restore(ada, plan.id, made.id)


def test_whoever_has_a_part_in_an_expense_stays(
    tripkit: Tripkit, add: Any, edit: Any, ada: Actor, plan: PlanOut, people: dict[str, int], clock: Any
) -> None:
    made = add(paid_by=["Ann"], shared_by=["Ben"])
    for name in ("Ann", "Ben"):
        with pytest.raises(Conflict, match=rf'{name} has a part in .*{made.id} \("Dinner"\)'):
            tripkit.travellers.delete(ada, plan.id, people[name])
    edit(made, shared_by=["Cat"])
    tripkit.travellers.delete(ada, plan.id, people["Ben"])
    tripkit.expenses.trash(ada, plan.id, made.id)
    with pytest.raises(Conflict, match="trash"):
        tripkit.travellers.delete(ada, plan.id, people["Cat"])
    clock.advance(days=31)
    tripkit.expenses.purge()
    tripkit.travellers.delete(ada, plan.id, people["Cat"])


def test_an_expense_is_named_by_number_or_piece_of_its_title(
    tripkit: Tripkit, add: Any, ada: Actor, plan: PlanOut
) -> None:
    tea, dinner = add(title="Tea"), add(title="Dinner")
    add(title="Tea and cake")

    def resolve(name: str, **options: Any) -> int:
        return tripkit.expenses.resolve(ada, plan.id, name, **options)

    assert (resolve("TEA"), resolve("inn"), resolve("7")) == (tea.id, dinner.id, 7)
    with pytest.raises(Ambiguous):
        resolve("e")
    for nothing in ("soup", "", "%"):
        with pytest.raises(NotFound):
            resolve(nothing)
    tripkit.expenses.trash(ada, plan.id, tea.id)
    assert resolve("tea", trashed=True) == tea.id


def test_others_do_not_know_of_the_expenses(tripkit: Tripkit, add: Any, bob: Actor, plan: PlanOut) -> None:
    made = add()
    form = validation.decode(ExpenseIn, b'{"title":"x","date":"2027-04-02","amount":1,"paid_by":[{"traveller_id":1}]}')
    for work in (
        lambda: tripkit.expenses.get(bob, plan.id, made.id),
        lambda: tripkit.expenses.of_plan(bob, plan.id, ExpenseQuery()),
        lambda: tripkit.expenses.resolve(bob, plan.id, "Dinner"),
        lambda: tripkit.expenses.create(bob, plan.id, form),
        lambda: tripkit.expenses.edit(bob, plan.id, made.id, ExpensePatch()),
        lambda: tripkit.expenses.trash(bob, plan.id, made.id),
        lambda: tripkit.expenses.restore(bob, plan.id, made.id),
        lambda: tripkit.balances.balances(bob, plan.id),
    ):
        with pytest.raises(NotFound, match="plan"):
            work()
