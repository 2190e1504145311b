"""Items stand in the order in which a trip is lived through, whatever their clocks say."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.services import timeline, wall_time
from tripkit.services.timeline import day_number, day_numbered, ordered
from tripkit.services.wall_time import WallTime, read


def at(text: str | None) -> WallTime | None:
    """`2027-04-01T09:30 Asia/Tokyo`, with or without time and zone."""
    if text is None:
        return None
    local, _, zone = text.partition(" ")
    return read(local, zone or None)


@pytest.mark.parametrize(
    "expected",
    [
        # A flight to the east arrives, by the clocks, before it left.
        ["2027-04-01T17:00 Asia/Tokyo", "2027-04-01T12:00 America/Los_Angeles", "2027-04-02T09:00 America/Los_Angeles"],
        # Over the date line the day before begins again.
        ["2027-04-02T10:00 Pacific/Auckland", "2027-04-01T21:00 Pacific/Honolulu", "2027-04-02T08:00 Pacific/Honolulu"],
        # What has no time heads its day.
        ["2027-03-31T20:00 Asia/Tokyo", "2027-04-01", "2027-04-01T00:00 Asia/Tokyo", "2027-04-02"],
        # ... be it that somebody said where.
        ["2027-03-31T20:00 Asia/Tokyo", "2027-04-01 America/Los_Angeles", "2027-04-01T08:00 Asia/Tokyo"],
        # What has no zone stands where its clock would.
        ["2027-04-01", "2027-04-01T08:00 Asia/Tokyo", "2027-04-01T09:00", "2027-04-01T09:00 Asia/Tokyo"],
        # The same clock shows 02:30 twice.
        ["2027-10-31T02:30 Europe/Berlin", "2027-10-31T01:30 Etc/UTC", "2027-10-31T03:00 Europe/Berlin"],
        # Without a start there is no order.
        ["2027-04-01T08:00 Asia/Tokyo", "2027-04-02", None],
        [],
    ],
)
def test_items_stand_in_the_order_they_are_lived_through(expected: list[str | None]) -> None:
    assert ordered(expected, at) == expected
    assert ordered(reversed(expected), at) == expected


def test_what_starts_at_the_same_time_stays_in_its_order() -> None:
    items = [("b", "2027-04-01"), ("a", "2027-04-01"), ("d", None), ("c", None),
             ("f", "2027-04-01T09:00 Asia/Tokyo"), ("e", "2027-04-01T00:00 Etc/UTC")]  # fmt: skip
    assert [name for name, _ in ordered(items, lambda item: at(item[1]))] == ["b", "a", "f", "e", "d", "c"]


STARTS = st.none() | st.builds(
    lambda day, clock, zone: WallTime(day, clock, zone),
    st.dates(date(2027, 3, 25), date(2027, 4, 5)),
    st.none() | st.times().map(lambda clock: clock.replace(microsecond=0)),
    st.sampled_from([None, "Asia/Tokyo", "Europe/Berlin", "Pacific/Auckland", "Pacific/Honolulu"]),
)


@given(starts=st.lists(STARTS, max_size=25))
def test_the_order_is_that_of_instants_and_clocks(starts: list[WallTime | None]) -> None:
    found = ordered(enumerate(starts), lambda item: item[1])
    assert sorted(index for index, _ in found) == list(range(len(starts)))
    instants = [moment for _, start in found if start and (moment := wall_time.instant(start))]
    assert instants == sorted(instants)
    floating = [start for _, start in found if start and wall_time.instant(start) is None]
    assert [start.local for start in floating] == sorted(start.local for start in floating)
    for place, (_, start) in enumerate(found):
        if start is None:
            assert all(later is None for _, later in found[place:])
        elif wall_time.instant(start) is None:
            assert all(each.local < start.local for _, each in found[:place] if each and wall_time.instant(each))
            later = (each for _, each in found[place:] if each and wall_time.instant(each))
            assert next((each.local for each in later), start.local) >= start.local
    assert ordered(found, lambda item: item[1]) == found


@pytest.mark.parametrize(
    ("day", "number"),
    [
        ("2027-04-01", 1),
        ("2027-04-02", 2),
        ("2027-04-14", 14),
        ("2027-03-31", 0),
        ("2027-03-30", -1),
        ("2028-04-01", 367),
    ],
)
def test_days_are_counted_from_the_first(day: str, number: int) -> None:
    first = date(2027, 4, 1)
    assert day_number(date.fromisoformat(day), first) == number
    assert day_numbered(number, first) == date.fromisoformat(day)


def test_no_calendar_goes_on_for_ever() -> None:
    with pytest.raises(OverflowError):
        timeline.day_numbered(10**9, date(2027, 4, 1))
