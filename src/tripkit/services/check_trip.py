"""A trip as it is checked, and how findings speak of it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise

import msgspec

from tripkit.config.sections import Checks
from tripkit.schemas.items import TRANSPORT, ItemOut
from tripkit.schemas.money import Totals
from tripkit.schemas.plans import PlanOut
from tripkit.services.coordinates import distance_km
from tripkit.services.item_records import point

#: What lasts longer, such as a rented car, stands beside the trip and not in its course.
_LONGEST_STEP = timedelta(hours=24)


class Trip(msgspec.Struct, frozen=True):
    """A plan, its items without ideas in the order in which they are lived through, what they cost, and thresholds."""

    plan: PlanOut
    items: list[ItemOut]
    totals: Totals
    #: The same without what is in currencies that have no rate: so much it costs at least.
    certain: Totals
    thresholds: Checks

    def course(self) -> list[ItemOut]:
        """What people do one after the other: items with an instant that are neither nights nor notes."""
        return [item for item in self.items if item.start_at and not _is_beside(item)]

    def steps(self) -> Iterator[tuple[ItemOut, ItemOut, timedelta]]:
        """Each two that follow each other, and the time between them; not those that overlap."""
        for before, after in pairwise(self.course()):
            left = leaves(before)
            if left and after.start_at and after.start_at >= left:
                yield before, after, after.start_at - left


def leaves(item: ItemOut) -> datetime | None:
    """When people can go on from an item; None for a transport of which nobody said when it ends."""
    return item.end_at or (None if item.kind in TRANSPORT else item.start_at)


def way(before: ItemOut, after: ItemOut) -> float | None:
    """Kilometres from where one ends to where another begins."""
    here = point(before.end_place if before.kind in TRANSPORT else before.place)
    there = point(after.place)
    return distance_km(here, there) if here and there else None


def start_day(item: ItemOut) -> date | None:
    """The day on which an item starts there."""
    return date.fromisoformat(item.start[:10]) if item.start else None


def end_day(item: ItemOut) -> date | None:
    """The day on which it ends; of what has no end the day of its start."""
    return date.fromisoformat(item.end[:10]) if item.end else start_day(item)


def named(item: ItemOut) -> str:
    """`"Tea" (12)`."""
    return f'"{item.title}" ({item.id})'


def clock(text: str | None) -> str:
    """A local time as people write it."""
    return (text or "").replace("T", " ")


def span(time: timedelta) -> str:
    """`2 h 30 min`."""
    hours, minutes = divmod(round(time.total_seconds() / 60), 60)
    return " ".join(filter(None, (f"{hours} h" if hours else "", f"{minutes} min" if minutes or not hours else "")))


def _is_beside(item: ItemOut) -> bool:
    lasts = timedelta(seconds=item.duration or 0) >= _LONGEST_STEP
    return item.kind in ("lodging", "note") or (lasts and item.kind not in ("flight", "train", "bus", "ferry"))
