"""Local times become the instants that the time zone database gives, and those that come twice or never are told."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.errors import ValidationFailed
from tripkit.services import wall_time
from tripkit.services.wall_time import WallTime, read

from ..zones import IN_A_ZONE, NEAR_A_CHANGE, ZONES, zoneinfo


def errors(text: str, zone: str | None = None, **names: str) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as failed:
        read(text, zone, **names)
    return failed.value.errors


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- reading and writing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day", "clock", "written"),
    [
        ("2027-04-01", date(2027, 4, 1), None, "2027-04-01"),
        ("2027-04-01T09:30", date(2027, 4, 1), time(9, 30), "2027-04-01T09:30"),
        ("2027-04-01 09:30", date(2027, 4, 1), time(9, 30), "2027-04-01T09:30"),
        (" 2027-04-01T09:30:00 ", date(2027, 4, 1), time(9, 30), "2027-04-01T09:30"),
        ("2027-04-01T09:30:15", date(2027, 4, 1), time(9, 30, 15), "2027-04-01T09:30:15"),
        ("2028-02-29T00:00", date(2028, 2, 29), time(0), "2028-02-29T00:00"),
        ("1900-01-01", date(1900, 1, 1), None, "1900-01-01"),
        ("2999-12-31T23:59", date(2999, 12, 31), time(23, 59), "2999-12-31T23:59"),
    ],
)
def test_days_and_local_times_are_read_and_written(text: str, day: date, clock: time | None, written: str) -> None:
    wall = read(text, "asia/calcutta")
    assert wall == WallTime(day, clock, "Asia/Kolkata")
    assert str(wall) == written
    assert read(written, wall.zone) == wall
    assert read(text).zone is None


FORM = "must be a date like 2027-04-01 or a local time like 2027-04-01T09:30, not "
CLOCK = "must have a time from 00:00 to 23:59, not {}. Midnight is 00:00 of the next day."
OFFSET = 'must be a local time to the second, without an offset, not "{}". Give the zone by itself.'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", FORM + '"".'),
        ("tomorrow", FORM + '"tomorrow".'),
        ("25:00", FORM + '"25:00".'),
        ("2027-4-1", FORM + '"2027-4-1".'),
        ("2027-04-01T9:30", FORM + '"2027-04-01T9:30".'),
        ("20270401T0930", FORM + '"20270401T0930".'),
        ("2027-W13-4", FORM + '"2027-W13-4".'),
        ("２０２７-０４-０１", FORM + '"２０２７-０４-０１".'),
        ("2027-04-01T25:00", CLOCK.format("25:00")),
        ("2027-04-01T24:00", CLOCK.format("24:00")),
        ("2027-04-01T12:60", CLOCK.format("12:60")),
        ("2027-04-01T12:30:60", CLOCK.format("12:30:60")),
        ("2027-02-29", "must be a day of the calendar, which 2027-02-29 is not."),
        ("2027-13-01T09:30", "must be a day of the calendar, which 2027-13-01 is not."),
        ("0000-01-01", "must be a day of the calendar, which 0000-01-01 is not."),
        ("0027-04-01", "must be in a year from 1900 to 2999, not 0027."),
        ("9999-12-31T23:59", "must be in a year from 1900 to 2999, not 9999."),
        ("2027-04-01T09:30Z", OFFSET.format("2027-04-01T09:30Z")),
        ("2027-04-01T09:30+09:00", OFFSET.format("2027-04-01T09:30+09:00")),
        ("2027-04-01T09:30:15.5", OFFSET.format("2027-04-01T09:30:15.5")),
        ("2027-04-01T09:30 Asia/Tokyo", OFFSET.format("2027-04-01T09:30 Asia/Tokyo")),
    ],
)
def test_what_is_no_local_time_is_refused_with_the_remedy(text: str, message: str) -> None:
    assert errors(text) == {"start": [message]}


def test_an_unknown_zone_is_refused_together_with_the_time() -> None:
    found = errors("2027-04-01T25:00", "Asia/Tokio", field="end", zone_field="end_zone")
    assert found.keys() == {"end", "end_zone"}
    assert found["end_zone"][0].startswith('"Asia/Tokio" is not a time zone. Did you mean Asia/Tokyo')


@given(text=st.text(max_size=30) | st.from_regex(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?.?)?", fullmatch=True))
def test_any_text_is_a_local_time_or_refused(text: str) -> None:
    try:
        wall = read(text, "Asia/Tokyo")
    except ValidationFailed:
        assert errors(text).keys() == {"start"}
    else:
        assert read(str(wall), wall.zone) == wall


# --- instants -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "zone", "instant"),
    [
        ("2027-04-01T09:30", "Asia/Tokyo", "2027-04-01T00:30"),
        ("2027-01-15T12:00", "America/New_York", "2027-01-15T17:00"),
        ("2027-07-15T12:00", "America/New_York", "2027-07-15T16:00"),
        ("2027-07-15T12:00", "Asia/Kathmandu", "2027-07-15T06:15"),
        ("2027-07-15T12:00", "Asia/Kolkata", "2027-07-15T06:30"),
        ("2027-07-15T00:00", "Pacific/Kiritimati", "2027-07-14T10:00"),
        # The two examples of RFC 5545, section 3.3.5.
        ("2007-11-04T01:30", "America/New_York", "2007-11-04T05:30"),
        ("2007-03-11T02:30", "America/New_York", "2007-03-11T07:30"),
    ],
)
def test_a_local_time_in_a_zone_is_an_instant(local: str, zone: str, instant: str) -> None:
    assert wall_time.instant(read(local, zone)) == utc(instant)


@pytest.mark.parametrize(("text", "zone"), [("2027-04-01", "Asia/Tokyo"), ("2027-04-01T09:30", None)])
def test_without_a_time_or_a_zone_there_is_no_instant(text: str, zone: str | None) -> None:
    wall = read(text, zone)
    assert wall_time.instant(wall) is None
    assert wall_time.irregular(wall) is None
    assert wall_time.warning(wall) is None


@pytest.mark.parametrize(
    ("local", "zone", "kind"),
    [
        ("2027-03-28T01:59", "Europe/Berlin", None),
        ("2027-03-28T02:00", "Europe/Berlin", "skipped"),
        ("2027-03-28T02:59", "Europe/Berlin", "skipped"),
        ("2027-03-28T03:00", "Europe/Berlin", None),
        ("2027-10-31T01:59", "Europe/Berlin", None),
        ("2027-10-31T02:00", "Europe/Berlin", "repeated"),
        ("2027-10-31T02:59", "Europe/Berlin", "repeated"),
        ("2027-10-31T03:00", "Europe/Berlin", None),
        ("2027-04-04T01:45", "Australia/Lord_Howe", "repeated"),  # by half an hour
        ("2027-04-04T02:00", "Australia/Lord_Howe", None),
        ("2011-12-30T12:00", "Pacific/Apia", "skipped"),  # the whole day
        ("2027-03-28T02:30", "Asia/Tokyo", None),
    ],
)
def test_local_times_that_come_twice_or_never_are_told(local: str, zone: str, kind: str | None) -> None:
    wall = read(local, zone)
    assert wall_time.irregular(wall) == kind
    assert (wall_time.warning(wall) is None) == (kind is None)


def test_the_warnings_say_how_the_time_is_taken_and_how_to_mean_the_other() -> None:
    assert wall_time.warning(read("2027-03-28T02:30", "Europe/Berlin")) == (
        "2027-03-28T02:30 does not exist in Europe/Berlin, where clocks go forward then. "
        "It is taken as 2027-03-28T03:30."
    )
    assert wall_time.warning(read("2027-10-31T02:30", "Europe/Berlin")) == (
        "2027-10-31T02:30 comes twice in Europe/Berlin, where clocks go back then. The first is taken; "
        "for the second give 2027-10-31T01:30 in Etc/UTC."
    )
    assert wall_time.warning(read("2011-12-30T12:00", "Pacific/Apia")) == (
        "2011-12-30T12:00 does not exist in Pacific/Apia, where clocks go forward then. "
        "It is taken as 2011-12-31T12:00."
    )


def offsets_around(local: datetime, rules: ZoneInfo) -> tuple[timedelta, timedelta]:
    """The offsets a day and a half before and after, seen from UTC, where nothing comes twice or never."""
    before, after = (
        (local.replace(tzinfo=UTC) + timedelta(hours=hours)).astimezone(rules).utcoffset() for hours in (-36, 36)
    )
    assert before is not None
    assert after is not None
    return before, after


@given(example=IN_A_ZONE | NEAR_A_CHANGE)
def test_instants_are_those_of_zoneinfo(example: tuple[str, datetime]) -> None:
    zone, local = example
    instant = wall_time.instant(WallTime(local.date(), local.time(), zone))
    assert instant == local.replace(tzinfo=zoneinfo(zone)).astimezone(UTC)


@given(example=IN_A_ZONE | NEAR_A_CHANGE)
def test_instants_and_irregular_times_are_those_that_clocks_show(example: tuple[str, datetime]) -> None:
    """Found the other way round, from UTC: at which instants does a clock of the zone show this time?"""
    zone, local = example
    rules, wall = zoneinfo(zone), WallTime(local.date(), local.time(), zone)
    before, after = offsets_around(local, rules)
    candidates = sorted({local.replace(tzinfo=UTC) - offset for offset in (before, after)})
    shown = [each for each in candidates if each.astimezone(rules).replace(tzinfo=None) == local]
    kind = wall_time.irregular(wall)
    assert kind == {0: "skipped", 1: None, 2: "repeated"}[len(shown)]
    instant = wall_time.instant(wall)
    if shown:
        assert instant == shown[0], "the first"
    else:
        assert instant is not None
        assert instant.astimezone(rules).replace(tzinfo=None) - local == after - before, "moved by the gap"
        assert instant == local.replace(tzinfo=UTC) - before


@given(example=IN_A_ZONE | NEAR_A_CHANGE)
def test_a_regular_time_is_what_clocks_show_at_its_instant(example: tuple[str, datetime]) -> None:
    zone, local = example
    wall = WallTime(local.date(), local.time(), zone)
    instant = wall_time.instant(wall)
    assert instant is not None
    if wall_time.irregular(wall) != "skipped":
        assert wall_time.at(instant, zone) == wall


# --- durations and order --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "start_zone", "end", "end_zone", "expected"),
    [
        ("2027-04-01T09:30", "Asia/Tokyo", "2027-04-01T11:00", "Asia/Tokyo", timedelta(hours=1, minutes=30)),
        ("2027-04-01T17:00", "Asia/Tokyo", "2027-04-01T10:00", "America/Los_Angeles", timedelta(hours=9)),
        (
            "2027-04-02T10:00",
            "Pacific/Auckland",
            "2027-04-01T19:30",
            "Pacific/Honolulu",
            timedelta(hours=8, minutes=30),
        ),
        ("2027-03-27T22:00", "Europe/Berlin", "2027-03-28T08:00", "Europe/Berlin", timedelta(hours=9)),
        ("2027-10-30T22:00", "Europe/Berlin", "2027-10-31T08:00", "Europe/Berlin", timedelta(hours=11)),
        ("2027-04-01T09:30", "Asia/Tokyo", "2027-04-01T11:00", None, timedelta(hours=1, minutes=30)),
        ("2027-03-27T22:00", None, "2027-03-28T08:00", "Europe/Berlin", timedelta(hours=9)),
        ("2027-03-27T22:00", None, "2027-03-28T08:00", None, timedelta(hours=10)),
        ("2027-04-01T09:30", "Asia/Tokyo", "2027-04-01T09:00", "Asia/Tokyo", timedelta(minutes=-30)),
        ("2027-04-01", "Asia/Tokyo", "2027-04-02T09:00", "Asia/Tokyo", None),
        ("2027-04-01T09:30", "Asia/Tokyo", "2027-04-02", "Asia/Tokyo", None),
    ],
)
def test_durations_count_what_passes(
    start: str, start_zone: str | None, end: str, end_zone: str | None, expected: timedelta | None
) -> None:
    assert wall_time.duration(read(start, start_zone), read(end, end_zone)) == expected


@pytest.mark.parametrize(
    ("start", "start_zone", "end", "end_zone", "before"),
    [
        ("2027-04-01T09:30", "Asia/Tokyo", "2027-04-01T09:30", "Asia/Tokyo", False),
        ("2027-04-01T09:30", "Asia/Tokyo", "2027-04-01T09:29", "Asia/Tokyo", True),
        ("2027-04-01T17:00", "Asia/Tokyo", "2027-04-01T10:00", "America/Los_Angeles", False),
        ("2027-04-01T17:00", "America/Los_Angeles", "2027-04-02T08:00", "Asia/Tokyo", True),
        ("2027-04-01T09:30", None, "2027-04-01T09:00", "Asia/Tokyo", True),
        ("2027-04-01T09:30", None, "2027-04-01T09:00", None, True),
        ("2027-04-01", None, "2027-04-01", None, False),
        ("2027-04-02", None, "2027-04-01", None, True),
        ("2027-04-01T23:00", None, "2027-04-01", None, False),
        ("2027-04-02T00:00", None, "2027-04-01", None, True),
        ("2027-04-01", None, "2027-04-01T00:00", None, False),
        ("2027-04-01", None, "2027-03-31T23:59", None, True),
        # Over the date line one arrives on the day before, and without times it cannot be told that it is wrong.
        ("2027-04-02", "Pacific/Auckland", "2027-04-01", "Pacific/Honolulu", False),
        ("2027-04-03", "Pacific/Auckland", "2027-04-01", "Pacific/Honolulu", True),
        ("2027-04-01", "Pacific/Honolulu", "2027-03-31", "Pacific/Auckland", True),
        # Clocks: 02:30 comes twice and the first is taken, so that 02:15 in UTC+1 is after it.
        ("2027-10-31T02:30", "Europe/Berlin", "2027-10-31T02:15", "Africa/Lagos", False),
    ],
)
def test_an_end_before_the_start_is_told_across_zones(
    start: str, start_zone: str | None, end: str, end_zone: str | None, before: bool
) -> None:
    first, last = read(start, start_zone), read(end, end_zone)
    assert wall_time.ends_before(first, last) is before
    if not before:
        wall_time.check_order(first, last)


def test_the_message_names_both_times_and_zones() -> None:
    with pytest.raises(ValidationFailed) as failed:
        wall_time.check_order(read("2027-04-01T17:00", "America/Los_Angeles"), read("2027-04-02T08:00", "Asia/Tokyo"))
    assert failed.value.errors == {
        "end": [
            "must not be before the start (2027-04-01T17:00 in America/Los_Angeles), "
            "as 2027-04-02T08:00 in Asia/Tokyo is."
        ]
    }


@given(start=IN_A_ZONE, end=IN_A_ZONE)
def test_with_both_times_an_end_is_before_the_start_if_the_duration_is_negative(
    start: tuple[str, datetime], end: tuple[str, datetime]
) -> None:
    first, last = (WallTime(local.date(), local.time(), zone) for zone, local in (start, end))
    duration = wall_time.duration(first, last)
    assert duration is not None
    assert wall_time.ends_before(first, last) is (duration < timedelta(0))
    backwards = wall_time.duration(last, first)
    assert backwards == -duration


@given(zone=st.sampled_from(ZONES), year=st.sampled_from([1900, 2999]))
def test_the_first_and_last_moments_have_instants_in_every_zone(zone: str, year: int) -> None:
    for day, clock in ((date(year, 1, 1), time.min), (date(year, 12, 31), time(23, 59))):
        wall = WallTime(day, clock, zone)
        assert wall_time.instant(wall) is not None
        assert not wall_time.ends_before(wall, WallTime(day, None, zone))
