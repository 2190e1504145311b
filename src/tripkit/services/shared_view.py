"""What strangers see of a plan: the only place that decides it. What is not copied here is shown to nobody."""

import hashlib
import re
from collections.abc import Collection, Iterable
from typing import Final, get_args

from tripkit.schemas.checklists import ChecklistOut
from tripkit.schemas.items import ItemDay, ItemOut, Place
from tripkit.schemas.money import Totals
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.shared import (
    Redaction,
    SharedChecklist,
    SharedDay,
    SharedEntry,
    SharedItem,
    SharedPlan,
    SharedTotals,
)

#: A uid that was made here (RFC 9562).
_OURS: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def view(
    plan: PlanOut,
    days: Iterable[ItemDay],
    totals: Totals,
    redactions: Collection[Redaction],
    *,
    checklists: Iterable[ChecklistOut] = (),
    label: str = "",
) -> SharedPlan:
    """A plan, its items by day, what it costs and its checklists, without what `redactions` hide.

    - `costs`: every amount and currency, the budget, the totals.
    - `references`: booking references.
    - `notes`: notes and descriptions.
    - `participants`: the owner's name.

    `plan_data` may hold any of these, so it is there only where nothing is hidden.
    """
    hidden: list[Redaction] = [each for each in get_args(Redaction) if each in redactions]
    return SharedPlan(
        label=label,
        redactions=hidden,
        user=None if "participants" in hidden else plan.user,
        title=plan.title,
        destination=plan.destination,
        description="" if "notes" in hidden else plan.description,
        start_date=plan.start_date,
        end_date=plan.end_date,
        timezone=plan.timezone,
        tags=plan.tags,
        plan_data=None if hidden else plan.plan_data,
        totals=None if "costs" in hidden else _totals(totals),
        days=[SharedDay(day.date, day.number, [_item(item, hidden) for item in day.items]) for day in days],
        checklists=[_checklist(each) for each in checklists],
        updated_at=plan.updated_at,
    )


def _item(item: ItemOut, hidden: Collection[Redaction]) -> SharedItem:
    costs = "costs" not in hidden
    return SharedItem(
        uid=_uid(item),
        kind=item.kind,
        title=item.title,
        notes="" if "notes" in hidden else item.notes,
        start=item.start,
        start_zone=item.start_zone,
        end=item.end,
        end_zone=item.end_zone,
        place=_place(item.place),
        end_place=_place(item.end_place),
        cost=item.cost if costs else None,
        currency=item.currency if costs else None,
        booking_reference="" if "references" in hidden else item.booking_reference,
        status=item.status,
        start_at=item.start_at,
        end_at=item.end_at,
        duration=item.duration,
        distance_km=item.distance_km,
        warnings=item.warnings,
        day=item.day,
        end_day=item.end_day,
    )


def _checklist(checklist: ChecklistOut) -> SharedChecklist:
    return SharedChecklist(checklist.name, [SharedEntry(entry.text, entry.done) for entry in checklist.entries])


def _place(place: Place | None) -> Place | None:
    """The place, field by field, so that a new field is not shown before it is named here."""
    if place is None:
        return None
    return Place(
        name=place.name,
        address=place.address,
        lat=place.lat,
        lon=place.lon,
        country=place.country,
        timezone=place.timezone,
    )


def _totals(totals: Totals) -> SharedTotals:
    return SharedTotals(
        currency=totals.currency,
        budget=totals.budget,
        total=totals.total,
        planned=totals.planned,
        spent=totals.spent,
        remaining=totals.remaining,
        by_kind=totals.by_kind,
    )


def _uid(item: ItemOut) -> str:
    """The item's own uid if it was made here. One that came with a file may hold a booking reference."""
    if _OURS.fullmatch(item.uid):
        return item.uid
    return hashlib.sha256(f"{item.id} {item.created_at.isoformat()}".encode()).hexdigest()[:32]
