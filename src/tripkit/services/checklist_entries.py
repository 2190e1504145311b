"""The entries of checklists. Every write to one is one to its checklist and its plan."""

from typing import Any

import msgspec
from msgspec import UNSET

from tripkit.database import Engine, atomic
from tripkit.errors import InvalidInput, NotFound, StaleVersion
from tripkit.schemas.checklists import EntriesIn, EntriesOut, EntryMove, EntryOut, EntryPatch
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.services import checklist_rows as rows
from tripkit.services import checklist_rules, naming, validation
from tripkit.services.checklists import Checklists
from tripkit.services.plans import Plans


class ChecklistEntries:
    """What people do with the entries of checklists."""

    def __init__(self, db: Engine, plans: Plans, checklists: Checklists) -> None:
        self.db = db
        self._plans, self._checklists = plans, checklists

    def resolve(self, actor: Actor, plan_id: int, checklist_id: int, name: str) -> int:
        """The id of the entry that a person named by its number or an unambiguous piece of its text."""
        if (number := naming.number(name)) is not None:
            return number
        entries = self._checklists.get(actor, plan_id, checklist_id).entries
        return naming.pick("entry", name, [(entry.id, entry.text) for entry in entries])

    @atomic
    def add(
        self, actor: Actor, plan_id: int, checklist_id: int, form: EntriesIn, *, expected: int | None = None
    ) -> EntriesOut:
        """New entries in this order: all, or none. `expected` is the version of the checklist that the caller knows."""
        plan = self._plans.to_write(actor, plan_id)
        self._checklists.find(plan, checklist_id, expected)
        last = self._checklists.insert(checklist_id, self._checklists.checked(plan, form.entries))
        self._checklists.touch(plan, checklist_id)
        lines = rows.LINES.all(self.db, checklist=checklist_id)
        return EntriesOut([line.record for line in lines if line.position > last])

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
        changes = validation.given(patch)
        known = self._checklists.travellers(plan) if changes.get("assignee") else {line.record.assignee}
        return self._write(plan, line, **checklist_rules.entry(_fields(line.record) | changes, known))

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
        position = line.position
        if target != checklist_id:
            self._checklists.find(plan, target)
            position = self._checklists.room(target, 1) + 1
            self._checklists.touch(plan, checklist_id)
        if to.position is not UNSET:
            position = self._position(target, line, to.position)
        return self._write(plan, line, checklist=target, position=position)

    @atomic
    def delete(
        self, actor: Actor, plan_id: int, checklist_id: int, entry_id: int, *, expected: int | None = None
    ) -> EntryOut:
        """Delete an entry; what it was."""
        plan = self._plans.to_write(actor, plan_id)
        line = self._find(plan, checklist_id, entry_id, expected)
        rows.DELETE_LINE.run(self.db, id=entry_id)
        self._checklists.touch(plan, checklist_id)
        return line.record

    def _find(self, plan: PlanOut, checklist_id: int, entry_id: int, expected: int | None) -> rows.Line:
        self._checklists.find(plan, checklist_id)
        line = rows.LINE.one(self.db, checklist=checklist_id, id=entry_id)
        if line is None:
            raise NotFound("entry", entry_id)
        if expected is not None and line.record.version != expected:
            raise StaleVersion("entry", entry_id, line.record.version)
        return line

    def _position(self, checklist_id: int, line: rows.Line, place: int) -> float:
        others = [each for each in rows.LINES.all(self.db, checklist=checklist_id) if each.record.id != line.record.id]
        return rows.between(self.db, rows.PLACE_LINE, [(each.record.id, each.position) for each in others], place)

    def _write(self, plan: PlanOut, line: rows.Line, **changes: Any) -> EntryOut:
        columns = _fields(line.record) | {"checklist": line.checklist, "position": line.position} | changes
        now = self._checklists.touch(plan, columns["checklist"])
        columns |= {"version": line.record.version + 1, "updated_at": now}
        rows.UPDATE_LINE.run(self.db, **columns, id=line.record.id)
        return msgspec.structs.replace(
            line.record, **{name: value for name, value in columns.items() if name in EntryOut.__struct_fields__}
        )


def _fields(entry: EntryOut) -> dict[str, Any]:
    """What a person may change of an entry."""
    return {name: getattr(entry, name) for name in EntryPatch.__struct_fields__}
