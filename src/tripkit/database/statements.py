"""Queries written once in Peewee with named parameters, compiled to SQL on first use, and from then on only executed.

    PLAN = Statement(
        lambda: Plan.select(Plan.id, Plan.title).where(Plan.id == Param("plan_id")), record=PlanOut
    )
    PLAN.one(db, plan_id=7)

Building a query in Peewee costs many times what running it does; a statement pays that price once for each dialect.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import peewee

if TYPE_CHECKING:
    from tripkit.database.engine import Engine

T = TypeVar("T")
Converter = Callable[[Any], Any]


class Param(peewee.Value):
    """A named place in a query, filled at execution.

    `field` gives the conversion to the column's type where Peewee cannot tell it from the comparison.
    """

    def __init__(self, name: str, field: peewee.Field | None = None) -> None:
        super().__init__(None)
        self.name, self.field = name, field

    def __sql__(self, ctx: peewee.Context) -> peewee.Context:
        # Compiling replaces the value by this object; the converter of the compared column is not applied to it.
        ctx._values.append(self)
        return ctx.literal(ctx.state.param or "?")


def params(*fields: peewee.Field) -> dict[peewee.Field, Param]:
    """`{field: Param(its name)}`, for inserts and updates of whole rows."""
    return {field: Param(field.name, field) for field in fields}


class _Compiled:
    """A query for one dialect: its SQL, what fills its places, and how its rows are read."""

    __slots__ = ("converters", "places", "sql")

    def __init__(self, query: peewee.Query, engine: "Engine", locks: type[peewee.Model] | None) -> None:
        if locks is not None and engine.database.for_update:
            query = query.for_update(of=locks)
        self.sql, values = engine.database.get_sql_context().sql(query).query()
        # Each place is a parameter's name, or a constant of the query.
        self.places = [(v.name, None) if isinstance(v, Param) else (None, engine.bind(v)) for v in values]
        columns: Sequence[Any] = getattr(query, "_returning", None) or ()
        self.converters = [
            (index, convert)
            for index, column in enumerate(columns)
            if (convert := engine.reader(_field(column))) is not None
        ]

    def arguments(self, engine: "Engine", values: Mapping[str, Any]) -> list[Any]:
        """What fills the places of the SQL."""
        bind = engine.bind
        return [bind(values[name]) if name else constant for name, constant in self.places]


def _field(column: Any) -> peewee.Field | None:
    inner = column.unwrap() if isinstance(column, peewee.WrappedNode) else column
    return inner if isinstance(inner, peewee.Field) else None


def row(*columns: Any) -> tuple[Any, ...]:
    """The plainest record: the columns themselves."""
    return columns


class _Prepared:
    """A query that is compiled once for each dialect."""

    def __init__(self, build: Callable[[], peewee.Query], *, locks: type[peewee.Model] | None = None) -> None:
        self.build, self._locks = build, locks
        self._compiled: dict[str, _Compiled] = {}

    def sql(self, db: "Engine") -> str:
        """The SQL text for the dialect of `db`."""
        text: str = self._for(db).sql
        return text

    def _for(self, db: "Engine") -> _Compiled:
        found = self._compiled.get(db.dialect)
        if found is None:
            found = self._compiled[db.dialect] = _Compiled(self.build(), db, self._locks)
        return found

    def _execute(self, db: "Engine", values: dict[str, Any]) -> tuple[_Compiled, Any]:
        compiled = self._for(db)
        return compiled, db.execute(compiled.sql, compiled.arguments(db, values))


class Command(_Prepared):
    """A query that is run for its effect."""

    def run(self, db: "Engine", **values: Any) -> int:
        """Execute it; the number of rows that were changed."""
        _, cursor = self._execute(db, values)
        changed: int = cursor.rowcount
        cursor.close()
        return changed

    def run_many(self, db: "Engine", rows: Iterable[Mapping[str, Any]]) -> None:
        """Execute it once for each of these, in one go: for thousands of rows. Only inside a unit."""
        compiled = self._for(db)
        db.execute_many(compiled.sql, [compiled.arguments(db, values) for values in rows])


class Statement(_Prepared, Generic[T]):
    """A query with an answer. `record` is called with the columns of each row, in the order of the query.

    With `locks`, rows of that table stay as they are until the unit ends: on Postgres by FOR UPDATE; on SQLite a unit
    is alone anyway.
    """

    def __init__(
        self,
        build: Callable[[], peewee.Query],
        record: Callable[..., T],
        *,
        locks: type[peewee.Model] | None = None,
    ) -> None:
        super().__init__(build, locks=locks)
        self.record = record

    def one(self, db: "Engine", **values: Any) -> T | None:
        """The first row as a record, or None."""
        compiled, cursor = self._execute(db, values)
        found = cursor.fetchone()
        cursor.close()
        return self._read(compiled, found) if found else None

    def all(self, db: "Engine", **values: Any) -> list[T]:
        """Every row as a record."""
        compiled, cursor = self._execute(db, values)
        return [self._read(compiled, found) for found in cursor.fetchall()]

    def each(self, db: "Engine", **values: Any) -> Iterator[T]:
        """The rows one by one, so that the caller may stop early."""
        compiled, cursor = self._execute(db, values)
        try:
            for found in cursor:
                yield self._read(compiled, found)
        finally:
            cursor.close()

    def _read(self, compiled: _Compiled, found: Sequence[Any]) -> T:
        if not compiled.converters:
            return self.record(*found)
        values = list(found)
        for index, convert in compiled.converters:
            if values[index] is not None:
                values[index] = convert(values[index])
        return self.record(*values)
