"""Items of plans: their rules, their order, versions, moves and the trash."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.bootstrap import Tripkit
from tripkit.errors import Ambiguous, Conflict, InvalidInput, NotFound, StaleVersion, ValidationFailed
from tripkit.schemas.items import ItemIn, ItemMove, ItemOut, ItemPatch, ItemQuery, Place
from tripkit.schemas.plans import PlanOut, PlanPatch
from tripkit.schemas.users import Actor
from tripkit.services import validation
from tripkit.services.item_places import complete
from tripkit.services.items import Items

MakePlan = Callable[..., PlanOut]
NIGHT = {"place": {"name": "Lisbon", "country": "PT", "lat": 38.7, "lon": -9.1, "timezone": "Europe/Lisbon"}}


@pytest.fixture
def items(tripkit: Tripkit) -> Items:
    return tripkit.items


@pytest.fixture
def plan(make_plan: MakePlan, ada: Actor) -> PlanOut:
    return make_plan(ada, start_date=date(2027, 4, 1), end_date=date(2027, 4, 14))


@pytest.fixture
def add(items: Items, ada: Actor, plan: PlanOut) -> Callable[..., ItemOut]:
    """`add(start="2027-04-01")`: an item in Ada's plan, as it would come by JSON."""

    def create(*, to: PlanOut = plan, **fields: Any) -> ItemOut:
        form = validation.decode(ItemIn, json.dumps({"title": "Item"} | fields).encode())
        return items.create(ada, to.id, complete(form))

    return create


@pytest.fixture
def edit(items: Items, ada: Actor) -> Callable[..., ItemOut]:
    def change(item: ItemOut, *, expected: int | None = None, **fields: Any) -> ItemOut:
        patch = validation.decode(ItemPatch, json.dumps(fields).encode())
        return items.edit(ada, item.plan_id, item.id, complete(patch), expected=expected)

    return change


@pytest.fixture
def titles(items: Items, ada: Actor, plan: PlanOut) -> Callable[..., list[Any]]:
    """The titles of the plan by day."""

    def read(**query: Any) -> list[Any]:
        found = items.by_day(ada, plan.id, ItemQuery(**query))
        return [(each.number, [item.title for item in each.items]) for each in found.days]

    return read


def wrong(work: Callable[[], Any]) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as failed:
        work()
    return failed.value.errors


# --- what is kept and what is computed ------------------------------------------------------------------------------


def test_an_item_needs_only_a_title(items: Items, add: Any, ada: Actor, plan: PlanOut, clock: Any) -> None:
    made = add(title="  Sleep in ")
    assert made == ItemOut(
        id=made.id, plan_id=plan.id, uid=made.uid, kind="activity", title="Sleep in", notes="", start=None,
        start_zone=None, end=None, end_zone=None, place=None, end_place=None, cost=None, currency=None,
        paid=None, paid_currency=None,
        booking_reference="", status="planned", version=1, created_at=clock.now, updated_at=clock.now,
        trashed_at=None, start_at=None, end_at=None, duration=None, distance_km=None, warnings=[],
    )  # fmt: skip
    assert items.get(ada, plan.id, made.id) == made
    assert add().uid != made.uid


FULL = {
    "title": "Flight home",
    "kind": "flight",
    "notes": "Window\nseat",
    "start": "2027-04-12T22:55",
    "start_zone": "Asia/Tokyo",
    "end": "2027-04-13T06:10:30",
    "end_zone": "Europe/Paris",
    "place": {"name": "HND", "address": "Tokyo", "lat": 35.5523, "lon": 139.78, "country": "JP",
              "timezone": "Asia/Tokyo"},
    "end_place": {"name": "CDG", "address": "", "lat": 49.01, "lon": 2.55, "country": "FR",
                  "timezone": "Europe/Paris"},
    "cost": "1234.500",
    "currency": "KWD",
    "booking_reference": "QX7F2K",
    "status": "booked",
}  # fmt: skip


def test_every_field_comes_back_as_it_was_sent(items: Items, add: Any, ada: Actor, plan: PlanOut) -> None:
    made = add(**FULL)
    assert made.filled_in == []
    read = json.loads(msgspec.json.encode(items.get(ada, plan.id, made.id)))
    assert {name: read[name] for name in FULL} == FULL
    assert items.get(ada, plan.id, made.id) == made


