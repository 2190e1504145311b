"""Postgres, through psycopg 3: one connection a thread, found again after the server was restarted."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import peewee

from tripkit.database.fields import POSTGRES_TYPES, TEXT_READERS
from tripkit.errors import Busy, Conflict, DatabaseUnavailable

T = TypeVar("T")

#: Of the advisory lock that changes of the schema hold: "tripkit" in a telephone's letters.
SCHEMA_LOCK: Final = 8747548
CONNECT_SECONDS: Final = 10
#: A host that is gone without a word is found out in half a minute, and not when the kernel gives up.
_ALIVE: Final = {
    "tcp_user_timeout": 30_000,  # milliseconds
    "keepalives_idle": 15,  # seconds
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
#: What can be done about some of what Postgres says when it cannot be reached.
_REMEDIES: Final = (
    (re.compile('FATAL: database ".*" does not exist'), "Make it first, with createdb."),
    (re.compile("FATAL: .* authentication failed"), "Check the user and the password in database.url."),
)
#: Two units that wait for each other: one is undone by Postgres, and simply done again.
_AGAIN: Final = ("40001", "40P01")
_TRIES: Final = 5
#: Somebody else did not let go of a row in time.
_LOCKED: Final = "55P03"
#: The class of what goes wrong below Postgres, as with a file that cannot grow. (A full disk has a code of its own.)
_BROKEN: Final = "XX"


class PostgresEngine:
    """A Postgres database. Rows come back as Python values; a unit is a transaction."""

    dialect = "postgres"

    def __init__(self, url: str, *, busy_timeout: float = 5) -> None:
        parts = urlsplit(url)
        self.name = f"postgresql://{parts.hostname or 'localhost'}{parts.path}"
        self.database = peewee.PostgresqlDatabase(
            url,
            prefer_psycopg3=True,
            field_types=POSTGRES_TYPES,
            connect_timeout=CONNECT_SECONDS,
            application_name="tripkit",
            **_ALIVE,
            options=f"-c TimeZone=UTC -c lock_timeout={max(1, round(busy_timeout * 1000))}",
        )
        self._local = threading.local()

    def open(self) -> None:
        try:
            self.database.connect(reuse_if_open=True)
        except peewee.ImproperlyConfigured:
            raise DatabaseUnavailable(
                "Postgres needs one more package. Install it with: pip install 'tripkit[postgres]'"
            ) from None
        except peewee.OperationalError as error:
            raise self._unavailable(error) from None

    def execute(self, sql: str, arguments: Sequence[Any] = ()) -> Any:
        """Run one statement; outside a unit once more on a new connection, when the old one was lost."""
        try:
            return self._execute(sql, arguments)
        except _Lost:
            if self._in_unit:
                raise
            return self._execute(sql, arguments)

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        def pipeline() -> None:  # that is how psycopg sends them
            with peewee.__exception_wrapper__:
                self.database.cursor().executemany(sql, rows)

        self._run(pipeline)

    def bind(self, value: Any) -> Any:
        return value

    def reader(self, field: peewee.Field | None) -> Callable[[Any], Any] | None:
        return next((convert for kind, convert in TEXT_READERS.items() if isinstance(field, kind)), None)

    def unit(self, work: Callable[[], T]) -> T:
        if self._in_unit:
            return work()
        for _ in range(_TRIES):
            try:
                return self._transaction(work)
            except _Again:
                continue
        raise Busy("Too many others are changing the same thing.", retry_after=1)

    def after_commit(self, work: Callable[[], None]) -> None:
        if self._in_unit:
            self._local.after_commit.append(work)
        else:
            work()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        [(patience,)] = self.execute("SELECT current_setting('lock_timeout')").fetchall()
        self.execute("SET lock_timeout = 0")  # a change of the schema takes as long as it takes
        self.execute("SELECT pg_advisory_lock(%s)", (SCHEMA_LOCK,))
        try:
            yield
        finally:
            self.execute("SELECT pg_advisory_unlock(%s)", (SCHEMA_LOCK,))
            self.execute("SELECT set_config('lock_timeout', %s, false)", (patience,))

    def close(self) -> None:
        if not self.database.is_closed():
            self.database.close()

    @property
    def _in_unit(self) -> bool:
        return getattr(self._local, "in_unit", False)

    def _transaction(self, work: Callable[[], T]) -> T:
        self.execute("BEGIN")
        self._local.in_unit = True
        self._local.after_commit = []
        try:
            try:
                result = work()
            except Exception as error:
                self._end("COMMIT" if getattr(error, "leaves_trace", False) else "ROLLBACK")
                raise
            self._end("COMMIT")
            return result
        finally:
            self._local.in_unit = False

    def _end(self, command: str) -> None:
        if self.database.is_closed():
            return  # the connection is gone, and the transaction with it: the error that is under way says so
        self._execute(command, ())
        if command == "COMMIT":
            for work in self._local.after_commit:
                work()

    def _execute(self, sql: str, arguments: Sequence[Any]) -> Any:
        return self._run(lambda: self.database.execute_sql(sql, arguments))

    def _run(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (peewee.OperationalError, peewee.InterfaceError) as error:
            if _sqlstate(error) in _AGAIN:
                raise _Again(self.name) from error
            if _sqlstate(error) == _LOCKED:
                raise Busy("Somebody else keeps locked what this is to change.", retry_after=2) from error
            if self.database.is_closed() or self.database.connection().closed:
                self.database.close()
                raise _Lost(str(self._unavailable(error))) from error
            raise self._unavailable(error) from error
        except peewee.InternalError as error:
            if not (_sqlstate(error) or "").startswith(_BROKEN):
                raise
            raise self._unavailable(error) from error
        except peewee.IntegrityError as error:
            if _sqlstate(error) != "23503":
                raise
            raise Conflict("What this belongs to has been deleted meanwhile.") from error

    def _unavailable(self, error: Exception) -> DatabaseUnavailable:
        reason = " ".join(str(error).split())
        remedy = next((f". {remedy}" for pattern, remedy in _REMEDIES if pattern.search(reason)), "")
        return DatabaseUnavailable(f"The database {self.name} cannot be used: {reason}{remedy}")


class _Lost(DatabaseUnavailable):
    """The connection is gone; a new one may be had."""


class _Again(DatabaseUnavailable):
    """Postgres undid the transaction and asks for another try."""


def _sqlstate(error: peewee.DatabaseError) -> str | None:
    return getattr(getattr(error, "orig", None), "sqlstate", None)
