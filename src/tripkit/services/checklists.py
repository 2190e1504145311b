"""Checklists: what has to be packed, bought and thought of for a trip.

Who may do what with a checklist is who may do it with its plan, and every write to one is one to its plan.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import UNSET

from tripkit.config import Settings
from tripkit.database import Engine, atomic
from tripkit.errors import Conflict, InvalidInput, NotFound, StaleVersion, ValidationFailed
from tripkit.schemas.checklists import (
    ChecklistIn,
    ChecklistList,
    ChecklistMove,
    ChecklistOut,
    ChecklistPatch,
    ChecklistQuery,
    EntryIn,
)
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.services import checklist_rows as rows
from tripkit.services import checklist_rules, naming, packing, validation
from tripkit.services.checklist_templates import ChecklistTemplates
from tripkit.services.clock import Clock
from tripkit.services.plans import Plans
from tripkit.services.travellers import Travellers


class Checklists:
    """What people do with the checklists of their plans."""

    def __init__(
        self,
        db: Engine,
        plans: Plans,
        travellers: Travellers,
        templates: ChecklistTemplates,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self.db = db
        self._plans, self._travellers, self._templates = plans, travellers, templates
        self._clock, self._settings = clock, settings.plans

    def get(self, actor: Actor, plan_id: int, checklist_id: int) -> ChecklistOut:
        """One checklist with its entries; raises `NotFound`, also for one in the trash."""
        return rows.one(self.db, self._plans.get(actor, plan_id).id, checklist_id)

    def of_plan(self, actor: Actor, plan_id: int, query: ChecklistQuery) -> ChecklistList:
        """The checklists of a plan with all entries, in their order."""
        plan = self._plans.get(actor, plan_id)
        return ChecklistList(plan.id, plan.version, rows.of_plan(self.db, plan.id, trashed=query.trashed))

    def resolve(self, actor: Actor, plan_id: int, name: str, *, trashed: bool = False) -> int:
        """The id of the checklist that a person named by its number or an unambiguous piece of its name."""
        if (number := naming.number(name)) is not None:
            return number
        plan = self._plans.get(actor, plan_id)
        found = [(kept.record.id, kept.record.name) for kept in rows.LISTS[trashed].all(self.db, plan=plan.id)]
        return naming.pick("checklist in the trash called" if trashed else "checklist", name, found)

    @atomic
    def create(self, actor: Actor, plan_id: int, form: ChecklistIn, *, expected: int | None = None) -> ChecklistOut:
        """A new checklist, also from a template or another one. `expected` is the version of the plan that is known."""
        plan = self._plans.to_write(actor, plan_id, expected=expected)
        name, texts = self._source(actor, form)
        entries = [{"text": text, "done": False, "assignee": None} for text in texts]
        entries += self.checked(plan, form.entries)
        if form.name is not None or name is None:
            if form.name is None:
                raise ValidationFailed({"name": ["is required, unless it is made from a template or another one."]})
            name = checklist_rules.name(form.name)
        now = self._clock()
        made = rows.CREATE_LIST.one(
            self.db, plan=plan.id, name=name, position=self._room(plan) + 1, version=1, created_at=now,
            updated_at=now, trashed_at=None,
        )  # fmt: skip
        assert made is not None
        self.insert(made, entries)
        self._plans.touch(plan)
        return rows.one(self.db, plan.id, made)

    @atomic
    def edit(
        self, actor: Actor, plan_id: int, checklist_id: int, patch: ChecklistPatch, *, expected: int | None = None
    ) -> ChecklistOut:
        """Change the fields that were given. `expected` is the version of the checklist that the caller knows."""
        plan = self._plans.to_write(actor, plan_id)
        kept = self.find(plan, checklist_id, expected)
        changes = validation.given(patch)
        if "name" in changes:
            changes["name"] = checklist_rules.name(changes["name"])
        return self._write(plan, kept, **changes)

    @atomic
    def move(
        self, actor: Actor, plan_id: int, checklist_id: int, to: ChecklistMove, *, expected: int | None = None
    ) -> ChecklistOut:
        """Move a checklist to another position, or to another plan that the actor may write to.

        Travellers stay in their plan: whoever was to see to an entry there is not to here.
        """
        if to == ChecklistMove():
            raise InvalidInput("Say where to move the checklist: position or plan_id.")
        target_id = plan_id if to.plan_id is UNSET else to.plan_id
        # In the same order for everybody, or two moves could wait for each other.
        plans = {each: self._plans.to_write(actor, each) for each in sorted({plan_id, target_id})}
        plan, target = plans[plan_id], plans[target_id]
        kept = self.find(plan, checklist_id, expected)
        position = kept.position
        if target is not plan:
            position = self._room(target) + 1
            rows.FREE_LINES.run(self.db, checklist=kept.record.id)
            self._plans.touch(plan)
        if to.position is not UNSET:
            position = self._position(target, kept, to.position)
        return self._write(target, kept, position=position)

    @atomic
    def trash(self, actor: Actor, plan_id: int, checklist_id: int, *, expected: int | None = None) -> ChecklistOut:
        """Put a checklist into the trash, and delete for good what has been there too long."""
        plan = self._plans.to_write(actor, plan_id)
        trashed = self._write(plan, self.find(plan, checklist_id, expected), trashed_at=self._clock())
        self.purge()
        return trashed

    @atomic
    def restore(self, actor: Actor, plan_id: int, checklist_id: int) -> ChecklistOut:
        """Take a checklist out of the trash."""
        plan = self._plans.to_write(actor, plan_id)
        kept = self.find(plan, checklist_id, trashed=True)
        self._room(plan)
        return self._write(plan, kept, trashed_at=None)

    @atomic
    def purge(self) -> int:
        """Delete for good what has been in the trash for `plans.trash_days`; how many checklists that were."""
        return rows.PURGE_LISTS.run(self.db, before=self._clock() - timedelta(days=self._settings.trash_days))

    def find(
        self, plan: PlanOut, checklist_id: int, expected: int | None = None, *, trashed: bool = False
    ) -> rows.Kept:
        """A checklist of a plan that the caller was given by `Plans`; raises `NotFound` and `StaleVersion`."""
        kept = rows.LIST.one(self.db, plan=plan.id, id=checklist_id)
        if kept is None or (kept.record.trashed_at is not None) != trashed:
            raise NotFound("checklist in the trash with the number" if trashed else "checklist", checklist_id)
        if expected is not None and kept.record.version != expected:
            raise StaleVersion("checklist", checklist_id, kept.record.version)
        return kept

    def checked(self, plan: PlanOut, forms: Sequence[EntryIn]) -> list[dict[str, Any]]:
        """The fields of new entries; raises `ValidationFailed` with what is wrong with each."""
        return checklist_rules.entries(forms, self.travellers(plan) if any(each.assignee for each in forms) else ())

    def travellers(self, plan: PlanOut) -> set[int]:
        """Who may see to entries."""
        return {each.id for each in self._travellers.all(plan)}

    def insert(self, checklist_id: int, entries: Sequence[dict[str, Any]]) -> float:
        """Keep fields that were checked as new entries, at the end; the position that they stand after."""
        last, now = self.room(checklist_id, len(entries)), self._clock()
        new = {"checklist": checklist_id, "version": 1, "created_at": now, "updated_at": now}
        rows.CREATE_LINE.run_many(
            self.db, [new | values | {"position": last + number} for number, values in enumerate(entries, 1)]
        )
        return last

    def room(self, checklist_id: int, count: int) -> float:
        """The last position in a checklist; raises `Conflict` when it has no room for so many more."""
        there, last = rows.LINE_EXTENT.one(self.db, checklist=checklist_id) or (0, 0.0)
        if there + count > self._settings.max_checklist_entries:
            raise Conflict(
                f"A checklist may have {self._settings.max_checklist_entries} entries; this one has {there}, and "
                f"{count} more do not fit. Make another checklist for them."
            )
        return float(last)

    def touch(self, plan: PlanOut, checklist_id: int) -> datetime:
        """Count a write to an entry, which is one to its checklist and its plan; when that was."""
        now = self._clock()
        rows.TOUCH_LIST.run(self.db, id=checklist_id, updated_at=now)
        self._plans.touch(plan)
        return now

    def _source(self, actor: Actor, form: ChecklistIn) -> tuple[str | None, Sequence[str]]:
        """The name and the texts of what a checklist is made from."""
        given = [name for name in ("template", "template_id", "copy_of") if getattr(form, name) is not None]
        if len(given) > 1:
            raise ValidationFailed({given[1]: [f"cannot be given with {given[0]}: a checklist is made from one."]})
        if form.template is not None:
            built_in = packing.template(form.template)
            return built_in.name, built_in.entries
        if form.template_id is not None:
            template = self._templates.get(actor, form.template_id)
            return template.name, template.entries
        if form.copy_of is not None:
            copied = self.get(actor, form.copy_of.plan_id, form.copy_of.checklist_id)
            return copied.name, [entry.text for entry in copied.entries]
        return None, ()

    def _room(self, plan: PlanOut) -> float:
        """The last position; raises `Conflict` when the plan has no room for one more."""
        there, last = rows.LIST_EXTENT.one(self.db, plan=plan.id) or (0, 0.0)
        if there >= self._settings.max_checklists:
            raise Conflict(f"A plan may have {self._settings.max_checklists} checklists. Delete one, or add to one.")
        return float(last)

    def _position(self, plan: PlanOut, kept: rows.Kept, place: int) -> float:
        others = [each for each in rows.LISTS[False].all(self.db, plan=plan.id) if each.record.id != kept.record.id]
        return rows.between(self.db, rows.PLACE_LIST, [(each.record.id, each.position) for each in others], place)

    def _write(self, plan: PlanOut, kept: rows.Kept, **changes: Any) -> ChecklistOut:
        record = kept.record
        columns = {
            "plan": plan.id,
            "name": record.name,
            "position": kept.position,
            "version": record.version + 1,
            "updated_at": self._clock(),
            "trashed_at": record.trashed_at,
        }
        rows.UPDATE_LIST.run(self.db, **(columns | changes), id=record.id)
        self._plans.touch(plan)
        written = rows.LIST.one(self.db, plan=plan.id, id=record.id)
        assert written is not None
        return rows.whole(written.record, [line.record for line in rows.LINES.all(self.db, checklist=record.id)])
