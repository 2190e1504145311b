"""Time zones as the standard library reads them, to compare with, and random times in them."""

from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tripkit.services import timezones

#: Every zone that is kept.
ZONES = sorted(
    {str(timezones.canonical(name)) for name in resources.files("tzdata").joinpath("zones").read_text().split()}
)


def zoneinfo(zone: str) -> ZoneInfo:
    """From the package: what the machine has may be of another year."""
    with resources.files("tzdata").joinpath("zoneinfo", zone).open("rb") as file:
        return ZoneInfo.from_file(file, zone)


def transitions(zone: str) -> list[datetime]:
    """Local times at which the offset of a zone changes in 2020–2040, by bisection; none of two changes in 3 days."""
    rules, found = zoneinfo(zone), []
    at, end, step = datetime(2020, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC), timedelta(days=3)
    while at < end:
        low, high = at, at + step
        if low.astimezone(rules).utcoffset() != high.astimezone(rules).utcoffset():
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                if middle.astimezone(rules).utcoffset() == low.astimezone(rules).utcoffset():
                    low = middle
                else:
                    high = middle
            found.append(low.astimezone(rules).replace(tzinfo=None, second=0, microsecond=0))
        at += step
    return found


ANY_TIME = st.builds(
    lambda day, minutes: datetime.combine(day, time.min) + timedelta(minutes=minutes),
    st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    st.integers(0, 24 * 60 - 1),
)
IN_A_ZONE = st.tuples(st.sampled_from(ZONES), ANY_TIME)
#: Most random times are regular, so that half of them are put near changes of clocks.
CHANGING = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Antarctica/Troll",
            "America/Santiago", "Asia/Beirut", "America/Havana", "Pacific/Chatham", "America/Nuuk"]  # fmt: skip
CHANGES = [(zone, local) for zone in CHANGING for local in transitions(zone)]
NEAR_A_CHANGE = st.builds(
    lambda change, minutes: (change[0], change[1] + timedelta(minutes=minutes)),
    st.sampled_from(CHANGES),
    st.integers(-150, 150),
)
