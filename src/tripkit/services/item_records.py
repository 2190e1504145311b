"""Items between the database and the records that come out: their columns, and what is computed from them."""

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

import msgspec

from tripkit.models import Item
from tripkit.schemas.items import ItemDay, ItemOut, Place
from tripkit.services import money, timeline, wall_time
from tripkit.services.coordinates import distance_km
from tripkit.services.wall_time import WallTime

_PLACE: Final = Place.__struct_fields__
_PLACES: Final = ("place", "end_place")
_WALLS: Final = ("start", "end")
#: What a write may change, by the names of the columns.
WRITTEN: Final = tuple(
    getattr(Item, name)
    for name in (
        "plan", "kind", "title", "notes",
        *(f"{wall}_{part}" for wall in _WALLS for part in ("date", "time", "zone")),
        *(f"{place}_{part}" for place in _PLACES for part in _PLACE),
        "cost", "currency", "paid", "paid_currency", "booking_reference", "status", "position", "version",
        "updated_at", "trashed_at",
    )
)  # fmt: skip
COLUMNS: Final = (Item.id, Item.uid, Item.created_at, *WRITTEN)
NAMES: Final = tuple(column.column_name.removesuffix("_id") for column in COLUMNS)


class Entry(msgspec.Struct, frozen=True):
    """An item as it is kept: its record, and what the record does not show."""

    item: ItemOut
    start: WallTime | None
    end: WallTime | None
    position: float


def named(*columns: Any) -> dict[str, Any]:
    """A row of `COLUMNS` by their names."""
    return dict(zip(NAMES, columns, strict=True))


def read(*columns: Any) -> Entry:
    """A row of `COLUMNS`."""
    row = named(*columns)
    start, end = (wall(row, name) for name in _WALLS)
    place, end_place = (_place(row, name) for name in _PLACES)
    item = ItemOut(
        id=row["id"],
        plan_id=row["plan"],
        uid=row["uid"],
        kind=row["kind"],
        title=row["title"],
        notes=row["notes"],
        start=str(start) if start else None,
        start_zone=row["start_zone"],
        end=str(end) if end else None,
        end_zone=row["end_zone"],
        place=place,
        end_place=end_place,
        cost=_amount(row["cost"], row["currency"]),
        currency=row["currency"],
        paid=_amount(row["paid"], row["paid_currency"]),
        paid_currency=row["paid_currency"],
        booking_reference=row["booking_reference"],
        status=row["status"],
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        trashed_at=row["trashed_at"],
        **_computed(start, end, place, end_place),
    )
    return Entry(item, start, end, row["position"])


def stored(values: dict[str, Any]) -> dict[str, Any]:
    """The fields of an item that `item_rules` has checked, as the columns take them."""
    columns = {name: value for name, value in values.items() if name not in (*_WALLS, *_PLACES)}
    for name in _WALLS:
        wall: WallTime | None = values[name]
        clock = wall.clock if wall else None
        columns[f"{name}_date"] = wall.day if wall else None
        columns[f"{name}_time"] = clock and clock.isoformat("seconds" if clock.second else "minutes")
    for name in _PLACES:
        place: Place = values[name] or Place()
        columns |= {f"{name}_{part}": getattr(place, part) for part in _PLACE}
    return columns


def numbered(entry: Entry, first: date | None, filled_in: list[str] | None = None) -> ItemOut:
    """The record with its days, counted from the first day of the plan."""
    if first is None:
        return msgspec.structs.replace(entry.item, filled_in=filled_in or [])
    day, end_day = (wall and timeline.day_number(wall.day, first) for wall in (entry.start, entry.end))
    return msgspec.structs.replace(entry.item, day=day, end_day=end_day, filled_in=filled_in or [])


def by_day(entries: Iterable[Entry], first: date | None) -> list[ItemDay]:
    """Items in the order in which they are lived through, parted wherever the date changes."""
    ordered = timeline.ordered(entries, lambda entry: entry.start)
    return [
        ItemDay(day, timeline.day_number(day, first) if day and first else None, [numbered(each, first) for each in of])
        for day, of in groupby(ordered, lambda entry: entry.start.day if entry.start else None)
    ]


def wall(row: dict[str, Any], name: str) -> WallTime | None:
    """The `start` or `end` in a row."""
    day, clock = row[f"{name}_date"], row[f"{name}_time"]
    return WallTime(day, time.fromisoformat(clock) if clock else None, row[f"{name}_zone"]) if day else None


def _place(row: dict[str, Any], name: str) -> Place | None:
    place = Place(*(row[f"{name}_{part}"] for part in _PLACE))
    return None if place == Place() else place


def _amount(amount: Decimal | None, currency: str | None) -> Decimal | None:
    return None if amount is None or currency is None else money.trimmed(amount, currency)


def _computed(
    start: WallTime | None, end: WallTime | None, place: Place | None, end_place: Place | None
) -> dict[str, Any]:
    passes = wall_time.duration(start, end) if start and end else None
    here, there = point(place), point(end_place)
    return {
        "start_at": instant(start),
        "end_at": instant(end),
        "duration": None if passes is None else round(passes.total_seconds()),
        "distance_km": round(distance_km(here, there), 1) if here and there else None,
        "warnings": [text for wall in (start, end) if wall and (text := wall_time.warning(wall))],
    }


def clock(wall: WallTime | None) -> tuple[date, time | None] | None:
    """What a clock shows at a start: items that share it stand beside each other."""
    return (wall.day, wall.clock) if wall else None


def instant(wall: WallTime | None) -> datetime | None:
    """The instant, where there is one."""
    return wall_time.instant(wall) if wall else None


def point(place: Place | None) -> tuple[float, float] | None:
    """The coordinates of a place, if they are known."""
    return (place.lat, place.lon) if place and place.lat is not None and place.lon is not None else None
