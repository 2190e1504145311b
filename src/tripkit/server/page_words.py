"""Dates, spans and amounts in words, as pages show them."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from tripkit.schemas.money import Sum
from tripkit.schemas.shared import Redaction

_HIDDEN: Final[Mapping[Redaction, str]] = {
    "costs": "costs", "references": "booking references", "notes": "notes", "participants": "who takes part",
}  # fmt: skip


def long_day(day: date) -> str:
    """`Friday, 26 March 2027`."""
    return f"{day:%A}, {day.day} {day:%B} {day.year}"


def short_day(day: date) -> str:
    """`Fri 26 Mar`."""
    return f"{day:%a} {day.day} {day:%b}"


def day_of_month(day: date) -> str:
    """`26 Mar`."""
    return f"{day.day} {day:%b}"


def span(start: date | None, end: date | None) -> str:
    """`26 March to 8 April 2027`, with what both share said once; empty without dates."""
    if start is None or end is None:
        return " ".join(f"{word} {_day(day)}" for word, day in (("from", start), ("until", end)) if day)
    if start == end:
        return _day(start)
    if start.year != end.year:
        return f"{_day(start)} to {_day(end)}"
    if start.month != end.month:
        return f"{start.day} {start:%B} to {_day(end)}"
    return f"{start.day} to {_day(end)}"


def count(number: int, thing: str) -> str:
    """`1 day`, `14 days`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def as_length(seconds: int) -> str:
    """`45 min`, `2 h`, `12 h 30 min`, `3 days 4 h`; seconds are dropped."""
    minutes = seconds // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = ((days, count(days, "day")), (hours, f"{hours} h"), (0 if days else minutes, f"{minutes} min"))
    return " ".join(text for number, text in parts if number) or "0 min"


def distance(kilometres: float) -> str:
    """`350 m`, `2.4 km`, `370 km`, `9,713 km`."""
    if kilometres < 1:
        return f"{round(kilometres * 1000)} m"
    return f"{kilometres:.1f} km" if kilometres < 10 else f"{round(kilometres):,} km"


def amount(value: Decimal, currency: str) -> str:
    """`14,170 JPY`, `-28.14 EUR`."""
    return f"{value:,} {currency}"


def total(value: Sum, currency: str) -> str:
    """All in the plan's currency, or an amount for each one where there is no rate between them."""
    if value.amount is not None:
        return amount(value.amount, currency)
    return " + ".join(amount(each, code) for code, each in value.by_currency.items())


def hidden(redactions: Collection[Redaction]) -> str:
    """`costs, booking references and who takes part`."""
    *first, last = (_HIDDEN[each] for each in redactions)
    return f"{', '.join(first)} and {last}" if first else last


def offset(seconds: int) -> str:
    """`UTC`, `UTC+9`, `UTC-3:30`."""
    if not seconds:
        return "UTC"
    minutes = abs(seconds) // 60
    return f"UTC{'+' if seconds > 0 else '-'}{minutes // 60}{f':{minutes % 60:02}' if minutes % 60 else ''}"


def zone(name: str) -> str:
    """`Buenos Aires time` for `America/Argentina/Buenos_Aires`."""
    city = name.rpartition("/")[2].replace("_", " ")
    return f"{city} time" if "/" in name and not name.startswith("Etc/") else city


def _day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    each.__name__: each for each in (long_day, short_day, day_of_month, amount, total, hidden)
}
