"""Searching: what may be asked for, and what is found."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from tripkit.schemas.items import Kind
from tripkit.schemas.pages import Cursor, Limit
from tripkit.schemas.plans import Status, Tag

Words = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        description="All of these words have to be there, or words that begin with them. Accents and capitals may be "
        "left out.",
        examples=["kyoto tea"],
    ),
]
Country = Annotated[str, Meta(max_length=2, description="ISO 3166-1 alpha-2 code.", examples=["JP"])]
Field = Literal["title", "destination", "place", "tags", "description", "notes", "booking_reference"]


class SearchQuery(Struct, forbid_unknown_fields=True, frozen=True, rename={"from_": "from"}):
    """What to search for, and where."""

    q: Words
    from_: Annotated[date, Meta(description="What is still on at this date or later.")] | None = None
    to: Annotated[date, Meta(description="What begins at this date or earlier.")] | None = None
    status: Annotated[Status, Meta(description="Of the plan.")] | None = None
    tag: Annotated[Tag, Meta(description="Of the plan.")] | None = None
    country: Annotated[Country, Meta(description="Items there, and plans that go there or have such items.")] | None = (
        None
    )
    limit: Limit = 20
    cursor: Cursor | None = None


class FoundPlan(Struct, frozen=True):
    """The plan that was found, or that has the item."""

    id: int
    user: Annotated[str, Meta(description="The owner's username.")]
    title: str
    destination: str
    start_date: date | None
    end_date: date | None
    status: Status


class FoundItem(Struct, frozen=True):
    """The item that was found."""

    id: int
    kind: Kind
    title: str
    start: Annotated[str | None, Meta(description="What clocks show there, as in the item itself.")]
    start_zone: str | None


class Mark(Struct, frozen=True):
    """A part of a text."""

    start: int
    end: int


class SearchHit(Struct, frozen=True):
    """What was found, and where the words are in it."""

    plan: FoundPlan
    item: Annotated[FoundItem | None, Meta(description="Null where it is the plan itself that was found.")]
    field: Annotated[Field, Meta(description="What the snippet is from.")]
    snippet: Annotated[str, Meta(description="Plain text, on one line.")]
    marks: Annotated[
        list[Mark],
        Meta(description="Where the words are in the snippet, in characters (Unicode code points)."),
    ]


class SearchPage(Struct, frozen=True):
    """One page of what was found; `cursor` leads to the next."""

    results: list[SearchHit]
    cursor: str | None


class SearchList(Struct, frozen=True):
    """One page of what was found, best first, and the link to the next. With filters a page may be short."""

    results: list[SearchHit]
    next: str | None
