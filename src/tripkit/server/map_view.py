"""Which part of the world a map shows, and where on the map a place is.

Degrees are drawn as they are, east and west narrowed as in the middle of the map: near enough to what people know
from larger maps, and no place is infinitely far away, not even the poles.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

#: The size of the drawing. Whole numbers of it are fine enough for a screen of twice as many points.
WIDTH: Final = 1440
HEIGHT: Final = 900
#: A map of a single place shows so many degrees (of latitude) from west to east.
_LEAST: Final = 2.5
#: Of the width, beside what has to be seen.
_MARGIN: Final = 0.12
#: How much degrees are narrowed at most. Beyond 75 degrees, shapes grow wide instead.
_NARROWEST: Final = math.cos(math.radians(75))
#: Maps of the whole world are as narrow as those of this latitude, to show nothing beyond the poles.
_WORLD: Final = WIDTH / HEIGHT / 2
#: What lies nearer than this, in degrees, is the same.
_FINEST: Final = 1e-6
#: Where maps of the whole world begin: in the Bering Strait.
_WORLD_BEGINS: Final = -169.0

Point = tuple[float, float]


class View(NamedTuple):
    """Bounds in degrees. West and east are within -540 and 540, at most 360 apart."""

    west: float
    south: float
    east: float
    north: float

    def x(self, lon: float) -> float:
        """How far right of the west this longitude is, whatever turn it is written in."""
        return self.wide((lon - self.west) % 360)

    def y(self, lat: float) -> float:
        return (self.north - lat) * HEIGHT / (self.north - self.south)

    @property
    def is_world(self) -> bool:
        """Whether west and east are the same."""
        return self.east - self.west > 360 - _FINEST

    def wide(self, degrees: float) -> float:
        """The length of so many degrees of longitude."""
        return degrees * WIDTH / (self.east - self.west)


def view_of(points: Sequence[Point], legs: Sequence[tuple[Point, Point]]) -> View:
    """The view of all points (latitude, longitude), and of the shorter way between the two of each leg.

    It breaks the world where the fewest degrees are: Tokyo and San Francisco have the Pacific between them.
    """
    begin, span = _stretch([(lon, 0.0) for _, lon in points] + [_way(*leg) for leg in legs])
    lats = [lat for lat, _ in points]
    lat, height = (max(lats) + min(lats)) / 2, max(lats) - min(lats)
    narrowed = max(math.cos(math.radians(lat)), _NARROWEST)
    width = max(span * narrowed, height * WIDTH / HEIGHT) * (1 + 2 * _MARGIN)
    if width > 360 * narrowed:
        narrowed = min(narrowed, _WORLD)
        width = 360 * narrowed
    width = max(width, _LEAST)
    height = width * HEIGHT / WIDTH
    farthest = max(90 - height * (0.5 - _MARGIN / 2), 0)
    lat = min(max(lat, -farthest), farthest)  # beyond the poles there is nothing to see
    west = begin + span / 2 - width / narrowed / 2
    return View(west, lat - height / 2, west + width / narrowed, lat + height / 2)


def turn(start: float, end: float) -> float:
    """Degrees of longitude from one to the other by the shorter way, east counting up."""
    return (end - start + 180) % 360 - 180


def _way(start: Point, end: Point) -> tuple[float, float]:
    degrees = turn(start[1], end[1])
    return (start[1], degrees) if degrees >= 0 else (end[1], -degrees)


def _stretch(ways: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """The shortest stretch that holds all ways: each is where it begins, and how many degrees it goes east."""
    parts = sorted(part for way in ways for part in _parts(*way))
    reached = max(begin + degrees for begin, degrees in parts) - 360  # as seen from the first, a turn before
    widest, begins = _FINEST, _WORLD_BEGINS
    for begin, degrees in parts:
        if begin - reached > widest:
            widest, begins = begin - reached, begin
        reached = max(reached, begin + degrees)
    return begins, 360 - widest if widest > _FINEST else 360.0


def _parts(begin: float, degrees: float) -> Iterator[tuple[float, float]]:
    """A way within -180 and 180 degrees: in two parts when it crosses the antimeridian."""
    begin = (begin + 180) % 360 - 180
    yield begin, min(degrees, 180 - begin)
    if begin + degrees > 180:
        yield -180.0, begin + degrees - 180
