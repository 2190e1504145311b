"""Checklists: what has to be packed, bought and thought of for a trip.

Who may do what with a checklist is who may do it with its plan, and every write to one is one to its plan.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from tripkit.config import Settings
from tripkit.database import Engine, atomic
from tripkit.errors import Conflict, InvalidInput, NotFound, StaleVersion, ValidationFailed
from tripkit.schemas.changes import ChangeAction
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
from tripkit.services import checklist_rules, names, packing, parts, validation
from tripkit.services.checklist_templates import ChecklistTemplates
from tripkit.services.clock import Clock
from tripkit.services.parts import Rows
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
        if (number := names.number(name)) is not None:
            return number
        plan = self._plans.get(actor, plan_id)
        found = [(kept.record.id, kept.record.name) for kept in rows.LISTS[trashed].all(self.db, plan=plan.id)]
        return names.pick("checklist", name, found, trashed=trashed)

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
        return self._insert(actor, plan, "checklist.create", name, entries)

    @atomic
    def edit(
        self, actor: Actor, plan_id: int, checklist_id: int, patch: ChecklistPatch, *, expected: int | None = None
    ) -> ChecklistOut:
        """Change the fields that were given. `expected` is the version of the checklist that the caller knows."""
        plan = self._plans.to_write(actor, plan_id)
        kept = self.find(plan, checklist_id, expected)
        given = validation.given(patch)
        if "name" in given:
            given["name"] = checklist_rules.name(given["name"])
        was = parts.CHECKLIST.rows(self.db, plan.id, checklist_id)
        self._write(kept, **given)
        self._plans.touch(actor, plan, "checklist.edit", was)
        return rows.one(self.db, plan.id, checklist_id)

    @atomic
    def move(
        self, actor: Actor, plan_id: int, checklist_id: int, to: ChecklistMove, *, expected: int | None = None
    ) -> ChecklistOut:
        """Move a checklist to another position, or to the end of another plan that the actor may write to.

        There it is a new one, and nobody is named to see to its entries; here it goes to the trash.
        """
        if to == ChecklistMove():
            raise InvalidInput("Say where to move the checklist: position or plan_id.")
        target_id = plan_id if to.plan_id is UNSET else to.plan_id
        # In the same order for everybody, or two moves could wait for each other.
        plans = {each: self._plans.to_write(actor, each) for each in sorted({plan_id, target_id})}
        plan, target = plans[plan_id], plans[target_id]
        kept = self.find(plan, checklist_id, expected)
        if target is not plan:
            entries = [line.record for line in rows.LINES.all(self.db, checklist=checklist_id)]
            same = [{"text": each.text, "done": each.done, "assignee": None} for each in entries]
            self._set_trashed(actor, plan, "checklist.move", kept, self._clock())
            return self._insert(actor, target, "checklist.move", kept.record.name, same, place=to.position)
        if to.position is not UNSET:
            position, others = self._position(plan, kept.record.id, to.position)
            was = parts.CHECKLIST.rows(self.db, plan.id, checklist_id)
            self._write(kept, position=position)
            self._plans.touch(actor, plan, "checklist.move", was, others)
        return rows.one(self.db, plan.id, checklist_id)

    @atomic
    def trash(self, actor: Actor, plan_id: int, checklist_id: int, *, expected: int | None = None) -> ChecklistOut:
        """Put a checklist into the trash with its entries, and delete for good what has been there too long."""
        plan, now = self._plans.to_write(actor, plan_id), self._clock()
        kept = self.find(plan, checklist_id, expected)
        found = rows.one(self.db, plan.id, checklist_id)
        self._set_trashed(actor, plan, "checklist.trash", kept, now)
        self.purge()
        return msgspec.structs.replace(found, version=found.version + 1, updated_at=now, trashed_at=now)

    @atomic
    def restore(self, actor: Actor, plan_id: int, checklist_id: int) -> ChecklistOut:
        """Take a checklist out of the trash, with the entries that went there with it."""
        plan = self._plans.to_write(actor, plan_id)
        kept = self.find(plan, checklist_id, trashed=True)
        self._room(plan)
        self._write(kept, trashed_at=None)
        rows.RESTORE_LINES.run(self.db, checklist=checklist_id, trashed_at=kept.record.trashed_at)
        found = rows.one(self.db, plan.id, checklist_id)
        self._plans.touch(actor, plan, "checklist.restore", *self._new(plan, found))
        return found

    @atomic
    def purge(self) -> int:
        """Delete for good what has been in the trash for `plans.trash_days`; how many checklists that were."""
        before = self._clock() - timedelta(days=self._settings.trash_days)
        rows.PURGE_LINES.run(self.db, before=before)
        return rows.PURGE_LISTS.run(self.db, before=before)

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

    def insert(self, plan: PlanOut, checklist_id: int, entries: Sequence[dict[str, Any]]) -> float:
        """Keep fields that were checked as new entries, at the end; the position that they stand after."""
        last, now = self.room(checklist_id, len(entries)), self._clock()
        new: dict[str, Any] = {"plan": plan.id, "checklist": checklist_id, "version": 1, "trashed_at": None}
        new |= {"created_at": now, "updated_at": now}
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

    def touch(
        self, actor: Actor, plan: PlanOut, checklists: Collection[int], action: ChangeAction, *written: Rows
    ) -> None:
        """Count and record a write to entries, which is one to their checklists and their plan."""
        were, now = parts.CHECKLIST.rows(self.db, plan.id, *checklists), self._clock()
        for checklist_id in checklists:
            rows.TOUCH_LIST.run(self.db, id=checklist_id, updated_at=now)
        self._plans.touch(actor, plan, action, *written, were)

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

    def _insert(
        self,
        actor: Actor,
        plan: PlanOut,
        action: ChangeAction,
        name: str,
        entries: Sequence[dict[str, Any]],
        *,
        place: int | UnsetType = UNSET,
    ) -> ChecklistOut:
        """Keep what was checked as a new checklist."""
        position, others = self._room(plan) + 1, parts.CHECKLIST.new(plan.id)
        if place is not UNSET:
            position, others = self._position(plan, 0, place)
        now = self._clock()
        made = rows.CREATE_LIST.one(
            self.db, plan=plan.id, name=name, position=position, version=1, created_at=now, updated_at=now,
            trashed_at=None,
        )  # fmt: skip
        assert made is not None
        self.insert(plan, made, entries)
        found = rows.one(self.db, plan.id, made)
        self._plans.touch(actor, plan, action, *self._new(plan, found), others)
        return found

    def _new(self, plan: PlanOut, found: ChecklistOut) -> tuple[Rows, Rows]:
        """What was made with a checklist."""
        entries = parts.CHECKLIST_ENTRY.new(plan.id, *(entry.id for entry in found.entries))
        return parts.CHECKLIST.new(plan.id, found.id), entries

    def _set_trashed(
        self, actor: Actor, plan: PlanOut, action: ChangeAction, kept: rows.Kept, moment: datetime
    ) -> None:
        """Into the trash: a checklist, and its entries with it."""
        checklist_id = kept.record.id
        entries = [line.record.id for line in rows.LINES.all(self.db, checklist=checklist_id)]
        was = parts.CHECKLIST.rows(self.db, plan.id, checklist_id)
        were = parts.CHECKLIST_ENTRY.rows(self.db, plan.id, *entries)
        self._write(kept, trashed_at=moment)
        rows.TRASH_LINES.run(self.db, checklist=checklist_id, trashed_at=moment)
        self._plans.touch(actor, plan, action, was, were)

    def _position(self, plan: PlanOut, checklist_id: int, place: int) -> tuple[float, Rows]:
        """The position that makes a checklist the `place`-th of the plan; and others that were counted anew."""
        listed = [(each.record.id, each.position) for each in rows.LISTS[False].all(self.db, plan=plan.id)]
        others = [each for each in listed if each[0] != checklist_id]
        return rows.between(self.db, parts.CHECKLIST, rows.PLACE_LIST, plan.id, others, place)

    def _write(self, kept: rows.Kept, **given: Any) -> None:
        record = kept.record
        columns = {
            "plan": record.plan_id,
            "name": record.name,
            "position": kept.position,
            "version": record.version + 1,
            "updated_at": self._clock(),
            "trashed_at": record.trashed_at,
        }
        rows.UPDATE_LIST.run(self.db, **(columns | given), id=record.id)