def test_a_uid_may_be_given_and_is_unique_in_the_plan(
    items: Items, add: Any, ada: Actor, plan: PlanOut, make_plan: MakePlan
) -> None:
    uid = "20270401T0930@example.org !~"
    made = add(uid=uid)
    assert (made.uid, items.get(ada, plan.id, made.id).uid) == (uid, uid)
    assert add(uid=uid, to=make_plan(ada)).uid == uid, "in another plan"
    assert add(uid=uid.upper()).uid == uid.upper()
    items.trash(ada, plan.id, made.id)
    with pytest.raises(Conflict, match="perhaps in the trash"):
        add(uid=uid)
    forms = [complete(ItemIn("a", uid="a")), complete(ItemIn("b")), complete(ItemIn("c", uid="a"))]
    with pytest.raises(Conflict, match='"a"'):
        items.create_many(ada, plan.id, forms)
    assert [item.uid for item in items.all(plan)] == [uid.upper()], "all of them, or none"


@pytest.mark.parametrize("uid", ["", "x" * 101, "naïve", "a\tb", "a\n", "\x7f", 7])
def test_a_uid_is_printable_ascii(add: Any, uid: Any) -> None:
    assert wrong(lambda: add(uid=uid)).keys() == {"uid"}


def test_instants_duration_days_and_distance_are_computed(add: Any) -> None:
    made = add(**FULL)
    assert made.start_at == datetime(2027, 4, 12, 13, 55, tzinfo=UTC)
    assert made.end_at == datetime(2027, 4, 13, 4, 10, 30, tzinfo=UTC)
    assert made.duration == 14 * 3600 + 15 * 60 + 30
    assert (made.day, made.end_day) == (12, 13)
    assert made.distance_km == pytest.approx(9_730, abs=30)


def test_days_follow_the_plan(items: Items, tripkit: Tripkit, add: Any, ada: Actor, plan: PlanOut) -> None:
    made = add(start="2027-03-31", end="2027-04-02")
    assert (made.day, made.end_day) == (0, 2)
    tripkit.plans.edit(ada, plan.id, PlanPatch(start_date=date(2027, 3, 31)))
    assert items.get(ada, plan.id, made.id).day == 1
    tripkit.plans.edit(ada, plan.id, PlanPatch(start_date=None))
    assert items.get(ada, plan.id, made.id).day is None


def test_irregular_times_are_taken_by_the_rule_and_warned_about(add: Any) -> None:
    skipped = add(start="2027-03-28T02:30", start_zone="Europe/Berlin")
    assert skipped.start == "2027-03-28T02:30", "what was written stays"
    assert skipped.start_at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert skipped.warnings == [
        "2027-03-28T02:30 does not exist in Europe/Berlin, where clocks go forward then. "
        "It is taken as 2027-03-28T03:30."
    ]
    twice = add(start="2027-10-31T01:00", end="2027-10-31T02:30", start_zone="Europe/Berlin")
    assert (twice.end_zone, twice.duration) == ("Europe/Berlin", 90 * 60)
    assert "comes twice" in twice.warnings[0]


def test_an_item_may_end_whenever_or_never(add: Any) -> None:
    assert add(start="2027-04-01T22:00", end="2027-04-02T06:00", start_zone="Asia/Tokyo").duration == 8 * 3600
    assert add(start="2027-04-01T22:00", start_zone="Asia/Tokyo").duration is None
    assert add(start="2027-04-01", end="2027-04-03").duration is None


# --- what is filled in ----------------------------------------------------------------------------------------------


def test_a_name_is_completed_from_the_gazetteer(add: Any) -> None:
    made = add(start="2027-04-02T10:00", place={"name": "Kyoto"})
    assert made.place.country == "JP"
    assert (made.place.timezone, made.start_zone) == ("Asia/Tokyo", "Asia/Tokyo")
    assert (round(made.place.lat), round(made.place.lon)) == (35, 136)
    assert made.filled_in == ["place.lat", "place.lon", "place.country", "place.timezone", "start_zone"]


