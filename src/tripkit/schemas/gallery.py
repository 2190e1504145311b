"""The gallery: what everybody may ask for, and what of a plan everybody may read."""

from datetime import date
from typing import Annotated, Final

from msgspec import Meta, Struct

from tripkit.schemas.instants import Instant
from tripkit.schemas.pages import Cursor, Fields, Limit, partial
from tripkit.schemas.plans import PlanData, Tag


class GalleryPlan(Struct, frozen=True):
    """A published plan."""

    # What is not named here is not public: budget and currency above all, and when the plan was begun.
    id: int
    user: Annotated[str, Meta(description="The owner's username.")]
    title: str
    destination: str
    description: str
    start_date: date | None
    end_date: date | None
    plan_data: PlanData
    tags: list[str]
    timezone: str | None
    version: int
    updated_at: Instant


class GalleryQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Which published plans to list."""

    tag: Tag | None = None
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
