"""The agenda: days in local time, what is on now, and what comes next."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tripkit.bootstrap import Tripkit
from tripkit.errors import ValidationFailed
from tripkit.models import PlanMember
from tripkit.schemas.agenda import Agenda, AgendaItem, AgendaPlan
from tripkit.schemas.items import ItemIn, Place
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.services import agenda, validation
from tripkit.services.agenda import AgendaQuery
from tripkit.services.agenda_days import Span, placed
from tripkit.services.item_places import complete
from tripkit.services.wall_time import WallTime

from ..conftest import SOAK

MakePlan = Callable[..., PlanOut]
Shown = list[tuple[str, str, str | None, str]]


@pytest.fixture
def add(tripkit: Tripkit, ada: Actor) -> Callable[..., Any]:
    """`add(plan, title="Tea", start="2027-04-01T10:00")`: an item of Ada's."""

    def create(plan: PlanOut, title: str, start: str | None = None, end: str | None = None, **fields: Any) -> Any:
        return tripkit.items.create(ada, plan.id, complete(ItemIn(title=title, start=start, end=end, **fields)))

    return create


@pytest.fixture
def get(tripkit: Tripkit, ada: Actor) -> Callable[..., Agenda]:
    def ask(first: str | None = None, last: str | None = None, actor: Actor = ada, **filters: Any) -> Agenda:
        query = {name: value for name, value in {"from": first, "to": last, **filters}.items() if value is not None}
        return tripkit.agendas.get(actor, validation.convert(AgendaQuery, query, text=True))

    return ask


@pytest.fixture
def plan(make_plan: MakePlan, ada: Actor) -> PlanOut:
    return make_plan(ada, timezone="Asia/Tokyo")


def shown(found: Agenda) -> Shown:
    """Day, part, time and title of each entry."""
    return [
        (f"{day.date:%m-%d}", each.part, each.time, each.item.title if each.item else each.plan.title)
        for day in found.days
        for each in day.entries
    ]


# --- days -------------------------------------------------------------------------------------------------------------


def test_a_day_has_what_happens_in_the_order_of_the_day(
    get: Any, add: Any, plan: PlanOut, make_plan: MakePlan, ada: Actor
) -> None:
    add(plan, "Dinner", "2027-04-02T19:00", "2027-04-02T21:00")
    add(plan, "Some time")
    add(plan, "Museum day", "2027-04-02")
    add(make_plan(ada, title="Other"), "Tea", "2027-04-02T15:00", start_zone="Asia/Tokyo")
    found = get("2027-04-01", "2027-04-30")
    assert shown(found) == [
        ("04-02", "whole", None, "Museum day"),
        ("04-02", "whole", "15:00", "Tea"),
        ("04-02", "whole", "19:00", "Dinner"),
    ]
    dinner = found.days[0].entries[2]
    assert (dinner.until, dinner.zone, dinner.plan.title, dinner.item.kind) == (
        "21:00", "Asia/Tokyo", "Kyoto", "activity",
    )  # fmt: skip


def test_what_lasts_is_on_each_of_its_days(get: Any, add: Any, plan: PlanOut) -> None:
    add(plan, "Ryokan", "2027-04-02T15:00", "2027-04-05T11:00", kind="lodging")
    add(plan, "Party", "2027-04-02T20:00", "2027-04-03T02:00")
    add(plan, "Show", "2027-04-03T20:00", "2027-04-04T00:00")
    add(plan, "Festival", "2027-04-04", "2027-04-05")
    everything = [
        ("04-02", "begin", "15:00", "Ryokan"),
        ("04-02", "begin", "20:00", "Party"),
        ("04-03", "middle", None, "Ryokan"),
        ("04-03", "end", "02:00", "Party"),
        ("04-03", "whole", "20:00", "Show"),
        ("04-04", "middle", None, "Ryokan"),
        ("04-04", "begin", None, "Festival"),
        ("04-05", "end", None, "Festival"),
        ("04-05", "end", "11:00", "Ryokan"),
    ]
    assert shown(get("2027-04-01", "2027-04-30")) == everything
    assert shown(get("2027-04-04", "2027-04-04")) == [each for each in everything if each[0] == "04-04"]
    show = get("2027-04-03", "2027-04-03").days[0].entries[-1]
    assert (show.time, show.until) == ("20:00", "24:00")


def test_a_flight_is_on_the_days_of_both_ends(get: Any, add: Any, plan: PlanOut) -> None:
    add(plan, "East", "2027-04-01T13:00", "2027-04-02T09:30", kind="flight", place=Place("LHR"), end_place=Place("NRT"))
    add(plan, "West", "2027-04-05T00:30", "2027-04-04T18:00", kind="flight", place=Place("NRT"), end_place=Place("HNL"))
    assert shown(get("2027-04-01", "2027-04-30")) == [
        ("04-01", "begin", "13:00", "East"),
        ("04-02", "end", "09:30", "East"),
        ("04-04", "end", "18:00", "West"),
        ("04-05", "begin", "00:30", "West"),
    ]
    assert shown(get("2027-04-04", "2027-04-04")) == [("04-04", "end", "18:00", "West")]
    zones = [each.zone for day in get("2027-04-01", "2027-04-02").days for each in day.entries]
    assert zones == ["Europe/London", "Asia/Tokyo"]


