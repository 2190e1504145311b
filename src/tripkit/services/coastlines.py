"""Where there is land, and where one country ends: the outlines of maps.

The data is Natural Earth, a read-only SQLite file in the package (`make coastlines`; source in `data/NOTICE`).
Borders are those that are kept on the ground, as Natural Earth draws them.
"""

import atexit
import sqlite3
import sys
from array import array
from collections.abc import Iterator
from functools import cache
from importlib import resources
from threading import Lock
from typing import Final, Literal, NamedTuple

#: Parts of a degree in which the file counts.
UNITS: Final = 180
#: One to so many million: 10 is the most detailed. Maps of more degrees from west to east take the next scale.
Scale = Literal[10, 50, 110]
WIDEST: Final[dict[Scale, float]] = {10: 14, 50: 60}
_lock = Lock()
_PIECES: Final = """
SELECT points FROM piece WHERE scale = ? AND land = ? AND west <= ? AND east >= ? AND south <= ? AND north >= ?
"""


class Line(NamedTuple):
    """Longitudes and latitudes of a line, in degrees; that of land is closed."""

    lons: list[float]
    lats: list[float]


def land(west: float, south: float, east: float, north: float) -> Iterator[Line]:
    """Outlines of what is not sea between these degrees, in cells that reach beyond. A lake has a line of its own.

    `east` may lie beyond 180: the longitudes of what comes behind the antimeridian do as well.
    """
    yield from _lines(True, west, south, east, north)


def borders(west: float, south: float, east: float, north: float) -> Iterator[Line]:
    """Lines between countries; none on maps of the world."""
    if east - west <= WIDEST[50]:
        yield from _lines(False, west, south, east, north)


def _lines(is_land: bool, west: float, south: float, east: float, north: float) -> Iterator[Line]:
    scale = next((scale for scale, widest in WIDEST.items() if east - west <= widest), 110)
    for turn in (-360, 0, 360):
        within = (east - turn, west - turn, north, south)
        for points in _pieces(scale, is_land, *(round(degrees * UNITS) for degrees in within)):
            yield Line([x / UNITS + turn for x in points[::2]], [y / UNITS for y in points[1::2]])


def _pieces(*values: int) -> Iterator["array[int]"]:
    with _lock:
        rows = _open().execute(_PIECES, values).fetchall()
    for (points,) in rows:
        numbers = array("h", points)
        if sys.byteorder == "big":
            numbers.byteswap()
        yield numbers


@cache
def _open() -> sqlite3.Connection:
    with resources.as_file(resources.files("tripkit").joinpath("data/coastlines.db")) as path:
        db = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    atexit.register(db.close)
    return db