def test_airport_codes_resolve_and_give_each_end_its_zone(add: Any) -> None:
    made = add(kind="flight", start="2027-04-01T13:00", end="2027-04-02T09:30",
               place={"name": "LHR"}, end_place={"name": "NRT"})  # fmt: skip
    assert (made.start_zone, made.end_zone) == ("Europe/London", "Asia/Tokyo")
    assert (made.place.name, made.end_place.country) == ("LHR", "JP")
    assert made.duration == 12.5 * 3600


def test_what_was_given_is_not_filled_in(add: Any) -> None:
    made = add(start="2027-04-02T10:00", start_zone="Europe/Paris", place={"name": "Kyoto", "lat": 1, "lon": 2})
    assert (made.place.lat, made.place.lon, made.start_zone) == (1, 2, "Europe/Paris")
    texas = add(place={"name": "Paris", "country": "us"})
    assert (texas.place.country, texas.place.timezone) == ("US", "America/Chicago")
    assert "place.country" not in texas.filled_in


def test_coordinates_alone_have_the_zone_of_the_nearest_town(add: Any) -> None:
    made = add(start="2027-04-02T10:00", place={"lat": 35.0, "lon": 135.7})
    assert (made.start_zone, made.place.country, made.place.name) == ("Asia/Tokyo", "JP", "")


def test_unknown_places_stay_as_they_are(make_plan: MakePlan, add: Any, ada: Actor) -> None:
    somewhere = make_plan(ada, destination="Wherever")
    made = add(to=somewhere, start="2027-04-02T10:00", place={"name": "The small bar behind the temple"})
    assert made.place == Place("The small bar behind the temple")
    assert (made.start_zone, made.start_at, made.filled_in) == (None, None, [])
    assert add(place={"name": " ", "address": ""}).place is None


def test_without_a_place_the_zone_is_that_of_the_plan_except_for_transports(
    items: Items, make_plan: MakePlan, add: Any, ada: Actor
) -> None:
    japan = make_plan(ada, timezone="Asia/Tokyo")
    assert add(to=japan, start="2027-04-02T10:00").start_zone == "Asia/Tokyo"
    assert add(to=japan, start="2027-04-02T10:00", kind="train").start_zone is None
    assert add(to=japan, start="2027-04-02").start_zone is None, "a day has no clock"


def test_without_a_place_and_a_zone_of_the_plan_it_is_that_of_the_destination(
    make_plan: MakePlan, add: Any, ada: Actor
) -> None:
    lisbon = make_plan(ada, destination="Lisbon")
    tea = add(to=lisbon, start="2027-04-02T10:00")
    assert (tea.start_zone, tea.filled_in) == ("Europe/Lisbon", ["start_zone"])
    assert add(to=lisbon, start="2027-04-02T10:00", kind="train").start_zone is None
    assert add(to=lisbon, start="2027-04-02T10:00", place={"name": "Kyoto"}).start_zone == "Asia/Tokyo"
    zoned = make_plan(ada, destination="Lisbon", timezone="Asia/Seoul")
    assert add(to=zoned, start="2027-04-02T10:00").start_zone == "Asia/Seoul"


def test_a_move_to_another_plan_fills_in_the_zone_that_is_missing(
    items: Items, make_plan: MakePlan, add: Any, ada: Actor
) -> None:
    tea = add(to=make_plan(ada, destination="Wherever"), start="2027-04-02T10:00")
    assert tea.start_zone is None
    moved = items.move(ada, tea.plan_id, tea.id, ItemMove(plan_id=make_plan(ada, destination="Lisbon").id))
    assert (moved.start_zone, moved.filled_in) == ("Europe/Lisbon", ["start_zone"])
    again = items.move(ada, moved.plan_id, tea.id, ItemMove(plan_id=make_plan(ada, destination="Kyoto").id))
    assert (again.start_zone, again.filled_in) == ("Europe/Lisbon", [])


