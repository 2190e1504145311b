"""What the gazetteer knows."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class KnownPlace(Struct, frozen=True):
    """A place of the gazetteer. Degrees are WGS 84; a country or region is where its main city is."""

    kind: Literal["city", "region", "country", "airport"]
    name: str
    region: Annotated[str, Meta(description="What it lies in; of an airport the city that it serves. May be empty.")]
    country: Annotated[str, Meta(description="ISO 3166-1 alpha-2 code, or XK.", examples=["JP"])]
    lat: float
    lon: float
    timezone: Annotated[str, Meta(description="IANA time zone.", examples=["Asia/Tokyo"])]
    population: Annotated[int, Meta(description="Of a city; 0 of what is none.")] = 0
    iata: str | None = None
    icao: str | None = None

    @property
    def label(self) -> str:
        """`Kyoto, JP` or `Paris, Texas, US`: enough to tell it from others of the same name."""
        parts = [self.name, self.region if self.region != self.name else "", self.country]
        return ", ".join(filter(None, parts))


class PlaceQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Which places to find."""

    q: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=100,
            description="A name in any of many languages, or its beginning, and what it lies in; or the code of an "
            "airport in capitals.",
            examples=["Kyoto, Japan"],
        ),
    ]
    limit: Annotated[int, Meta(ge=1, le=20)] = 5


class PlaceList(Struct, frozen=True):
    """Places, the likeliest first: those of that name with the most people."""

    results: list[KnownPlace]
    did_you_mean: Annotated[list[str], Meta(description="Names that are similar, where nothing was found.")]
