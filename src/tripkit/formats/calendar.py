"""A plan as iCalendar (RFC 5545), for the calendar of whoever travels along.

A time with a zone stays what clocks show there, with the rules of the zone beside it (VTIMEZONE): a flight leaves at
its local time, whatever becomes of those rules. One that comes twice or never is told as an instant in UTC, so that all
calendars take it alike. A time without a zone floats, and a date fills whole days.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from icalendar import Calendar, Event, Timezone, vText

from tripkit.schemas.items import Place
from tripkit.schemas.shared import SharedItem, SharedPlan

#: As RFC 5545, 3.7.3 asks for: what made it.
PRODUCT: Final = "-//tripkit//tripkit//EN"
#: Years that the rules of a zone are told for; where a plan spans more, its times are told in UTC.
_MOST_YEARS: Final = 20
#: What may not stand in a text (RFC 5545, 3.1): controls but for tab and line feed.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f]")

#: The rules of a zone, by its name.
Rules = Callable[[str], tzinfo]


def calendar_of(plan: SharedPlan, rules: Rules) -> bytes:
    """The dated items of a plan as events. `rules` knows every zone that the items name."""
    items = [item for day in plan.days for item in day.items if item.start is not None]
    spans = _spans(items)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", vText(_text(plan.title)))  # as text, which an unknown property is not
    for zone, (first, last) in sorted(spans.items()):
        calendar.add_component(_timezone(zone, rules, first.year, last.year))
    for item in items:
        calendar.add_component(_event(item, plan.updated_at, lambda zone: rules(zone) if zone in spans else None))
    found: bytes = calendar.to_ical()
    return found


def _spans(items: Iterable[SharedItem]) -> dict[str, tuple[date, date]]:
    """The zones of the times, each with the first and the last day it is needed for."""
    days: dict[str, list[date]] = {}
    for item in items:
        for text, zone in ((item.start, item.start_zone), (item.end, item.end_zone)):
            if text and zone and "T" in text and zone != "Etc/UTC":
                days.setdefault(zone, []).append(datetime.fromisoformat(text).date())
    spans = {zone: (min(found), max(found)) for zone, found in days.items()}
    return {zone: span for zone, span in spans.items() if span[1].year - span[0].year < _MOST_YEARS}


@lru_cache(maxsize=1000)
def _timezone(zone: str, rules: Rules, first: int, last: int) -> Timezone:
    """The rules of a zone from the year before to the year after."""
    return Timezone.from_tzinfo(rules(zone), zone, date(first - 1, 1, 1), date(last + 2, 1, 1))


def _event(item: SharedItem, stamp: datetime, rules: Callable[[str], tzinfo | None]) -> Event:
    event = Event()
    event.add("uid", item.uid)
    event.add("dtstamp", stamp.replace(microsecond=0))
    event.add("summary", _text(item.title))
    start, end = _bounds(item, rules)
    event.add("dtstart", start)
    if end is not None:
        event.add("dtend", end)
    event.add("status", "CONFIRMED" if item.status in ("booked", "done") else "TENTATIVE")
    event.add("categories", [item.kind])
    if where := _where(item):
        event.add("location", where)
    if item.place and item.place.lat is not None and item.place.lon is not None:
        event.add("geo", (item.place.lat, item.place.lon))
    if about := _about(item):
        event.add("description", about)
    return event


def _bounds(item: SharedItem, rules: Callable[[str], tzinfo | None]) -> tuple[date, date | None]:
    """Start and end, which are two dates or two times (RFC 5545, 3.6.1)."""
    assert item.start is not None
    if "T" not in item.start:
        last = date.fromisoformat((item.end or item.start)[:10])
        # The end is the day after. Across the date line a trip may end on the day before its start.
        return date.fromisoformat(item.start), max(last, date.fromisoformat(item.start)) + timedelta(days=1)
    start = _time(item.start, item.start_zone, item.start_at, rules, item)
    if item.end is None or "T" not in item.end:
        return start, None
    end = _time(item.end, item.end_zone, item.end_at, rules, item)
    return start, end if (start.tzinfo is None) == (end.tzinfo is None) else None


def _time(
    text: str, zone: str | None, moment: datetime | None, rules: Callable[[str], tzinfo | None], item: SharedItem
) -> datetime:
    local = datetime.fromisoformat(text)
    if zone is None or moment is None:
        return local
    known = None if item.warnings else rules(zone)
    return moment.replace(microsecond=0) if known is None else local.replace(tzinfo=known)


def _where(item: SharedItem) -> str:
    places = [_text(_place(place)) for place in (item.place, item.end_place) if place]
    return " – ".join(filter(None, places))


def _place(place: Place) -> str:
    return ", ".join(filter(None, (place.name, place.address)))


def _about(item: SharedItem) -> str:
    cost = f"Cost: {item.cost} {item.currency}" if item.cost is not None else ""
    reference = f"Booking reference: {item.booking_reference}" if item.booking_reference else ""
    return _text("\n".join(filter(None, (item.notes, reference, cost))))


def _text(text: str) -> str:
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
