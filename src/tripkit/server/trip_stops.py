"""The places of a trip in the order in which somebody comes to them, and how."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tripkit.schemas.items import Place
from tripkit.schemas.shared import SharedItem, SharedPlan
from tripkit.server.map_view import Point


class Visit(NamedTuple):
    """Somebody comes to a place."""

    point: Point
    name: str
    #: From the place before; None where the trip does not say so: it begins here, or it is an idea.
    leg: "Leg | None" = None


class Leg(NamedTuple):
    start: Point
    end: Point
    by_air: bool


def visits(plan: SharedPlan) -> list[Visit]:
    """All places whose coordinates are known, in the order of the trip."""
    found: list[Visit] = []
    here: Point | None = None
    for item, dated in _lived_through(plan):
        sure = dated and item.status != "idea"
        for place, by_air in _places(item):
            there = point(place)
            if there is None:
                continue
            moved = sure and here not in (None, there)
            found.append(Visit(there, place.name, Leg(here, there, by_air) if moved and here else None))
            here = there if sure else here
    return found


def _lived_through(plan: SharedPlan) -> Iterator[tuple[SharedItem, bool]]:
    """Every item, and whether its day is known. Who arrives on a day goes to the hotel of that day afterwards."""
    for day in plan.days:
        for timed in (True, False):
            yield from ((item, day.date is not None) for item in day.items if ("T" in (item.start or "")) is timed)


def _places(item: SharedItem) -> Iterable[tuple[Place, bool]]:
    """The places of an item, and whether one flies there."""
    if item.place:
        yield item.place, False
    if item.end_place:
        yield item.end_place, item.kind == "flight"


def point(place: Place) -> Point | None:
    """Its coordinates, if they are known."""
    return None if place.lat is None or place.lon is None else (place.lat, place.lon)
