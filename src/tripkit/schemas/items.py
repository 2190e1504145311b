"""What fills a plan: what goes in and what comes out."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from tripkit.schemas.instants import Instant

Kind = Literal["flight", "train", "bus", "ferry", "car", "lodging", "food", "activity", "note", "other"]
ItemStatus = Literal["idea", "planned", "booked", "done"]
#: Kinds that begin in one place and end in another.
TRANSPORT: Final = ("flight", "train", "bus", "ferry", "car")
#: Items in one request.
MOST_AT_ONCE: Final = 100

Title = Annotated[str, Meta(min_length=1, max_length=200, examples=["Flight to Tokyo"])]
Notes = Annotated[str, Meta(max_length=20_000)]
Local = Annotated[
    str,
    Meta(
        max_length=40,
        description="What clocks show there: a date like 2027-04-01, or a local time like 2027-04-01T09:30. "
        "The zone stands in a field of its own.",
        examples=["2027-04-01T09:30"],
    ),
]
Zone = Annotated[
    str,
    Meta(
        max_length=64,
        description="IANA time zone. Without one it is that of the place, if that is known.",
        examples=["Asia/Tokyo"],
    ),
]
Cost = Annotated[
    Decimal,
    Meta(
        description="As a decimal string (or a number), with no more decimals than its currency has.",
        examples=["12.50"],
    ),
]
Currency = Annotated[
    str, Meta(description="ISO 4217 code. A cost without one is in the currency of the plan.", examples=["EUR"])
]
Uid = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern="^[ -~]+$",
        description="1 to 100 printable ASCII characters that no other item of the plan has",
    ),
]
Reference = Annotated[str, Meta(max_length=100, examples=["QX7F2K"])]
DayNumber = Annotated[
    int | None, Meta(description="1 is the first day of the plan, 0 the one before it; null where that is not known.")
]


class Place(Struct, forbid_unknown_fields=True, frozen=True):
    """Where something is. A name alone is completed, if tripkit knows it: a town, an airport or its code, a country."""

    name: Annotated[str, Meta(max_length=200, examples=["Kyoto", "NRT"])] = ""
    address: Annotated[str, Meta(max_length=500)] = ""
    lat: Annotated[float, Meta(ge=-90, le=90, description="Degrees north (WGS 84).")] | None = None
    lon: Annotated[float, Meta(ge=-180, le=180, description="Degrees east.")] | None = None
    country: Annotated[str, Meta(max_length=2, description="ISO 3166-1 alpha-2 code.", examples=["JP"])] | None = None
    timezone: Annotated[str, Meta(max_length=64, examples=["Asia/Tokyo"])] | None = None


Where = Annotated[Place, Meta(description="Where it is; of a transport where it begins.")]
WhereTo = Annotated[Place, Meta(description="Of a transport where it ends; no other kind has one.")]


class ItemIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A new item."""

    title: Title
    kind: Kind = "activity"
    notes: Notes = ""
    start: Local | None = None
    start_zone: Zone | None = None
    end: Local | None = None
    end_zone: Zone | None = None
    place: Where | None = None
    end_place: WhereTo | None = None
    cost: Cost | None = None
    currency: Currency | None = None
    booking_reference: Reference = ""
    status: ItemStatus = "planned"
    uid: Uid | None = None


class ItemPatch(Struct, forbid_unknown_fields=True, frozen=True):
    """What to change in an item; what is left out stays, and null empties a field. A place is replaced whole."""

    title: Title | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    notes: Notes | UnsetType = UNSET
    start: Local | None | UnsetType = UNSET
    start_zone: Zone | None | UnsetType = UNSET
    end: Local | None | UnsetType = UNSET
    end_zone: Zone | None | UnsetType = UNSET
    place: Where | None | UnsetType = UNSET
    end_place: WhereTo | None | UnsetType = UNSET
    cost: Cost | None | UnsetType = UNSET
    currency: Currency | None | UnsetType = UNSET
    booking_reference: Reference | UnsetType = UNSET
    status: ItemStatus | UnsetType = UNSET


class ItemsIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Several new items: all of them are made, or none."""

    items: Annotated[list[ItemIn], Meta(min_length=1, max_length=MOST_AT_ONCE)]


Day = Annotated[date, Meta(description="It starts on this day then, at the same local time, and ends as long after.")]
Position = Annotated[
    int,
    Meta(ge=1, description="Its place among what starts at the same time that day, or has no time; 1 is the first."),
]
OtherPlan = Annotated[int, Meta(ge=1, le=2**63 - 1, description="Another plan that you may change.")]


class ItemMove(Struct, forbid_unknown_fields=True, frozen=True):
    """Where to move an item: name at least one."""

    day: Day | UnsetType = UNSET
    position: Position | UnsetType = UNSET
    plan_id: OtherPlan | UnsetType = UNSET


class ItemOut(Struct, frozen=True):
    """An item, with what follows from its times and places."""

    id: int
    plan_id: int
    uid: Annotated[str, Meta(description="Stays the same in files, calendars and other plans.")]
    kind: Kind
    title: str
    notes: str
    start: str | None
    start_zone: str | None
    end: str | None
    end_zone: str | None
    place: Place | None
    end_place: Place | None
    cost: Decimal | None
    currency: str | None
    paid: Annotated[
        Decimal | None,
        Meta(description="What the cost was in the currency of the plan when the item was done, by the rate of then."),
    ]
    paid_currency: str | None
    booking_reference: str
    status: ItemStatus
    version: int
    created_at: Instant
    updated_at: Instant
    trashed_at: Instant | None
    start_at: Annotated[Instant | None, Meta(description="The start as an instant, where time and zone are known.")]
    end_at: Annotated[Instant | None, Meta(description="The end as an instant.")]
    duration: Annotated[int | None, Meta(description="Seconds that pass from start to end.")]
    distance_km: Annotated[float | None, Meta(description="Between both places, along the great circle.")]
    warnings: Annotated[list[str], Meta(description="Local times that come twice or never, and how they are taken.")]
    day: DayNumber = None
    end_day: DayNumber = None
    filled_in: Annotated[
        list[str], Meta(description="Fields that this request left out and that were filled in, like `place.country`.")
    ] = []


class ItemsOut(Struct, frozen=True):
    """Items that were made together."""

    items: list[ItemOut]


class ItemQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Which items to list."""

    day: Annotated[date, Meta(description="Items that start on this day.")] | None = None
    kind: Kind | None = None
    status: ItemStatus | None = None
    trashed: Annotated[bool, Meta(description="The trash, and not the items in use.")] = False


class ItemDay(Struct, frozen=True):
    """Items that start on one day, in the order in which they are lived through."""

    date: Annotated[date | None, Meta(description="Null, at the end, for items without a date.")]
    number: DayNumber
    items: list[ItemOut]


class ItemList(Struct, frozen=True):
    """The items of a plan by day. Across the date line the same date may come twice."""

    plan_id: int
    version: Annotated[int, Meta(description="Of the plan.")]
    days: list[ItemDay]
