"""Where plans go, as far as the gazetteer knows it: so that plans are found by it, and clocks there are known."""

from functools import lru_cache
from typing import Final, Protocol

from tripkit.schemas.places import KnownPlace
from tripkit.services import gazetteer, timezones

#: Smaller towns share their names with too much else to take clocks from them.
_A_KNOWN_CITY: Final = 15_000


class Going(Protocol):
    """What is known of a plan."""

    @property
    def destination(self) -> str:
        """Where to."""

    @property
    def timezone(self) -> str | None:
        """The zone that somebody gave it."""


@lru_cache(maxsize=4096)  # it may take milliseconds, and is asked for within units
def place(destination: str) -> KnownPlace | None:
    """What a destination like `Kyoto, Japan` is taken for; None if the gazetteer knows nothing of that name."""
    return next(iter(gazetteer.find(destination, limit=1)), None)


def country(destination: str) -> str:
    """The country that a destination lies in; empty if there is none."""
    found = place(destination)
    return found.country if found else ""


def timezone(plan: Going) -> str | None:
    """The time zone of a plan: its own, else that of where it goes; None where that is not certain."""
    return plan.timezone or _timezone(plan.destination)


@lru_cache(maxsize=4096)
def _timezone(destination: str) -> str | None:
    found = place(destination)
    if found is None or found.kind == "airport" or (found.kind == "city" and found.population < _A_KNOWN_CITY):
        return None
    return None if found.kind == "country" and timezones.count_in(found.country) > 1 else found.timezone
