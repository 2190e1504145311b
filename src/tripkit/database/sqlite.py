"""SQLite: one file, any number of readers, one writer at a time."""

import fcntl
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import peewee

from tripkit.database.fields import SQLITE_TYPES, TEXT_READERS, DateField, InstantField, MoneyField, instant_text
from tripkit.errors import Busy, Conflict, DatabaseUnavailable, TripkitError

if TYPE_CHECKING:
    from tripkit.database.writer import Writer

T = TypeVar("T")

#: RETURNING, which inserts use, came with this.
MINIMUM_SQLITE: Final = (3, 35, 0)


class SqliteEngine:
    """An SQLite file: write-ahead log, foreign keys, and one writer at a time.

    `:memory:` is not offered: each thread has a connection of its own.
    """

    dialect = "sqlite"

    def __init__(self, path: Path, *, synchronous: str = "FULL", busy_timeout: float = 5) -> None:
        self.path = path
        self.busy_timeout = busy_timeout
        #: Set by a server: units then go through its one writer thread.
        self.writer: Writer | None = None
        self.database = peewee.SqliteDatabase(
            str(path),
            pragmas={
                "busy_timeout": round(busy_timeout * 1000),
                "journal_mode": "wal",
                "synchronous": synchronous,
                "foreign_keys": 1,
                # What is deleted is gone from the file too: links of mail that was sent, people who left.
                "secure_delete": 1,
                # Before SQLite 3.51.3 two connections that checkpoint at once can corrupt the log, so only the
                # serving process checkpoints (see `checkpoint_here`), or whoever closes the file last.
                "wal_autocheckpoint": 0,
            },
            timeout=busy_timeout,
            field_types=SQLITE_TYPES,
            returning_clause=True,
        )
        self._local = threading.local()
        # Units of this process wait here, and not in SQLite's polling.
        self._turn = threading.Lock()

    @property
    def name(self) -> str:
        return str(self.path)

    def open(self) -> None:
        if sqlite3.sqlite_version_info < MINIMUM_SQLITE:
            raise DatabaseUnavailable(
                f"SQLite {sqlite3.sqlite_version} is too old: tripkit needs 3.35 or later. Use a newer Python."
            )
        try:
            # Nobody else on the machine reads what is in it; the log files get the mode of the database.
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
            # SQLite does not wait for another process that is making the same new file a WAL database.
            with self.exclusive():
                self.database.connect(reuse_if_open=True)
        except OSError as error:
            raise DatabaseUnavailable(f"Cannot make or open {error.filename}: {error.strerror}.") from None
        except (peewee.DatabaseError, sqlite3.DatabaseError) as error:
            raise DatabaseUnavailable(f"Cannot open the database {self.path}: {error}.") from None

    def read_without_waiting(self) -> None:
        """Make this thread's connection read-only and never wait: for the event loop."""
        self.open()
        self.execute("PRAGMA query_only = 1")
        self.execute("PRAGMA busy_timeout = 0")

    def checkpoint_here(self) -> None:
        """Let this thread's connection move the log into the file: for the one writer of a server."""
        self.open()
        self.execute("PRAGMA wal_autocheckpoint = 1000")

    def execute(self, sql: str, arguments: Sequence[Any] = ()) -> Any:
        # The driver's own call: Peewee's wrapper would cost as much again as many a statement here.
        return self._run(self.database.connection().execute, sql, arguments)

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._run(self.database.connection().executemany, sql, rows)

    def _run(self, run: Callable[[str, Sequence[Any]], Any], sql: str, arguments: Sequence[Any]) -> Any:
        try:
            return run(sql, arguments)
        except sqlite3.OperationalError as error:
            raise _translate(error, self.path) from error
        except sqlite3.IntegrityError as error:
            if "FOREIGN KEY" not in str(error):
                raise
            raise Conflict("What this belongs to has been deleted meanwhile.") from error

    def bind(self, value: Any) -> Any:
        convert = _TO_SQLITE.get(type(value))
        return convert(value) if convert else value

    def reader(self, field: peewee.Field | None) -> Callable[[Any], Any] | None:
        return next((convert for kind, convert in _FROM_SQLITE.items() if isinstance(field, kind)), None)

    def unit(self, work: Callable[[], T]) -> T:
        if getattr(self._local, "in_unit", False):
            return work()
        if (writer := self.writer) is not None:
            return writer.call(work)
        outcome = self.units([work])[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome  # type: ignore[no-any-return]

    def units(self, works: Sequence[Callable[[], Any]]) -> list[Any]:
        """Run several units in one transaction, each behind a savepoint; the result or exception of each.

        A failure undoes its own unit only. When the commit fails, all of them have failed.
        """
        with self._turn:
            self._local.in_unit = True
            self._local.after_commit = []
            try:
                outcomes = self._transaction(works)
            except Exception as error:
                self._rollback()
                return [error] * len(works)
            finally:
                self._local.in_unit = False
        for work in self._local.after_commit:
            work()
        return outcomes

    def after_commit(self, work: Callable[[], None]) -> None:
        if getattr(self._local, "in_unit", False):
            self._local.after_commit.append(work)
        else:
            work()

    def _transaction(self, works: Sequence[Callable[[], Any]]) -> list[Any]:
        self.execute("BEGIN IMMEDIATE")
        outcomes = [self._alone(works[0])] if len(works) == 1 else [self._savepoint(work) for work in works]
        self.execute("COMMIT")
        return outcomes

    def _alone(self, work: Callable[[], Any]) -> Any:
        """A unit that has the transaction for itself needs no savepoint."""
        try:
            return work()
        except Exception as error:
            if not getattr(error, "leaves_trace", False):
                raise
            return error

    def _savepoint(self, work: Callable[[], Any]) -> Any:
        self.execute("SAVEPOINT unit")
        before = len(self._local.after_commit)
        try:
            result = work()
        except Exception as error:
            if not self.database.connection().in_transaction:
                raise  # SQLite has undone the whole batch itself, as when the disk is full
            if not getattr(error, "leaves_trace", False):
                self.execute("ROLLBACK TO unit")
                del self._local.after_commit[before:]
            result = error
        self.execute("RELEASE unit")
        return result

    def _rollback(self) -> None:
        connection = self.database.connection()
        if connection.in_transaction:
            connection.rollback()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        if getattr(self._local, "is_exclusive", False):
            yield
            return
        with self.path.with_name(self.path.name + ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._local.is_exclusive = True
            try:
                yield
            finally:
                self._local.is_exclusive = False

    def close(self) -> None:
        if not self.database.is_closed():
            self.database.close()


_TO_SQLITE: Final[dict[type, Callable[[Any], Any]]] = {
    datetime: instant_text,
    date: date.isoformat,
    Decimal: str,
}
_FROM_SQLITE: Final[dict[type[peewee.Field], Callable[[Any], Any]]] = {
    InstantField: datetime.fromisoformat,
    DateField: date.fromisoformat,
    MoneyField: Decimal,
    peewee.BooleanField: bool,
    **TEXT_READERS,
}


def _translate(error: sqlite3.OperationalError, path: Path) -> TripkitError:
    """What an operational error of SQLite means to the caller."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return Busy("Another program is writing to the database.", retry_after=2)
    if "full" in text or "disk I/O" in text:
        return DatabaseUnavailable(f"The disk of {path} is full or broken ({text}). Make room, then try again.")
    return DatabaseUnavailable(f"The database {path} cannot be used: {text}.")
