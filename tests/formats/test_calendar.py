"""A plan as iCalendar: what other programs read from it is what was planned."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import icalendar
import pytest

from tripkit.formats.calendar import calendar_of
from tripkit.schemas.items import Place
from tripkit.schemas.shared import SharedDay, SharedItem, SharedPlan
from tripkit.services import timezones, wall_time

_numbers = itertools.count()
NOW = datetime(2027, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def item(start: str | None, end: str | None = None, **fields: Any) -> SharedItem:
    """An item; times like `2027-04-01T09:30 Asia/Tokyo`."""
    walls = {}
    for name, text in (("start", start), ("end", end)):
        local, _, zone = (text or "").partition(" ")
        wall = wall_time.read(local, zone or None) if local else None
        walls[name] = wall
        fields[name], fields[f"{name}_zone"] = (str(wall) if wall else None), wall.zone if wall else None
        fields[f"{name}_at"] = wall_time.instant(wall) if wall else None
    given = {
        "uid": "0d2cf4ba-0c52-4a0f-8a16-54cd9fb7a6dd", "kind": "activity", "title": "Tea", "notes": "", "place": None,
        "end_place": None, "cost": None, "currency": None, "booking_reference": "", "status": "planned",
        "duration": None, "distance_km": None, "day": 1, "end_day": None,
        "warnings": [text for wall in walls.values() if wall and (text := wall_time.warning(wall))],
    }  # fmt: skip
    return SharedItem(**(given | fields))


def written(*items: SharedItem, title: str = "Kyoto") -> bytes:
    plan = SharedPlan(
        label="", redactions=[], user="ada", title=title, destination="", description="", start_date=None,
        end_date=None, timezone=None, tags=[], plan_data=None, totals=None, days=[SharedDay(None, None, list(items))],
        checklists=[],
        updated_at=NOW,
    )  # fmt: skip
    return calendar_of(plan, timezones.rules)


def read(*items: SharedItem, **fields: Any) -> list[Any]:
    """The events, as another program reads them."""
    return icalendar.Calendar.from_ical(written(*items, **fields)).events


def test_an_event_has_all_that_is_known_of_the_item() -> None:
    [event] = read(
        item(
            "2027-04-01T09:30 Asia/Tokyo",
            "2027-04-01T11:00 Asia/Tokyo",
            title="Tea; with, cake",
            notes="Take\r\nshoes off",
            place=Place("Ryokan", "1-2, Gion", 35.0, 135.8),
            cost=Decimal("12.50"),
            currency="EUR",
            booking_reference="QX7F2K",
            status="booked",
            kind="food",
        )
    )
    assert str(event["summary"]) == "Tea; with, cake"
    assert str(event["description"]) == "Take\nshoes off\nBooking reference: QX7F2K\nCost: 12.50 EUR"
    assert str(event["location"]) == "Ryokan, 1-2, Gion"
    assert (event["geo"].latitude, event["geo"].longitude) == (35.0, 135.8)
    assert (event["status"], event.categories, event["uid"]) == (
        "CONFIRMED", ["food"], "0d2cf4ba-0c52-4a0f-8a16-54cd9fb7a6dd",
    )  # fmt: skip
    assert event["dtstamp"].dt == NOW.replace(microsecond=0)


def test_what_is_not_known_is_left_out() -> None:
    [event] = read(item("2027-04-01"))
    assert {"location", "geo", "description"}.isdisjoint(name.lower() for name in event)
    assert event["status"] == "TENTATIVE"


def test_a_time_stays_what_clocks_show_with_the_rules_of_its_zone() -> None:
    flight = item("2027-04-01T17:00 Asia/Tokyo", "2027-04-01T12:00 America/Los_Angeles")
    text = written(flight).decode()
    assert "DTSTART;TZID=Asia/Tokyo:20270401T170000\r\n" in text
    assert "DTEND;TZID=America/Los_Angeles:20270401T120000\r\n" in text
    calendar = icalendar.Calendar.from_ical(text)
    assert sorted(zone.tz_name for zone in calendar.timezones) == ["America/Los_Angeles", "Asia/Tokyo"]
    assert not calendar.get_missing_tzids()
    [event] = calendar.events
    assert (event.start, event.end) == (flight.start_at, flight.end_at)
    assert event.end - event.start == timedelta(hours=11)  # by the clocks it arrives before it left


@pytest.mark.parametrize(
    "start",
    [
        "2027-03-28T01:59 Europe/Berlin",
        "2027-03-28T03:00 Europe/Berlin",
        "2027-10-31T01:59 Europe/Berlin",
        "2027-10-31T03:00 Europe/Berlin",
        "2027-06-01T12:00 Africa/Casablanca",
        "2027-01-01T00:00 Pacific/Kiritimati",
        "2050-07-01T12:00 Europe/Berlin",
        "1944-07-01T12:00 Europe/Berlin",
    ],
)
def test_the_rules_that_are_sent_along_say_when_it_is(start: str) -> None:
    """Read by the rules in the file alone, not by those that the reader knows."""
    meant = item(start)
    text = written(meant).decode()
    zone = start.partition(" ")[2]
    made_up = f"Made/Up{next(_numbers)}"  # the reader remembers names
    [event] = icalendar.Calendar.from_ical(text.replace(zone, made_up)).events
    assert event.start.tzinfo.utcoffset(event.start) is not None
    assert event.start.astimezone(UTC) == meant.start_at


@pytest.mark.parametrize("start", ["2027-03-28T02:30 Europe/Berlin", "2027-10-31T02:30 Europe/Berlin"])
def test_a_time_that_comes_twice_or_never_is_an_instant(start: str) -> None:
    meant = item(start)
    assert meant.warnings
    assert meant.start_at is not None
    assert f"DTSTART:{meant.start_at:%Y%m%dT%H%M%S}Z\r\n" in written(meant).decode()


def test_a_time_without_a_zone_floats() -> None:
    text = written(item("2027-04-01T09:30", "2027-04-01T10:00")).decode()
    assert "DTSTART:20270401T093000\r\n" in text
    assert "DTEND:20270401T100000\r\n" in text
    assert "VTIMEZONE" not in text


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2027-04-01", None, (date(2027, 4, 1), date(2027, 4, 2))),
        ("2027-04-01", "2027-04-03", (date(2027, 4, 1), date(2027, 4, 4))),
        ("2027-04-01", "2027-04-03T11:00 Asia/Tokyo", (date(2027, 4, 1), date(2027, 4, 4))),
        ("2027-04-02", "2027-04-01", (date(2027, 4, 2), date(2027, 4, 3))),  # over the date line
    ],
)
def test_a_date_fills_whole_days(start: str, end: str | None, expected: tuple[date, date]) -> None:
    [event] = read(item(start, end))
    assert (event["dtstart"].dt, event["dtend"].dt) == expected


@pytest.mark.parametrize("end", ["2027-04-02", "2027-04-01T12:00"])
def test_an_end_of_another_kind_than_the_start_is_left_out(end: str) -> None:
    [event] = read(item("2027-04-01T09:30 Asia/Tokyo", end))
    assert "dtend" not in event


def test_what_has_no_date_is_no_event() -> None:
    assert read(item(None), item("2027-04-01")) != []
    assert read(item(None)) == []


def test_a_plan_over_centuries_is_told_in_instants() -> None:
    """The rules of a zone for a thousand years would be a large file, and slow to make."""
    text = written(item("1900-01-01T00:00 Europe/Berlin"), item("2999-01-01T00:00 Europe/Berlin")).decode()
    assert "VTIMEZONE" not in text
    assert text.count("00Z\r\n") >= 2


@pytest.mark.parametrize("evil", ["\r\nEND:VEVENT\r\nBEGIN:VEVENT", "\x00\x07\x1b[31m", "a\rb", "😀" * 60, "\\n;,:"])
def test_no_text_breaks_out_of_its_place(evil: str) -> None:
    text = written(item("2027-04-01", title=f"A{evil}", notes=evil, place=Place(evil, evil)), title=evil)
    assert text.count(b"\r\nBEGIN:VEVENT\r\n") == 1
    assert not [byte for byte in text if byte < 32 and byte not in b"\r\n\t"]
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    [event] = icalendar.Calendar.from_ical(text).events
    assert str(event["summary"]).startswith("A")


def test_the_same_plan_is_the_same_calendar() -> None:
    items = [item("2027-04-01T09:30 Asia/Tokyo"), item("2027-04-02")]
    assert written(*items) == written(*items)
