"""Degrees and the distances between them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.errors import ValidationFailed
from tripkit.services import coordinates
from tripkit.services.coordinates import EARTH_RADIUS_KM, distance_km

LAT = st.floats(-90, 90)
LON = st.floats(-180, 180)
POINTS = st.tuples(LAT, LON)
LON_TOO_BIG = "must be degrees from -180 to 180, not 181."


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((35.0116, 135.7681), (35.0116, 135.7681)),
        ((35.01160000001, 135.76809999999), (35.0116, 135.7681)),
        ((90, -180), (90.0, -180.0)),
        ((-90, 180), (-90.0, 180.0)),
        ((-1e-9, -0.0), (0.0, 0.0)),
    ],
)
def test_degrees_are_kept_with_six_decimals(given: tuple[float, float], kept: tuple[float, float]) -> None:
    found = coordinates.checked(*given)
    assert found == kept
    assert str(found) == str(kept), "no minus before a zero, and a float"


def test_both_may_be_left_out() -> None:
    assert coordinates.checked(None, None) is None


@pytest.mark.parametrize(
    ("lat", "lon", "errors"),
    [
        (91, 0, {"lat": ["must be degrees from -90 to 90, not 91."]}),
        (-90.000001, 0, {"lat": ["must be degrees from -90 to 90, not -90.000001."]}),
        (0, 180.5, {"lon": ["must be degrees from -180 to 180, not 180.5."]}),
        (math.nan, 0, {"lat": ["must be degrees from -90 to 90, not nan."]}),
        (math.inf, 0, {"lat": ["must be degrees from -90 to 90, not inf."]}),
        (0, -math.inf, {"lon": ["must be degrees from -180 to 180, not -inf."]}),
        (91, 181, {"lat": ["must be degrees from -90 to 90, not 91."], "lon": [LON_TOO_BIG]}),
        (1e300, 0, {"lat": ["must be degrees from -90 to 90, not 1e+300."]}),
        (1, None, {"lon": ["is required with lat. Give both, or none."]}),
        (None, 1, {"lat": ["is required with lon. Give both, or none."]}),
        (None, 181, {"lat": ["is required with lon. Give both, or none."], "lon": [LON_TOO_BIG]}),
    ],
)
def test_degrees_that_cannot_be_are_refused(lat: float | None, lon: float | None, errors: dict[str, list[str]]) -> None:
    with pytest.raises(ValidationFailed) as failed:
        coordinates.checked(lat, lon)
    assert failed.value.errors == errors


def test_the_fields_may_have_other_names() -> None:
    with pytest.raises(ValidationFailed) as failed:
        coordinates.checked(None, 1, fields=("to_lat", "to_lon"))
    assert failed.value.errors == {"to_lat": ["is required with to_lon. Give both, or none."]}


QUARTER = EARTH_RADIUS_KM * math.pi / 2


@pytest.mark.parametrize(
    ("start", "end", "km"),
    [
        ((0, 0), (0, 0), 0),
        ((0, 0), (0, 90), QUARTER),
        ((0, 0), (90, 0), QUARTER),
        ((90, 0), (-90, 0), 2 * QUARTER),
        ((0, 0), (0, 180), 2 * QUARTER),
        ((0, 179.5), (0, -179.5), QUARTER / 90),
        ((12.5, 30.25), (-12.5, -149.75), 2 * QUARTER),
    ],
)
def test_distances_that_geometry_gives(start: tuple[float, float], end: tuple[float, float], km: float) -> None:
    assert distance_km(start, end) == pytest.approx(km, abs=1e-6)


@pytest.mark.parametrize(
    ("start", "end", "km"),
    [
        ((35.7647, 140.386), (51.4706, -0.461941), 9_590),  # Narita to Heathrow
        ((40.6398, -73.7789), (33.9425, -118.408), 3_975),  # New York to Los Angeles
        ((-33.9461, 151.177), (-37.0081, 174.792), 2_160),  # Sydney to Auckland
    ],
)
def test_distances_of_flights_are_within_half_a_per_cent(
    start: tuple[float, float], end: tuple[float, float], km: float
) -> None:
    assert distance_km(start, end) == pytest.approx(km, rel=0.005)


@given(start=POINTS, end=POINTS, over=POINTS)
def test_a_distance_is_the_same_in_both_directions_and_no_detour_is_shorter(
    start: tuple[float, float], end: tuple[float, float], over: tuple[float, float]
) -> None:
    km = distance_km(start, end)
    assert 0 <= km <= 2 * QUARTER + 1e-6
    assert km == pytest.approx(distance_km(end, start), abs=1e-6)
    assert km <= distance_km(start, over) + distance_km(over, end) + 1e-3
