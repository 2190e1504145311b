"""Time zones: every name that people use, and the one that is kept."""

from datetime import datetime
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

import pytest
from tzlocal.windows_tz import win_tz

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
        ("Iceland", "Atlantic/Reykjavik"),
        ("Atlantic/Reykjavik", "Atlantic/Reykjavik"),
        ("Africa/Asmera", "Africa/Asmara"),
        ("America/Coral_Harbour", "America/Atikokan"),
        ("Pacific/Yap", "Pacific/Chuuk"),
        ("Tokyo Standard Time", "Asia/Tokyo"),
        ("tokyo standard time", "Asia/Tokyo"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("India Standard Time", "Asia/Kolkata"),
        ("FLE Standard Time", "Europe/Kyiv"),
        ("Pacific Standard Time", "America/Los_Angeles"),
    ],
)
def test_a_zone_is_kept_under_its_current_name(name: str, expected: str) -> None:
    assert timezones.canonical(name) == expected


@pytest.mark.parametrize(
    "name", ["", "Tokyo", "Asia/Tokio", "+09:00", "JST-9", "../etc/passwd", "Asia/Tokyo ", "CEST", "ß"]
)
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
        ("Osaka", "Asia/Tokyo"),
        ("Kyoto, Japan", "Asia/Tokyo"),
        ("France", "Europe/Paris"),
        ("Tokyo Standrad Time", "Asia/Tokyo"),
    ],
)
def test_a_wrong_name_gets_the_zone_that_was_meant(name: str, suggestion: str) -> None:
    assert suggestion in timezones.suggestions(name)


@pytest.mark.parametrize(
    "name",
    ["qqqqqqqq", "", "+09:00", "-3", "GMT+2", "utc-05:30", "UTC \u22123", "IST", "x" * 10_000, "Mars"],
)
def test_nonsense_offsets_and_abbreviations_of_several_zones_get_no_suggestion(name: str) -> None:
    assert timezones.suggestions(name) == []
    assert timezones.refusal(name).endswith("is not a time zone. Use an IANA name such as Europe/Lisbon.")


def test_a_refusal_says_what_may_have_been_meant() -> None:
    assert timezones.refusal("Asia/Tokio").startswith('"Asia/Tokio" is not a time zone. Did you mean Asia/Tokyo')


def test_every_zone_of_windows_is_known() -> None:
    for name, zone in win_tz.items():
        assert timezones.canonical(name) == timezones.canonical(zone)
        assert timezones.canonical(name) in available_timezones()


def test_what_links_of_the_database_lead_past_is_still_to_be_said() -> None:
    files = resources.files("tzdata").joinpath("zoneinfo")
    links = {
        line.split()[2]: line.split()[1]
        for line in files.joinpath("tzdata.zi").read_text().splitlines()
        if line[0] == "L"
    }
    listed = [row.split("\t") for row in files.joinpath("zone.tab").read_text().splitlines() if row[0] != "#"]
    country = {zone: code for code, _, zone, *_ in listed}
    for alias, meant in timezones._MEANT.items():
        assert alias not in country
        assert timezones.canonical(alias) == meant
        assert country[meant] != country[links[alias]], f"{alias} leads to {links[alias]} in the same country"


# --- rules ----------------------------------------------------------------------------------------------------------


def test_the_rules_of_a_zone_are_those_of_its_name_and_of_the_package() -> None:
    rules = timezones.rules("us/pacific")
    assert rules.key == "America/Los_Angeles"
    assert rules is timezones.rules("America/Los_Angeles")
    assert str(datetime(2027, 7, 1, tzinfo=rules).utcoffset()) == "-1 day, 17:00:00"


@pytest.mark.parametrize("name", ["Mars", "", "../../../etc/passwd", "zone.tab"])
def test_what_is_no_zone_has_no_rules(name: str) -> None:
    with pytest.raises(LookupError, match="is not a time zone"):
        timezones.rules(name)
