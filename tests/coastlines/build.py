"""Makes `src/tripkit/data/coastlines.db`: `make coastlines`, which first fetches the package that it is made from.

It is Natural Earth at its three scales (https://www.naturalearthdata.com, in the public domain), as packed in TopoJSON
by world-atlas. Land is cut into cells, so that a map takes only what it shows.
"""

import json
import math
import sqlite3
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

OUT: Final = Path(__file__).parents[2] / "src/tripkit/data/coastlines.db"
#: Coordinates are kept in this part of a degree: all of them fit into 16 bits.
UNITS: Final = 180

SCHEMA: Final = """
-- Land is a closed line around what is not sea; a border is a line between two countries. `points` holds longitudes and
-- latitudes in turn, as little-endian 16-bit numbers, and everything is in units of 1/180 degree.
CREATE TABLE piece (
    scale INTEGER NOT NULL, land INTEGER NOT NULL, west INTEGER NOT NULL, south INTEGER NOT NULL,
    east INTEGER NOT NULL, north INTEGER NOT NULL, points BLOB NOT NULL
);
"""
INDEX: Final = "CREATE INDEX piece_by_place ON piece (scale, west, east, south, north)"


class Scale(NamedTuple):
    """A data set: its name, the degrees of a cell, and the degrees that are too little to be drawn."""

    file: str
    cell: int
    detail: float


#: By how many million times they are smaller than the world.
SCALES: Final = {
    110: Scale("countries-110m", 45, 0),
    50: Scale("countries-50m", 10, 0.01),
    10: Scale("countries-10m", 3, 0.008),
}

Lines = Iterable[list[tuple[float, float]]]


def main(packages: Path, atlas: Path) -> None:
    """Make the file. `packages` holds shapely, `atlas` is the folder of world-atlas."""
    sys.path.insert(0, str(packages))
    shapely = import_module("shapely")
    import_module("shapely.affinity")
    OUT.unlink(missing_ok=True)
    db = sqlite3.connect(OUT)
    db.executescript(f"PRAGMA page_size = 4096; {SCHEMA}")
    for number, scale in SCALES.items():
        topology = json.loads((atlas / f"{scale.file}.json").read_text())
        arcs = _arcs(topology)
        for land, shapes in ((True, _land(shapely, topology, arcs)), (False, _borders(shapely, topology, arcs))):
            lines = (line for each in shapes for line in _pieces(shapely, each.simplify(scale.detail), scale.cell))
            rows = (_row(number, land, line) for line in lines)
            db.executemany("INSERT INTO piece VALUES (?, ?, ?, ?, ?, ?, ?)", sorted(row for row in rows if row))
    db.execute(INDEX)
    db.commit()
    db.execute("VACUUM")
    db.close()


def _arcs(topology: dict[str, Any]) -> list[list[tuple[float, float]]]:
    """The lines that shapes are made of (TopoJSON, section 2.1.3: each point is a step from the one before)."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            line.append((x * kx + dx, y * ky + dy))
        found.append(line)
    return found


def _land(shapely: Any, topology: dict[str, Any], arcs: list[list[tuple[float, float]]]) -> Iterator[Any]:
    for rings in _polygons(topology["objects"]["land"]):
        outer, *holes = (_unwound([point for index in ring for point in _arc(arcs, index)]) for ring in rings)
        if len(outer) > 3:
            shape = shapely.make_valid(shapely.Polygon(outer, [hole for hole in holes if len(hole) > 3]))
            for turn in (-360, 0, 360):
                part = shape.intersection(shapely.box(turn - 180, -90, turn + 180, 90))
                yield shapely.affinity.translate(part, -turn)


def _unwound(ring: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A ring that goes on beyond 180 degrees, and does not jump to -180. Around a pole it is closed along it."""
    found = ring[:1]
    for lon, lat in ring[1:]:
        found.append((found[-1][0] + (lon - found[-1][0] + 180) % 360 - 180, lat))
    if found and abs(found[-1][0] - found[0][0]) > 180:
        pole = math.copysign(90, found[0][1])
        found += [(found[-1][0], pole), (found[0][0], pole), found[0]]
    return found


def _borders(shapely: Any, topology: dict[str, Any], arcs: list[list[tuple[float, float]]]) -> Iterator[Any]:
    """The lines that two countries share."""
    uses = Counter(
        index if index >= 0 else ~index
        for rings in _polygons(topology["objects"]["countries"])
        for ring in rings
        for index in ring
    )
    return (shapely.LineString(arcs[index]) for index, count in uses.items() if count > 1)


def _polygons(geometry: dict[str, Any]) -> Iterator[list[list[int]]]:
    if geometry["type"] == "GeometryCollection":
        for each in geometry["geometries"]:
            yield from _polygons(each)
    elif geometry["type"] == "MultiPolygon":
        yield from geometry["arcs"]
    else:
        yield geometry["arcs"]


def _arc(arcs: list[list[tuple[float, float]]], index: int) -> list[tuple[float, float]]:
    return arcs[index] if index >= 0 else arcs[~index][::-1]


def _pieces(shapely: Any, shape: Any, cell: int) -> Lines:
    """What lies in each cell, line by line; of an area its outline, and the outlines of its holes."""
    for part in shapely.get_parts(shape):
        if part.is_empty:
            continue
        if cut := _cut(part.bounds, cell):
            for side in _sides(shapely, cut):
                yield from _pieces(shapely, part.intersection(side), cell)
        elif part.geom_type == "Polygon":
            yield from (list(ring.coords) for ring in (part.exterior, *part.interiors))
        elif part.geom_type == "LineString":
            yield list(part.coords)


def _cut(bounds: tuple[float, float, float, float], cell: int) -> tuple[bool, int] | None:
    """Where to cut next, in the middle of the longer way: whether north to south, and at what degree."""
    west, south, east, north = bounds
    for upright, least, most in sorted(((True, west, east), (False, south, north)), key=lambda side: side[1] - side[2]):
        first, last = math.floor(least / cell) + 1, math.ceil(most / cell) - 1
        if first <= last:
            return upright, (first + last) // 2 * cell
    return None


def _sides(shapely: Any, cut: tuple[bool, int]) -> tuple[Any, Any]:
    upright, at = cut
    if upright:
        return shapely.box(-181, -91, at, 91), shapely.box(at, -91, 181, 91)
    return shapely.box(-181, -91, 181, at), shapely.box(-181, at, 181, 91)


def _row(scale: int, land: bool, line: list[tuple[float, float]]) -> tuple[Any, ...] | None:
    points = [(round(x * UNITS), round(y * UNITS)) for x, y in line]
    kept = [point for point, before in zip(points, [None, *points], strict=False) if point != before]
    if len(kept) < (4 if land else 2):
        return None  # nothing is left of it
    xs, ys = zip(*kept, strict=True)
    numbers = array("h", [number for point in kept for number in point])
    if sys.byteorder == "big":
        numbers.byteswap()
    return scale, land, min(xs), min(ys), max(xs), max(ys), numbers.tobytes()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
