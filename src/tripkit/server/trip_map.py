"""The map of a trip: land, the ways between the places, and the places by number. It becomes SVG in a template."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from tripkit.server import map_towns
from tripkit.server.map_towns import Town
from tripkit.server.map_view import HEIGHT, WIDTH, Point, View, turn, view_of
from tripkit.server.trip_stops import Leg, Visit
from tripkit.services import coastlines

#: Places nearer to each other than this are one mark, whose number can be read.
_APART: Final = 54
#: Of the places of one mark so many are named.
_NAMED: Final = 3
#: Steps of outlines that are too short to be seen.
_STEP: Final = 3
#: How far the way of a plane bends, as a part of its length.
_BEND: Final = 0.18


class Mark(NamedTuple):
    """A place on the map, or several that are near each other."""

    number: int
    x: int
    y: int
    names: list[str]

    @property
    def label(self) -> str:
        """A few of its names."""
        return ", ".join(self.names[:_NAMED]) + (" and more" if len(self.names) > _NAMED else "")


class TripMap(NamedTuple):
    """What is drawn; lines are paths of SVG."""

    width: int
    height: int
    land: str
    borders: str
    flights: str
    ways: str
    marks: list[Mark]
    towns: list[Town]
    #: The number of the mark of each point.
    numbers: dict[Point, int]


def draw(visits: Sequence[Visit]) -> TripMap | None:
    """The map of these places, which come in the order of the trip; None when there are none."""
    if not visits:
        return None
    legs = list(dict.fromkeys(_undirected(visit.leg) for visit in visits if visit.leg))
    view = view_of([visit.point for visit in visits], [(leg.start, leg.end) for leg in legs])
    marks, numbers = _marks(view, visits)
    drawn = [(leg, marks[numbers[leg.start] - 1], marks[numbers[leg.end] - 1]) for leg in legs]
    return TripMap(
        WIDTH,
        HEIGHT,
        "".join(_outlines(view, coastlines.land(*view), "z")),
        "".join(_outlines(view, coastlines.borders(*view), "")),
        "".join(path for way in drawn if way[0].by_air for path in _paths(view, *way)),
        "".join(path for way in drawn if not way[0].by_air for path in _paths(view, *way)),
        marks,
        list(map_towns.towns(view, [(mark.x, mark.y) for mark in marks])),
        numbers,
    )


def _outlines(view: View, lines: Iterable[coastlines.Line], end: str) -> Iterator[str]:
    """Lines as a path of whole numbers, each point as a step from the one before."""
    wide, high = view.wide(1), HEIGHT / (view.north - view.south)
    west, north = view.west, view.north
    for lons, lats in lines:
        x, y = round((lons[0] - west) * wide), round((north - lats[0]) * high)
        steps: list[str] = []
        begun = f"M{x} {y}l"
        for lon, lat in zip(lons, lats, strict=True):
            dx, dy = round((lon - west) * wide) - x, round((north - lat) * high) - y
            if abs(dx) + abs(dy) >= _STEP:
                steps.append(f"{dx} {dy}" if dx < 0 or not steps else f" {dx} {dy}")
                x, y = x + dx, y + dy
        if steps:
            yield begun + "".join(steps).replace(" -", "-") + end


def _marks(view: View, visits: Iterable[Visit]) -> tuple[list[Mark], dict[Point, int]]:
    marks: list[Mark] = []
    numbers: dict[Point, int] = {}
    for point, name, _ in visits:
        if point in numbers:
            _call(marks[numbers[point] - 1], name)
            continue
        x, y = round(view.x(point[1])), round(view.y(point[0]))
        mark = next((mark for mark in marks if math.dist((mark.x, mark.y), (x, y)) < _APART), None)
        if mark is None:
            mark = Mark(len(marks) + 1, x, y, [])
            marks.append(mark)
        _call(mark, name)
        numbers[point] = mark.number
    return marks, numbers


def _call(mark: Mark, name: str) -> None:
    if name and name not in mark.names:
        mark.names.append(name)


def _undirected(leg: Leg) -> Leg:
    """There and back is one line."""
    return leg if leg.start <= leg.end else Leg(leg.end, leg.start, leg.by_air)


def _paths(view: View, leg: Leg, start: Mark, end: Mark) -> Iterator[str]:
    """The line from mark to mark. Around a map of the world it leaves at one side, and comes in at the other."""
    if start is end:
        return
    way = view.wide(turn(leg.start[1], leg.end[1]))
    end_x = start.x + way if view.is_world and abs(start.x + way - end.x) > WIDTH / 2 else end.x
    yield _path(start.x, start.y, end_x, end.y, leg.by_air)
    if not 0 <= end_x <= WIDTH:
        turned = WIDTH if end_x < 0 else -WIDTH
        yield _path(start.x + turned, start.y, end_x + turned, end.y, leg.by_air)


def _path(x: float, y: float, end_x: float, end_y: float, by_air: bool) -> str:
    start, end = f"M{x:.0f} {y:.0f}", f"{end_x:.0f} {end_y:.0f}"
    if not by_air:
        return f"{start}L{end}"
    # To the side that is up, as far as there is one: that is where the shortest way goes in the north.
    dx, dy = (end_x - x, end_y - y) if end_x >= x else (x - end_x, y - end_y)
    middle_x, middle_y = (x + end_x) / 2 + dy * _BEND, (y + end_y) / 2 - dx * _BEND
    return f"{start}Q{middle_x:.0f} {middle_y:.0f} {end}"
