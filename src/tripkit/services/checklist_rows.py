"""Checklists and their entries between the database and the records that come out."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

import msgspec
from peewee import fn

from tripkit.database import Command, Engine, Param, Statement, params, row
from tripkit.errors import NotFound
from tripkit.models import Checklist, ChecklistEntry
from tripkit.schemas.checklists import ChecklistOut, EntryOut
from tripkit.services import parts, positions
from tripkit.services.parts import Kind, Rows

_IN_PLAN: Final = Checklist.plan == Param("plan")
_IN_LIST: Final = (ChecklistEntry.checklist == Param("checklist")) & ChecklistEntry.trashed_at.is_null()
_LIST_COLUMNS: Final = (
    Checklist.position,
    Checklist.id,
    Checklist.plan,
    Checklist.name,
    Checklist.version,
    Checklist.created_at,
    Checklist.updated_at,
    Checklist.trashed_at,
)
_LIST_WRITTEN: Final = (
    Checklist.plan,
    Checklist.name,
    Checklist.position,
    Checklist.version,
    Checklist.updated_at,
    Checklist.trashed_at,
)
_ENTRY_COLUMNS: Final = (
    ChecklistEntry.checklist,
    ChecklistEntry.position,
    ChecklistEntry.id,
    ChecklistEntry.text,
    ChecklistEntry.done,
    ChecklistEntry.assignee,
    ChecklistEntry.version,
    ChecklistEntry.created_at,
    ChecklistEntry.updated_at,
)
_ENTRY_WRITTEN: Final = (
    ChecklistEntry.checklist,
    ChecklistEntry.text,
    ChecklistEntry.done,
    ChecklistEntry.assignee,
    ChecklistEntry.position,
    ChecklistEntry.version,
    ChecklistEntry.updated_at,
    ChecklistEntry.trashed_at,
)


class Kept(msgspec.Struct, frozen=True):
    """A checklist as it is kept, without its entries."""

    position: float
    record: ChecklistOut


class Line(msgspec.Struct, frozen=True):
    """An entry as it is kept."""

    checklist: int
    position: float
    record: EntryOut


def _kept(position: float, *columns: Any) -> Kept:
    return Kept(position, ChecklistOut(*columns))


def _line(checklist: int, position: float, *columns: Any) -> Line:
    return Line(checklist, position, EntryOut(*columns))


def _lists(*, trashed: bool) -> Any:
    mine = _IN_PLAN & Checklist.trashed_at.is_null(not trashed)
    return Checklist.select(*_LIST_COLUMNS).where(mine).order_by(Checklist.position, Checklist.id)


def _lines_of_plan(*, trashed: bool) -> Any:
    """Those of the checklists in use, or of those in the trash: the entries that went there with them."""
    there = ChecklistEntry.trashed_at.is_null()
    if trashed:
        there |= ChecklistEntry.trashed_at == Checklist.trashed_at
    mine = (ChecklistEntry.plan == Param("plan")) & Checklist.trashed_at.is_null(not trashed) & there
    found = ChecklistEntry.select(*_ENTRY_COLUMNS).join(Checklist).where(mine)
    return found.order_by(ChecklistEntry.checklist, ChecklistEntry.position, ChecklistEntry.id)


LISTS: Final = {
    False: Statement(lambda: _lists(trashed=False), record=_kept),
    True: Statement(lambda: _lists(trashed=True), record=_kept),
}
LIST = Statement(lambda: Checklist.select(*_LIST_COLUMNS).where(_IN_PLAN & (Checklist.id == Param("id"))), record=_kept)
LIST_EXTENT = Statement(
    lambda: Checklist.select(fn.COUNT(Checklist.id), fn.COALESCE(fn.MAX(Checklist.position), 0.0)).where(
        _IN_PLAN & Checklist.trashed_at.is_null()
    ),
    record=row,
)
CREATE_LIST = Statement(
    lambda: Checklist.insert(params(*_LIST_WRITTEN, Checklist.created_at)).returning(Checklist.id), record=int
)
CREATE_LISTS = Command(lambda: Checklist.insert(params(*_LIST_WRITTEN, Checklist.created_at)))
UPDATE_LIST = Command(lambda: Checklist.update(params(*_LIST_WRITTEN)).where(Checklist.id == Param("id")))
PLACE_LIST = Command(lambda: Checklist.update(params(Checklist.position)).where(Checklist.id == Param("id")))
TOUCH_LIST = Command(
    lambda: Checklist.update({Checklist.version: Checklist.version + 1, **params(Checklist.updated_at)}).where(
        Checklist.id == Param("id")
    )
)
PURGE_LISTS = Command(lambda: Checklist.delete().where(Checklist.trashed_at < Param("before")))

LINES_OF_PLAN: Final = {
    False: Statement(lambda: _lines_of_plan(trashed=False), record=_line),
    True: Statement(lambda: _lines_of_plan(trashed=True), record=_line),
}
LINES = Statement(
    lambda: ChecklistEntry.select(*_ENTRY_COLUMNS).where(_IN_LIST).order_by(ChecklistEntry.position, ChecklistEntry.id),
    record=_line,
)
LINE = Statement(
    lambda: ChecklistEntry.select(*_ENTRY_COLUMNS).where(_IN_LIST & (ChecklistEntry.id == Param("id"))), record=_line
)
LINE_EXTENT = Statement(
    lambda: ChecklistEntry.select(fn.COUNT(ChecklistEntry.id), fn.COALESCE(fn.MAX(ChecklistEntry.position), 0.0)).where(
        _IN_LIST
    ),
    record=row,
)
CREATE_LINE = Command(
    lambda: ChecklistEntry.insert(params(ChecklistEntry.plan, *_ENTRY_WRITTEN, ChecklistEntry.created_at))
)
UPDATE_LINE = Command(lambda: ChecklistEntry.update(params(*_ENTRY_WRITTEN)).where(ChecklistEntry.id == Param("id")))
PLACE_LINE = Command(
    lambda: ChecklistEntry.update(params(ChecklistEntry.position)).where(ChecklistEntry.id == Param("id"))
)
#: With their checklist: into the trash, and out of it again.
TRASH_LINES = Command(lambda: ChecklistEntry.update(params(ChecklistEntry.trashed_at)).where(_IN_LIST))
RESTORE_LINES = Command(
    lambda: ChecklistEntry.update({ChecklistEntry.trashed_at: None}).where(
        (ChecklistEntry.checklist == Param("checklist")) & (ChecklistEntry.trashed_at == Param("trashed_at"))
    )
)
PURGE_LINES = Command(lambda: ChecklistEntry.delete().where(ChecklistEntry.trashed_at < Param("before")))
ASSIGNED = Statement(
    lambda: ChecklistEntry.select(ChecklistEntry.id).where(ChecklistEntry.assignee == Param("assignee")), record=int
)
RELEASE = Command(
    lambda: ChecklistEntry.update(
        {ChecklistEntry.assignee: None, ChecklistEntry.version: ChecklistEntry.version + 1}
    ).where(ChecklistEntry.assignee == Param("assignee"))
)


def of_plan(db: Engine, plan_id: int, *, trashed: bool = False) -> list[ChecklistOut]:
    """The checklists of a plan with all entries: two queries, however many there are."""
    lines = LINES_OF_PLAN[trashed].all(db, plan=plan_id)
    entries = {checklist: [line.record for line in of] for checklist, of in groupby(lines, lambda line: line.checklist)}
    return [whole(kept.record, entries.get(kept.record.id, [])) for kept in LISTS[trashed].all(db, plan=plan_id)]


def whole(record: ChecklistOut, entries: list[EntryOut]) -> ChecklistOut:
    """A checklist with its entries."""
    done = sum(entry.done for entry in entries)
    return msgspec.structs.replace(record, done=done, total=len(entries), entries=entries)


def one(db: Engine, plan_id: int, checklist_id: int) -> ChecklistOut:
    """A checklist of a plan with its entries; raises `NotFound`, also for one in the trash."""
    kept = LIST.one(db, plan=plan_id, id=checklist_id)
    if kept is None or kept.record.trashed_at is not None:
        raise NotFound("checklist", checklist_id)
    return whole(kept.record, [line.record for line in LINES.all(db, checklist=checklist_id)])


def between(
    db: Engine, kind: Kind, place: Command, plan_id: int, others: Sequence[tuple[int, float]], number: int
) -> tuple[float, Rows]:
    """A position that makes something the `number`-th among others, which are in their order.

    Where there is no room between two of them all are counted anew, by `place`: those are the rows.
    """
    found = positions.at([position for _, position in others], number)
    if found is not None:
        return found, kind.new(plan_id)
    were = kind.rows(db, plan_id, *(key for key, _ in others))
    anew = [float(each) for each in range(1, len(others) + 1)]
    place.run_many(db, [{"id": key, "position": each} for (key, _), each in zip(others, anew, strict=True)])
    found = positions.at(anew, number)
    assert found is not None
    return found, were


def release(db: Engine, plan_id: int, traveller_id: int) -> Rows:
    """Let nobody see to what a traveller of the plan was to see to: the entries, as they were."""
    were = parts.CHECKLIST_ENTRY.rows(db, plan_id, *ASSIGNED.all(db, assignee=traveller_id))
    RELEASE.run(db, assignee=traveller_id)
    return were
