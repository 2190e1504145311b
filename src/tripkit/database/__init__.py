"""Connections, compiled statements and the write queue."""

from typing import TYPE_CHECKING, Any

from tripkit.database.engine import Engine, atomic
from tripkit.database.postgres import PostgresEngine
from tripkit.database.sqlite import SqliteEngine
from tripkit.database.statements import Command, Param, Statement, params, row

if TYPE_CHECKING:
    from tripkit.database.writer import Writer

__all__ = [
    "Command",
    "Engine",
    "Param",
    "PostgresEngine",
    "SqliteEngine",
    "Statement",
    "Writer",
    "atomic",
    "params",
    "row",
]


def __getattr__(name: str) -> Any:
    # The writer brings asyncio, which commands can do without.
    if name == "Writer":
        from tripkit.database.writer import Writer

        return Writer
    raise AttributeError(name)