def test_another_zone_of_the_plan_changes_no_item(
    items: Items, make_plan: MakePlan, add: Any, edit: Any, tripkit: Tripkit, ada: Actor
) -> None:
    japan = make_plan(ada, timezone="Asia/Tokyo")
    tea = add(to=japan, start="2027-04-02T10:00")
    tripkit.plans.edit(ada, japan.id, PlanPatch(timezone="US/Pacific", destination="Oslo"))
    assert items.get(ada, japan.id, tea.id) == msgspec.structs.replace(tea, filled_in=[])
    later = edit(tea, start="2027-04-03T10:00")
    assert (later.start_zone, later.start_at) == ("Asia/Tokyo", datetime(2027, 4, 3, 1, tzinfo=UTC))
    assert edit(later, start_zone=None).start_zone == "America/Los_Angeles", "unless it is asked for"


def test_a_cost_is_in_the_currency_of_the_plan_unless_it_says_so(add: Any) -> None:
    made = add(cost="12.5")
    assert (made.cost, made.currency, made.filled_in) == (Decimal("12.50"), "EUR", ["currency"])
    assert (add(cost="1200", currency="jpy").cost, add(cost="1.234", currency="KWD").cost) == (
        Decimal(1200),
        Decimal("1.234"),
    )


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"title": " "}, {"title"}),
        ({"title": "a\nb"}, {"title"}),
        ({"kind": "spaceship"}, {"kind"}),
        ({"status": "maybe"}, {"status"}),
        ({"start": "2027-04-01T25:00"}, {"start"}),
        ({"start": "2027-02-30"}, {"start"}),
        ({"start": "2027-04-01T09:30+09:00"}, {"start"}),
        ({"start": "tomorrow"}, {"start"}),
        ({"start": "2027-04-01T09:30", "start_zone": "Asia/Tokio"}, {"start_zone"}),
        ({"start": "9:30", "start_zone": "IST"}, {"start", "start_zone"}),
        ({"start_zone": "Asia/Tokyo"}, {"start_zone"}),
        ({"end": "2027-04-01"}, {"end"}),
        ({"start": "2027-04-02", "end": "2027-04-01"}, {"end"}),
        (
            {"start": "2027-04-01T10:00", "start_zone": "Europe/London", "end": "2027-04-01T10:30",
             "end_zone": "Europe/Paris"},
            {"end"},
        ),
        ({"place": {"lat": 91, "lon": 0}}, {"place.lat"}),
        ({"place": {"lat": 0, "lon": -180.1}}, {"place.lon"}),
        ({"place": {"lat": 1}}, {"place.lon"}),
        ({"place": {"name": "x" * 201, "zoom": 3}}, {"place.name", "place.zoom"}),
        ({"place": {"name": "a\nb"}}, {"place.name"}),
        ({"place": {"country": "XX"}}, {"place.country"}),
        ({"place": {"timezone": "Nowhere"}}, {"place.timezone"}),
        ({"place": "Kyoto"}, {"place"}),
        ({"end_place": {"name": "Kyoto"}}, {"end_place"}),
        ({"cost": "NaN"}, {"cost"}),
        ({"cost": "Infinity"}, {"cost"}),
        ({"cost": "-1"}, {"cost"}),
        ({"cost": "1e30"}, {"cost"}),
        ({"cost": "1.234", "currency": "JPY"}, {"cost"}),
        ({"cost": "1", "currency": "XXX"}, {"currency"}),
        ({"currency": "EUR"}, {"currency"}),
        ({"booking_reference": "a\x1bb"}, {"booking_reference"}),
    ],
)  # fmt: skip
def test_wrong_values_are_named_and_nothing_is_kept(
    add: Any, edit: Any, tripkit: Tripkit, ada: Actor, plan: PlanOut, fields: dict[str, Any], named: set[str]
) -> None:
    there = add()
    assert wrong(lambda: add(**fields)).keys() == named
    assert wrong(lambda: edit(there, **fields)).keys() == named
    assert tripkit.items.get(ada, plan.id, there.id) == there
    assert tripkit.plans.get(ada, plan.id).version == 2


def test_all_rules_that_are_broken_are_told_at_once(add: Any) -> None:
    assert wrong(
        lambda: add(title=" ", start="x", cost="-1", place={"country": "XX"}, booking_reference="a\nb")
    ).keys() == {"title", "start", "cost", "place.country", "booking_reference"}


