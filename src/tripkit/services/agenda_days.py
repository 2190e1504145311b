"""The days of an item: on which of them it is on the agenda, and what clocks show then."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

import msgspec

from tripkit.schemas.agenda import AgendaEntry, AgendaItem, AgendaPlan, Part
from tripkit.schemas.items import TRANSPORT
from tripkit.services import destinations, wall_time
from tripkit.services.wall_time import WallTime

_DAY: Final = timedelta(days=1)
#: What ends at midnight ends with the day before; but one arrives, or leaves a bed, on the day that begins then.
_ARRIVES: Final = (*TRANSPORT, "lodging")


class Span(msgspec.Struct, frozen=True):
    """Something from one local time to another, in a plan."""

    plan: AgendaPlan
    item: AgendaItem | None
    start: WallTime
    end: WallTime | None

    @property
    def at_midnight(self) -> bool:
        """Whether it ends with the last moment of a day."""
        end = self.end
        return bool(
            end and end.clock == time.min and end.day > self.start.day and self.item and self.item.kind not in _ARRIVES
        )


class Placed(msgspec.Struct, frozen=True):
    """An entry, and when it is on its day."""

    wall: WallTime
    entry: AgendaEntry


def placed(span: Span, first: date, last: date) -> Iterator[Placed]:
    """The entries of something on the days from `first` to `last`."""
    start, end = span.start, span.end or span.start
    final = end.day - _DAY if span.at_midnight else end.day
    if start.day == final:
        if first <= start.day <= last:
            yield _entry(span, "whole", start)
        return
    if first <= start.day <= last:
        yield _entry(span, "begin", start)
    day = max(start.day + _DAY, first)
    while day < final and day <= last:
        yield _entry(span, "middle", WallTime(day, None, start.zone))
        day += _DAY
    if first <= final <= last:
        yield _entry(span, "end", WallTime(final, time.max if span.at_midnight else end.clock, end.zone))


def _entry(span: Span, part: Part, wall: WallTime) -> Placed:
    ends = "24:00" if span.at_midnight else _clock(span.end)
    shown = {"whole": _clock(wall), "begin": _clock(wall), "middle": None, "end": ends}[part]
    until = ends if part == "whole" else None
    return Placed(wall, AgendaEntry(part, shown, until, wall.zone, span.plan, span.item))


def _clock(wall: WallTime | None) -> str | None:
    return wall.clock.isoformat("minutes") if wall and wall.clock else None


def bounds(span: Span) -> tuple[datetime, datetime | None]:
    """The instants from which and until which it is on; the end is None where nobody said.

    A day alone is the whole of it, as `zone` has it; in UTC where no zone is known.
    """
    where = zone(span.plan, span.item) or "Etc/UTC"
    begin = _instant(span.start.day, span.start.clock or time.min, where)
    end = span.end or (span.start if span.start.clock is None else None)
    if end is None:
        return begin, None
    if end.clock is None:
        return begin, _instant(end.day + _DAY, time.min, end.zone or where)
    return begin, _instant(end.day, end.clock, end.zone or where)


def zone(plan: AgendaPlan, item: AgendaItem | None) -> str | None:
    """Whose clocks count: those of the time itself, of its place, of the plan, or else of the plan's destination."""
    of_item = (item.start_zone or (item.place and item.place.timezone)) if item else None
    return of_item or destinations.timezone(plan)


def _instant(day: date, clock: time, zone: str) -> datetime:
    found = wall_time.instant(WallTime(day, clock, zone))
    assert found is not None
    return found
