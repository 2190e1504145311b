"""What the gazetteer knows."""

from typing import Literal

import msgspec


class KnownPlace(msgspec.Struct, frozen=True):
    """A place of the gazetteer. Degrees are WGS 84; a country or region is where its main city is."""

    kind: Literal["city", "region", "country", "airport"]
    name: str
    #: What it lies in; of an airport the city that it serves. May be empty.
    region: str
    #: ISO 3166-1 alpha-2, or XK.
    country: str
    lat: float
    lon: float
    timezone: str
    #: Of a city; 0 of what is none.
    population: int = 0
    iata: str | None = None
    icao: str | None = None

    @property
    def label(self) -> str:
        """`Kyoto, JP` or `Paris, Texas, US`: enough to tell it from others of the same name."""
        parts = [self.name, self.region if self.region != self.name else "", self.country]
        return ", ".join(filter(None, parts))