def test_several_are_made_together_or_not_at_all(items: Items, ada: Actor, plan: PlanOut, tripkit: Tripkit) -> None:
    made = items.create_many(ada, plan.id, [complete(ItemIn(title=title)) for title in "abc"])
    assert [item.title for item in made.items] == ["a", "b", "c"]
    assert tripkit.plans.get(ada, plan.id).version == 2
    forms = [ItemIn(title="d"), ItemIn(title=" "), ItemIn(title="e", start="x")]
    failed = wrong(lambda: items.create_many(ada, plan.id, [complete(form) for form in forms]))
    assert failed.keys() == {"items[1].title", "items[2].start"}
    assert len(items.by_day(ada, plan.id, ItemQuery()).days[0].items) == 3
    many = [complete(ItemIn(title="x", start="2027-04-01T10:00", start_zone="z" * 64))] * 100
    assert len(wrong(lambda: items.create_many(ada, plan.id, many))) == 10, "others wait for as long as this takes"


def test_a_plan_has_room_for_so_many_items(
    items: Items, ada: Actor, plan: PlanOut, add: Any, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert items._settings.max_items == 5_000
    monkeypatch.setattr(items, "_settings", msgspec.structs.replace(items._settings, max_items=2))
    first, _ = add(), add()
    with pytest.raises(Conflict, match="A plan may have 2 items; this one has 2, and 1 more do not fit"):
        add()
    items.trash(ada, plan.id, first.id)
    add()
    with pytest.raises(Conflict):
        items.restore(ada, plan.id, first.id)
    other = add(to=make_plan(ada))
    with pytest.raises(Conflict):
        items.move(ada, other.plan_id, other.id, ItemMove(plan_id=plan.id))


# --- changing -------------------------------------------------------------------------------------------------------


def test_what_is_left_out_of_a_patch_stays_and_null_empties(edit: Any, add: Any, clock: Any) -> None:
    made = add(**FULL)
    clock.advance(minutes=1)
    changed = edit(made, title="Home", cost=None, end=None, end_place=None)
    assert (changed.cost, changed.currency, changed.end, changed.end_zone) == (None, None, None, None)
    assert (changed.title, changed.place, changed.version) == ("Home", made.place, 2)
    assert (changed.updated_at, changed.created_at, changed.uid) == (clock.now, made.created_at, made.uid)


def test_a_zone_that_followed_from_the_place_follows_from_the_new_one(edit: Any, add: Any) -> None:
    made = add(start="2027-04-02T10:00", end="2027-04-02T11:00", place={"name": "Kyoto"})
    moved = edit(made, place={"name": "Lisbon"})
    assert (moved.start_zone, moved.end_zone, moved.start) == ("Europe/Lisbon", "Europe/Lisbon", "2027-04-02T10:00")
    fixed = edit(moved, start_zone="Europe/Paris")
    assert edit(fixed, place={"name": "Kyoto"}).start_zone == "Europe/Paris"


def test_a_stale_version_changes_nothing(items: Items, edit: Any, add: Any, ada: Actor, plan: PlanOut) -> None:
    made = add()
    edit(made, title="Second", expected=1)
    for work in (
        lambda: edit(made, title="Third", expected=1),
        lambda: items.trash(ada, plan.id, made.id, expected=1),
        lambda: items.move(ada, plan.id, made.id, ItemMove(day=date(2027, 4, 2)), expected=1),
    ):
        with pytest.raises(StaleVersion, match=f"item {made.id} has changed.*version 2"):
            work()
    with pytest.raises(StaleVersion, match="plan"):
        items.create(ada, plan.id, complete(ItemIn(title="x")), expected=1)
    assert items.get(ada, plan.id, made.id).title == "Second"


def test_every_write_is_a_write_to_the_plan(
    tripkit: Tripkit, items: Items, edit: Any, add: Any, ada: Actor, plan: PlanOut, clock: Any
) -> None:
    def written(work: Callable[[], ItemOut]) -> ItemOut:
        before = tripkit.plans.get(ada, plan.id)
        clock.advance(seconds=1)
        item = work()
        after = tripkit.plans.get(ada, plan.id)
        assert (after.version, after.updated_at) == (before.version + 1, clock.now)
        return item

    made = written(add)
    written(lambda: edit(made, title="x"))
    written(lambda: items.move(ada, plan.id, made.id, ItemMove(day=date(2027, 4, 2))))
    written(lambda: items.trash(ada, plan.id, made.id))
    written(lambda: items.restore(ada, plan.id, made.id))


def test_two_who_edit_different_items_both_succeed_and_on_the_same_one_only_one(
    items: Items, tripkit: Tripkit, add: Any, ada: Actor, plan: PlanOut, in_threads: Any
) -> None:
    made = add()

    def work() -> ItemOut:
        draft = complete(ItemPatch(title="mine"))
        return items.edit(ada, plan.id, made.id, draft, expected=1)

    outcomes = in_threads(8, work, tripkit.db)
    assert sum(isinstance(each, ItemOut) for each in outcomes) == 1
    assert sum(isinstance(each, StaleVersion) for each in outcomes) == 7
    outcomes = in_threads(8, lambda: items.create(ada, plan.id, complete(ItemIn(title="x"))), tripkit.db)
    assert all(isinstance(each, ItemOut) for each in outcomes)
    assert tripkit.plans.get(ada, plan.id).version == 11


# --- order and moving -----------------------------------------------------------------------------------------------


def test_items_come_by_day_in_the_order_of_their_instants(add: Any, titles: Any) -> None:
    add(title="undated")
    add(title="late", start="2027-04-02T21:00", start_zone="Asia/Tokyo")
    add(title="all day", start="2027-04-02")
    add(title="early", start="2027-04-02T07:00", start_zone="Asia/Tokyo")
    add(title="before", start="2027-03-31", end="2027-04-05")
    assert titles() == [(0, ["before"]), (2, ["all day", "early", "late"]), (None, ["undated"])]
    assert titles(day=date(2027, 4, 2)) == [(2, ["all day", "early", "late"])]
    assert titles(kind="food") == []
    assert titles(status="planned")[0] == (0, ["before"])


def test_across_the_date_line_a_day_comes_twice(add: Any, titles: Any) -> None:
    add(title="breakfast", start="2027-04-02T08:00", start_zone="Pacific/Auckland")
    add(title="beach", start="2027-04-01T18:00", start_zone="Pacific/Honolulu")
    add(title="flight", kind="flight", start="2027-04-02T09:00", start_zone="Pacific/Auckland")
    add(title="surf", start="2027-04-02T09:00", start_zone="Pacific/Honolulu")
    assert titles() == [(2, ["breakfast", "flight"]), (1, ["beach"]), (2, ["surf"])]


def test_a_move_to_another_day_keeps_what_clocks_show(items: Items, add: Any, ada: Actor, plan: PlanOut) -> None:
    made = add(start="2027-04-02T22:00", end="2027-04-03T01:00", start_zone="Asia/Tokyo")
    moved = items.move(ada, plan.id, made.id, ItemMove(day=date(2027, 4, 5)))
    assert (moved.start, moved.end, moved.day, moved.duration) == ("2027-04-05T22:00", "2027-04-06T01:00", 5, 10800)
    undated = add()
    assert items.move(ada, plan.id, undated.id, ItemMove(day=date(2027, 4, 5))).start == "2027-04-05"
    assert wrong(lambda: items.move(ada, plan.id, made.id, ItemMove(day=date(9999, 12, 31)))).keys() == {"day"}
    with pytest.raises(InvalidInput, match="day, position or plan_id"):
        items.move(ada, plan.id, made.id, ItemMove())


def test_a_move_onto_a_night_of_changing_clocks_warns(items: Items, add: Any, ada: Actor, plan: PlanOut) -> None:
    made = add(start="2027-03-27T02:30", start_zone="Europe/Berlin")
    assert made.warnings == []
    moved = items.move(ada, plan.id, made.id, ItemMove(day=date(2027, 3, 28)))
    assert "does not exist" in moved.warnings[0]


def test_positions_order_what_starts_at_the_same_time(
    items: Items, add: Any, ada: Actor, plan: PlanOut, titles: Any
) -> None:
    made = {title: add(title=title, start="2027-04-02") for title in "abcd"}
    move = lambda title, place: items.move(ada, plan.id, made[title].id, ItemMove(position=place))  # noqa: E731
    assert move("d", 1).version == 2
    assert titles() == [(2, ["d", "a", "b", "c"])]
    move("d", 3)
    assert titles() == [(2, ["a", "b", "d", "c"])]
    move("a", 99)
    assert titles() == [(2, ["b", "d", "c", "a"])]
    for _ in range(70):  # more often than a number can be halved
        move("a", 2)
        move("c", 2)
    assert titles() == [(2, ["b", "c", "a", "d"])]
    assert items.get(ada, plan.id, made["b"].id).version == 1, "who was not moved has not changed"


@given(places=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 7)), max_size=12))
def test_a_moved_item_is_where_it_was_moved_to(
    items: Items, make_plan: MakePlan, add: Any, ada: Actor, places: list[tuple[int, int]]
) -> None:
    to = make_plan(ada)
    expected = [add(to=to, title=str(number)).id for number in range(5)]
    for number, place in places:
        item_id = expected[number]
        items.move(ada, to.id, item_id, ItemMove(position=place))
        expected.remove(item_id)
        expected.insert(place - 1, item_id)
        [day] = items.by_day(ada, to.id, ItemQuery()).days
        assert [item.id for item in day.items] == expected


