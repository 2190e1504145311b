"""Snapshots are whole, also of a database in use, and a failed one leaves nothing behind."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tripkit.database import SqliteEngine, snapshot
from tripkit.errors import DatabaseUnavailable

NOW = datetime(2027, 4, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[SqliteEngine]:
    engine = SqliteEngine(tmp_path / "trips.sqlite3")
    engine.open()
    engine.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, parent REFERENCES notes)")
    engine.execute("INSERT INTO notes VALUES (1, NULL), (2, 1)")
    yield engine
    engine.close()


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        [(found,)] = copy.execute("SELECT COUNT(*) FROM notes")
    return int(found)


def test_a_snapshot_stands_beside_the_database_under_its_time_and_label(db: SqliteEngine) -> None:
    taken = snapshot.take(db.path, label="before-0002_items", now=NOW)
    assert taken == db.path.with_name("trips-20270401T093000-before-0002_items.sqlite3")
    assert count(taken) == 2


def test_a_snapshot_is_one_file_that_needs_no_log(db: SqliteEngine) -> None:
    before = set(db.path.parent.iterdir())
    taken = snapshot.take(db.path, label="x", now=NOW)
    assert set(db.path.parent.iterdir()) - before == {taken}
    with closing(sqlite3.connect(taken)) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_snapshot_of_a_database_that_is_being_written_is_of_one_moment(db: SqliteEngine) -> None:
    done = threading.Event()

    def write_pairs() -> None:
        with closing(sqlite3.connect(db.path, isolation_level=None)) as other:
            while not done.is_set():
                other.execute("INSERT INTO notes (parent) VALUES (1), (2)")

    thread = threading.Thread(target=write_pairs)
    thread.start()
    try:
        counts = [count(snapshot.take(db.path, label=str(number), now=NOW)) for number in range(5)]
    finally:
        done.set()
        thread.join()
    assert all(found % 2 == 0 for found in counts)
    assert counts == sorted(counts)


def test_a_database_with_broken_references_is_not_taken_for_whole(db: SqliteEngine) -> None:
    with closing(sqlite3.connect(db.path)) as other:  # does not enforce references
        other.execute("INSERT INTO notes VALUES (3, 77)")
        other.commit()
    before = set(db.path.parent.iterdir())
    with pytest.raises(DatabaseUnavailable, match="a row of notes refers to a missing row of notes"):
        snapshot.take(db.path, label="x", now=NOW)
    assert set(db.path.parent.iterdir()) == before


def test_a_damaged_database_is_not_taken_for_whole(tmp_path: Path) -> None:
    path = tmp_path / "trips.sqlite3"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        made.executemany("INSERT INTO notes (text) VALUES (?)", [("x" * 1000,)] * 100)
        made.commit()
    content = bytearray(path.read_bytes())
    content[3 * 4096 : 5 * 4096] = b"\x55" * 2 * 4096
    path.write_bytes(content)
    with pytest.raises(DatabaseUnavailable, match="Cannot take a snapshot"):
        snapshot.take(path, label="x", now=NOW)
    assert list(tmp_path.iterdir()) == [path]
