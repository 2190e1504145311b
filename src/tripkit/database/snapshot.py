"""A copy of an SQLite database that is known to be whole."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from tripkit.errors import DatabaseUnavailable


def take(path: Path, *, label: str, now: datetime) -> Path:
    """Copy the database at `path`, also while it is in use, to a file beside it, verify the copy, and return its path.

    Raises `DatabaseUnavailable` when the copy cannot be made or is not whole; then no file is left behind.
    """
    target = path.with_name(f"{path.stem}-{now:%Y%m%dT%H%M%S}-{label}{path.suffix}")
    partial = target.with_name(target.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(partial)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            verify(copy)
        partial.rename(target)
    except (sqlite3.Error, OSError) as error:
        partial.unlink(missing_ok=True)
        raise DatabaseUnavailable(f"Cannot take a snapshot {target}: {error}. Nothing was changed.") from None
    return target


def verify(connection: sqlite3.Connection) -> None:
    """Raise `sqlite3.DatabaseError` unless the database is whole and its references hold."""
    found = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
    if found != ["ok"]:
        raise sqlite3.DatabaseError("; ".join(found))
    if broken := connection.execute("PRAGMA foreign_key_check").fetchone():
        raise sqlite3.DatabaseError(f"a row of {broken[0]} refers to a missing row of {broken[2]}")