def test_a_move_to_another_plan_takes_the_item_along(
    tripkit: Tripkit, items: Items, add: Any, ada: Actor, plan: PlanOut, make_plan: MakePlan
) -> None:
    made, other = add(start="2027-04-02"), make_plan(ada)
    add(to=other)
    moved = items.move(ada, plan.id, made.id, ItemMove(plan_id=other.id, day=date(2027, 5, 1)))
    assert (moved.id, moved.uid, moved.plan_id, moved.start) == (made.id, made.uid, other.id, "2027-05-01")
    assert items.get(ada, other.id, made.id) == moved
    with pytest.raises(NotFound):
        items.get(ada, plan.id, made.id)
    assert [tripkit.plans.get(ada, each.id).version for each in (plan, other)] == [3, 3]


def test_nobody_moves_an_item_into_or_out_of_a_plan_they_may_not_write(
    tripkit: Tripkit, items: Items, add: Any, ada: Actor, bob: Actor, plan: PlanOut, make_plan: MakePlan
) -> None:
    made, bobs = add(), make_plan(bob)
    with pytest.raises(NotFound, match=f"plan {bobs.id}"):
        items.move(ada, plan.id, made.id, ItemMove(plan_id=bobs.id))
    with pytest.raises(NotFound, match=f"plan {plan.id}"):
        items.move(bob, plan.id, made.id, ItemMove(plan_id=bobs.id))
    with pytest.raises(NotFound, match=f"item {made.id}"):
        items.move(bob, bobs.id, made.id, ItemMove(day=date(2027, 4, 1)))
    with pytest.raises(NotFound, match="plan 999"):
        items.move(ada, plan.id, made.id, ItemMove(plan_id=999))
    assert items.get(ada, plan.id, made.id) == made


