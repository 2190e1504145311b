"""Time zones: every name that people use, and the one that is kept."""

from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tripkit.services import timezones


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("asia/tokyo", "Asia/Tokyo"),
        ("AMERICA/PORT_OF_SPAIN", "America/Port_of_Spain"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Asia/Saigon", "Asia/Ho_Chi_Minh"),
        ("US/Pacific", "America/Los_Angeles"),
        ("Japan", "Asia/Tokyo"),
        ("Europe/Amsterdam", "Europe/Amsterdam"),
        ("Europe/Oslo", "Europe/Oslo"),
        ("UTC", "Etc/UTC"),
        ("Zulu", "Etc/UTC"),
    ],
)
def test_a_zone_is_kept_under_its_current_name(name: str, expected: str) -> None:
    assert timezones.canonical(name) == expected


@pytest.mark.parametrize("name", ["", "Tokyo", "Asia/Tokio", "+09:00", "JST-9", "../etc/passwd", "Asia/Tokyo ", "CEST"])
def test_what_is_no_zone_has_no_name(name: str) -> None:
    assert timezones.canonical(name) is None


def test_every_zone_of_the_database_is_known_and_every_name_kept_is_a_zone() -> None:
    listed = resources.files("tzdata").joinpath("zones").read_text().split()
    kept = {timezones.canonical(name) for name in listed}
    assert None not in kept
    assert kept <= available_timezones()
    assert {timezones.canonical(name) for name in kept if name} == kept, "the name that is kept stays"
    for name in kept:
        assert ZoneInfo(str(name))


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("Tokyo", "Asia/Tokyo"),
        ("Asia/Tokio", "Asia/Tokyo"),
        ("lisbon", "Europe/Lisbon"),
        ("Europe/Berln", "Europe/Berlin"),
    ],
)
def test_a_wrong_name_gets_the_zone_that_was_meant(name: str, suggestion: str) -> None:
    assert suggestion in timezones.suggestions(name)


def test_nonsense_gets_no_suggestion() -> None:
    assert timezones.suggestions("qqqqqqqq") == []
