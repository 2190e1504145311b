"""Plans as they were: what is left when the changes since are taken back, the newest first."""

from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal

import msgspec

from tripkit.database import Engine
from tripkit.errors import VersionUnknown
from tripkit.schemas.changes import KeptSettings, VersionOut
from tripkit.schemas.checklists import ChecklistOut, EntryOut
from tripkit.schemas.expenses import ExpenseOut
from tripkit.schemas.items import ItemOut
from tripkit.schemas.money import Rate
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.travellers import TravellerOut
from tripkit.services import changes, checklist_rows, expense_records, item_records, parts
from tripkit.services.changes import Logged
from tripkit.services.parts import PARTS, Kind, Row

#: Rows by the name of their kind and their number.
State = dict[tuple[str, int], Row]
Keys = Collection[tuple[str, int]]


def now(db: Engine, plan: PlanOut) -> State:
    """The plan as it is, with all that belongs to it."""
    kinds = PARTS.values()
    return {(kind.name, key): row for kind in kinds for key, row in kind.all(db, plan.id).items()}


def rows(db: Engine, plan: PlanOut, keys: Keys) -> State:
    """Some of what belongs to the plan, as it is."""
    found = {(name, key): PARTS[name].row(db, plan.id, key) for name, key in keys}
    return {each: row for each, row in found.items() if row is not None}


def back(db: Engine, plan: PlanOut, version: int, state: State, *, only: Keys | None = None) -> tuple[State, datetime]:
    """What a plan was at a version, from what it is; and when it became so. `only` some rows, if they are named.

    Raises `VersionUnknown`.
    """
    at, reached = plan.updated_at, plan.version
    if not 1 <= version <= plan.version:
        raise VersionUnknown(plan.id, version, newest=plan.version)
    for change in changes.since(db, plan, version):
        if change.version != reached:
            break
        state = without(change, state, only=only)
        at, reached = change.before_at, reached - 1
    if reached != version:
        raise VersionUnknown(plan.id, version, newest=plan.version, oldest=reached)
    return state, at


def without(change: Logged, state: State, *, only: Keys | None = None) -> State:
    """The state before a change, from the one after it."""
    state = dict(state)
    for part in reversed(change.parts):
        each = (part.part, part.id)
        if part.part in PARTS and (only is None or each in only):
            before = PARTS[part.part].earlier(part, state.pop(each, None))
            if before is not None:
                state[each] = before
    return state


def shown(plan: PlanOut, version: int, state: State, at: datetime) -> VersionOut:
    """A state as the records of what is in it."""
    of_plan = state["plan", plan.id]
    was = msgspec.structs.replace(plan, **of_plan, version=version, updated_at=at, trashed_at=None)
    return VersionOut(
        version,
        at,
        was,
        items=_items(was, state),
        checklists=_checklists(was, state),
        travellers=_travellers(was, state),
        expenses=_expenses(was, state),
        settings=_settings(state.get(("settings", plan.id))),
    )


def item(plan: PlanOut, item_id: int, row: Row) -> item_records.Entry:
    """An item from its row."""
    known = {**row, "id": item_id, "plan": plan.id, "trashed_at": None}
    return item_records.read(*(known[name] for name in item_records.NAMES))


def _of(kind: Kind, state: State) -> Iterator[tuple[int, Row]]:
    """The rows of a kind, by their numbers."""
    return ((key, state[name, key]) for name, key in sorted(state) if name == kind.name)


def _items(plan: PlanOut, state: State) -> list[ItemOut]:
    found = [item(plan, key, row) for key, row in _of(parts.ITEM, state)]
    found.sort(key=lambda entry: (entry.position, entry.item.id))
    return [each for day in item_records.by_day(found, plan.start_date) for each in day.items]


def _checklists(plan: PlanOut, state: State) -> list[ChecklistOut]:
    lines: dict[int, list[tuple[float, EntryOut]]] = {}
    for key, row in _of(parts.CHECKLIST_ENTRY, state):
        entry = EntryOut(key, **{name: row[name] for name in EntryOut.__struct_fields__[1:]})
        lines.setdefault(row["checklist"], []).append((row["position"], entry))
    found = []
    for key, row in sorted(_of(parts.CHECKLIST, state), key=lambda each: (each[1]["position"], each[0])):
        record = ChecklistOut(key, plan.id, row["name"], row["version"], row["created_at"], row["updated_at"], None)
        entries = sorted(lines.get(key, []), key=lambda line: (line[0], line[1].id))
        found.append(checklist_rows.whole(record, [entry for _, entry in entries]))
    return found


def _travellers(plan: PlanOut, state: State) -> list[TravellerOut]:
    return [TravellerOut(key, plan.id, row["name"], row["created_at"]) for key, row in _of(parts.TRAVELLER, state)]


def _expenses(plan: PlanOut, state: State) -> list[ExpenseOut]:
    found = []
    for key, row in _of(parts.EXPENSE, state):
        known = {name: value for name, value in row.items() if name not in ("item", "date")}
        item_id = row["item"] if (parts.ITEM.name, row["item"]) in state else None
        found.append(
            expense_records.read(
                expense_id=key, plan_id=plan.id, day=row["date"], item_id=item_id, trashed_at=None, **known
            )
        )
    return sorted(found, key=lambda each: (each.date, each.id))


def _settings(row: Row | None) -> KeptSettings:
    if row is None:
        return KeptSettings([], [], {})
    budgets = msgspec.json.decode(row["budgets"], type=dict[str, Decimal])
    return KeptSettings(msgspec.json.decode(row["rates"], type=list[Rate]), row["ignored_checks"], budgets)
