"""Units of writing, connections and their pragmas on SQLite."""

import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tripkit import models
from tripkit.database import SqliteEngine, Writer, atomic, snapshot
from tripkit.errors import Busy, Conflict, DatabaseUnavailable, TripkitError

from ..conftest import on_sqlite


class Traced(TripkitError):
    leaves_trace = True


class Notes:
    """A service of one table."""

    def __init__(self, db: SqliteEngine) -> None:
        self.db = db
        db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT, parent REFERENCES notes)")

    def all(self) -> list[str]:
        return [text for (text,) in self.db.execute("SELECT text FROM notes ORDER BY id")]

    def insert(self, text: str, parent: int | None = None) -> int:
        number: int = self.db.execute("INSERT INTO notes (text, parent) VALUES (?, ?)", (text, parent)).lastrowid
        return number

    @atomic
    def add(self, text: str, error: Exception | None = None) -> str:
        self.insert(text)
        if error:
            raise error
        return text

    @atomic
    def add_both(self, first: str, second: str, error: Exception | None = None) -> None:
        self.add(first)
        self.add(second, error)

    @atomic
    def add_and_forgive(self, first: str, second: str) -> None:
        self.add(first)
        with pytest.raises(ValueError):
            self.add(second, ValueError())


@pytest.fixture
def db(tmp_path: Path) -> Iterator[SqliteEngine]:
    engine = SqliteEngine(tmp_path / "notes.sqlite3", busy_timeout=0.2)
    engine.open()
    yield engine
    engine.close()


@pytest.fixture
def notes(db: SqliteEngine) -> Notes:
    return Notes(db)


@pytest.fixture
def seen_outside(notes: Notes) -> Callable[[], list[str]]:
    """What another connection sees."""

    def read() -> list[str]:
        with closing(sqlite3.connect(notes.db.path)) as other:
            return [text for (text,) in other.execute("SELECT text FROM notes ORDER BY id")]

    return read


def test_a_unit_is_committed_when_it_returns(notes: Notes, seen_outside: Any) -> None:
    assert notes.add("a") == "a"
    assert seen_outside() == ["a"]


def test_a_unit_is_undone_when_it_raises(notes: Notes, seen_outside: Any) -> None:
    with pytest.raises(ValueError, match="no"):
        notes.add("a", ValueError("no"))
    assert notes.all() == seen_outside() == []
    notes.add("b")
    assert seen_outside() == ["b"]


def test_a_unit_in_a_unit_is_part_of_it(notes: Notes, seen_outside: Any) -> None:
    with pytest.raises(ValueError):
        notes.add_both("a", "b", ValueError())
    assert seen_outside() == []
    notes.add_both("a", "b")
    assert seen_outside() == ["a", "b"]


def test_what_an_inner_unit_wrote_stays_when_the_outer_one_catches_its_error(notes: Notes, seen_outside: Any) -> None:
    notes.add_and_forgive("a", "b")
    assert seen_outside() == ["a", "b"]


def test_a_refusal_that_leaves_a_trace_commits_before_it_is_raised(notes: Notes, seen_outside: Any) -> None:
    with pytest.raises(Traced):
        notes.add_both("a", "b", Traced())
    assert seen_outside() == ["a", "b"]


def test_a_failing_unit_of_a_batch_undoes_only_itself(notes: Notes, seen_outside: Any) -> None:
    failure, trace = ValueError("no"), Traced("yes")
    outcomes = notes.db.units(
        [
            lambda: notes.add("a"),
            lambda: notes.add("b", failure),
            lambda: notes.add_both("c", "d", trace),
            lambda: notes.add("e"),
        ]
    )
    assert outcomes == ["a", failure, trace, "e"]
    assert seen_outside() == ["a", "c", "d", "e"]


def test_what_is_to_follow_a_commit_runs_once_it_is_seen_outside(notes: Notes, seen_outside: Any) -> None:
    seen: list[list[str]] = []

    def work() -> None:
        notes.db.after_commit(lambda: seen.append(seen_outside()))
        notes.add("a")
        assert seen == []

    notes.db.unit(work)
    assert seen == [["a"]]
    notes.add("b")
    assert seen == [["a"]]
    notes.db.after_commit(lambda: seen.append(["outside a unit, now"]))
    assert seen == [["a"], ["outside a unit, now"]]


def test_what_is_to_follow_a_commit_never_runs_when_the_unit_was_undone(notes: Notes) -> None:
    done: list[str] = []

    def work(name: str, error: Exception | None = None) -> None:
        notes.db.after_commit(lambda: done.append(name))
        notes.add(name, error)

    with pytest.raises(ValueError):
        notes.db.unit(lambda: work("alone", ValueError()))
    with pytest.raises(Traced):
        notes.db.unit(lambda: work("alone, traced", Traced()))
    batch = [("a", None), ("b", ValueError()), ("c", Traced()), ("d", None)]
    notes.db.units([partial(work, *each) for each in batch])
    assert done == ["alone, traced", "a", "c", "d"]


def test_when_the_disk_is_full_the_units_fail_and_the_file_is_whole(notes: Notes, seen_outside: Any) -> None:
    notes.add("a")
    [(pages,)] = notes.db.execute("PRAGMA page_count")
    notes.db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DatabaseUnavailable, match="full"):
        notes.add("x" * 1_000_000)
    notes.db.execute("PRAGMA max_page_count = 1000000")
    notes.add("b")
    assert seen_outside() == ["a", "b"]


