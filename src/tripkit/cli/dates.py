"""Dates as people type them: `fri`, `+3d`, `tomorrow 14:00`, `3 apr`, `2027-04-01 09:30 Asia/Tokyo`.

What is a date already stays as it was typed, so that whatever is wrong with it is said by who knows the rules.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from tripkit.errors import InvalidInput

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_NEAR: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}
_LATER: Final = re.compile(r"([+-])(\d{1,4})([dwmy])")
_ISO: Final = re.compile(r"\d.*[-:T].*", re.DOTALL)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_CLOCK: Final = re.compile(r"(\d{1,2})(?:[:.](\d\d))?\s?(am|pm)?", re.IGNORECASE)
#: So much of a name has to be there.
_SHORTEST: Final = 3
EXAMPLES: Final = "2027-04-01, 3 apr, fri, tomorrow or +3d, and a time like 14:00 after it"


class Typed(msgspec.Struct, frozen=True):
    """What was typed."""

    #: `2027-04-01` or `2027-04-01T09:30`.
    local: str
    zone: str | None = None
    #: It was not typed in this form: show what it was taken for.
    is_guessed: bool = False


def read(text: str, today: date) -> Typed:
    """A date, perhaps with a time and a zone; raises `InvalidInput`."""
    words = text.strip().split()
    if not words:
        return Typed("")
    if _ISO.fullmatch(words[0]):
        return _with_zone(" ".join(words))
    found = _day(words, today)
    if found is None:
        raise InvalidInput(f'"{text.strip()[:50]}" is no date. Give {EXAMPLES}.')
    day, rest = found
    zone = rest.pop() if rest and "/" in rest[-1] else None
    clock = _clock(" ".join(rest), text)
    return Typed(f"{day}T{clock}" if clock else f"{day}", zone, is_guessed=True)


def _with_zone(text: str) -> Typed:
    """An ISO date, and a zone that may stand behind it."""
    head, _, last = text.rpartition(" ")
    return Typed(head, last) if head and "/" in last else Typed(text)


def _day(words: list[str], today: date) -> tuple[date, list[str]] | None:
    """The day that the first words name, and the rest of them."""
    first = words[0].casefold().rstrip(",")
    if first in _NEAR:
        return today + timedelta(_NEAR[first]), words[1:]
    if later := _LATER.fullmatch(first):
        return _moved(today, int(later[1] + later[2]), later[3]), words[1:]
    if (weekday := _index(first, _WEEKDAYS)) is not None:
        return today + timedelta((weekday - today.weekday() - 1) % 7 + 1), words[1:]
    return _named(words, today)


def _moved(today: date, count: int, unit: str) -> date:
    try:
        if unit in "dw":
            return today + timedelta(count * (7 if unit == "w" else 1))
        months = today.year * 12 + today.month - 1 + count * (12 if unit == "y" else 1)
        return _last_possible(months // 12, months % 12 + 1, today.day)
    except (OverflowError, ValueError):
        raise InvalidInput(f"{count:+d}{unit} is too far from today.") from None


def _last_possible(year: int, month: int, day: int) -> date:
    """A month after 31 January is the last day of February."""
    for each in range(day, 27, -1):
        try:
            return date(year, month, each)
        except ValueError:
            continue
    return date(year, month, day)


def _named(words: list[str], today: date) -> tuple[date, list[str]] | None:
    """`3 apr`, `apr 3`, `3 april 2027`; without a year the next such day."""
    parts = [word.casefold().rstrip(",.") for word in words[:3]]
    if len(parts) < 2:
        return None
    number, name = parts[:2] if parts[0].isdecimal() else parts[1::-1]
    month = _index(name, _MONTHS)
    if month is None or not (number.isascii() and number.isdecimal() and len(number) <= 2):
        return None
    has_year = len(parts) == 3 and len(parts[2]) == 4 and parts[2].isascii() and parts[2].isdecimal()
    years = [int(parts[2])] if has_year else range(today.year, today.year + 9)  # 29 February may be 8 years away
    for year in years:
        try:
            day = date(year, month + 1, int(number))
        except ValueError:
            continue
        if has_year or day >= today:
            return day, words[3 if has_year else 2 :]
    return None


def _index(name: str, names: tuple[str, ...]) -> int | None:
    if len(name) < _SHORTEST:
        return None
    return next((number for number, each in enumerate(names) if each.startswith(name)), None)


def _clock(text: str, whole: str) -> str:
    """`14:00` from `14:00`, `2pm` or `9.30 am`; empty for none."""
    if not text:
        return ""
    found = _CLOCK.fullmatch(text)
    hour = int(found[1]) if found else 24
    if found and found[3]:
        hour = hour % 12 + (12 if found[3].casefold() == "pm" else 0) if 1 <= hour <= 12 else 24
    minute = int(found[2] or 0) if found else 0
    if hour > 23 or minute > 59 or (found and not found[2] and not found[3]):
        raise InvalidInput(f'"{text[:50]}" in "{whole.strip()[:50]}" is no time. Give one like 14:00 or 2pm.')
    return f"{hour:02}:{minute:02}"


def understand(fields: dict[str, Any], *names: str, tell: Callable[[str], None]) -> None:
    """Read those fields that are there, in place, and tell what was taken for another day than was typed.

    Where a start and an end are named, `+3d` as the end counts from the start. A zone goes into `…_zone`.
    """
    today = start = datetime.now().astimezone().date()  # what people call today where they are
    for name in names:
        text = fields.get(name)
        if not text:
            continue
        typed = read(text, start if _LATER.match(text.strip()) else today)
        fields[name] = typed.local
        if typed.zone is not None:
            fields.setdefault(f"{name}_zone", typed.zone)
        if typed.is_guessed:
            tell(f"{name.partition('_')[0].capitalize()}: {spoken(typed)}.")
            start = date.fromisoformat(typed.local[:10])
        elif is_day := _DAY.match(typed.local):
            with suppress(ValueError):  # said by who knows the rules
                start = date.fromisoformat(is_day[0])


def spoken(typed: Typed) -> str:
    """`Friday 2 April 2027, 14:00, Asia/Tokyo`."""
    day, _, clock = typed.local.partition("T")
    found = date.fromisoformat(day)
    return ", ".join(filter(None, (f"{found:%A} {found.day} {found:%B %Y}", clock, typed.zone)))
