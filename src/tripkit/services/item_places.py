"""Places of items, completed from the gazetteer. It may take milliseconds, so it is done before a unit begins."""

from typing import Final, Generic, TypeVar

import msgspec

from tripkit.schemas.items import ItemIn, ItemPatch, Place
from tripkit.schemas.places import KnownPlace
from tripkit.services import gazetteer

F = TypeVar("F", ItemIn, ItemPatch)

#: Of several places with one name so many are looked at for one in the country that was given.
_CANDIDATES: Final = 20
_NAMES: Final = ("place", "end_place")


class Draft(msgspec.Struct, Generic[F], frozen=True):
    """What was sent, with places completed, and the fields that were filled in."""

    form: F
    filled_in: list[str]


def complete(form: F) -> Draft[F]:
    """Fill in what the gazetteer knows of the places and the caller did not say."""
    changes: dict[str, Place] = {}
    filled_in: list[str] = []
    for name in _NAMES:
        place = getattr(form, name)
        if isinstance(place, Place):
            whole = completed(place)
            fields = [each for each in place.__struct_fields__ if getattr(place, each) != getattr(whole, each)]
            filled_in += [f"{name}.{each}" for each in fields]
            changes[name] = whole
    return Draft(msgspec.structs.replace(form, **changes), filled_in)


def completed(place: Place) -> Place:
    """A place with coordinates, country and zone, as far as the gazetteer knows them; what was given stays."""
    known = _known(place)
    if known is None:
        return place
    located = place.lat is not None or place.lon is not None
    return msgspec.structs.replace(
        place,
        lat=place.lat if located else known.lat,
        lon=place.lon if located else known.lon,
        country=place.country or known.country,
        timezone=place.timezone or known.timezone,
    )


def _known(place: Place) -> KnownPlace | None:
    if place.lat is not None and place.lon is not None:
        found = gazetteer.nearest(place.lat, place.lon)
        return found[0] if found else None
    if not place.name.strip():
        return None
    matches = gazetteer.find(place.name, limit=_CANDIDATES if place.country else 1)
    wanted = (place.country or "").upper()
    return next((each for each in matches if wanted in ("", each.country)), None)
