"""The order in which a trip is lived through, and its days by number."""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import TypeVar

from tripkit.services import wall_time
from tripkit.services.wall_time import WallTime

T = TypeVar("T")


def ordered(items: Iterable[T], start: Callable[[T], WallTime | None]) -> list[T]:
    """Items by when they start; what starts at the same time stays in the order it came in.

    Those with a time of day and a zone are in the order of their instants. Any other stands before the first of those
    whose clock shows the same or a later time, and a day alone is the midnight it begins with: so what has no time
    heads its day. What has no start at all comes last.
    """
    fixed: list[tuple[datetime, datetime, T]] = []
    floating: list[tuple[tuple[datetime, bool], T]] = []
    undated: list[T] = []
    for item in items:
        wall = start(item)
        if wall is None:
            undated.append(item)
        elif moment := wall_time.instant(wall):
            fixed.append((moment, wall.local, item))
        else:
            floating.append(((wall.local, wall.clock is not None), item))
    waiting = deque(sorted(floating, key=itemgetter(0)))
    found: list[T] = []
    for _, local, item in sorted(fixed, key=itemgetter(0)):
        while waiting and waiting[0][0][0] <= local:
            found.append(waiting.popleft()[1])
        found.append(item)
    return [*found, *(item for _, item in waiting), *undated]


def day_number(day: date, first: date) -> int:
    """1 for the first day of a plan, 2 for the next; 0 for the day before it, and less for those before."""
    return (day - first).days + 1


def day_numbered(number: int, first: date) -> date:
    """The day with this number. Raises `OverflowError` beyond all calendars."""
    return first + timedelta(days=number - 1)
