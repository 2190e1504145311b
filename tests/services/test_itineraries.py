"""Random itineraries, moved to other days and years: instants stay those of the time zone database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.bootstrap import Tripkit
from tripkit.errors import ValidationFailed
from tripkit.schemas.items import ItemIn, ItemMove, ItemOut, ItemQuery
from tripkit.schemas.plan_copies import PlanCopyIn
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.services.item_places import complete

from ..zones import ANY_TIME, CHANGES, CHANGING, ZONES, zoneinfo

MakePlan = Callable[..., PlanOut]


class Wall(msgspec.Struct, frozen=True):
    """What a clock shows, and where."""

    local: datetime
    zone: str

    @property
    def instant(self) -> datetime:
        """By the standard library."""
        return self.local.replace(tzinfo=zoneinfo(self.zone)).astimezone(UTC)

    def later(self, days: timedelta) -> "Wall":
        return Wall(self.local + days, self.zone)


Leg = tuple[Wall, Wall | None]


def legs(zone: str, around: datetime, stages: list[Any]) -> list[Leg]:
    """Where each stage begins and ends. It has no end where clocks, which went back, show one before the start."""
    found: list[Leg] = []
    for number, (days, minutes, other, takes, end_zone) in enumerate(stages):
        start = Wall(around + timedelta(days=days, minutes=minutes, seconds=number), other or zone)
        end_zone = end_zone or start.zone
        there = (start.instant + timedelta(minutes=takes)).astimezone(zoneinfo(end_zone))
        end = Wall(there.replace(tzinfo=None, fold=0), end_zone)
        found.append((start, end if end.instant >= start.instant else None))
    return found


def form(number: int, leg: Leg) -> ItemIn:
    start, end = leg
    ends = {"end": end.local.isoformat(), "end_zone": end.zone} if end else {}
    return ItemIn(str(number), kind="train", start=start.local.isoformat(), start_zone=start.zone, **ends)


def check(item: ItemOut, leg: Leg) -> None:
    start, end = leg
    assert (item.start_at, item.end_at) == (start.instant, end and end.instant)
    assert item.duration == (end and (end.instant - start.instant).total_seconds())
    assert item.start == start.local.isoformat(timespec="seconds" if start.local.second else "minutes")


ANY_ZONE = st.sampled_from(ZONES) | st.sampled_from(CHANGING)
FAR = st.tuples(st.integers(0, 13), st.integers(-720, 720), ANY_ZONE, st.integers(0, 3000), ANY_ZONE)
NEAR = st.tuples(st.just(0), st.integers(-60, 60), st.none(), st.integers(0, 240), st.none())


@st.composite
def journeys(draw: st.DrawFn) -> tuple[str, datetime, datetime]:
    """A zone, and two times there; mostly when clocks change, since nearly all random times are regular."""
    zone = draw(ANY_ZONE)
    changes = [local for changing, local in CHANGES if changing == zone]
    times = st.sampled_from(changes) if changes else ANY_TIME
    return zone, draw(times), draw(times)


@given(journey=journeys(), stages=st.lists(NEAR | FAR, min_size=1, max_size=6))
def test_a_moved_itinerary_has_the_instants_of_zoneinfo(
    tripkit: Tripkit, make_plan: MakePlan, ada: Actor, journey: tuple[str, datetime, datetime], stages: list[Any]
) -> None:
    def items_of(plan: PlanOut) -> list[ItemOut]:
        days = tripkit.items.by_day(ada, plan.id, ItemQuery()).days
        found = [item for day in days for item in day.items]
        assert [item.start_at for item in found] == sorted(item.start_at for item in found if item.start_at)
        return sorted(found, key=lambda item: int(item.title))

    zone, first, moved = journey
    trip, by = legs(zone, first, stages), moved.date() - first.date()
    later = [(start.later(by), end and end.later(by)) for start, end in trip]
    plan = make_plan(ada, start_date=first.date())
    tripkit.items.create_many(ada, plan.id, [complete(form(*each)) for each in enumerate(trip)])
    copied = tripkit.plan_copies.copy(ada, plan.id, PlanCopyIn(start_date=moved.date())).plan
    for of, expected in ((plan, trip), (copied, later)):
        for item, leg in zip(items_of(of), expected, strict=True):
            check(item, leg)
    for item, leg in zip(items_of(plan), later, strict=True):
        start, end = leg
        to = ItemMove(day=start.local.date())
        if end and end.instant < start.instant:
            with pytest.raises(ValidationFailed, match="end: must not be before the start"):
                tripkit.items.move(ada, plan.id, item.id, to)
        else:
            check(tripkit.items.move(ada, plan.id, item.id, to), leg)
