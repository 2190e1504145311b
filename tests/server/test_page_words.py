"""Dates, spans and amounts in words."""

from datetime import date
from decimal import Decimal
from typing import get_args

import pytest

from tripkit.schemas.money import Sum
from tripkit.schemas.shared import Redaction
from tripkit.server import page_words as words


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2027-03-26", "2027-04-08", "26 March to 8 April 2027"),
        ("2027-03-26", "2027-03-28", "26 to 28 March 2027"),
        ("2027-12-30", "2028-01-02", "30 December 2027 to 2 January 2028"),
        ("2027-03-26", "2027-03-26", "26 March 2027"),
        ("2027-03-26", None, "from 26 March 2027"),
        (None, "0999-03-02", "until 2 March 999"),
        (None, None, ""),
    ],
)
def test_a_span_says_once_what_both_days_share(start: str | None, end: str | None, expected: str) -> None:
    assert words.span(*(each and date.fromisoformat(each) for each in (start, end))) == expected


def test_days_are_as_long_as_there_is_room() -> None:
    day = date(2027, 3, 6)
    assert [words.long_day(day), words.short_day(day), words.day_of_month(day)] == [
        "Saturday, 6 March 2027", "Sat 6 Mar", "6 Mar",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (59, "0 min"),
        (2700, "45 min"),
        (7200, "2 h"),
        (45_000, "12 h 30 min"),
        (86_400, "1 day"),
        (273_600, "3 days 4 h"),
    ],
)
def test_lengths_are_short(seconds: int, expected: str) -> None:
    assert words.as_length(seconds) == expected


@pytest.mark.parametrize(
    ("kilometres", "expected"), [(0.35, "350 m"), (2.44, "2.4 km"), (369.6, "370 km"), (9713, "9,713 km")]
)
def test_distances_are_as_exact_as_they_are_read(kilometres: float, expected: str) -> None:
    assert words.distance(kilometres) == expected


def test_everything_that_may_be_hidden_has_words() -> None:
    assert words.hidden(get_args(Redaction)) == "costs, booking references, notes and who takes part"
    assert words.hidden(["notes"]) == "notes"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "UTC"), (32_400, "UTC+9"), (-12_600, "UTC-3:30"), (20_700, "UTC+5:45")]
)
def test_offsets_are_those_of_clocks(seconds: int, expected: str) -> None:
    assert words.offset(seconds) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Tokyo", "Tokyo time"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires time"),
        ("UTC", "UTC"),
        ("Etc/GMT+3", "GMT+3"),
    ],
)
def test_zones_are_called_after_their_city(zone: str, expected: str) -> None:
    assert words.zone(zone) == expected


def test_a_total_is_in_one_currency_where_there_are_rates() -> None:
    amounts = {"EUR": Decimal("2150.00"), "JPY": Decimal(103_170)}
    assert words.total(Sum(amounts, Decimal("3528.14"), []), "EUR") == "3,528.14 EUR"
    assert words.total(Sum(amounts, None, ["JPY"]), "EUR") == "2,150.00 EUR + 103,170 JPY"
    assert words.amount(Decimal("-28.14"), "EUR") == "-28.14 EUR"
