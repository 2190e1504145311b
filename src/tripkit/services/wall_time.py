"""What clocks on the wall show: a date, mostly with a time of day, in a time zone. From it instants are computed.

Two local times are irregular, and both are taken as RFC 5545, section 3.3.5 says. One that comes twice, when clocks
go back, is the first. One that is skipped, when clocks go forward, is moved forward by as much: it counts with the
offset from before the gap.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

import msgspec

from tripkit.errors import ValidationFailed
from tripkit.services import jsontext, timezones

#: Other years are mistyped. It also keeps every zone within what dates can count.
YEARS: Final = range(1900, 3000)
_FORM: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(.*))?", re.ASCII | re.DOTALL)
_CLOCK: Final = re.compile(r"(?:[01]\d|2[0-3])(?::[0-5]\d){1,2}", re.ASCII)
_EXAMPLE: Final = "a date like 2027-04-01 or a local time like 2027-04-01T09:30"


class WallTime(msgspec.Struct, frozen=True):
    """A local time. Without `clock` it is a day only; without `zone` nobody said where."""

    day: date
    clock: time | None = None
    #: An IANA name as `timezones.canonical` gives it.
    zone: str | None = None

    @property
    def local(self) -> datetime:
        """The local time without its zone; of a day the midnight that it begins with."""
        return datetime.combine(self.day, self.clock or time.min)

    def __str__(self) -> str:
        """As `read` takes it, without the zone: `2027-04-01T09:30`."""
        if self.clock is None:
            return self.day.isoformat()
        return self.local.isoformat(timespec="seconds" if self.clock.second else "minutes")


def read(text: str, zone: str | None = None, *, field: str = "start", zone_field: str = "start_zone") -> WallTime:
    """A day or a local time in ISO 8601 and its zone; raises `ValidationFailed` with all that is wrong."""
    errors = {}
    known = timezones.canonical(zone) if zone is not None else None
    if zone is not None and known is None:
        errors[zone_field] = [timezones.refusal(zone)]
    try:
        day, clock = _read(text)
    except ValueError as problem:
        errors[field] = [str(problem)]
    if errors:
        raise ValidationFailed(errors)
    return WallTime(day, clock, known)


def instant(wall: WallTime) -> datetime | None:
    """The instant in UTC; None without a time of day or a zone."""
    return None if wall.clock is None or wall.zone is None else _instant(wall)


def irregular(wall: WallTime) -> Literal["repeated", "skipped"] | None:
    """Whether clocks show this time twice, or never."""
    first, second = _offsets(wall)
    if wall.clock is None or wall.zone is None or first == second:
        return None
    return "repeated" if first > second else "skipped"


def warning(wall: WallTime) -> str | None:
    """A sentence for a person about a local time that comes twice or never, and how it is taken."""
    kind = irregular(wall)
    if kind is None or wall.zone is None:
        return None
    if kind == "skipped":
        taken = at(_instant(wall), wall.zone)
        return f"{wall} does not exist in {wall.zone}, where clocks go forward then. It is taken as {taken}."
    first, second = _offsets(wall)
    other = at(_instant(wall) + (first - second), "Etc/UTC")
    return (
        f"{wall} comes twice in {wall.zone}, where clocks go back then. The first is taken; "
        f"for the second give {other} in Etc/UTC."
    )


def at(moment: datetime, zone: str) -> WallTime:
    """What clocks of a zone show at an instant."""
    rules = timezones.rules(zone)
    local = moment.astimezone(rules)
    return WallTime(local.date(), local.time(), rules.key)


def duration(start: WallTime, end: WallTime) -> timedelta | None:
    """The time that passes from one to the other; None unless both have a time of day.

    Where only one has a zone both are in it; where none has, the clocks are taken as those of one zone without
    changes.
    """
    if start.clock is None or end.clock is None:
        return None
    start, end = _in_zones(start, end)
    return _instant(end) - _instant(start)


def ends_before(start: WallTime, end: WallTime) -> bool:
    """Whether `end` is before `start` for certain, counted across zones.

    A day alone may be any time of that day, so that a night flight over the date line may end on the day before.
    """
    start, end = _in_zones(start, end)
    latest = end if end.clock else WallTime(end.day, time.max, end.zone)
    return _instant(latest) < _instant(start)


def check_order(start: WallTime, end: WallTime, *, field: str = "end") -> None:
    """Raise `ValidationFailed` if `end` is before `start` for certain."""
    if ends_before(start, end):
        where = [f" in {wall.zone}" if wall.zone else "" for wall in (start, end)]
        raise ValidationFailed({field: [f"must not be before the start ({start}{where[0]}), as {end}{where[1]} is."]})


def _read(text: str) -> tuple[date, time | None]:
    """The day and the time of day. Raises `ValueError`, which says to a person what is wrong."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"must be {_EXAMPLE}, not {jsontext.shorten(text)}.")
    written, clock, rest = match.groups()
    if rest:
        raise ValueError(
            f"must be a local time to the second, without an offset, not {jsontext.shorten(text)}. "
            "Give the zone by itself."
        )
    if clock and not _CLOCK.fullmatch(clock):
        raise ValueError(f"must have a time from 00:00 to 23:59, not {clock}. Midnight is 00:00 of the next day.")
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise ValueError(f"must be a day of the calendar, which {written} is not.") from None
    if day.year not in YEARS:
        raise ValueError(f"must be in a year from {YEARS[0]} to {YEARS[-1]}, not {written[:4]}.")
    return day, time.fromisoformat(clock) if clock else None


def _instant(wall: WallTime) -> datetime:
    # fold=0, the default: the first of two, and the offset before a gap (PEP 495).
    return wall.local.replace(tzinfo=timezones.rules(wall.zone or "Etc/UTC")).astimezone(UTC)


def _offsets(wall: WallTime) -> tuple[timedelta, timedelta]:
    """From UTC, before and after the change that a local time may fall into; the same twice elsewhere."""
    clock = wall.local.replace(tzinfo=timezones.rules(wall.zone or "Etc/UTC"))
    first, second = clock.utcoffset(), clock.replace(fold=1).utcoffset()
    assert first is not None
    assert second is not None
    return first, second


def _in_zones(start: WallTime, end: WallTime) -> tuple[WallTime, WallTime]:
    """Both with a zone, if one has."""
    return (
        msgspec.structs.replace(start, zone=start.zone or end.zone),
        msgspec.structs.replace(end, zone=end.zone or start.zone),
    )