def test_a_reference_to_what_was_deleted_is_a_conflict(notes: Notes) -> None:
    with pytest.raises(Conflict):
        notes.db.unit(lambda: notes.insert("a", parent=77))


def test_a_lock_of_another_program_is_waited_for_and_then_refused(notes: Notes, seen_outside: Any) -> None:
    with closing(sqlite3.connect(notes.db.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(Busy) as refused:
            notes.add("a")
        assert time.monotonic() - began >= 0.2
        assert refused.value.retry_after > 0
        assert notes.all() == [], "reads do not wait"
        other.execute("ROLLBACK")
    notes.add("b")
    assert seen_outside() == ["b"]


def test_ids_are_never_given_out_twice(notes: Notes) -> None:
    first = notes.insert("a")
    notes.db.execute("DELETE FROM notes")
    assert notes.insert("b") > first


def test_what_belongs_to_a_user_goes_with_them_and_their_id_is_not_given_out_again(
    tripkit: Any, make_user: Any
) -> None:
    ada = make_user("ada")
    tripkit.db.unit(lambda: tripkit.db.execute("DELETE FROM users"))
    assert list(tripkit.db.execute("SELECT * FROM sessions")) == []
    assert make_user("bob").user_id > ada.user_id


@on_sqlite
def test_no_table_gives_out_an_id_twice(tripkit: Any) -> None:
    for model in models.ALL:
        table = model._meta.table_name
        [(sql,)] = tripkit.db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,))
        assert "AUTOINCREMENT" in sql


def pragmas(db: SqliteEngine) -> dict[str, Any]:
    names = ("journal_mode", "foreign_keys", "synchronous", "wal_autocheckpoint", "query_only", "busy_timeout")
    return {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in names}


ORDINARY = {
    "journal_mode": "wal",
    "foreign_keys": 1,
    "synchronous": 2,
    "wal_autocheckpoint": 0,
    "query_only": 0,
    "busy_timeout": 200,
}


def test_an_ordinary_connection_is_durable_and_does_not_checkpoint(db: SqliteEngine) -> None:
    assert pragmas(db) == ORDINARY


def test_a_connection_of_the_event_loop_reads_only_and_never_waits(notes: Notes) -> None:
    notes.db.read_without_waiting()
    assert pragmas(notes.db) == ORDINARY | {"query_only": 1, "busy_timeout": 0}
    with pytest.raises(DatabaseUnavailable, match="readonly"):
        notes.insert("a")


def test_only_the_writer_of_a_server_checkpoints(db: SqliteEngine) -> None:
    writer = Writer(db, capacity=10)
    writer.start()
    found = writer.call(lambda: pragmas(db))
    writer.stop()
    assert found == ORDINARY | {"wal_autocheckpoint": 1000}


@pytest.mark.parametrize(("setting", "level"), [("FULL", 2), ("NORMAL", 1), ("EXTRA", 3)])
def test_durability_is_as_configured(tmp_path: Path, setting: str, level: int) -> None:
    engine = SqliteEngine(tmp_path / "x.sqlite3", synchronous=setting)
    engine.open()
    assert pragmas(engine)["synchronous"] == level
    engine.close()


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "letter.sqlite3"
    path.write_text("Dear Ada, " * 100)
    with pytest.raises(DatabaseUnavailable, match=r"letter\.sqlite3: file is not a database"):
        SqliteEngine(path).open()
    assert path.read_text() == "Dear Ada, " * 100


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnavailable, match=str(tmp_path / "file")):
        SqliteEngine(tmp_path / "file" / "x.sqlite3").open()


def test_nobody_else_on_the_machine_reads_the_data(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        engine = SqliteEngine(tmp_path / "data" / "x.sqlite3")
        engine.open()
        Notes(engine).add("private")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in engine.path.parent.glob("x.sqlite3*")}
        copy = snapshot.take(engine.path, label="x", now=datetime(2027, 4, 1, tzinfo=UTC))
        engine.close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(engine.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert {name: oct(mode) for name, mode in modes.items() if not name.endswith(".lock")} == dict.fromkeys(
        ("x.sqlite3", "x.sqlite3-wal", "x.sqlite3-shm"), oct(0o600)
    )


def test_many_may_open_a_new_file_at_once(tmp_path: Path, in_threads: Any) -> None:
    for number in range(10):
        engines = [SqliteEngine(tmp_path / f"{number}.sqlite3", busy_timeout=1) for _ in range(8)]
        waiting = iter(engines)

        def work(waiting: Iterator[SqliteEngine] = waiting) -> str:
            engine = next(waiting)
            engine.open()
            mode: str = pragmas(engine)["journal_mode"]
            engine.close()
            return mode

        assert in_threads(8, work, engines[0]) == ["wal"] * 8


def test_the_exclusive_block_may_stand_in_itself_and_keeps_others_out(db: SqliteEngine, in_threads: Any) -> None:
    inside: list[int] = []

    def work() -> bool:
        with db.exclusive(), db.exclusive():
            inside.append(1)
            time.sleep(0.002)
            alone = len(inside) == 1
            inside.pop()
        return alone

    assert in_threads(8, work, db) == [True] * 8


def test_a_directory_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="Cannot open the database"):
        SqliteEngine(tmp_path).open()