def test_a_plan_in_which_nothing_has_a_date_is_on_its_own_dates(
    get: Any, add: Any, make_plan: MakePlan, ada: Actor
) -> None:
    dates = {"start_date": date(2027, 4, 2), "end_date": date(2027, 4, 4)}
    add(make_plan(ada, title="Empty", **dates), "Some time")
    add(make_plan(ada, title="Full", **dates), "Tea", "2027-04-03T10:00", start_zone="Asia/Tokyo")
    make_plan(ada, title="Day", start_date=date(2027, 4, 3))
    make_plan(ada, title="Never")
    assert shown(get("2027-04-01", "2027-04-30")) == [
        ("04-02", "begin", None, "Empty"),
        ("04-03", "middle", None, "Empty"),
        ("04-03", "whole", None, "Day"),
        ("04-03", "whole", "10:00", "Tea"),
        ("04-04", "end", None, "Empty"),
    ]


def test_what_is_archived_is_left_out_unless_it_is_asked_for_and_the_trash_always(
    tripkit: Tripkit, get: Any, add: Any, make_plan: MakePlan, ada: Actor
) -> None:
    add(make_plan(ada, status="archived"), "Archived", "2027-04-02")
    gone = make_plan(ada)
    add(gone, "Gone", "2027-04-02")
    tripkit.plans.trash(ada, gone.id)
    kept = make_plan(ada)
    item = add(kept, "Trashed", "2027-04-02")
    tripkit.items.trash(ada, kept.id, item.id)
    assert get("2027-04-01", "2027-04-30").days == []
    assert shown(get("2027-04-01", "2027-04-30", archived="true")) == [("04-02", "whole", None, "Archived")]


def test_nobody_sees_plans_that_they_may_not_read(
    tripkit: Tripkit, get: Any, add: Any, plan: PlanOut, make_plan: MakePlan, ada: Actor, bob: Actor, clock: Any
) -> None:
    add(plan, "Tea", "2027-04-01T00:00", "2027-04-02T00:00")
    make_plan(ada, title="Empty", start_date=date(2027, 4, 1))
    theirs = get("2027-04-01", "2027-04-30", bob)
    assert (theirs.days, theirs.on_now, theirs.next) == ([], [], [])
    with tripkit.db.database.bind_ctx([PlanMember]):
        PlanMember.insert(plan=plan.id, user=bob.user_id, role="viewer", created_at=clock()).execute()
    theirs = get("2027-04-01", "2027-04-30", bob)
    assert shown(theirs) == [("04-01", "whole", "00:00", "Tea")]
    assert [each.item.title for each in theirs.on_now] == ["Tea"]


# --- now and next ---------------------------------------------------------------------------------------------------


def test_it_tells_what_is_on_now_and_what_comes_next(get: Any, add: Any, plan: PlanOut, clock: Any) -> None:
    assert (clock().hour, clock().minute) == (9, 30)  # 18:30 in Tokyo
    add(plan, "Ryokan", "2027-03-30T15:00", "2027-04-03T11:00", kind="lodging")
    add(plan, "Walk", "2027-04-01T18:00", "2027-04-01T19:00")
    add(plan, "Open", "2027-04-01T17:00")
    add(plan, "Day out", "2027-04-01")
    add(plan, "Over", "2027-04-01T17:00", "2027-04-01T18:30")
    add(plan, "Dinner", "2027-04-01T20:45")
    add(plan, "Drinks", "2027-04-01T20:45", "2027-04-01T21:00")
    add(plan, "Later", "2027-04-01T21:45")
    add(plan, "Perhaps", "2027-04-01T18:45", status="idea")
    found = get()
    assert [each.item.title for each in found.on_now] == ["Ryokan", "Day out", "Walk"]
    assert [each.item.title for each in found.next] == ["Dinner", "Drinks"]
    assert found.next[0].starts_in == (2 * 60 + 15) * 60
    assert (found.next[0].ends_at, found.next[1].ends_in) == (None, (2 * 60 + 30) * 60)
    assert found.next[0].starts_at == datetime(2027, 4, 1, 11, 45, tzinfo=UTC)
    assert get("2028-01-01", "2028-01-02").next == found.next, "whatever days are asked for"


