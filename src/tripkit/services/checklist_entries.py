"""The entries of checklists. Every write to one is one to its checklist and its plan."""

from typing import Any

import msgspec
from msgspec import UNSET

from tripkit.database import Engine, atomic
from tripkit.errors import InvalidInput, NotFound, StaleVersion
from tripkit.schemas.checklists import EntriesIn, EntriesMark, EntriesOut, EntryMove, EntryOut, EntryPatch
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.services import checklist_rows as rows
from tripkit.services import checklist_rules, names, parts, validation
from tripkit.services.checklists import Checklists
from tripkit.services.clock import Clock
from tripkit.services.parts import Rows
from tripkit.services.plans import Plans


class ChecklistEntries:
    """What people do with the entries of checklists."""

    def __init__(self, db: Engine, plans: Plans, checklists: Checklists, clock: Clock) -> None:
        self.db = db
        self._plans, self._checklists, self._clock = plans, checklists, clock

    def resolve(self, actor: Actor, plan_id: int, checklist_id: int, name: str) -> int:
        """The id of the entry that a person named by its number or an unambiguous piece of its text."""
        if (number := names.number(name)) is not None:
            return number
        entries = self._checklists.get(actor, plan_id, checklist_id).entries
        return names.pick("entry", name, [(entry.id, entry.text) for entry in entries])

    @atomic
    def add(
        self, actor: Actor, plan_id: int, checklist_id: int, form: EntriesIn, *, expected: int | None = None
    ) -> EntriesOut:
        """New entries in this order: all, or none. `expected` is the version of the checklist that the caller knows."""
        plan = self._plans.to_write(actor, plan_id)
        self._checklists.find(plan, checklist_id, expected)
        last = self._checklists.insert(plan, checklist_id, self._checklists.checked(plan, form.entries))
        lines = rows.LINES.all(self.db, checklist=checklist_id)
        made = [line.record for line in lines if line.position > last]
        new = parts.CHECKLIST_ENTRY.new(plan.id, *(each.id for each in made))
        self._checklists.touch(actor, plan, {checklist_id}, "entry.create", new)
        return EntriesOut(made)

    @atomic
    def edit(
        self,
        actor: Actor,
        plan_id: int,
        checklist_id: int,
        entry_id: int,
        patch: EntryPatch,
        *,
        expected: int | None = None,
    ) -> EntryOut:
        """Change the fields that were given. `expected` is the version of the entry that the caller knows."""
        plan = self._plans.to_write(actor, plan_id)
        line = self._find(plan, checklist_id, entry_id, expected)
        given = validation.given(patch)
        known = self._checklists.travellers(plan) if given.get("assignee") else {line.record.assignee}
        values = checklist_rules.entry(_fields(line.record) | given, known)
        was = parts.CHECKLIST_ENTRY.rows(self.db, plan.id, entry_id)
        changed = self._write(line, **values)
        self._checklists.touch(actor, plan, {checklist_id}, "entry.edit", was)
        return changed

    @atomic
    def mark(self, actor: Actor, plan_id: int, checklist_id: int, form: EntriesMark) -> EntriesOut:
        """Check entries off, or not any more: all, or none, as one change. What is so already stays as it is."""
        plan = self._plans.to_write(actor, plan_id)
        lines = [self._find(plan, checklist_id, each, None) for each in dict.fromkeys(form.entries)]
        others = [line for line in lines if line.record.done != form.done]
        was = parts.CHECKLIST_ENTRY.rows(self.db, plan.id, *(line.record.id for line in others))
        marked = {line.record.id: self._write(line, done=form.done) for line in others}
        if others:
            self._checklists.touch(actor, plan, {checklist_id}, "entry.edit", was)
        return EntriesOut([marked.get(line.record.id, line.record) for line in lines])

    @atomic
    def move(
        self,
        actor: Actor,
        plan_id: int,
        checklist_id: int,
        entry_id: int,
        to: EntryMove,
        *,
        expected: int | None = None,
    ) -> EntryOut:
        """Move an entry to another position, or to the end of another checklist of the plan."""
        if to == EntryMove():
            raise InvalidInput("Say where to move the entry: position or checklist_id.")
        plan = self._plans.to_write(actor, plan_id)
        line = self._find(plan, checklist_id, entry_id, expected)
        target = checklist_id if to.checklist_id is UNSET else to.checklist_id
        position, others = line.position, parts.CHECKLIST_ENTRY.new(plan.id)
        if target != checklist_id:
            self._checklists.find(plan, target)
            position = self._checklists.room(target, 1) + 1
        if to.position is not UNSET:
            position, others = self._position(plan, target, line, to.position)
        was = parts.CHECKLIST_ENTRY.rows(self.db, plan.id, entry_id)
        moved = self._write(line, checklist=target, position=position)
        self._checklists.touch(actor, plan, {checklist_id, target}, "entry.move", was, others)
        return moved

    @atomic
    def delete(
        self, actor: Actor, plan_id: int, checklist_id: int, entry_id: int, *, expected: int | None = None
    ) -> EntryOut:
        """Delete an entry, which its history can bring back; what it was."""
        plan = self._plans.to_write(actor, plan_id)
        line = self._find(plan, checklist_id, entry_id, expected)
        was = parts.CHECKLIST_ENTRY.rows(self.db, plan.id, entry_id)
        self._write(line, trashed_at=self._clock())
        self._checklists.touch(actor, plan, {checklist_id}, "entry.delete", was)
        return line.record

    def _find(self, plan: PlanOut, checklist_id: int, entry_id: int, expected: int | None) -> rows.Line:
        self._checklists.find(plan, checklist_id)
        line = rows.LINE.one(self.db, checklist=checklist_id, id=entry_id)
        if line is None:
            raise NotFound("entry", entry_id)
        if expected is not None and line.record.version != expected:
            raise StaleVersion("entry", entry_id, line.record.version, line.record)
        return line

    def _position(self, plan: PlanOut, checklist_id: int, line: rows.Line, place: int) -> tuple[float, Rows]:
        """The position that makes an entry the `place`-th; and others that were counted anew."""
        lines = [(each.record.id, each.position) for each in rows.LINES.all(self.db, checklist=checklist_id)]
        others = [each for each in lines if each[0] != line.record.id]
        return rows.between(self.db, parts.CHECKLIST_ENTRY, rows.PLACE_LINE, plan.id, others, place)

    def _write(self, line: rows.Line, **given: Any) -> EntryOut:
        columns = _fields(line.record) | {"checklist": line.checklist, "position": line.position, "trashed_at": None}
        columns |= {"version": line.record.version + 1, "updated_at": self._clock()} | given
        rows.UPDATE_LINE.run(self.db, **columns, id=line.record.id)
        return msgspec.structs.replace(
            line.record, **{name: value for name, value in columns.items() if name in EntryOut.__struct_fields__}
        )


def _fields(entry: EntryOut) -> dict[str, Any]:
    """What a person may change of an entry."""
    return {name: getattr(entry, name) for name in EntryPatch.__struct_fields__}
