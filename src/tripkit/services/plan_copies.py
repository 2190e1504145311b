"""Copies of plans: the same trip once more, on other days."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

from tripkit.database import Engine, atomic
from tripkit.errors import ValidationFailed
from tripkit.schemas.gallery import PublishedPlan
from tripkit.schemas.plan_copies import CopyWarning, PlanCopyIn, PlanCopyOut
from tripkit.schemas.plans import PlanIn, PlanOut
from tripkit.schemas.users import Actor
from tripkit.services import checklist_copies, item_copies, plan_settings, wall_time
from tripkit.services.clock import Clock
from tripkit.services.gallery import Gallery
from tripkit.services.plans import Plans
from tripkit.services.travellers import Travellers

_COPY: Final = " (copy)"
_LONGEST_TITLE: Final = 200
#: What the gallery shows of a plan, beside its items and checklists; and of an item, what it does not.
_SHOWN: Final = ("title", "destination", "description", "start_date", "end_date", "tags", "timezone")
_HIDDEN: Final[dict[str, Any]] = {"cost": None, "currency": None}


class PlanCopies:
    """Makes plans from plans."""

    def __init__(self, db: Engine, plans: Plans, travellers: Travellers, gallery: Gallery, clock: Clock) -> None:
        self.db = db
        self._plans, self._travellers, self._gallery, self._clock = plans, travellers, gallery, clock

    @atomic
    def copy(self, actor: Actor, plan_id: int, form: PlanCopyIn) -> PlanCopyOut:
        """A draft of the actor with all that is in a plan they may read: items, settings, travellers and checklists.

        What clocks show stays, on days that are all later, or earlier, by as much. Nothing in it is booked, paid or
        done. Expenses are not copied.
        """
        # Nobody changes the plan while it is read.
        plan = self._plans.to_write(actor, plan_id, action="copy")
        items = item_copies.ROWS.all(self.db, plan=plan.id)
        by = distance(plan, (item["start_date"] for item in items), form.start_date)
        fields = {name: getattr(plan, name) for name in PlanIn.__struct_fields__}
        copied, warnings = self._insert(actor, fields, items, form, by)
        if (kept := plan_settings.read(self.db, plan.id)) != plan_settings.Kept():
            plan_settings.save(self.db, copied.id, kept)
        travellers = self._travellers.copy(plan, copied)
        checklists = checklist_copies.copy(self.db, plan.id, copied.id, travellers, self._clock())
        return PlanCopyOut(copied, by.days, len(items), checklists, warnings)

    @atomic
    def copy_published(self, actor: Actor, plan_id: int, form: PlanCopyIn) -> PlanCopyOut:
        """As `copy`, of a plan in the gallery, with what everybody sees of it; raises `NotFound` for all others."""
        plan = self._gallery.get(plan_id)
        items = item_copies.ROWS.all(self.db, plan=plan.id)
        by = distance(plan, (item["start_date"] for item in items), form.start_date)
        fields = {name: getattr(plan, name) for name in _SHOWN}
        copied, warnings = self._insert(actor, fields, [item | _HIDDEN for item in items], form, by)
        checklists = checklist_copies.copy(self.db, plan.id, copied.id, {}, self._clock())
        return PlanCopyOut(copied, by.days, len(items), checklists, warnings)

    def _insert(
        self, actor: Actor, fields: dict[str, Any], items: list[dict[str, Any]], form: PlanCopyIn, by: timedelta
    ) -> tuple[PlanOut, list[CopyWarning]]:
        """The new plan with its items, and what there is to look at."""
        moved = item_copies.moved(items, by)
        copied = self._plans.create(actor, _new(fields, form, by))
        return copied, item_copies.insert(self.db, copied.id, moved, self._clock())


def _new(fields: dict[str, Any], form: PlanCopyIn, by: timedelta) -> PlanIn:
    title = title_of(fields["title"], form)
    start = fields["start_date"] if form.start_date is None else form.start_date
    end = fields["end_date"] and item_copies.later(fields["end_date"], by, "the last day of the plan")
    return PlanIn(**(fields | {"title": title, "start_date": start, "end_date": end, "status": "draft"}))


def title_of(title: str, form: PlanCopyIn) -> str:
    """What the copy of a plan with this title is called."""
    return form.title or title[: _LONGEST_TITLE - len(_COPY)].rstrip() + _COPY


def distance(plan: PlanOut | PublishedPlan, days: Iterable[date | None], start: date | None) -> timedelta:
    """How much later a copy is that begins with `start`; `days` are those on which its items begin.

    A plan without a first day begins with the first date in it. Raises `ValidationFailed`.
    """
    if start is None:
        return timedelta(0)
    if start.year not in wall_time.YEARS:
        years = wall_time.YEARS
        raise ValidationFailed({"start_date": [f"must be in a year from {years[0]} to {years[-1]}, not {start.year}."]})
    first = plan.start_date or min((day for day in (plan.end_date, *days) if day), default=start)
    return start - first
