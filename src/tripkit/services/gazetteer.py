"""Where places are, without a network: towns, regions, countries and airports.

The data is a read-only SQLite file in the package (`make gazetteer`; sources and licences in `data/NOTICE`). It is
opened at the first question, and SQLite keeps at most 2 MiB of it in memory.
"""

import atexit
import math
import re
import sqlite3
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib import resources
from threading import Lock
from typing import Any, Final

from tripkit.schemas.places import KnownPlace
from tripkit.services.coordinates import EARTH_RADIUS_KM, distance_km
from tripkit.services.folding import fold

#: Beyond this distance a city tells nothing about a place, such as its time zone.
FARTHEST_KM: Final = 500.0
_MAX_CHARACTERS: Final = 200
_MAX_WORDS: Final = 10
#: Among so many of the likeliest names near misses are looked for.
_CANDIDATES: Final = 2_000
_UNITS: Final = 100_000
_lock = Lock()

_PLACE: Final = """
SELECT place.kind, place.name, coalesce(region.name, ''), place.country, place.lat, place.lon, zone.name,
    place.weight, place.iata, place.icao
FROM place JOIN zone ON zone.id = place.zone LEFT JOIN region ON region.id = place.region
"""
# A name in another language, or a former one, counts for less: Venice is not Dayton, which was once called so.
_CALLED: Final = f"""{_PLACE} JOIN name ON name.place = place.id WHERE name.name = ?
ORDER BY place.weight / (1 + 9 * name.other) DESC, place.id"""
_BEGINNING: Final = f"""{_PLACE} WHERE place.id IN
    (SELECT DISTINCT place FROM name WHERE name >= ? AND name < ? AND NOT other ORDER BY place LIMIT ?)
ORDER BY place.id"""  # noqa: S608
_AIRPORT: Final = f"""{_PLACE} JOIN name ON name.place = place.id
WHERE name.name = lower(?1) AND place.kind = 'airport' AND ?1 IN (place.iata, place.icao)"""
_WITHIN: Final = f"""{_PLACE} WHERE place.kind = 'city' AND place.lat BETWEEN ? AND ? AND place.lon BETWEEN ? AND ?"""
_LARGEST: Final = f"""{_PLACE} WHERE place.id IN
    (SELECT id FROM place WHERE kind = 'city' AND lat BETWEEN ? AND ? AND lon BETWEEN ? AND ?
    ORDER BY weight DESC, id LIMIT ?)
ORDER BY place.weight DESC, place.id"""  # noqa: S608
_NAMES: Final = "SELECT DISTINCT name FROM name WHERE name >= ? AND name < ? ORDER BY place LIMIT ?"


def find(text: str, *, limit: int = 5) -> list[KnownPlace]:
    """The places that `text` may mean, the likeliest first: those of the most people.

    It is a name in any letter case, with or without accents, in many languages. After it may stand what the place
    lies in: `Paris, Texas`, `Paris, US`, `Kyoto Japan`. Three or four capitals are the code of an airport first.
    """
    code = text.strip()
    found = [place] if code.isupper() and (place := airport(code)) else []
    for name, hints in _readings(text):
        surroundings = [_Surroundings(hint) for hint in hints]
        # The name itself, or the beginning of one: Chamonix is Chamonix-Mont-Blanc.
        for places in (_places(_CALLED, name), _places(_BEGINNING, *_beginning(f"{name} "), limit * 10)):
            if matches := [place for place in places if all(place in each for each in surroundings)]:
                return list(dict.fromkeys([*found, *matches]))[:limit]
    return found


def airport(code: str) -> KnownPlace | None:
    """The airport with this code of IATA (`NRT`) or ICAO (`RJAA`), in any letter case."""
    return next(_places(_AIRPORT, code.upper()), None) if re.fullmatch("[A-Za-z]{3,4}", code) else None


def complete(beginning: str, *, limit: int = 10) -> list[KnownPlace]:
    """Places with a name or a code that begins so, those of the most people first."""
    folded = fold(beginning[:_MAX_CHARACTERS])
    return list(_places(_BEGINNING, *_beginning(folded), limit)) if folded else []


