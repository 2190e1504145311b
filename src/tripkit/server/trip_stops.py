"""The places of a trip in the order in which somebody comes to them, and how."""

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from tripkit.schemas.items import Place
from tripkit.schemas.places import KnownPlace
from tripkit.schemas.shared import SharedItem, SharedPlan
from tripkit.server.map_view import Point
from tripkit.services import gazetteer

#: Within so many degrees of an airport, its code means the airport, and not something else that is called so.
_AT_AIRPORT: Final = 0.1


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
            leg = Leg(here, there, by_air) if moved and here else None
            found.append(Visit(there, city(place) or place.name, leg))
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


def called(place: Place) -> str:
    """What people know a place by. For airports that are known by a code, that is the city as well."""
    known = city(place)
    return f"{known} ({place.name})" if known else place.name or place.address or "On the map"


def city(place: Place) -> str:
    """The city of an airport that is known by its code alone; of all other places nothing."""
    here = point(place)
    airport = _airport(place.name) if here and place.name.isupper() else None
    is_there = airport and here and math.dist(here, (airport.lat, airport.lon)) < _AT_AIRPORT
    return airport.region if airport and is_there else ""


@lru_cache(maxsize=1024)  # a page asks for each of its airports several times
def _airport(code: str) -> KnownPlace | None:
    return gazetteer.airport(code)


def point(place: Place) -> Point | None:
    """Its coordinates, if they are known."""
    return None if place.lat is None or place.lon is None else (place.lat, place.lon)
