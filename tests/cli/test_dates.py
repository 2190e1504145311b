"""Dates as people type them. The day of these tests is Wednesday, 31 March 2027."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.cli import dates
from tripkit.cli.dates import Typed
from tripkit.errors import InvalidInput, TripkitError

TODAY = date(2027, 3, 31)


@pytest.mark.parametrize(
    ("text", "local", "zone"),
    [
        ("today", "2027-03-31", None),
        ("Tomorrow", "2027-04-01", None),
        ("yesterday", "2027-03-30", None),
        ("fri", "2027-04-02", None),
        ("Tuesday", "2027-04-06", None),
        ("wed", "2027-04-07", None),  # the next one, and not today
        ("+3d", "2027-04-03", None),
        ("-1w", "2027-03-24", None),
        ("+1m", "2027-04-30", None),  # there is no 31 April
        ("+11m", "2028-02-29", None),
        ("+1y", "2028-03-31", None),
        ("3 apr", "2027-04-03", None),
        ("Apr 3,", "2027-04-03", None),
        ("30 march", "2028-03-30", None),  # this year's is over
        ("29 feb", "2028-02-29", None),
        ("1 May 2026", "2026-05-01", None),
        ("tomorrow 14:00", "2027-04-01T14:00", None),
        ("fri 9.30", "2027-04-02T09:30", None),
        ("sat 2pm", "2027-04-03T14:00", None),
        ("sat 12 am", "2027-04-03T00:00", None),
        ("3 apr 12:05pm Asia/Tokyo", "2027-04-03T12:05", "Asia/Tokyo"),
    ],
)
def test_what_is_meant(text: str, local: str, zone: str | None) -> None:
    assert dates.read(text, TODAY) == Typed(local, zone, is_guessed=True)


@pytest.mark.parametrize("text", ["2027-04-01", "2027-04-01 09:30", "2027-04-01T09:30", "2027-13-01", "2027-4-1"])
def test_what_is_a_date_stays_for_those_who_know_the_rules(text: str) -> None:
    assert dates.read(text, TODAY) == Typed(text)


def test_a_zone_may_stand_behind_a_date() -> None:
    assert dates.read("2027-04-01 09:30 Asia/Tokyo", TODAY) == Typed("2027-04-01 09:30", "Asia/Tokyo")


@pytest.mark.parametrize(
    "text",
    [
        "someday", "fr", "30 feb", "0 apr", "april", "+3x", "+9999y", "fri 25:00", "fri 14:60", "fri 13pm", "fri 14",
        "tomorrow soon", "3 apr 99999", "\N{ARABIC-INDIC DIGIT THREE} apr", "next week",
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        dates.read(text, TODAY)
    assert text in str(refused.value) or text.startswith("+9999")
    assert "is no " in str(refused.value) or "too far" in str(refused.value)


@given(st.text(max_size=30), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_whatever_is_typed_is_read_or_refused(text: str, today: date) -> None:
    try:
        typed = dates.read(text, today)
    except TripkitError:
        return
    if typed.is_guessed:
        date.fromisoformat(typed.local[:10])


def test_an_end_counts_from_the_start_and_what_was_guessed_is_told() -> None:
    told: list[str] = []
    fields = {"start": "2027-04-01 09:30 Asia/Tokyo", "end": "+3d 18:00", "title": "Tea"}
    dates.understand(fields, "start", "end", tell=told.append)
    assert fields == {
        "start": "2027-04-01 09:30", "start_zone": "Asia/Tokyo", "end": "2027-04-04T18:00", "title": "Tea",
    }  # fmt: skip
    assert told == ["End: Sunday 4 April 2027, 18:00."]
