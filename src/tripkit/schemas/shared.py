"""A plan as strangers see it: through a link, or in the gallery.

What is not named here is shown to nobody: a new field of plans or items stays private until it gets a place here and
in `services/shared_view.py`.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from tripkit.schemas.instants import Instant
from tripkit.schemas.items import DayNumber, ItemStatus, Kind, Place
from tripkit.schemas.money import Sum
from tripkit.schemas.plans import PlanData

#: What can be hidden, in the order in which it is listed.
Redaction = Literal["costs", "references", "notes", "participants"]


class SharedItem(Struct, frozen=True):
    """An item of a shared plan."""

    uid: Annotated[str, Meta(description="Stays the same in calendars.")]
    kind: Kind
    title: str
    notes: Annotated[str, Meta(description="Empty where `notes` are hidden.")]
    start: Annotated[str | None, Meta(description="What clocks show there, as in an item of a plan.")]
    start_zone: str | None
    end: str | None
    end_zone: str | None
    place: Place | None
    end_place: Place | None
    cost: Annotated[Decimal | None, Meta(description="Null where `costs` are hidden.")]
    currency: str | None
    booking_reference: Annotated[str, Meta(description="Empty where `references` are hidden.")]
    status: ItemStatus
    start_at: Instant | None
    end_at: Instant | None
    duration: Annotated[int | None, Meta(description="Seconds that pass from start to end.")]
    distance_km: float | None
    warnings: list[str]
    day: DayNumber
    end_day: DayNumber


class SharedDay(Struct, frozen=True):
    """Items that start on one day, in the order in which they are lived through."""

    date: Annotated[date | None, Meta(description="Null, at the end, for items without a date.")]
    number: DayNumber
    items: list[SharedItem]


class SharedEntry(Struct, frozen=True):
    """An entry of a checklist of a shared plan."""

    text: str
    done: bool


class SharedChecklist(Struct, frozen=True):
    """A checklist of a shared plan. Who sees to what is not shown."""

    name: str
    entries: list[SharedEntry]


class SharedTotals(Struct, frozen=True):
    """What a shared plan costs. Ideas are in no sum."""

    currency: Annotated[str, Meta(description="Of the plan, its budget and every `amount`.")]
    budget: Decimal | None
    total: Annotated[Sum, Meta(description="Planned and spent.")]
    planned: Annotated[Sum, Meta(description="Items that are planned.")]
    spent: Annotated[Sum, Meta(description="Items that are booked or done.")]
    remaining: Annotated[Decimal | None, Meta(description="The budget without the total; below zero it is exceeded.")]
    by_kind: Annotated[dict[str, Sum], Meta(description="The total, by kind of item.")]


class SharedPlan(Struct, frozen=True):
    """A plan as strangers see it."""

    label: Annotated[str, Meta(description="What its owner called the link; empty in the gallery.")]
    redactions: Annotated[list[Redaction], Meta(description="What is hidden.")]
    user: Annotated[str | None, Meta(description="The owner's username; null where `participants` are hidden.")]
    title: str
    destination: str
    description: Annotated[str, Meta(description="Empty where `notes` are hidden.")]
    start_date: date | None
    end_date: date | None
    timezone: str | None
    tags: list[str]
    plan_data: Annotated[
        PlanData | None, Meta(description="Anything may be in it, so it is null where anything is hidden.")
    ]
    totals: Annotated[SharedTotals | None, Meta(description="Null where `costs` are hidden.")]
    days: list[SharedDay]
    checklists: list[SharedChecklist]
    updated_at: Instant
