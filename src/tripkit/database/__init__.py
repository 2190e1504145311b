"""Connections, compiled statements and the write queue."""

from tripkit.database.engine import Engine, SqliteEngine, atomic
from tripkit.database.statements import Command, Param, Statement, params, row
from tripkit.database.writer import Writer

__all__ = ["Command", "Engine", "Param", "SqliteEngine", "Statement", "Writer", "atomic", "params", "row"]
