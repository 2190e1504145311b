"""Copies of plans: the same trip once more, on other days."""

from datetime import date, timedelta
from typing import Any, Final

from tripkit.database import Engine, atomic
from tripkit.errors import ValidationFailed
from tripkit.schemas.plan_copies import PlanCopyIn, PlanCopyOut
from tripkit.schemas.plans import PlanIn, PlanOut
from tripkit.schemas.users import Actor
from tripkit.services import checklist_copies, item_copies, plan_settings, wall_time
from tripkit.services.clock import Clock
from tripkit.services.plans import Plans
from tripkit.services.travellers import Travellers

_COPY: Final = " (copy)"
_LONGEST_TITLE: Final = 200


class PlanCopies:
    """Makes plans from plans."""

    def __init__(self, db: Engine, plans: Plans, travellers: Travellers, clock: Clock) -> None:
        self.db = db
        self._plans, self._travellers, self._clock = plans, travellers, clock

    @atomic
    def copy(self, actor: Actor, plan_id: int, form: PlanCopyIn) -> PlanCopyOut:
        """A draft of the actor with all that is in a plan they may read: items, settings, travellers and checklists.

        What clocks show stays, on days that are all later, or earlier, by as much. Nothing in it is booked, paid or
        done. Expenses are not copied.
        """
        # Nobody changes the plan while it is read.
        plan = self._plans.to_write(actor, plan_id, action="copy")
        items = item_copies.ROWS.all(self.db, plan=plan.id)
        by = _distance(plan, items, form.start_date)
        items = item_copies.moved(items, by)
        copied = self._plans.create(actor, _new(plan, form, by))
        warnings = item_copies.insert(self.db, copied.id, items, self._clock())
        if (kept := plan_settings.read(self.db, plan.id)) != plan_settings.Kept():
            plan_settings.save(self.db, copied.id, kept)
        travellers = self._travellers.copy(plan, copied)
        checklists = checklist_copies.copy(self.db, plan.id, copied.id, travellers, self._clock())
        return PlanCopyOut(copied, by.days, len(items), checklists, warnings)


def _new(plan: PlanOut, form: PlanCopyIn, by: timedelta) -> PlanIn:
    fields = {name: getattr(plan, name) for name in PlanIn.__struct_fields__}
    title = form.title or plan.title[: _LONGEST_TITLE - len(_COPY)].rstrip() + _COPY
    start = plan.start_date if form.start_date is None else form.start_date
    end = plan.end_date and item_copies.later(plan.end_date, by, "the last day of the plan")
    return PlanIn(**(fields | {"title": title, "start_date": start, "end_date": end, "status": "draft"}))


def _distance(plan: PlanOut, items: list[dict[str, Any]], start: date | None) -> timedelta:
    """How much later the copy is. A plan without a first day begins with the first date in it."""
    if start is None:
        return timedelta(0)
    if start.year not in wall_time.YEARS:
        years = wall_time.YEARS
        raise ValidationFailed({"start_date": [f"must be in a year from {years[0]} to {years[-1]}, not {start.year}."]})
    days = (item["start_date"] for item in items)
    first = plan.start_date or min((day for day in (plan.end_date, *days) if day), default=start)
    return start - first
