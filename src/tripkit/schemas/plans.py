"""Travel plans: what goes in and what comes out."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from tripkit.schemas.instants import Instant
from tripkit.schemas.pages import Cursor, Fields, Limit, partial
from tripkit.schemas.sharing import Role

Status = Literal["draft", "published", "archived"]
NewStatus = Annotated[
    Status,
    Meta(
        description="`published` shows everybody the plan with its items in the gallery: all of it but costs and "
        "budget, booking references, and `plan_data`."
    ),
]
Title = Annotated[str, Meta(min_length=1, max_length=200, examples=["Kyoto in April"])]
Destination = Annotated[str, Meta(min_length=1, max_length=100, examples=["Kyoto, Japan"])]
Description = Annotated[str, Meta(max_length=20_000)]
Budget = Annotated[
    Decimal,
    Meta(
        description="0.00 to 99999999.99, as a decimal string (or a number) with at most two decimals.",
        examples=["1250.00"],
    ),
]
Currency = Annotated[str, Meta(description="ISO 4217 code.", examples=["EUR"])]
Timezone = Annotated[
    str,
    Meta(
        max_length=64,
        description="IANA time zone; aliases are stored under their current name.",
        examples=["Asia/Tokyo"],
    ),
]
Tag = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=50,
        pattern=r'^[^"\\,\x00-\x1f]+$',
        description="text without commas, quotes, backslashes and control characters",
    ),
]
Tags = Annotated[list[Tag], Meta(max_length=50)]
PlanData = Annotated[
    Raw,
    Meta(
        description="Any JSON object, up to 256 KiB and 32 levels. It comes back exactly as it was sent.",
        extra_json_schema={"type": "object"},
    ),
]
_EMPTY: Final = Raw(b"{}")


def _empty() -> Raw:
    return _EMPTY


class PlanIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A whole plan, to create or to replace one."""

    title: Title
    destination: Destination
    description: Description = ""
    start_date: date | None = None
    end_date: date | None = None
    budget: Budget | None = None
    currency: Currency | None = None
    status: NewStatus = "draft"
    plan_data: PlanData = field(default_factory=_empty)
    tags: Tags = []
    timezone: Timezone | None = None


class PlanPatch(Struct, forbid_unknown_fields=True, frozen=True):
    """What to change in a plan; what is left out stays, and null empties a field."""

    title: Title | UnsetType = UNSET
    destination: Destination | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    start_date: date | None | UnsetType = UNSET
    end_date: date | None | UnsetType = UNSET
    budget: Budget | None | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    status: NewStatus | UnsetType = UNSET
    plan_data: PlanData | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    timezone: Timezone | None | UnsetType = UNSET


class PlanOut(Struct, frozen=True):
    """A plan."""

    id: int
    user: Annotated[str, Meta(description="The owner's username.")]
    role: Annotated[Role, Meta(description="What you are to the plan.")]
    title: str
    destination: str
    description: str
    start_date: date | None
    end_date: date | None
    budget: Decimal | None
    currency: str
    status: Status
    plan_data: PlanData
    tags: list[str]
    timezone: str | None
    version: int
    created_at: Instant
    updated_at: Instant
    trashed_at: Instant | None


Ordering = Literal[
    "updated_at", "-updated_at", "created_at", "-created_at", "start_date", "-start_date", "title", "-title"
]


class PlanQuery(Struct, forbid_unknown_fields=True, frozen=True, rename={"from_": "from"}):
    """Which plans to list, and how."""

    role: Annotated[Role, Meta(description="Plans to which you are just this.")] | None = None
    status: Status | None = None
    tag: Tag | None = None
    country: (
        Annotated[
            str,
            Meta(
                max_length=2,
                description="ISO 3166-1 alpha-2 code: plans with this destination, or with an item there.",
                examples=["JP"],
            ),
        ]
        | None
    ) = None
    from_: Annotated[date, Meta(description="Plans that are still on at this date or later.")] | None = None
    to: Annotated[date, Meta(description="Plans that begin at this date or earlier.")] | None = None
    trashed: Annotated[bool, Meta(description="The trash, and not the plans in use.")] = False
    ordering: Ordering = "-updated_at"
    limit: Limit = 20
    cursor: Cursor | None = None
    fields: Fields | None = None


class PlanPage(Struct, frozen=True):
    """One page of plans; `cursor` leads to the next."""

    results: list[PlanOut]
    cursor: str | None


PlanPart: Final = partial(PlanOut, "PlanPart")


class PlanList(Struct, frozen=True):
    """One page of plans, and the link to the next."""

    results: list[PlanPart]  # type: ignore[valid-type]
    next: str | None