def near_misses(text: str, *, limit: int = 3) -> list[str]:
    """Labels of places with a similar name, for a name that was not found."""
    name = fold(re.split("[,;(]", text[:_MAX_CHARACTERS])[0])
    if len(name) < 3:
        return []
    candidates = [known for (known,) in _rows(_NAMES, *_beginning(name[:2]), _CANDIDATES)]
    similar = get_close_matches(name, candidates, n=limit, cutoff=0.75)
    return list(dict.fromkeys(next(_places(_CALLED, known)).label for known in similar))


def nearest(lat: float, lon: float) -> tuple[KnownPlace, float] | None:
    """The nearest city and how many kilometres it is away; None if there is none within `FARTHEST_KM`."""
    for radius in (20.0, 100.0, FARTHEST_KM):
        cities = (city for box in _boxes(lat, lon, radius) for city in _places(_WITHIN, *box))
        distances = ((city, distance_km((lat, lon), (city.lat, city.lon))) for city in cities)
        found = min(distances, key=lambda each: each[1], default=None)
        if found and found[1] <= radius:
            return found
    return None


@lru_cache(maxsize=256)  # of a few degrees it takes milliseconds
def largest(west: float, south: float, east: float, north: float, *, limit: int) -> tuple[KnownPlace, ...]:
    """The cities of the most people between these degrees, the largest first; `west` is within -180 and 180."""
    ranges = [(west, min(east, 180.0))] + ([(-180.0, east - 360)] if east > 180 else [])
    boxes = ((round(each * _UNITS) for each in (south, north, *of)) for of in ranges)
    found = [city for box in boxes for city in _places(_LARGEST, *box, limit)]
    return tuple(sorted(found, key=lambda city: -city.population)[:limit])


class _Surroundings:
    """The countries and regions that a hint may mean."""

    def __init__(self, hint: str) -> None:
        self._hint = hint
        around = [place for place in _places(_CALLED, hint) if place.kind in ("country", "region")]
        self._countries = {place.country for place in around if place.kind == "country"}
        self._regions = {(place.country, place.name) for place in around if place.kind == "region"}

    def __contains__(self, place: KnownPlace) -> bool:
        region = place.name if place.kind == "region" else place.region
        return (
            place.country in self._countries
            or (place.country, region) in self._regions
            or (place.kind == "airport" and fold(region) == self._hint)
        )


def _readings(text: str) -> Iterator[tuple[str, list[str]]]:
    """Every way to part `text` into a name and hints, all folded; the longest name first."""
    if len(text) > _MAX_CHARACTERS:
        return
    name, *hints = [folded for part in re.split("[,;()]", text) if (folded := fold(part))] or [""]
    words = name.split()[:_MAX_WORDS]
    for count in range(len(words), 0, -1):
        rest = [" ".join(words[count:])] if count < len(words) else []
        yield " ".join(words[:count]), rest + hints


def _beginning(text: str) -> tuple[str, str]:
    """Bounds of the texts that begin with `text`."""
    return text, text + "\U0010ffff"


def _boxes(lat: float, lon: float, km: float) -> Iterator[tuple[int, int, int, int]]:
    """Bounds of latitude and longitude that hold everything within `km`: two boxes where the date line parts them."""
    angle = km / EARTH_RADIUS_KM
    south, north = lat - math.degrees(angle), lat + math.degrees(angle)
    if south <= -90 or north >= 90:
        ranges = [(-180.0, 180.0)]
    else:
        aside = math.degrees(math.asin(math.sin(angle) / math.cos(math.radians(lat))))
        ranges = [(lon - aside, lon + aside)]
        ranges += [(west + 360, 180.0) for west, _ in ranges if west < -180]
        ranges += [(-180.0, east - 360) for _, east in ranges[:1] if east > 180]
    for west, east in ranges:
        yield round(south * _UNITS) - 1, round(north * _UNITS) + 1, round(west * _UNITS) - 1, round(east * _UNITS) + 1


def _places(query: str, *values: Any) -> Iterator[KnownPlace]:
    for kind, name, region, country, lat, lon, timezone, weight, iata, icao in _rows(query, *values):
        people = weight if kind == "city" else 0
        yield KnownPlace(kind, name, region, country, lat / _UNITS, lon / _UNITS, timezone, people, iata, icao)


def _rows(query: str, *values: Any) -> list[Any]:
    with _lock:
        return _open().execute(query, values).fetchall()


@cache
def _open() -> sqlite3.Connection:
    with resources.as_file(resources.files("tripkit").joinpath("data/gazetteer.db")) as path:
        db = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    atexit.register(db.close)
    return db
