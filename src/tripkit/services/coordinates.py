"""Degrees of latitude and longitude (WGS 84), and how far it is between them."""

import math
from typing import Final

from tripkit.errors import ValidationFailed

#: A tenth of a metre: more is noise of the device that measured it.
DECIMALS: Final = 6
#: The mean radius R1 of the Earth (H. Moritz, Geodetic Reference System 1980, Journal of Geodesy 74, 2000).
EARTH_RADIUS_KM: Final = 6371.0088


def checked(
    lat: float | None, lon: float | None, *, fields: tuple[str, str] = ("lat", "lon")
) -> tuple[float, float] | None:
    """Both in degrees with at most six decimals, or None when both are left out; raises `ValidationFailed`."""
    if lat is None and lon is None:
        return None
    errors = {}
    for field, value, bound in zip(fields, (lat, lon), (90, 180), strict=True):
        if value is None:
            errors[field] = [f"is required with {fields[0] if field == fields[1] else fields[1]}. Give both, or none."]
        elif not -bound <= value <= bound:  # not a number is within no bounds
            errors[field] = [f"must be degrees from -{bound} to {bound}, not {value}."]
    if errors:
        raise ValidationFailed(errors)
    assert lat is not None
    assert lon is not None
    return _tidy(lat), _tidy(lon)


def distance_km(start: tuple[float, float], end: tuple[float, float]) -> float:
    """The great-circle distance between two (lat, lon) in kilometres, by the haversine formula.

    It takes the Earth for a sphere, so that it is wrong by up to half a per cent.
    """
    lat1, lon1, lat2, lon2 = map(math.radians, (*start, *end))
    chord = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def _tidy(degrees: float) -> float:
    return round(float(degrees), DECIMALS) + 0.0  # no minus before a zero