def test_moves_in_both_directions_at_once_do_not_wait_for_each_other(
    tripkit: Tripkit, items: Items, add: Any, ada: Actor, plan: PlanOut, make_plan: MakePlan, in_threads: Any
) -> None:
    other = make_plan(ada)
    moves = [(add(to=one).id, one.id, two.id) for one, two in ((plan, other), (other, plan)) for _ in range(4)]

    def work() -> ItemOut:
        item_id, one, two = moves.pop()
        return items.move(ada, one, item_id, ItemMove(plan_id=two))

    assert all(isinstance(each, ItemOut) for each in in_threads(8, work, tripkit.db))


# --- the trash, and who may -----------------------------------------------------------------------------------------


def test_a_deleted_item_can_be_restored_for_30_days(
    tripkit: Tripkit, items: Items, add: Any, ada: Actor, plan: PlanOut, titles: Any, clock: Any
) -> None:
    made = add(start="2027-04-02", cost="5")
    trashed = items.trash(ada, plan.id, made.id)
    assert trashed.trashed_at == clock.now
    assert titles() == []
    assert titles(trashed=True) == [(2, ["Item"])]
    for work in (items.get, items.trash):
        with pytest.raises(NotFound):
            work(ada, plan.id, made.id)
    restored = items.restore(ada, plan.id, made.id)
    assert msgspec.structs.replace(restored, version=1, updated_at=made.updated_at, filled_in=["currency"]) == made
    with pytest.raises(NotFound, match="in the trash"):
        items.restore(ada, plan.id, made.id)
    items.trash(ada, plan.id, made.id)
    clock.advance(days=30)
    assert items.purge() == 0
    clock.advance(seconds=1)
    assert items.purge() == 1
    with pytest.raises(NotFound):
        items.restore(ada, plan.id, made.id)


