"""Names of towns on a map, to find one's way by where there is no coast."""

import math
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from tripkit.server.map_view import HEIGHT, WIDTH, View
from tripkit.services import gazetteer

#: A map of more degrees from south to north shows none: it tells enough, and there are too many.
_TALLEST: Final = 4.0
_MOST: Final = 8
#: So many are looked at for that: districts count as towns, and where there is no room there is no name.
_CANDIDATES: Final = 60
#: What is nearer than this to a larger town is left out.
_APART: Final = 150
#: The room that is taken by a letter, by half a line and by a mark, as they are drawn on phones.
_LETTER, _LINE, _MARK = 25, 28, 40
#: From the dot of a town to its name.
_BESIDE: Final = 14

Spot = tuple[int, int]


class Town(NamedTuple):
    """A name, where it begins or ends, and where its dot is, if no mark is there already."""

    name: str
    x: int
    y: int
    anchor: Literal["start", "end"]
    dot: int | None


class _Box(NamedTuple):
    left: int
    top: int
    right: int
    bottom: int

    def meets(self, other: "_Box") -> bool:
        return not (
            self.right <= other.left or other.right <= self.left or self.bottom <= other.top or other.bottom <= self.top
        )

    def is_on_map(self) -> bool:
        return self.left >= 0 and self.top >= 0 and self.right <= WIDTH and self.bottom <= HEIGHT


def towns(view: View, marks: Sequence[Spot]) -> Iterator[Town]:
    """The largest towns of a map, as far as there is room for their names beside each other and the marks."""
    if view.north - view.south > _TALLEST:
        return
    taken = [_Box(x - _MARK, y - _MARK, x + _MARK, y + _MARK) for x, y in marks]
    free = len(taken) + _MOST
    seen: list[Spot] = []
    west = (view.west + 180) % 360 - 180
    found = gazetteer.largest(west, view.south, west + view.east - view.west, view.north, limit=_CANDIDATES)
    for city in found:
        spot = round(view.x(city.lon)), round(view.y(city.lat))
        if len(taken) == free or any(math.dist(spot, other) < _APART for other in seen):
            continue
        seen.append(spot)
        for town, box in _ways(city.name, spot, marks):
            if box.is_on_map() and not any(box.meets(other) for other in taken):
                taken.append(box)
                yield town
                break


def _ways(name: str, spot: Spot, marks: Sequence[Spot]) -> Iterator[tuple[Town, _Box]]:
    """The name on the right or on the left of its dot, or of the mark that is there."""
    mark = next((mark for mark in marks if math.dist(mark, spot) < _MARK + _BESIDE), None)
    x, y = mark or spot
    beside, dot = (_MARK, None) if mark else (_BESIDE, x)
    length = beside + len(name) * _LETTER
    edge = _MARK if mark else -_BESIDE
    yield Town(name, x + beside, y, "start", dot), _Box(x + edge, y - _LINE, x + length, y + _LINE)
    yield Town(name, x - beside, y, "end", dot), _Box(x - length, y - _LINE, x - edge, y + _LINE)
