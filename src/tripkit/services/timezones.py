"""IANA time zones: their names, their aliases and their rules.

Everything is from the package `tzdata`, never from the system, so that a plan means the same on every machine.
"""

import re
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from tripkit.services import jsontext

#: People who take a place for a zone take one that everybody knows.
_A_KNOWN_CITY: Final = 15_000
#: What looks like it is `Etc/GMT+2`, which is two hours *behind* Greenwich.
_OFFSET: Final = re.compile(r"(?:GMT|UTC|Z)?\s*[+\-\u2212]\s*\d{1,2}(?::?\d{2})?", re.ASCII | re.IGNORECASE)
#: Links that lead past the zone that is meant, since the database does not link to links: those of its file
#: `backward` with a note `#= Atlantic/Reykjavik` (the package leaves notes out). The CLDR has the same aliases.
_MEANT: Final = {
    "Africa/Asmera": "Africa/Asmara",
    "Africa/Timbuktu": "Africa/Bamako",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Virgin": "America/St_Thomas",
    "Atlantic/Jan_Mayen": "Arctic/Longyearbyen",
    "Iceland": "Atlantic/Reykjavik",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "Pacific/Yap": "Pacific/Chuuk",
}


def canonical(name: str) -> str | None:
    """The name that is kept for a zone, in any letter case; None if there is no such zone.

    Aliases are those of the time zone database (`Asia/Calcutta` is `Asia/Kolkata`) and of Windows
    (`Tokyo Standard Time` is `Asia/Tokyo`).
    """
    return _names().get(name.casefold()) or _windows().get(name.casefold())


def rules(name: str) -> ZoneInfo:
    """The rules of a zone or alias. Raises `LookupError` if there is no such zone."""
    zone = canonical(name)
    if zone is None:
        raise LookupError(f"{jsontext.shorten(name)} is not a time zone")
    return _rules(zone)


def count_in(country: str) -> int:
    """How many zones a country has."""
    return sum(row.startswith(f"{country}\t") for row in _rows())


def suggestions(name: str) -> list[str]:
    """At most three zones: those with a similar name, else that of the place called so."""
    if _OFFSET.fullmatch(name):
        return []
    known = _names() | _windows()
    by_city = [zone for zone in set(known.values()) if zone.rpartition("/")[2].casefold() == name.casefold()]
    near = get_close_matches(name.casefold(), known, n=3, cutoff=0.7)
    if found := list(dict.fromkeys([*by_city, *(known[match] for match in near)])):
        return found[:3]
    from tripkit.services import gazetteer  # it opens a file, and the answer is mostly found without

    # IST is not Istanbul for who means India: capitals are an abbreviation, which stands for several zones.
    places = [] if name.isupper() else gazetteer.find(name, limit=1)
    return [place.timezone for place in places if place.kind == "country" or place.population >= _A_KNOWN_CITY]


def refusal(name: str) -> str:
    """Why `name` is refused as a zone, with what may have been meant."""
    near = suggestions(name)
    hint = f"Did you mean {' or '.join(near)}?" if near else "Use an IANA name such as Europe/Lisbon."
    return f"{jsontext.shorten(name)} is not a time zone. {hint}"


@cache
def _rules(zone: str) -> ZoneInfo:
    with resources.files("tzdata").joinpath("zoneinfo", zone).open("rb") as file:
        return ZoneInfo.from_file(file, key=zone)


@cache
def _rows() -> list[str]:
    """Every zone with the country that has it, as the database lists them."""
    text = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text()
    return [row for row in text.splitlines() if not row.startswith("#")]


@cache
def _names() -> dict[str, str]:
    """Every name of the time zone database in lower case, with the name it stands for.

    The database merges zones that were alike since 1970 (Amsterdam into Brussels). People keep their own: a
    name that `zone.tab` lists for a country stands for itself, every other link (`L target alias`) for its target.
    """
    files = resources.files("tzdata").joinpath("zoneinfo")
    own = {row.split("\t")[2] for row in _rows()}
    links: dict[str, str] = {}
    names = {}
    for line in files.joinpath("tzdata.zi").read_text().splitlines():
        if line.startswith("Z "):
            zone = line.split(" ", 2)[1]
            names[zone.casefold()] = zone
        elif line.startswith("L "):
            _, target, alias = line.split(" ")
            links[alias] = target
    links |= _MEANT
    for alias in links:
        name = alias
        while name in links and name not in own:
            name = links[name]
        names[alias.casefold()] = name
    return names


@cache
def _windows() -> dict[str, str]:
    """Every name that Windows has for a zone in lower case, with that of its main city (windowsZones of the CLDR)."""
    from tzlocal.windows_tz import win_tz  # nearly nobody uses one

    return {name.casefold(): _names()[zone.casefold()] for name, zone in win_tz.items()}
