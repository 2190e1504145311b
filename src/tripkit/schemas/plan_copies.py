"""Copies of plans: what goes in and what comes out."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from tripkit.schemas.plans import PlanOut, Title


class PlanCopyIn(Struct, forbid_unknown_fields=True, frozen=True):
    """How a copy differs from its plan."""

    title: Annotated[Title, Meta(description="Without one it is that of the plan, with `(copy)` after it.")] | None = (
        None
    )
    start_date: (
        Annotated[
            date, Meta(description="Its first day: all dates move by as many days. Without one they stay as they are.")
        ]
        | None
    ) = None


class CopyWarning(Struct, frozen=True):
    """Something to look at in a copy, since clocks change on the new date."""

    item_id: Annotated[int, Meta(description="The item in the copy.")]
    title: str
    message: str


class PlanCopyOut(Struct, frozen=True):
    """A copy of a plan, and what came of it."""

    plan: Annotated[PlanOut, Meta(description="The copy.")]
    days: Annotated[int, Meta(description="By how many days its dates were moved.")]
    items: Annotated[int, Meta(description="How many items were copied.")]
    checklists: Annotated[int, Meta(description="How many checklists were copied.")]
    warnings: Annotated[
        list[CopyWarning],
        Meta(description="Local times that come twice or never on the new date, and ends before a start."),
    ]
