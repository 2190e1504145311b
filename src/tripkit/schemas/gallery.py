"""The gallery: what everybody may ask for, and what of a plan everybody may read."""

from datetime import date
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from tripkit.schemas.instants import Instant
from tripkit.schemas.pages import Cursor, Fields, Limit, partial
from tripkit.schemas.plans import Tag
from tripkit.schemas.shared import Redaction, SharedPlan

#: What publishing never shows.
HIDDEN: Final[tuple[Redaction, ...]] = ("costs", "references")
Season = Literal["spring", "summer", "autumn", "winter"]
Days = Annotated[int, Meta(ge=1, le=36600)]


class GalleryPlan(Struct, frozen=True):
    """A published plan, as lists show it."""

    # What is not named here is not public: budget and currency above all, and when the plan was begun.
    id: int
    user: Annotated[str, Meta(description="The owner's username.")]
    title: str
    destination: str
    description: str
    start_date: date | None
    end_date: date | None
    tags: list[str]
    timezone: str | None
    version: int
    updated_at: Instant


class PublishedPlan(SharedPlan, frozen=True):
    """A published plan with its items. Costs and booking references are hidden."""

    id: int
    version: int


class GalleryQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Which published plans to list."""

    q: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=100,
                description="Words of the title or the destination, in any letter case, with or without accents.",
            ),
        ]
        | None
    ) = None
    tag: Tag | None = None
    country: (
        Annotated[
            str,
            Meta(
                pattern="^[A-Za-z]{2}$",
                description="an ISO 3166-1 alpha-2 code such as JP, of a country that an item or the destination is in",
                examples=["JP"],
            ),
        ]
        | None
    ) = None
    min_days: Annotated[Days, Meta(description="Plans of this many days or more.")] | None = None
    max_days: Annotated[Days, Meta(description="Plans of this many days or fewer.")] | None = None
    month: Annotated[int, Meta(ge=1, le=12, description="Plans that are on in this month of any year.")] | None = None
    season: (
        Annotated[
            Season,
            Meta(description="Plans that are on then, by the seasons of the north: summer is June, July and August."),
        ]
        | None
    ) = None
    limit: Limit = 20
    cursor: Cursor | None = None
    fields: Fields | None = None


class GalleryPage(Struct, frozen=True):
    """One page of the gallery; `cursor` leads to the next."""

    results: list[GalleryPlan]
    cursor: str | None


GalleryPart: Final = partial(GalleryPlan, "GalleryPart")


class GalleryList(Struct, frozen=True):
    """One page of the gallery, and the link to the next."""

    results: list[GalleryPart]  # type: ignore[valid-type]
    next: str | None
