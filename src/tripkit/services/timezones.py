"""IANA time zones and their aliases."""

from difflib import get_close_matches
from functools import cache
from importlib import resources


def canonical(name: str) -> str | None:
    """The current name of a zone or alias (`Asia/Calcutta` is `Asia/Kolkata`), in any letter case; None if unknown."""
    return _names().get(name.casefold())


def suggestions(name: str) -> list[str]:
    """Zones with a similar name."""
    known = _names()
    by_city = [zone for zone in set(known.values()) if zone.rpartition("/")[2].casefold() == name.casefold()]
    near = get_close_matches(name.casefold(), known, n=3, cutoff=0.7)
    return list(dict.fromkeys([*by_city, *(known[match] for match in near)]))[:3]


@cache
def _names() -> dict[str, str]:
    """Every name in lower case, with the name it stands for.

    The tz database merges zones that were alike since 1970 (Amsterdam into Brussels). People keep their own: a
    name that `zone.tab` lists for a country stands for itself, every other link (`L target alias`) for its target.
    """
    files = resources.files("tzdata").joinpath("zoneinfo")
    rows = files.joinpath("zone.tab").read_text().splitlines()
    own = {row.split("\t")[2] for row in rows if not row.startswith("#")}
    links: dict[str, str] = {}
    names = {}
    for line in files.joinpath("tzdata.zi").read_text().splitlines():
        if line.startswith("Z "):
            zone = line.split(" ", 2)[1]
            names[zone.casefold()] = zone
        elif line.startswith("L "):
            _, target, alias = line.split(" ")
            links[alias] = target
    for alias in links:
        name = alias
        while name in links and name not in own:
            name = links[name]
        names[alias.casefold()] = name
    return names
