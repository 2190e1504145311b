"""Where plans go: the country of a destination, so that plans are found by it."""

from functools import lru_cache

from tripkit.services import gazetteer


@lru_cache(maxsize=4096)  # it may take milliseconds, and is asked for within units
def country(destination: str) -> str:
    """The country that a destination like `Kyoto, Japan` lies in; empty if the gazetteer knows none."""
    found = gazetteer.find(destination, limit=1)
    return found[0].country if found else ""
