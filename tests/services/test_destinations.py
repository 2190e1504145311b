"""Destinations: what they are taken for, and whose clocks are certain."""

from typing import Any

import msgspec
import pytest

from tripkit.services import destinations


class Trip(msgspec.Struct):
    destination: str
    timezone: str | None = None


@pytest.mark.parametrize(
    ("destination", "country", "zone"),
    [
        ("Kyoto, Japan", "JP", "Asia/Tokyo"),
        ("kyoto", "JP", "Asia/Tokyo"),
        ("Málaga", "ES", "Europe/Madrid"),
        ("Japan", "JP", "Asia/Tokyo"),
        ("Bali", "ID", "Asia/Makassar"),
        ("Paris, Texas", "US", "America/Chicago"),
        ("Australia", "AU", None),  # has several zones
        ("Home", "US", None),  # a small town in Washington, which hardly anybody means
        ("USA", "US", None),  # the code of an airport
        ("Wherever", "", None),
        ("", "", None),
    ],
)
def test_what_a_destination_is_taken_for(destination: str, country: str, zone: str | None) -> None:
    assert destinations.country(destination) == country
    assert destinations.timezone(Trip(destination)) == zone
    assert destinations.timezone(Trip(destination, "Asia/Seoul")) == "Asia/Seoul"


def test_a_destination_has_coordinates() -> None:
    found: Any = destinations.place("Kyoto, Japan")
    assert (round(found.lat), round(found.lon)) == (35, 136)
