"""What is found in a plan, and what is not."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, get_args

import msgspec
import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import NotFound, StaleVersion
from tripkit.schemas.checks import CheckOut, Code, IgnoredIn
from tripkit.schemas.expenses import ExpenseIn, Payment
from tripkit.schemas.items import ItemIn, ItemOut, Place
from tripkit.schemas.money import BudgetsIn, Rate
from tripkit.schemas.plans import PlanOut, PlanPatch
from tripkit.schemas.travellers import TravellerIn
from tripkit.schemas.users import Actor
from tripkit.services.checks import CHECKS
from tripkit.services.item_places import complete

D = Decimal
KYOTO = Place("Kyoto", "", 35.0116, 135.7681, "JP", "Asia/Tokyo")
OSAKA = Place("Osaka", "", 34.6937, 135.5023, "JP", "Asia/Tokyo")  # 43 km
LISBON = Place("Lisbon", "", 38.7167, -9.1333, "PT", "Europe/Lisbon")
TRAIN = {"kind": "train", "place": KYOTO, "end_place": OSAKA}


@pytest.fixture
def plan(make_plan: Callable[..., PlanOut], ada: Actor) -> PlanOut:
    return make_plan(ada)


@pytest.fixture
def add(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[..., ItemOut]:
    """`add("02T10:00", "02T11:00")`: an item on days of April 2027 in Japan."""

    def create(start: str | None = None, end: str | None = None, **fields: Any) -> ItemOut:
        walls = {
            name: text if text is None or len(text) > 10 else f"2027-04-{text}"
            for name, text in (("start", start), ("end", end))
        }
        if start and "T" in start and "place" not in fields:
            fields.setdefault("start_zone", "Asia/Tokyo")
        form = ItemIn(**({"title": "Item"} | walls | fields))
        return tripkit.items.create(ada, plan.id, complete(form))

    return create


@pytest.fixture
def check(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[[], CheckOut]:
    return lambda: tripkit.checks.check(ada, plan.id)


@pytest.fixture
def found(check: Callable[[], CheckOut]) -> Callable[..., list[Any]]:
    """`found("overlap")`: severity, items and sentence of the findings with this code."""

    def read(code: Code) -> list[Any]:
        return [(each.severity, each.items, each.message) for each in check().findings if each.code == code]

    return read


def test_every_code_has_its_check() -> None:
    assert {check.__name__.replace("_", "-") for check in CHECKS} == set(get_args(Code))


def test_an_empty_plan_and_a_good_one_are_ok(check: Any, add: Any, tripkit: Tripkit, ada: Actor, plan: PlanOut) -> None:
    assert check() == CheckOut(plan.id, plan.version, ok=True, findings=[], ignored_codes=[], ignored=0)
    dates = PlanPatch(start_date=date(2027, 4, 2), end_date=date(2027, 4, 4), budget=D(500))
    tripkit.plans.edit(ada, plan.id, dates)
    add("02T09:00", "02T10:00", place=KYOTO, kind="food", cost=D(20))
    add("02T10:10", "02T10:40", **TRAIN, status="booked", booking_reference="X")
    add("02T11:00", "02T12:00", place=OSAKA)
    add("02", "04", kind="lodging", place=OSAKA)
    add("04T10:00", "04T10:30", kind="train", place=OSAKA, end_place=KYOTO)
    assert check().findings == []


# --- the course of the trip -----------------------------------------------------------------------------------------


def test_what_begins_before_the_last_has_ended_overlaps(add: Any, found: Any) -> None:
    museum = add("02T10:00", "02T12:00", title="Museum")
    lunch = add("02T11:30", "02T12:30", title="Lunch")
    add("02T12:30", "02T13:00")
    assert found("overlap") == [
        (
            "warning",
            [museum.id, lunch.id],
            f'"Lunch" ({lunch.id}) begins at 2027-04-02 11:30, before "Museum" ({museum.id}) ends at 2027-04-02 12:00.',
        )
    ]


def test_nights_notes_ideas_days_and_rented_cars_overlap_with_nothing(add: Any, found: Any) -> None:
    add("02T10:00", "02T12:00")
    add("02T09:00", "05T11:00", kind="lodging", place=KYOTO)
    add("02T10:30", "02T11:00", kind="note")
    add("02T10:30", "02T11:00", status="idea")
    add("02T08:00", "05T08:00", kind="car")
    add("02")
    add()
    assert found("overlap") == []


def test_overlaps_are_counted_across_zones(add: Any, found: Any) -> None:
    add("02T10:00", "02T12:00", start_zone="Asia/Tokyo")
    add("02T10:30", "02T11:00", start_zone="Europe/London")
    assert found("overlap") == []
    add("02T02:30", "02T03:30", start_zone="Europe/London")  # 10:30 in Tokyo
    assert len(found("overlap")) == 1


def test_a_flight_needs_45_minutes_to_change_and_a_train_5(add: Any, found: Any) -> None:
    first = add("02T10:00", "02T11:00", kind="flight", title="A")
    second = add("02T11:44", "02T13:00", kind="flight", title="B")
    add("02T13:45", "02T14:00", kind="train")
    add("02T14:05", "02T15:00", kind="bus")
    [(severity, ids, message)] = found("short-connection")
    assert (severity, ids) == ("warning", [first.id, second.id])
    assert message == f'There are 44 min to change from "A" ({first.id}) to "B" ({second.id}).'
    add("02T15:04", "02T16:00", kind="ferry")
    assert len(found("short-connection")) == 2


def test_thresholds_are_settings(add: Any, found: Any, tripkit: Tripkit, monkeypatch: pytest.MonkeyPatch) -> None:
    add("02T10:00", "02T11:00", **TRAIN)
    add("02T11:20", "02T12:00", place=OSAKA, kind="train")
    assert found("short-connection") == []
    strict = msgspec.structs.replace(tripkit.settings.checks, connection=30)
    monkeypatch.setattr(tripkit.checks, "_thresholds", strict)
    assert len(found("short-connection")) == 1


def test_a_place_that_cannot_be_reached_in_time_is_too_far(add: Any, found: Any) -> None:
    tea = add("02T10:00", "02T11:00", place=KYOTO, title="Tea")
    ramen = add("02T11:20", "02T12:00", place=OSAKA, title="Ramen")
    fado = add("02T20:00", place=LISBON, title="Fado")
    assert found("too-far") == [
        ("warning", [tea.id, ramen.id], f'From "Tea" ({tea.id}) to "Ramen" ({ramen.id}) it is 43 km, and there are '
         "20 min for that."),
        ("warning", [ramen.id, fado.id], f'From "Ramen" ({ramen.id}) to "Fado" ({fado.id}) it is 11,077 km, and there '
         "are 16 h for that."),
    ]  # fmt: skip
    add("02T21:00", place=KYOTO, title="Impossible")
    assert [severity for severity, _, _ in found("too-far")] == ["error", "warning"]


def test_a_transport_in_between_covers_the_way(add: Any, found: Any) -> None:
    add("02T10:00", "02T11:00", place=KYOTO)
    add("02T11:10", "02T11:40", **TRAIN)
    add("02T11:45", "02T12:00", place=OSAKA)
    add("02T12:00", "02T13:00", place=Place("Near by", "", 34.70, 135.51))
    add("02T13:00", "02T14:00", place=Place("Nobody knows where"))
    add("02T14:00", "02T15:00", kind="train", place=OSAKA)
    add("02T15:00", place=LISBON)
    assert found("too-far") == []


def test_nothing_flies_faster_than_there_are_flights(add: Any, found: Any) -> None:
    wrong = add("02T10:00", "02T20:00", kind="flight", place=LISBON, end_place=KYOTO, end_zone="Europe/Lisbon")
    assert found("too-fast") == [
        ("error", [wrong.id], f'"Item" ({wrong.id}) covers 11,057 km in 10 h.'),
    ]
    add("03T10:00", "04T07:00", kind="flight", place=LISBON, end_place=KYOTO)
    assert len(found("too-fast")) == 1


# --- nights ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "beds", "missing"),
    [
        (("01", "04"), [("01", "04")], []),
        (("01", "04"), [("01", "02")], ["the 2 nights from 2027-04-02 to 2027-04-03"]),
        (("01", "04"), [("01", "02"), ("03", "04")], ["the night of 2027-04-02"]),
        (("01", "04"), [("02T15:00", "03T11:00")], ["the night of 2027-04-01", "the night of 2027-04-03"]),
        (("01", "03"), [("01", None), ("02", None)], []),
        (("01", "03"), [("01", "01")], ["the 2 nights from 2027-04-01 to 2027-04-02"]),
        (("01", "06"), [("01", "06"), ("02", "03")], []),
        (("01", "01"), [("01", "01")], []),
        ((None, None), [("01", "02"), ("05", "06")], ["the 3 nights from 2027-04-02 to 2027-04-04"]),
        (("01", "03"), [("01T22:00", "02T07:00", "train"), ("02", "03")], []),
        (("01", "03"), [("01", "03", "car")], ["the 2 nights from 2027-04-01 to 2027-04-02"]),
        (("01", "03"), [("02T10:00", "02T12:00", "train")], ["the 2 nights from 2027-04-01 to 2027-04-02"]),
    ],
)
def test_nights_without_a_bed_are_found(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, found: Any, dates: Any, beds: Any, missing: list[str]
) -> None:
    start, end = (day and date.fromisoformat(f"2027-04-{day}") for day in dates)
    tripkit.plans.edit(ada, plan.id, PlanPatch(start_date=start, end_date=end))
    for begin, until, *kind in beds:
        add(begin, until, kind=kind[0] if kind else "lodging")
    assert [message for _, _, message in found("night-without-lodging")] == [
        f"There is no bed for {nights}." for nights in missing
    ]


def test_a_plan_of_a_thousand_years_is_checked_at_once(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, found: Any
) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(start_date=date.min, end_date=date.max))
    add("02", "03", kind="lodging")
    assert len(found("night-without-lodging")) == 2


# --- single items ---------------------------------------------------------------------------------------------------


def test_items_outside_of_the_dates_of_the_plan(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, found: Any
) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(start_date=date(2027, 4, 2), end_date=date(2027, 4, 3)))
    early, late = add("01", title="Early"), add("03", "04", title="Late")
    add("02", "03")
    add()
    assert [ids for _, ids, _ in found("outside-dates")] == [[early.id], [late.id]]
    assert found("outside-dates")[1][2] == (
        f'"Late" ({late.id}) is from 2027-04-03 to 2027-04-04, and the plan from 2027-04-02 to 2027-04-03.'
    )


def test_booked_items_without_a_reference(add: Any, found: Any) -> None:
    hotel = add(status="booked")
    add(status="booked", booking_reference="X")
    add(status="planned")
    assert [(severity, ids) for severity, ids, _ in found("no-reference")] == [("hint", [hotel.id])]


def test_times_without_a_zone(add: Any, found: Any) -> None:
    train = add("02T10:00", "02T11:00", kind="train", place=KYOTO, end_place=Place("Nobody knows where"))
    add("02")
    assert found("no-zone") == [
        ("warning", [train.id], f'The end of "Item" ({train.id}), 2027-04-02 11:00, has no time zone.')
    ]
    add("02T10:00", "02T11:00", kind="bus", start_zone=None)
    assert len(found("no-zone")) == 3


def test_irregular_times(add: Any, found: Any) -> None:
    bar = add(start="2027-03-28T02:30", start_zone="Europe/Berlin", title="Bar")
    add(start="2027-03-29T02:30", start_zone="Europe/Berlin")
    [(_, ids, message)] = found("irregular-time")
    assert (ids, message.startswith(f'"Bar" ({bar.id}): 2027-03-28T02:30 does not exist')) == ([bar.id], True)


# --- money ----------------------------------------------------------------------------------------------------------


def test_a_budget_that_is_exceeded(tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, found: Any) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(budget=D("100.00")))
    add(cost=D("100.00"))
    add(cost=D("50.00"), status="idea")
    assert found("over-budget") == []
    add(cost=D("0.50"))
    [(_, ids, message)] = found("over-budget")
    assert (ids, message) == ([], "The plan costs 100.50 EUR, which is 0.50 more than its budget of 100.00.")


def test_a_budget_is_exceeded_whatever_is_in_currencies_without_a_rate(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, found: Any
) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(budget=D("100.00")))
    tripkit.money.replace_budgets(ada, plan.id, BudgetsIn({"food": D(50), "activity": D(5)}))
    add(cost=D(90), kind="food")
    add(cost=D(1200), currency="JPY")
    assert found("over-budget") == [
        ("warning", [], "All of food costs 90.00 EUR, which is 40.00 more than its budget of 50.00.")
    ]
    add(cost=D(11))
    assert [message for *_, message in found("over-budget")] == [
        "The plan costs at least 101.00 EUR, which is 1.00 more than its budget of 100.00.",
        "All of food costs 90.00 EUR, which is 40.00 more than its budget of 50.00.",
        "All of activity costs at least 11.00 EUR, which is 6.00 more than its budget of 5.00.",
    ]


def test_what_is_paid_for_an_item_without_a_rate_exceeds_no_budget(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, found: Any
) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(budget=D("100.00")))
    tea = add(cost=D(1200), currency="JPY")
    zoe = tripkit.travellers.create(ada, plan.id, TravellerIn("Zoe"))
    form = ExpenseIn("Tea", date(2027, 4, 2), D(900), [Payment(zoe.id)], "EUR", item_id=tea.id)
    tripkit.expenses.create(ada, plan.id, form)
    assert found("over-budget") == []


def test_a_currency_without_a_rate(tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, found: Any) -> None:
    tea = add(cost=D(1200), currency="JPY")
    add(cost=D(1))
    [(_, ids, message)] = found("no-rate")
    assert (ids, message) == ([tea.id], "There is no rate from JPY to EUR, so the plan has no total.")
    tripkit.money.set_rate(ada, plan.id, Rate("EUR", "JPY", D(160)))
    assert found("no-rate") == []


# --- ignoring -------------------------------------------------------------------------------------------------------


def test_findings_are_ignored_by_their_code_in_the_plan(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, check: Any
) -> None:
    add("02T10:00", "02T12:00", status="booked")
    add("02T11:00", status="booked")
    assert [each.code for each in check().findings] == ["overlap", "no-reference", "no-reference"], "the gravest first"
    before = check()
    done = tripkit.checks.ignore(ada, plan.id, IgnoredIn(["no-reference", "no-reference"]), expected=before.version)
    assert (done.version, done.ignored, done.ignored_codes) == (before.version + 1, 2, ["no-reference"])
    assert done == check()
    assert [each.code for each in done.findings] == ["overlap"]
    with pytest.raises(StaleVersion):
        tripkit.checks.ignore(ada, plan.id, IgnoredIn([]), expected=before.version)
    tripkit.money.set_rate(ada, plan.id, Rate("EUR", "JPY", D(160)))
    assert tripkit.checks.ignore(ada, plan.id, IgnoredIn(["no-reference", "overlap"])).ok
    assert tripkit.money.rates(ada, plan.id).rates, "the one leaves the other alone"
    assert len(tripkit.checks.ignore(ada, plan.id, IgnoredIn([])).findings) == 3


def test_others_do_not_know_of_findings(tripkit: Tripkit, bob: Actor, plan: PlanOut) -> None:
    with pytest.raises(NotFound, match="plan"):
        tripkit.checks.check(bob, plan.id)
    with pytest.raises(NotFound, match="plan"):
        tripkit.checks.ignore(bob, plan.id, IgnoredIn([]))


def test_every_finding_says_what_to_do_in_whole_sentences(add: Any, check: Any) -> None:
    add("02T10:00", "02T12:00", status="booked", kind="train")
    add("02T11:00", "02T11:10", place=OSAKA, cost=D(3), currency="JPY")
    add("02T12:00", place=LISBON)
    add("09T10:00", kind="bus", start_zone=None)
    codes = {each.code for each in check().findings}
    assert {"overlap", "no-reference", "no-rate", "night-without-lodging", "no-zone"} <= codes
    for each in check().findings:
        for text in (each.message, each.remedy):
            assert re.fullmatch(r"[A-Z\"].*\.", text), text
