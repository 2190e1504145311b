"""What taking a change back means: each place that it changed becomes what it was, unless something newer is there."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from tripkit.database import Engine
from tripkit.errors import Conflict, NewerChange, ValidationFailed
from tripkit.schemas.expenses import Payment, Share
from tripkit.schemas.items import ItemPatch
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.travellers import TravellerOut
from tripkit.services import (
    change_records,
    changes,
    checklist_rows,
    expense_records,
    expense_rules,
    item_rules,
    parts,
    plan_rules,
    putting_back,
    versions,
)
from tripkit.services.changes import Logged
from tripkit.services.parts import PARTS, Row
from tripkit.services.putting_back import COUNTED, Wanted

_PUBLISHED: Final = b'"published"'


def require_undoable(change: Logged) -> None:
    """Raise `Conflict` for what no undo takes back."""
    version = f"Version {change.version}"
    if change.action in ("plan.trash", "plan.restore"):
        raise Conflict(f"{version} is about the trash. Delete the plan, or restore it, instead.")
    if not change.parts:
        raise Conflict(f"{version} changed nothing, so there is nothing to take back.")
    for part in change.parts:
        if part.part not in PARTS:
            raise Conflict(
                f"{version} is about who has access, which no undo changes. Change members or links instead."
            )
        if part.part == "plan" and _PUBLISHED in [
            bytes((of or {}).get("status", b"")) for of in (part.before, part.after)
        ]:
            raise Conflict(f"{version} is about publishing the plan, which no undo changes. Set its status instead.")
        if change.action in ("item.move", "checklist.move") and None in (part.before, part.after):
            raise Conflict(f'{version} moved "{part.label}" between two plans. Move it back instead.')


def before(db: Engine, plan: PlanOut, change: Logged) -> dict[tuple[str, int], Row | None]:
    """The rows that a change changed, as they are to be when it is taken back.

    Raises `NewerChange` where something newer is in the way, and `Conflict` where nothing of it is left, or where what
    would come of it is not right.
    """
    keys = {(part.part, part.id) for part in change.parts}
    newest = versions.rows(db, plan, keys)
    after, _ = versions.back(db, plan, change.version, newest, only=keys)
    was = versions.without(change, after, only=keys)
    wanted: dict[tuple[str, int], Row | None] = {}
    blocked: list[tuple[str, int, str]] = []
    for each in sorted(keys):
        row, fields = _undone(newest.get(each), after.get(each), was.get(each))
        blocked += [(*each, field) for field in fields]
        if differs(row, newest.get(each)):
            wanted[each] = row
            if row is not None and differs(row, was.get(each)):
                _require_right(plan, each, row)
    if blocked:
        raise _in_the_way(db, plan, change, blocked)
    _require_unused(db, plan, wanted)
    if not wanted:
        raise Conflict(f"Version {change.version} is taken back already: nothing is left of what it changed.")
    return wanted


def differs(one: Row | None, other: Row | None) -> bool:
    """Whether two states of a row differ in more than how often they were written."""
    if one is None or other is None:
        return one is not other
    return any(one[name] != other[name] for name in one if name not in COUNTED)


def _undone(now: Row | None, after: Row | None, was: Row | None) -> tuple[Row | None, list[str]]:
    """A row without a change, and the fields that something newer changed; "" for the row itself."""
    if not differs(now, after):
        return was, []
    if not differs(now, was):
        return now, []
    if now is None or after is None or was is None:
        return now, [""]
    changed = [name for name in was if was[name] != after[name] and name not in COUNTED]
    taken_back = {name: was[name] for name in changed if now[name] == after[name]}
    return now | taken_back, [name for name in changed if now[name] not in (after[name], was[name])]


def _in_the_way(db: Engine, plan: PlanOut, change: Logged, blocked: list[tuple[str, int, str]]) -> NewerChange:
    errors: dict[str, list[str]] = {}
    newest = 0
    labels = {(part.part, part.id): part.label for part in change.parts}
    for newer in changes.since(db, plan, change.version):
        for each in list(blocked):
            name, key, field = each
            if any(part.part == name and part.id == key and _changed(part, field) for part in newer.parts):
                blocked.remove(each)
                thing = change_records.called(name, labels[name, key])
                place = f"{change_records.public(field)} of {thing}" if field else thing
                errors[place] = [f"was changed in version {newer.version} by {newer.user or 'somebody'}."]
                newest = max(newest, newer.version)
    for name, key, _ in blocked:  # not by a change: its time in the trash was over, for one
        errors[change_records.called(name, labels[name, key])] = ["is not what it was."]
    return NewerChange(change.version, errors, newest or plan.version)


def _changed(part: parts.Part[Any], field: str) -> bool:
    return part.before is None or part.after is None or not field or field in part.before or field in part.spliced


def _require_right(plan: PlanOut, each: tuple[str, int], row: Row) -> None:
    """Raise `Conflict` unless the rules hold for what is partly old and partly newer."""
    name, key = each
    try:
        if name in _RULES:
            _RULES[name](plan, key, row)
    except ValidationFailed as failed:
        raise _does_not_fit(failed) from failed


def require_whole(db: Engine, plan: PlanOut, wanted: Wanted) -> None:
    """Raise `Conflict` where something that was written has to do with what is gone."""
    if (lost := putting_back.lost(db, plan.id)) is not None:
        kind, of = lost
        raise Conflict(f"There is, or would be, no {of.called} for some {kind.called}. Take that back first.")
    travellers = [
        TravellerOut(key, plan.id, row["name"], row["created_at"])
        for key, row in parts.TRAVELLER.all(db, plan.id).items()
    ]
    for (name, _), row in wanted.items():
        if name == parts.EXPENSE.name and row is not None:
            people = {
                "paid_by": msgspec.json.decode(row["paid_by"], type=list[Payment]),
                "shared_by": msgspec.json.decode(row["shared_by"], type=list[Share]),
            }
            try:
                expense_rules.checked(row | people, plan, travellers)
            except ValidationFailed as failed:
                raise _does_not_fit(failed) from failed


def _require_unused(db: Engine, plan: PlanOut, wanted: Wanted) -> None:
    """Raise `Conflict` where a traveller would go who has to do with something that stays."""
    for (name, key), row in wanted.items():
        if name != parts.TRAVELLER.name or row is not None:
            continue
        used = [
            title for number, title in expense_records.naming(db, plan.id, key) if ("expense", number) not in wanted
        ]
        for number in checklist_rows.ASSIGNED.all(db, assignee=key):
            entry = parts.CHECKLIST_ENTRY.row(db, plan.id, number)
            if entry is not None and (parts.CHECKLIST_ENTRY.name, number) not in wanted:
                used.append(entry["text"])
        if used:
            raise Conflict(
                f'Somebody who would go has a part in "{used[0]}", perhaps in the trash. Put somebody else there first.'
            )


def _does_not_fit(failed: ValidationFailed) -> Conflict:
    return Conflict(f"This cannot be taken back, since it would not fit to what is newer: {failed}")


def _item_rules(plan: PlanOut, key: int, row: Row) -> None:
    item = versions.item(plan, key, row).item
    item_rules.checked({name: getattr(item, name) for name in ItemPatch.__struct_fields__}, plan)


def _plan_rules(plan: PlanOut, _: int, row: Row) -> None:
    plan_rules.checked(msgspec.structs.asdict(plan) | row, default_currency=plan.currency)


_RULES: Final[dict[str, Callable[[PlanOut, int, Row], None]]] = {"plan": _plan_rules, "item": _item_rules}
