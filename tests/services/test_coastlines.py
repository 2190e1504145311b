"""Coastlines: what is drawn where, in how much detail."""

import sqlite3

import pytest

from tripkit.services import coastlines
from tripkit.services.coastlines import Line

JAPAN = (134.0, 33.0, 140.0, 36.0)
ALPS = (9.0, 45.0, 15.0, 48.5)


def is_land(lat: float, lon: float, lines: list[Line]) -> bool:
    """Whether a ray from there to the north crosses outlines an odd number of times."""
    crossed = 0
    for lons, lats in lines:
        for i in range(1, len(lons)):
            if (lons[i - 1] > lon) != (lons[i] > lon):
                part = (lon - lons[i - 1]) / (lons[i] - lons[i - 1])
                crossed += lats[i - 1] + part * (lats[i] - lats[i - 1]) > lat
    return crossed % 2 == 1


@pytest.mark.parametrize("size", [1, 10, 40, 150], ids=lambda size: f"{size} degrees")
@pytest.mark.parametrize(
    ("lat", "lon", "expected"),
    [
        (35.0, 135.8, True),  # Kyoto
        (48.2, 16.4, True),  # Vienna
        (-25.0, 133.0, True),  # Australia
        (-80.0, 20.0, True),  # Antarctica
        (67.0, -179.0, True),  # Chukotka, behind the antimeridian
        (66.5, 178.0, True),  # and before it
        (40.0, 135.0, False),  # the Sea of Japan
        (0.0, -30.0, False),
        (-60.0, 179.9, False),
        (89.9, 0.0, False),
    ],
)
def test_land_is_where_it_is(lat: float, lon: float, expected: bool, size: float) -> None:
    around = (lon - size, max(lat - size, -90), lon + size, min(lat + size, 90))
    assert is_land(lat + 0.0123, lon + 0.0123, list(coastlines.land(*around))) is expected


def test_the_next_turn_of_the_world_looks_the_same() -> None:
    west, south, east, north = JAPAN
    here = [(lons, lats) for lons, lats in coastlines.land(*JAPAN)]
    for turn in (-360, 360):
        there = coastlines.land(west + turn, south, east + turn, north)
        assert [([round((lon - turn) * 180) / 180 for lon in lons], lats) for lons, lats in there] == here


def test_small_maps_show_more() -> None:
    def points(degrees: float) -> int:
        return sum(len(lons) for lons, _ in coastlines.land(135 - degrees / 2, 30, 135 + degrees / 2, 40))

    assert points(14) > 3 * points(15)
    assert points(60) > points(61)


def test_borders_are_on_small_maps() -> None:
    assert list(coastlines.borders(*ALPS))
    assert not list(coastlines.borders(*JAPAN))
    assert not list(coastlines.borders(-180, -90, 180, 90))


@pytest.mark.parametrize("bounds", [(-180, -90, 180, 90), (-169, -90, 191, 90), (100, -60, 160, 0), (0, 40, 13.9, 50)])
def test_no_map_is_made_of_too_much(bounds: tuple[float, float, float, float]) -> None:
    lines = [*coastlines.land(*bounds), *coastlines.borders(*bounds)]
    assert 0 < sum(len(lons) for lons, _ in lines) < 40_000


def test_the_file_cannot_be_changed() -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        coastlines._open().execute("DELETE FROM piece")