def test_a_plan_takes_its_items_into_the_trash_and_out_of_it(
    tripkit: Tripkit, items: Items, add: Any, ada: Actor, plan: PlanOut, clock: Any
) -> None:
    made = add()
    tripkit.plans.trash(ada, plan.id)
    with pytest.raises(NotFound):
        items.get(ada, plan.id, made.id)
    with pytest.raises(NotFound):
        add()
    tripkit.plans.restore(ada, plan.id)
    assert items.get(ada, plan.id, made.id) == made
    tripkit.plans.trash(ada, plan.id)
    clock.advance(days=31)
    tripkit.plans.purge()
    assert tripkit.db.execute("SELECT COUNT(*) FROM items").fetchone()[0] == 0


def test_others_do_not_know_of_items(items: Items, add: Any, bob: Actor, plan: PlanOut, make_plan: MakePlan) -> None:
    made, mine = add(), make_plan(bob)
    draft = complete(ItemPatch(title="x"))
    for plan_id in (plan.id, mine.id):
        for work in (
            lambda: items.get(bob, plan_id, made.id),  # noqa: B023
            lambda: items.edit(bob, plan_id, made.id, draft),  # noqa: B023
            lambda: items.trash(bob, plan_id, made.id),  # noqa: B023
            lambda: items.restore(bob, plan_id, made.id),  # noqa: B023
        ):
            with pytest.raises(NotFound):
                work()
    for work in (
        lambda: items.create(bob, plan.id, complete(ItemIn(title="x"))),
        lambda: items.by_day(bob, plan.id, ItemQuery()),
        lambda: items.resolve(bob, plan.id, "Item"),
    ):
        with pytest.raises(NotFound, match="plan"):
            work()


def test_an_item_is_found_by_number_or_an_unambiguous_piece_of_its_title(
    items: Items, add: Any, ada: Actor, plan: PlanOut
) -> None:
    ramen, museum = add(title="Ramen"), add(title="Ramen museum")
    assert items.resolve(ada, plan.id, "ramen") == ramen.id
    assert items.resolve(ada, plan.id, "MUSEUM") == museum.id
    assert items.resolve(ada, plan.id, str(museum.id)) == museum.id
    with pytest.raises(Ambiguous):
        items.resolve(ada, plan.id, "ram")
    with pytest.raises(NotFound):
        items.resolve(ada, plan.id, "sushi")
    with pytest.raises(NotFound):
        items.resolve(ada, plan.id, " ")


def test_a_plan_with_1000_items_takes_two_queries(
    tripkit: Tripkit, items: Items, ada: Actor, plan: PlanOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries: list[str] = []
    execute = tripkit.db.execute

    def counted(sql: str, arguments: Any = ()) -> Any:
        queries.append(sql)
        return execute(sql, arguments)

    def cost() -> int:
        queries.clear()
        with monkeypatch.context() as patched:
            patched.setattr(tripkit.db, "execute", counted)
            found = items.by_day(ada, plan.id, ItemQuery())
        assert sum(len(day.items) for day in found.days) == sum(len(batch) for batch in made)
        return len(queries)

    made = []
    form = ItemIn(title="x", kind="flight", start="2027-04-02T10:00", start_zone="Asia/Tokyo", cost=Decimal(1))
    for count in (1, 499, 500):
        made.append(items.create_many(ada, plan.id, [complete(form)] * count).items)
        assert cost() == 2
