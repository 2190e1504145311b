"""Dates and times as people type them."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.cli.natural_dates import understand

#: A Tuesday.
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("today", "2026-11-24"),
        ("Tomorrow", "2026-11-25"),
        ("yesterday", "2026-11-23"),
        ("fri", "2026-11-27"),
        ("Friday", "2026-11-27"),
        ("tue", "2026-12-01"),  # the next one: this one is today
        ("mon", "2026-11-30"),
        ("+3d", "2026-11-27"),
        ("-1d", "2026-11-23"),
        ("+2w", "2026-12-08"),
        ("+3m", "2027-02-24"),
        ("+1y", "2027-11-24"),
        ("1 apr", "2027-04-01"),
        ("April 1st", "2027-04-01"),
        ("apr 1, 2028", "2028-04-01"),
        ("24 november", "2026-11-24"),
        ("23 nov", "2027-11-23"),
        ("29 feb", "2028-02-29"),
        ("2027-04-01", "2027-04-01"),
        ("tomorrow 14:00", "2026-11-25T14:00"),
        ("fri at 9am", "2026-11-27T09:00"),
        ("1 apr 9:30pm", "2027-04-01T21:30"),
        ("sat 12am", "2026-11-28T00:00"),
        ("sat noon", "2026-11-28T12:00"),
        ("14:00", "2026-11-24T14:00"),
        ("2027-04-01T09:30:15", "2027-04-01T09:30:15"),
        ("2027-04-01 09:30", "2027-04-01T09:30"),
    ],
)
def test_days_and_times(text, means):
    understood = understand(text, TODAY)
    assert (understood.text, understood.zone) == (means, None)


def test_a_zone_stands_last():
    understood = understand("2027-04-01 09:30 Asia/Tokyo", TODAY)
    assert (understood.day, understood.clock, understood.zone) == (date(2027, 4, 1), time(9, 30), "Asia/Tokyo")
    assert str(understood) == "Thursday 2027-04-01 09:30 in Asia/Tokyo"
    assert understand("fri 9:00 utc", TODAY).zone == "utc"


def test_an_end_is_counted_from_its_start():
    start = date(2027, 4, 1)
    assert understand("+3d", TODAY, since=start).text == "2027-04-04"
    assert understand("16:00", TODAY, since=start).text == "2027-04-01T16:00"
    assert understand("fri", TODAY, since=start).text == "2026-11-27"


def test_a_month_later_is_the_last_day_where_there_is_no_such_day():
    assert understand("+1m", date(2027, 1, 31)).text == "2027-02-28"
    assert understand("+1y", date(2028, 2, 29)).text == "2029-02-28"


@pytest.mark.parametrize(
    "text",
    ["", "soon", "fr", "31 feb 2027", "0 apr", "32 apr", "25:00", "fri 24:00", "fri 13pm", "+99999d", "+9999y", "3",
     "9", "1 2 3", "apr", "2027-13-01", "2027-02-30", "fri Asia/Tokyo", "2027-04-01 09:30+02:00", "٣ apr",
     "2027-04-01T09:30Z", "next fri", "tomorrow 14:00 15:00"],
)  # fmt: skip
def test_what_is_not_understood_is_left_alone(text):
    assert understand(text, TODAY) is None


@given(
    st.text(max_size=40) | st.from_regex(r"[+-]\d{1,5}[dwmy]( \d{1,2}:\d\d)?|[a-z]{3} \d{1,2}( \d{4})?", fullmatch=True)
)
def test_nothing_breaks_it(text):
    for today in (date.min, TODAY, date.max):
        found = understand(text, today)
        assert found is None or found.day.isoformat() in found.text