@pytest.mark.parametrize(
    ("zone", "destination", "today", "where"),
    [
        ("Pacific/Kiritimati", "Lisbon", "2027-04-01", "Pacific/Kiritimati"),
        ("Pacific/Honolulu", "Lisbon", "2027-03-31", "Pacific/Honolulu"),
        (None, "Honolulu", "2027-03-31", "Pacific/Honolulu"),
        (None, "Wherever", "2027-04-01", "Etc/UTC"),
    ],
)
def test_today_is_where_one_is(
    get: Any, add: Any, make_plan: MakePlan, ada: Actor, zone: str | None, destination: str, today: str, where: str
) -> None:
    start = "2027-04-02T10:00" if zone else "2027-04-02"
    add(make_plan(ada, destination=destination), "Tea", start, start_zone=zone)
    found = get()
    assert (str(found.today), found.timezone) == (today, where)
    assert (found.from_, found.to) == (found.today, found.today + timedelta(days=29))


def test_a_day_alone_is_one_where_its_place_is_wherever_the_plan_goes(get: Any, add: Any, plan: PlanOut) -> None:
    add(plan, "Inn", "2027-04-02", "2027-04-03", kind="lodging", place=Place(name="London"))
    found = get()
    (inn,) = found.next
    assert (inn.starts_at, inn.ends_at) == (
        datetime(2027, 4, 1, 23, tzinfo=UTC),
        datetime(2027, 4, 3, 23, tzinfo=UTC),
    )
    assert found.timezone == "Europe/London"


def test_days_that_cannot_be_meant_are_refused(get: Any) -> None:
    assert get("2027-01-01", "2028-01-01").to == date(2028, 1, 1)
    for first, last, message in (
        ("2027-01-01", "2028-01-02", "to: must be within 366 days of 2027-01-01"),
        ("2027-01-02", "2027-01-01", "to: must not be before 2027-01-02"),
        ("0001-01-01", None, "from: must be in a year from 1900 to 2999"),
        ("2999-12-31", "9999-12-31", "to: must be in a year from 1900 to 2999"),
        ("yesterday", None, "from: must be a date"),
    ):
        with pytest.raises(ValidationFailed, match=message):
            get(first, last)
    assert get("2999-12-31").to == date(2999, 12, 31)


# --- much -----------------------------------------------------------------------------------------------------------


def test_what_does_not_fit_comes_with_the_next_request(
    get: Any, add: Any, plan: PlanOut, make_plan: MakePlan, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        add(plan, f"Tea {number}", f"2027-04-{number // 2 + 1:02}T10:00", f"2027-04-{number // 2 + 2:02}T10:00")
    make_plan(ada, title="Empty", start_date=date(2027, 4, 3), end_date=date(2027, 4, 9))
    whole = shown(get("2027-04-01", "2027-04-30"))
    assert len(whole) == 31
    monkeypatch.setattr(agenda, "MOST", 8)
    found: Shown = []
    first: str | None = "2027-04-01"
    while first:
        page = get(first, "2027-04-30")
        assert page.next_from is None or str(page.next_from) > first
        found += shown(page)
        first = page.next_from and str(page.next_from)
    assert found == whole


def test_it_takes_the_same_number_of_queries_whatever_there_is(
    tripkit: Tripkit, get: Any, add: Any, make_plan: MakePlan, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries: list[str] = []
    execute = tripkit.db.execute

    def counted(sql: str, arguments: Any = ()) -> Any:
        queries.append(sql)
        return execute(sql, arguments)

    monkeypatch.setattr(tripkit.db, "execute", counted)
    for count in (0, 1, 10):
        for number in range(count):
            add(make_plan(ada), f"Tea {number}", "2027-04-02T10:00")
        queries.clear()
        get()
        assert len(queries) == 3


SPANS = st.tuples(st.integers(0, 12), st.integers(-1, 12), st.sampled_from([None, "00:00", "09:30"]))


@settings(max_examples=2000 if SOAK else 100)
@given(span=SPANS, first=st.integers(0, 12), length=st.integers(0, 12))
def test_each_day_from_the_first_to_the_last_is_there_once(span: Any, first: int, length: int) -> None:
    day, days, clock = span
    zero = date(2027, 4, 1)
    at = WallTime(zero + timedelta(day), clock and time.fromisoformat(clock), "Asia/Tokyo")
    end = WallTime(at.day + timedelta(days), at.clock, "Pacific/Honolulu")
    item = AgendaItem(1, "flight", "x", "planned", None, None, None, None, None, None, "")
    whole = Span(AgendaPlan(1, "x", "x", "draft", None), item, at, end)
    begin, last = zero + timedelta(first), zero + timedelta(first + length)
    found = list(placed(whole, begin, last))
    covered = {at.day, end.day} | {at.day + timedelta(number) for number in range(days + 1)}
    assert sorted(each.wall.day for each in found) == sorted(each for each in covered if begin <= each <= last)
    parts = {each.wall.day: each.entry.part for each in found}
    if at.day in parts:
        assert parts[at.day] == ("whole" if days == 0 else "begin")
    if days and end.day in parts:
        assert parts[end.day] == "end"
