"""Copies of plans: what comes along, what does not, and what clocks do on the new days."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from tripkit.bootstrap import Tripkit
from tripkit.errors import NotFound, ValidationFailed
from tripkit.schemas.checklists import ChecklistIn, ChecklistQuery, EntryIn
from tripkit.schemas.checks import IgnoredIn
from tripkit.schemas.items import ItemIn, ItemOut, ItemPatch, ItemQuery, Place
from tripkit.schemas.money import BudgetsIn, Rate
from tripkit.schemas.plan_copies import PlanCopyIn, PlanCopyOut
from tripkit.schemas.plans import PlanOut, PlanPatch
from tripkit.schemas.travellers import TravellerIn
from tripkit.schemas.users import Actor
from tripkit.services import item_copies
from tripkit.services.item_places import complete

MakePlan = Callable[..., PlanOut]


@pytest.fixture
def plan(make_plan: MakePlan, ada: Actor) -> PlanOut:
    return make_plan(
        ada,
        title="Kyoto in April",
        destination="Kyoto, Japan",
        start_date=date(2027, 4, 1),
        end_date=date(2027, 4, 14),
        budget=Decimal("2500.00"),
        status="published",
        tags=["spring"],
        timezone="Asia/Tokyo",
    )


@pytest.fixture
def add(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[..., ItemOut]:
    def create(title: str = "Item", *, to: PlanOut = plan, **fields: Any) -> ItemOut:
        return tripkit.items.create(ada, to.id, complete(ItemIn(title=title, **fields)))

    return create


@pytest.fixture
def copy(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[..., PlanCopyOut]:
    def make(of: PlanOut = plan, actor: Actor = ada, **form: Any) -> PlanCopyOut:
        return tripkit.plan_copies.copy(actor, of.id, PlanCopyIn(**form))

    return make


@pytest.fixture
def items(tripkit: Tripkit, ada: Actor) -> Callable[[PlanOut], list[ItemOut]]:
    def read(plan: PlanOut) -> list[ItemOut]:
        return [item for day in tripkit.items.by_day(ada, plan.id, ItemQuery()).days for item in day.items]

    return read


def wrong(work: Callable[[], Any]) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as failed:
        work()
    return failed.value.errors


# --- what comes along -----------------------------------------------------------------------------------------------


def test_a_copy_is_a_draft_with_the_fields_of_its_plan(tripkit: Tripkit, copy: Any, ada: Actor, plan: PlanOut) -> None:
    made = copy()
    assert (made.days, made.items, made.checklists, made.warnings) == (0, 0, 0, [])
    copied = tripkit.plans.get(ada, made.plan.id)
    assert copied == made.plan
    assert (copied.title, copied.status, copied.version) == ("Kyoto in April (copy)", "draft", 1)
    same = ("destination", "start_date", "end_date", "budget", "currency", "tags", "timezone", "description")
    assert [getattr(copied, name) for name in same] == [getattr(plan, name) for name in same]
    assert bytes(copied.plan_data) == bytes(plan.plan_data)
    assert tripkit.plans.get(ada, plan.id) == plan


def test_the_title_is_given_or_fits(copy: Any, make_plan: MakePlan, ada: Actor) -> None:
    assert copy(title="Kyoto again").plan.title == "Kyoto again"
    long = copy(of=make_plan(ada, title="x" * 200)).plan.title
    assert (len(long), long[-8:]) == (200, "x (copy)")
    assert set(wrong(lambda: copy(title=" "))) == {"title"}


def test_items_come_along_as_planned_and_what_clocks_show_stays(add: Any, copy: Any, items: Any, plan: PlanOut) -> None:
    flight = add(
        "To Tokyo", kind="flight", start="2027-04-01T13:00", end="2027-04-02T09:30", place=Place(name="LHR"),
        end_place=Place(name="NRT"), cost=Decimal("812.50"), currency="GBP", booking_reference="QX7F2K",
        status="booked", notes="window",
    )  # fmt: skip
    add("Someday", status="idea")
    before = items(plan)
    made = copy(start_date=date(2028, 4, 1))
    assert (made.days, made.items, made.warnings) == (366, 2, [])
    assert (made.plan.start_date, made.plan.end_date) == (date(2028, 4, 1), date(2028, 4, 14))
    again, someday = items(made.plan)
    assert (again.start, again.end, again.duration) == ("2028-04-01T13:00", "2028-04-02T09:30", flight.duration)
    assert (again.start_zone, again.end_zone, again.day) == ("Europe/London", "Asia/Tokyo", 1)
    assert (again.status, again.booking_reference, again.paid, again.version) == ("planned", "", None, 1)
    same = ("title", "kind", "place", "end_place", "cost", "currency", "notes")
    assert [getattr(again, name) for name in same] == [getattr(flight, name) for name in same]
    assert (someday.title, someday.start, someday.status) == ("Someday", None, "idea")
    assert again.uid != flight.uid
    assert items(plan) == before


def test_what_was_paid_is_not_paid_again(tripkit: Tripkit, add: Any, copy: Any, items: Any, ada: Actor) -> None:
    tea = add("Tea", cost=Decimal(12), status="done")
    assert tea.paid == 12
    [again] = items(copy().plan)
    assert (again.status, again.cost, again.paid, again.paid_currency) == ("planned", 12, None, None)


def test_rates_budgets_and_ignored_findings_come_along(tripkit: Tripkit, copy: Any, ada: Actor, plan: PlanOut) -> None:
    tripkit.money.set_rate(ada, plan.id, Rate("EUR", "JPY", Decimal("162.5")))
    tripkit.checks.ignore(ada, plan.id, IgnoredIn(["no-reference"]))
    tripkit.money.replace_budgets(ada, plan.id, BudgetsIn({"food": Decimal(500)}))
    made = copy().plan
    assert tripkit.money.budgets(ada, made.id).budgets == {"food": Decimal("500.00")}
    assert tripkit.money.rates(ada, made.id).rates == tripkit.money.rates(ada, plan.id).rates
    assert tripkit.checks.check(ada, made.id).ignored_codes == ["no-reference"]


def test_travellers_and_checklists_come_along_with_nothing_done(
    tripkit: Tripkit, copy: Any, ada: Actor, plan: PlanOut
) -> None:
    adam, eve = (tripkit.travellers.create(ada, plan.id, TravellerIn(name=name)) for name in ("Adam", "Eve"))
    tripkit.travellers.delete(ada, plan.id, adam.id)
    entries = [EntryIn("Passport", done=True, assignee=eve.id), EntryIn("Tent")]
    tripkit.checklists.create(ada, plan.id, ChecklistIn(name="Packing", entries=entries))
    gone = tripkit.checklists.create(ada, plan.id, ChecklistIn(name="Shopping", entries=entries))
    tripkit.checklists.trash(ada, plan.id, gone.id)
    tripkit.checklists.create(ada, plan.id, ChecklistIn(name="Before leaving"))
    made = copy()
    [traveller] = tripkit.travellers.of_plan(ada, made.plan.id).travellers
    assert (traveller.name, traveller.id != eve.id) == ("Eve", True)
    packing, leaving = tripkit.checklists.of_plan(ada, made.plan.id, ChecklistQuery()).checklists
    assert (made.checklists, packing.name, leaving.name, leaving.total) == (2, "Packing", "Before leaving", 0)
    assert [(each.text, each.done, each.assignee) for each in packing.entries] == [
        ("Passport", False, traveller.id),
        ("Tent", False, None),
    ]
    assert tripkit.checklists.of_plan(ada, plan.id, ChecklistQuery()).checklists[0].done == 1


def test_what_is_in_the_trash_stays_there(tripkit: Tripkit, add: Any, copy: Any, ada: Actor, plan: PlanOut) -> None:
    tripkit.items.trash(ada, plan.id, add("Gone").id)
    made = copy()
    assert made.items == 0
    assert tripkit.items.by_day(ada, made.plan.id, ItemQuery(trashed=True)).days == []
    tripkit.plans.trash(ada, plan.id)
    with pytest.raises(NotFound):
        copy()


def test_nobody_copies_what_they_may_not_read(copy: Any, bob: Actor) -> None:
    with pytest.raises(NotFound):
        copy(actor=bob)


def test_a_viewer_copies_a_plan_into_their_own_account(
    tripkit: Tripkit, add: Any, copy: Any, ada: Actor, bob: Actor, plan: PlanOut
) -> None:
    add("Tea")
    tripkit.db.execute(
        "INSERT INTO plan_members (plan_id, user_id, role, created_at) "
        f"VALUES ({plan.id}, {bob.user_id}, 'viewer', '2027-04-01T00:00:00.000000Z')"
    )
    made = copy(actor=bob)
    assert (made.plan.user, made.plan.role, made.items) == ("bob", "owner", 1)
    assert tripkit.plans.get(ada, plan.id).version == plan.version + 1, "the plan is as it was"
    with pytest.raises(NotFound):
        tripkit.plans.get(ada, made.plan.id)


# --- dates ----------------------------------------------------------------------------------------------------------


def test_items_outside_of_the_dates_keep_their_distance(add: Any, copy: Any, items: Any) -> None:
    add("Visa", start="2027-03-01")
    add("Photos", start="2027-05-01T10:00", end="2027-05-02")
    made = copy(start_date=date(2026, 4, 1))
    assert made.days == -365
    assert [(each.start, each.end) for each in items(made.plan)] == [
        ("2026-03-01", None),
        ("2026-05-01T10:00", "2026-05-02"),
    ]


@pytest.mark.parametrize(
    ("dates", "first", "expected"),
    [
        # Without a first day a plan begins with the first date in it.
        ({}, "2027-06-10", (date(2028, 1, 1), None, "2028-01-01")),
        ({}, None, (date(2028, 1, 1), None, None)),
        ({"end_date": date(2027, 6, 20)}, "2027-06-10", (date(2028, 1, 1), date(2028, 1, 11), "2028-01-01")),
        ({"end_date": date(2027, 6, 1)}, "2027-06-10", (date(2028, 1, 1), date(2028, 1, 1), "2028-01-10")),
        ({"end_date": date(2027, 6, 1)}, None, (date(2028, 1, 1), date(2028, 1, 1), None)),
        ({"start_date": date(2027, 6, 1)}, "2027-05-31", (date(2028, 1, 1), None, "2027-12-31")),
    ],
)
def test_plans_with_some_dates_or_none(
    make_plan: MakePlan, add: Any, copy: Any, items: Any, ada: Actor, dates: Any, first: Any, expected: Any
) -> None:
    plan = make_plan(ada, **dates)
    add("One", to=plan, start=first)
    made = copy(of=plan, start_date=date(2028, 1, 1))
    assert (made.plan.start_date, made.plan.end_date, items(made.plan)[0].start) == expected
    assert copy(of=plan).plan.start_date == plan.start_date


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1899, 12, 31), date(3000, 1, 1), date(9999, 12, 31)])
def test_a_first_day_in_years_that_are_mistyped_is_refused(copy: Any, day: date) -> None:
    assert wrong(lambda: copy(start_date=day)) == {
        "start_date": [f"must be in a year from 1900 to 2999, not {day.year}."]
    }


def test_an_item_that_would_be_in_such_a_year_is_named(
    tripkit: Tripkit, add: Any, copy: Any, make_plan: MakePlan, ada: Actor
) -> None:
    add("Tea", start="2027-04-05")
    late = add("Much later", start="2027-04-06", end="2028-04-06")
    errors = wrong(lambda: copy(start_date=date(2999, 4, 1)))
    assert errors["start_date"] == [
        f'must leave all in the years 1900 to 2999: the end of item {late.id} ("Much later") would be in another.'
    ]
    early = make_plan(ada, start_date=date(2027, 4, 1))
    add("Visa", to=early, start="1900-01-01")
    assert "start of item" in wrong(lambda: copy(of=early, start_date=date(2027, 3, 31)))["start_date"][0]
    far = make_plan(ada, start_date=date(2027, 4, 1), end_date=date(9999, 12, 31))
    assert "the last day of the plan" in wrong(lambda: copy(of=far, start_date=date(2027, 4, 2)))["start_date"][0]
    assert copy(of=far).plan.end_date == date(9999, 12, 31)
    assert len(tripkit.plans.page(ada, _page()).results) == 4, "nothing was left behind by what was refused"


def _page() -> Any:
    from tripkit.schemas.plans import PlanQuery

    return PlanQuery(limit=100)


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_times_that_come_twice_or_never_on_the_new_date_are_warned_about(
    add: Any, copy: Any, items: Any, make_plan: MakePlan, ada: Actor
) -> None:
    plan = make_plan(ada, start_date=date(2027, 5, 1), timezone="Europe/Berlin")
    add("Fine", to=plan, start="2027-05-01T02:30", start_zone="Asia/Tokyo")
    add("Bar", to=plan, start="2027-05-01T02:30", end="2027-05-01T04:00")
    add("Bed", to=plan, kind="lodging", start="2027-05-01")
    spring = copy(of=plan, start_date=date(2027, 3, 28))
    [skipped] = spring.warnings
    assert (skipped.title, "does not exist in Europe/Berlin" in skipped.message) == ("Bar", True)
    assert skipped.item_id == next(each.id for each in items(spring.plan) if each.title == "Bar")
    assert [each.start for each in items(spring.plan) if each.title == "Bar"] == ["2027-03-28T02:30"]
    [repeated] = copy(of=plan, start_date=date(2027, 10, 31)).warnings
    assert "comes twice in Europe/Berlin" in repeated.message
    assert copy(of=plan, start_date=date(2027, 5, 2)).warnings == []


def test_an_end_that_comes_before_its_start_on_the_new_date_is_warned_about(
    add: Any, copy: Any, make_plan: MakePlan, ada: Actor
) -> None:
    plan = make_plan(ada, start_date=date(2027, 5, 1), timezone="Europe/Berlin")
    add("Night cap", to=plan, start="2027-05-01T02:30", end="2027-05-01T03:10")
    messages = [each.message for each in copy(of=plan, start_date=date(2027, 3, 28)).warnings]
    assert messages[1:] == ["It ends before it starts: 2027-03-28T02:30 to 2027-03-28T03:10."]


@given(days=st.integers(-4_000, 4_000), later=st.integers(-300, 300))
def test_every_date_moves_by_the_same_number_of_days(days: int, later: int) -> None:
    start = date(2027, 4, 1)
    item = {"id": 1, "title": "x", "start_date": start, "end_date": start + timedelta(days=later)}
    [moved] = item_copies.moved([item], timedelta(days=days))
    assert (moved["start_date"] - start).days == days
    assert (moved["end_date"] - moved["start_date"]).days == later


# --- cost -----------------------------------------------------------------------------------------------------------


def test_the_number_of_statements_does_not_grow_with_the_plan(
    tripkit: Tripkit, add: Any, copy: Any, items: Any, ada: Actor, plan: PlanOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    execute, execute_many = tripkit.db.execute, tripkit.db.execute_many

    def cost() -> int:
        statements.clear()
        with monkeypatch.context() as patched:
            patched.setattr(tripkit.db, "execute", lambda sql, *rest: statements.append(sql) or execute(sql, *rest))
            patched.setattr(
                tripkit.db, "execute_many", lambda sql, rows: statements.append(sql) or execute_many(sql, rows)
            )
            copy()
        return len(statements)

    add("One")
    form = ChecklistIn(name="Packing", entries=[EntryIn("Passport")])
    tripkit.checklists.create(ada, plan.id, form)
    tripkit.travellers.create(ada, plan.id, TravellerIn(name="Eve"))
    few = cost()
    for number in range(3):
        tripkit.items.create_many(ada, plan.id, [complete(ItemIn(title="x", start="2027-04-02T10:00"))] * 100)
        tripkit.checklists.create(ada, plan.id, ChecklistIn(name="Packing", entries=[EntryIn("x")] * 100))
        tripkit.travellers.create(ada, plan.id, TravellerIn(name=f"Eve {number}"))
    assert cost() == few <= 20
    assert copy().items == 301


def test_an_item_of_a_copy_can_be_edited(tripkit: Tripkit, add: Any, copy: Any, items: Any, ada: Actor) -> None:
    add("Tea", start="2027-04-02T15:00", place=Place(name="Kyoto"))
    made = copy(start_date=date(2028, 4, 1))
    [tea] = items(made.plan)
    edited = tripkit.items.edit(ada, made.plan.id, tea.id, complete(ItemPatch(title="Coffee")), expected=1)
    assert (edited.title, edited.start) == ("Coffee", "2028-04-02T15:00")


def test_a_stranger_copies_what_the_gallery_shows_of_a_plan(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, add: Callable[..., ItemOut]
) -> None:
    add("Tea", start="2027-04-02T14:00", start_zone="Asia/Tokyo", cost=Decimal(12), currency="JPY", status="done",
        booking_reference="SECRET1", notes="by the river")  # fmt: skip
    tripkit.plans.edit(ada, plan.id, PlanPatch(plan_data=Raw(b'{"a":"SECRET2"}'), description="Quiet"))
    tripkit.travellers.create(ada, plan.id, TravellerIn("SECRET3"))
    tripkit.money.set_rate(ada, plan.id, Rate("EUR", "JPY", Decimal(162)))
    tripkit.checklists.create(ada, plan.id, ChecklistIn(name="Packing", entries=[EntryIn("Hat")]))
    with pytest.raises(NotFound):
        tripkit.plan_copies.copy(bob, plan.id, PlanCopyIn())
    made = tripkit.plan_copies.copy_published(bob, plan.id, PlanCopyIn(start_date=date(2028, 4, 1)))
    copied = made.plan
    assert (copied.user, copied.role, copied.status, copied.title) == ("bob", "owner", "draft", "Kyoto in April (copy)")
    assert (copied.description, copied.tags, copied.timezone) == ("Quiet", ["spring"], "Asia/Tokyo")
    assert (copied.budget, bytes(copied.plan_data)) == (None, b"{}")
    [day] = tripkit.items.by_day(bob, copied.id, ItemQuery()).days
    [tea] = day.items
    assert (tea.title, tea.start, tea.notes, tea.status) == ("Tea", "2028-04-02T14:00", "by the river", "planned")
    assert (tea.cost, tea.currency, tea.paid, tea.booking_reference) == (None, None, None, "")
    assert tripkit.travellers.all(copied) == []
    assert tripkit.money.rates(bob, copied.id).rates == []
    [packing] = tripkit.checklists.of_plan(bob, copied.id, ChecklistQuery()).checklists
    assert [entry.text for entry in packing.entries] == ["Hat"]


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_what_is_not_in_the_gallery_is_not_copied_from_it(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, status: Any
) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(status=status))
    with pytest.raises(NotFound):
        tripkit.plan_copies.copy_published(bob, plan.id, PlanCopyIn())
    with pytest.raises(NotFound):
        tripkit.plan_copies.copy_published(bob, 99, PlanCopyIn())
