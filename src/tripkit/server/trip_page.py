"""A shared plan as a page: what its template shows, row by row."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple

from tripkit.schemas.shared import SharedDay, SharedItem, SharedPlan
from tripkit.server import trip_map, trip_stops
from tripkit.server.map_view import Point
from tripkit.server.page_words import amount, as_length, count, distance, offset, short_day, span, zone
from tripkit.server.templating import render
from tripkit.server.trip_map import TripMap


class Clock(NamedTuple):
    """What clocks show where something starts or ends. `moment` is the instant for programs, or else the local time."""

    day: date
    time: str
    moment: str


class Stop(NamedTuple):
    """A place, and its number on the map."""

    name: str
    number: int | None


class Row(NamedTuple):
    """A line of the timeline."""

    item: SharedItem
    start: Clock | None
    end: Clock | None
    #: The number on the map of the place that it is named after.
    number: int | None
    stops: list[Stop]
    addresses: list[str]
    facts: list[str]
    #: What clocks do before it and until its end, if they change.
    clocks: str
    clocks_after: str


class Day(NamedTuple):
    """A day of the timeline; without a date what has none."""

    date: date | None
    number: int | None
    rows: list[Row]


def page(plan: SharedPlan, *, url: str, base: str, calendar: str | None, listed: bool) -> bytes:
    """The page of a plan.

    `url` is its own address, absolute, `base` the path before the addresses of this server, and `calendar` where it
    can be downloaded. What is not `listed` asks search engines to leave it out.
    """
    drawn = trip_map.draw(trip_stops.visits(plan))
    return render(
        "trip.html",
        plan=plan,
        map=drawn,
        days=_days(plan, drawn),
        when=when(plan.start_date, plan.end_date),
        summary=_summary(plan),
        url=url,
        base=base,
        calendar=calendar if any(day.date for day in plan.days) else None,
        listed=listed,
    )


def when(start: date | None, end: date | None) -> str:
    """`26 March to 8 April 2027, 14 days`; empty without dates."""
    days = f", {count((end - start).days + 1, 'day')}" if start and end else ""
    return span(start, end) + days


def _summary(plan: SharedPlan) -> str:
    """One line about the plan, for those who show a link to it."""
    said = (plan.destination, when(plan.start_date, plan.end_date), " ".join(plan.description.split()))
    line = " - ".join(text for text in said if text)
    return line if len(line) <= 200 else f"{line[:199]}…"


def _days(plan: SharedPlan, drawn: TripMap | None) -> list[Day]:
    numbers = drawn.numbers if drawn else {}
    clocks = _ClockChanges()
    return [Day(day.date, day.number, [_row(item, numbers, clocks) for item in _in_order(day)]) for day in plan.days]


def _in_order(day: SharedDay) -> list[SharedItem]:
    """The items of a day; at its end one goes to bed, where nothing says when one comes there."""
    return sorted(day.items, key=lambda item: item.kind == "lodging" and "T" not in (item.start or "T"))


def _row(item: SharedItem, numbers: dict[Point, int], clocks: "_ClockChanges") -> Row:
    start, end = _clock(item.start, item.start_at), _clock(item.end, item.end_at)
    before = clocks.at(item.start, item.start_at, item.start_zone)
    after = clocks.at(item.end, item.end_at, item.end_zone)
    stops, facts = list(_stops(item, numbers)), list(_facts(item, start, end))
    number = stops.pop().number if [stop.name for stop in stops] == [item.title] else None
    return Row(item, start, end, number, stops, _addresses(item), facts, before, after)


def _clock(local: str | None, instant: datetime | None) -> Clock | None:
    if local is None:
        return None
    day, _, time = local.partition("T")
    moment = f"{_utc(instant).isoformat(timespec='seconds')}Z" if instant else local
    return Clock(date.fromisoformat(day), time, moment)


def _stops(item: SharedItem, numbers: dict[Point, int]) -> Iterator[Stop]:
    for place in (item.place, item.end_place):
        if place is not None:
            point = trip_stops.point(place)
            yield Stop(trip_stops.called(place), numbers.get(point) if point else None)


def _addresses(item: SharedItem) -> list[str]:
    places = (place for place in (item.place, item.end_place) if place is not None)
    return [place.address for place in places if place.address and place.name]


def _facts(item: SharedItem, start: Clock | None, end: Clock | None) -> Iterator[str]:
    if start and end and not end.time and end.day > start.day:
        nights = f"{count((end.day - start.day).days, 'night')}, " if item.kind == "lodging" else ""
        yield f"{nights}until {short_day(end.day)}"
    if item.duration and item.start and "T" in item.start:
        yield as_length(item.duration)
    if item.distance_km and item.distance_km >= 1:
        yield distance(item.distance_km)
    if item.cost is not None and item.currency is not None:
        yield amount(item.cost, item.currency)
    if item.booking_reference:
        yield f"Reference {item.booking_reference}"


class _ClockChanges:
    """Follows the clocks of a trip, and says when they change."""

    def __init__(self) -> None:
        self._offset: int | None = None

    def at(self, local: str | None, instant: datetime | None, name: str | None) -> str:
        """Clocks show this local time at this instant: says what has changed. Without an instant nothing has."""
        if local is None or instant is None or not name:
            return ""
        seconds = round((datetime.fromisoformat(local) - _utc(instant)).total_seconds())
        before, self._offset = self._offset, seconds
        if before == seconds:
            return ""
        if before is None:
            return f"Times are in {zone(name)} ({offset(seconds)})"
        way = "forward" if seconds > before else "back"
        return f"Clocks go {way} {as_length(abs(seconds - before))}: {zone(name)} ({offset(seconds)})"


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
