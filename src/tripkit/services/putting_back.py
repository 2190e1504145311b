"""Rows of plans, brought back to what they were: by their old numbers, out of the trash, or made anew."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
import peewee
from msgspec import Raw

from tripkit.database import Command, Engine, Param, Statement, params
from tripkit.errors import Conflict
from tripkit.services import expense_records
from tripkit.services.parts import EXPENSE, PARTS, TRAVELLER, Kind, Row

#: Rows by the name of their kind and their number, as they are to be; None for those that are to go.
Wanted = Mapping[tuple[str, int], Row | None]
#: Counted anew, and not put back.
COUNTED: Final = ("version", "updated_at")


def write(db: Engine, plan_id: int, wanted: Wanted, now: datetime) -> dict[tuple[str, int], tuple[str, int]]:
    """Make rows what they were: parents first, and what goes goes last, children first.

    Says which row was put in the place of each: another one where the old number went to another plan. Raises
    `Conflict` where there is another row of the same name.
    """
    _park(db, plan_id, wanted)
    made: dict[tuple[str, int], tuple[str, int]] = {}
    for each in sorted(wanted, key=_in_order):
        row, kind = wanted[each], PARTS[each[0]]
        if row is not None:
            numbers = {name: made.get((of, row[name]), (of, row[name]))[1] for name, of in kind.refers.items()}
            made[each] = kind.name, _put(db, kind, plan_id, each[1], row | numbers, now)
    for name, key in sorted(wanted.keys() - made.keys() - set(made.values()), key=_in_order, reverse=True):
        _remove(db, PARTS[name], plan_id, key, now)
    return made


def count(db: Engine, kind: Kind, key: int, now: datetime) -> None:
    """Let the version of a row grow, of which only a part was written."""
    _count(kind).run(db, key=key, updated_at=now)


def lost(db: Engine, plan_id: int) -> tuple[Kind, Kind] | None:
    """A kind of which some row belongs to one that is not there any more, and the kind of that; None if all is well."""
    for kind in PARTS.values():
        for column, of in kind.refers.items():
            if not isinstance(kind.fields[column], peewee.ForeignKeyField):
                continue  # what it names may be gone
            if _lost(kind, column).one(db, plan=plan_id) is not None:
                return kind, PARTS[of]
    return None


def _put(db: Engine, kind: Kind, plan_id: int, key: int, row: Row, now: datetime) -> int:
    values = {name: _bound(value) for name, value in row.items() if name not in COUNTED}
    if "updated_at" in row:
        values["updated_at"] = now
    twin = _twin(kind).one(db, plan=plan_id, twin=row[kind.twin], key=key) if kind.twin else None
    key = key if twin is None else twin
    if kind.unique and _other(kind).one(db, plan=plan_id, unique=row[kind.unique], key=key) is not None:
        raise Conflict(f'There is another {kind.name} called "{row[kind.label]}" by now. Rename that first.')
    values |= {"key": key, "plan": plan_id}
    if _update(kind).run(db, **values):
        return key
    if "version" in row:
        values["version"] = row["version"] + 1
    taken = _is_there(kind).one(db, key=key) is not None
    made = _insert(kind, numbered=not taken).one(db, **values)
    assert made is not None
    return made


def _park(db: Engine, plan_id: int, wanted: Wanted) -> None:
    """Give names up that are about to change hands."""
    for name, key in wanted:
        if PARTS[name].unique:
            _rename(PARTS[name]).run(db, plan=plan_id, key=key, unique=f"\x1f{key}")


def _remove(db: Engine, kind: Kind, plan_id: int, key: int, now: datetime) -> None:
    if kind.has_trash:
        _trash(kind).run(db, key=key, updated_at=now, trashed_at=now)
        return
    if kind is TRAVELLER:
        # What names somebody who is not there could not come out of the trash; it may come back with them.
        for expense_id, _ in expense_records.naming(db, plan_id, key):
            _delete(EXPENSE).run(db, key=expense_id)
    _delete(kind).run(db, key=key)


def _bound(value: Any) -> Any:
    if isinstance(value, Raw):
        return bytes(value).decode()
    return msgspec.json.encode(value).decode() if isinstance(value, list) else value


def _in_order(each: tuple[str, int]) -> tuple[int, int]:
    """Parents before children."""
    name, key = each
    return _ORDER[name], key


_ORDER: Final = {name: number for number, name in enumerate(PARTS)}


def _key(kind: Kind) -> peewee.Field:
    field: peewee.Field = getattr(kind.table, kind.key)
    return field


def _is_it(kind: Kind) -> peewee.Expression:
    return _key(kind) == Param("key")


@cache
def _twin(kind: Kind) -> Statement[int]:
    """The row in this plan, in the trash or not, that is what a row with another number once was."""
    same = getattr(kind.table, kind.twin) == Param("twin")
    return Statement(
        lambda: kind.table.select(_key(kind)).where(kind.of_plan() & same & (_key(kind) != Param("key"))), record=int
    )


@cache
def _other(kind: Kind) -> Statement[int]:
    same = kind.fields[kind.unique] == Param("unique")
    return Statement(
        lambda: kind.table.select(_key(kind)).where(kind.of_plan() & same & (_key(kind) != Param("key"))), record=int
    )


@cache
def _rename(kind: Kind) -> Command:
    return Command(
        lambda: kind.table.update({kind.fields[kind.unique]: Param("unique")}).where(kind.of_plan() & _is_it(kind))
    )


@cache
def _update(kind: Kind) -> Command:
    def build() -> peewee.Query:
        table: Any = kind.table
        changes: dict[peewee.Field, Any] = dict(
            params(*(field for name, field in kind.fields.items() if name != "version"))
        )
        if "version" in kind.fields:
            changes[table.version] = table.version + 1
        if kind.has_trash:
            changes[table.trashed_at] = None
        return table.update(changes).where(kind.of_plan() & _is_it(kind))

    return Command(build)


@cache
def _insert(kind: Kind, *, numbered: bool) -> Statement[int]:
    def build() -> peewee.Query:
        table: Any = kind.table
        values: dict[peewee.Field, Any] = dict(params(*kind.fields.values()))
        if hasattr(table, "plan"):
            values[table.plan] = Param("plan")
        if numbered and kind.key == "id":
            values[table.id] = Param("key")
        return table.insert(values).returning(_key(kind))

    return Statement(build, record=int)


@cache
def _is_there(kind: Kind) -> Statement[int]:
    return Statement(lambda: kind.table.select(_key(kind)).where(_is_it(kind)), record=int)


@cache
def _count(kind: Kind) -> Command:
    table: Any = kind.table
    return Command(
        lambda: table.update({table.version: table.version + 1, **params(table.updated_at)}).where(_is_it(kind))
    )


@cache
def _trash(kind: Kind) -> Command:
    table: Any = kind.table
    counted = {table.version: table.version + 1, **params(table.updated_at, table.trashed_at)}
    return Command(lambda: table.update(counted).where(_is_it(kind)))


@cache
def _delete(kind: Kind) -> Command:
    return Command(lambda: kind.table.delete().where(_is_it(kind)))


@cache
def _lost(kind: Kind, column: str) -> Statement[int]:
    """A row that names one of another kind which is not there, or in the trash."""

    def build() -> peewee.Query:
        of, field = PARTS[kind.refers[column]], kind.fields[column]
        there = of.table.select(_key(of)).where(of.belongs)
        return kind.table.select(_key(kind)).where(kind.belongs & field.is_null(False) & field.not_in(there)).limit(1)

    return Statement(build, record=int)
