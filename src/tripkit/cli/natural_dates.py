"""Dates and times as people type them: `fri`, `+3d`, `1 apr`, `tomorrow 14:00`, `2027-04-01 09:30 Asia/Tokyo`.

Pure functions of a text and of today. What is not understood is left as it is, to be refused by the rules for dates.
"""

import re
from calendar import monthrange
from datetime import date, time, timedelta
from typing import Final

import msgspec

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_NEAR: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}
_OFFSET: Final = re.compile(r"([+-])(\d{1,4})([dwmy])", re.ASCII)
_CLOCK: Final = re.compile(r"(\d{1,2})(?::(\d\d))?(?::(\d\d))?(am|pm)?", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,2}(?:st|nd|rd|th)?", re.ASCII)
_YEAR: Final = re.compile(r"\d{4}", re.ASCII)


class Understood(msgspec.Struct, frozen=True):
    """A day, mostly with a time of day, and the zone that was named."""

    day: date
    clock: time | None = None
    zone: str | None = None

    @property
    def text(self) -> str:
        """In ISO 8601, as the rules for dates take it: `2027-04-01T09:30`."""
        if self.clock is None:
            return self.day.isoformat()
        return f"{self.day}T{self.clock.isoformat('seconds' if self.clock.second else 'minutes')}"

    def __str__(self) -> str:
        """For a person: `Thursday 2027-04-01 09:30 in Asia/Tokyo`."""
        where = f" in {self.zone}" if self.zone else ""
        return f"{_DAYS[self.day.weekday()].capitalize()} {self.text.replace('T', ' ')}{where}"


def understand(text: str, today: date, *, since: date | None = None) -> Understood | None:
    """What a text says; None where it says nothing that is known here.

    Days are counted from `today`. A number of days, and a time of day alone, are counted from `since` if it is given:
    of an end, the day of the start. A weekday is the next one after today, and a day of a month the next there is.
    """
    words = text.replace("T", " ", 1).split() if re.match(r"\d{4}-\d\d-\d\dT", text) else text.split()
    words, zone = _without_zone(words)
    words, clock = _without_clock(words)
    if not words and clock is None:
        return None
    day = _day([word.casefold().rstrip(",") for word in words], today, since or today)
    if day is None or (zone and clock is None):
        return None
    return Understood(day, clock, zone)


def _without_zone(words: list[str]) -> tuple[list[str], str | None]:
    """The words before a time zone, and that."""
    if len(words) > 1 and (("/" in words[-1] and words[-1][0].isalpha()) or words[-1].upper() in ("UTC", "GMT")):
        return words[:-1], words[-1]
    return words, None


def _without_clock(words: list[str]) -> tuple[list[str], time | None]:
    """The words before a time of day, and that."""
    last = words[-1].casefold() if words else ""
    clock = time(12) if last == "noon" else _clock(last)
    if clock is None:
        return words, None
    rest = words[:-1]
    return (rest[:-1] if rest and rest[-1].casefold() == "at" else rest), clock


def _clock(word: str) -> time | None:
    """`9:30`, `09:30:15`, `9am`, `9:30pm`; a number alone is none."""
    found = _CLOCK.fullmatch(word)
    if found is None or (found[2] is None and found[4] is None):
        return None
    hour, minute, second = (int(part or 0) for part in found.group(1, 2, 3))
    if found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4] == "pm" else 0)
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _day(words: list[str], today: date, since: date) -> date | None:
    if not words:
        return since
    try:
        if len(words) == 1:
            return _one_word(words[0], today, since)
        return _in_month(words, today) if len(words) <= 3 else None
    except (ValueError, OverflowError):  # no day of the calendar
        return None


def _one_word(word: str, today: date, since: date) -> date | None:
    if word in _NEAR:
        return today + timedelta(days=_NEAR[word])
    if found := _OFFSET.fullmatch(word):
        return _later(since, int(found[1] + found[2]), found[3])
    if (weekday := _index(word, _DAYS)) is not None:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    return date.fromisoformat(word) if re.fullmatch(r"\d{4}-\d\d-\d\d", word, re.ASCII) else None


def _later(day: date, count: int, unit: str) -> date:
    """So many days, weeks, months or years later; the last of a month where it has no such day."""
    if unit in "dw":
        return day + timedelta(days=count * (7 if unit == "w" else 1))
    year, month = divmod(day.year * 12 + day.month - 1 + count * (12 if unit == "y" else 1), 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _in_month(words: list[str], today: date) -> date | None:
    """`1 april`, `apr 1st`, `1 apr 2027`; without a year the next there is."""
    first, second, *rest = words
    number, name = (first, second) if _NUMBER.fullmatch(first) else (second, first)
    month = _index(name, _MONTHS)
    if month is None or not _NUMBER.fullmatch(number) or (rest and not _YEAR.fullmatch(rest[0])):
        return None
    day = int(number.rstrip("stndrh"))
    if rest:
        return date(int(rest[0]), month + 1, day)
    for year in range(today.year, today.year + 9):  # 29 February may be that far
        if day <= monthrange(year, month + 1)[1] and (found := date(year, month + 1, day)) >= today:
            return found
    return None


def _index(word: str, names: tuple[str, ...]) -> int | None:
    """The name that a word is, or that it begins with at least three letters of."""
    if len(word) < 3:
        return None
    return next((number for number, name in enumerate(names) if name.startswith(word)), None)
