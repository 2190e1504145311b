"""What a database offers to services: statements, and units of writing. Each thread has a connection of its own."""

import functools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

import peewee

P = ParamSpec("P")
T = TypeVar("T")


class Engine(Protocol):
    """One database: `sqlite.SqliteEngine` or `postgres.PostgresEngine`."""

    @property
    def database(self) -> peewee.Database: ...

    @property
    def dialect(self) -> str: ...

    @property
    def name(self) -> str:
        """Which database it is, for people; without a password."""

    def open(self) -> None:
        """Open this thread's connection now; raises `DatabaseUnavailable`."""

    def execute(self, sql: str, arguments: Sequence[Any] = ()) -> Any:
        """Run one statement on this thread's connection; returns the cursor."""

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each row of arguments, in one go; inside a unit."""

    def bind(self, value: Any) -> Any:
        """A Python value as the driver takes it."""

    def reader(self, field: peewee.Field | None) -> Callable[[Any], Any] | None:
        """How a column of the driver becomes a Python value, or None when it is one already."""

    def unit(self, work: Callable[[], T]) -> T:
        """Run `work` as one unit of writing: all of it is committed, or none (see `atomic`)."""

    def after_commit(self, work: Callable[[], None]) -> None:
        """Run `work` once this unit has been committed, and never when it is undone; outside a unit, now.

        It tells others that there is something new. It must be quick, and must not raise.
        """

    def exclusive(self) -> AbstractContextManager[None]:
        """Keep everybody else out of the same block: for changes of the schema. It may stand in itself."""

    def close(self) -> None:
        """Close this thread's connection."""


class _HasDatabase(Protocol):
    @property
    def db(self) -> Engine: ...


S = TypeVar("S", bound=_HasDatabase)


def atomic(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """A service method that is one unit: committed when it returns, undone when it raises.

    Called inside another unit it is part of that one. An error whose `leaves_trace` is set commits, then raises.
    """

    @functools.wraps(method)
    def unit(self: S, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.db.unit(functools.partial(method, self, *args, **kwargs))

    return cast("Callable[Concatenate[S, P], T]", unit)
