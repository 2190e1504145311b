"""Rows of plans, brought back to what they were: by their old numbers, out of the trash, or made anew."""

from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
import peewee
from msgspec import Raw

from tripkit.database import Command, Engine, Param, Statement, params
from tripkit.services.parts import Kind, Row

#: Counted anew, and not put back.
_COUNTED: Final = ("version", "updated_at")


def put(db: Engine, kind: Kind, plan_id: int, key: int, row: Row, now: datetime) -> int:
    """Make a row what it was; its number, which is another one where the old one went to another plan."""
    values = {name: _bound(value) for name, value in row.items() if name not in _COUNTED}
    if "updated_at" in row:
        values["updated_at"] = now
    twin = _twin(kind).one(db, plan=plan_id, twin=row[kind.twin], key=key) if kind.twin else None
    key = twin if twin is not None else key
    with_key = {**values, "key": key, "plan": plan_id}
    if _update(kind).run(db, **with_key):
        return key
    if "version" in row:
        with_key["version"] = row["version"] + 1
    taken = _is_there(kind).one(db, key=key) is not None
    made = _insert(kind, numbered=not taken).one(db, **with_key)
    assert made is not None
    return made


def remove(db: Engine, kind: Kind, key: int, now: datetime) -> None:
    """Put a row into the trash, if it has one, or delete it."""
    if kind.has_trash:
        _trash(kind).run(db, key=key, updated_at=now, trashed_at=now)
    else:
        _delete(kind).run(db, key=key)


def _bound(value: Any) -> Any:
    if isinstance(value, Raw):
        return bytes(value).decode()
    return msgspec.json.encode(value).decode() if isinstance(value, list) else value


def _key(kind: Kind) -> peewee.Field:
    field: peewee.Field = getattr(kind.table, kind.key)
    return field


def _columns(kind: Kind) -> list[peewee.Field]:
    return [field for name, field in kind.fields.items() if name != "version"]


@cache
def _twin(kind: Kind) -> Statement[int]:
    """The row in this plan, in the trash or not, that is what a row with another number once was."""
    same = getattr(kind.table, kind.twin) == Param("twin")
    return Statement(
        lambda: kind.table.select(_key(kind)).where(kind.of_plan() & same & (_key(kind) != Param("key"))), record=int
    )


@cache
def _update(kind: Kind) -> Command:
    def build() -> peewee.Query:
        changes: dict[peewee.Field, Any] = dict(params(*_columns(kind)))
        if "version" in kind.fields:
            changes[kind.fields["version"]] = kind.fields["version"] + 1
        if kind.has_trash:
            changes[kind.table.trashed_at] = None
        return kind.table.update(changes).where(kind.of_plan() & (_key(kind) == Param("key")))

    return Command(build)


@cache
def _insert(kind: Kind, *, numbered: bool) -> Statement[int]:
    def build() -> peewee.Query:
        values: dict[peewee.Field, Any] = dict(params(*kind.fields.values()))
        if hasattr(kind.table, "plan"):
            values[kind.table.plan] = Param("plan")
        if numbered and kind.key == "id":
            values[kind.table.id] = Param("key")
        return kind.table.insert(values).returning(_key(kind))

    return Statement(build, record=int)


@cache
def _is_there(kind: Kind) -> Statement[int]:
    return Statement(lambda: kind.table.select(_key(kind)).where(_key(kind) == Param("key")), record=int)


@cache
def _trash(kind: Kind) -> Command:
    table: Any = kind.table
    counted = {table.version: table.version + 1, **params(table.updated_at, table.trashed_at)}
    return Command(lambda: table.update(counted).where(_key(kind) == Param("key")))


@cache
def _delete(kind: Kind) -> Command:
    return Command(lambda: kind.table.delete().where(_key(kind) == Param("key")))
