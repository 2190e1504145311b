"""Running the history of the schema."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import Settings
from tripkit.errors import DatabaseError, DatabaseUnavailable, NotFound, SchemaMismatch
from tripkit.migrations import HISTORY, Migrations

from ..conftest import on_sqlite

FIRST = "0001_initial"
STEP = """
def up(migrator, db):
    db.execute_sql("CREATE TABLE {table} (id INTEGER PRIMARY KEY)")
    {then}


def down(migrator, db):
    db.execute_sql("DROP TABLE {table}")
"""


@pytest.fixture
def empty(settings: Settings, clock: Any) -> Iterator[Tripkit]:
    """A database without a schema."""
    opened = open_tripkit(settings, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def steps(empty: Tripkit, tmp_path: Path) -> Migrations:
    """Three steps of their own."""
    directory = tmp_path / "steps"
    directory.mkdir()
    for name in ("0001_apples", "0002_pears", "0003_plums"):
        (directory / f"{name}.py").write_text(STEP.format(table=name[5:], then=""))
    return Migrations(empty.db, directory)


def tables(opened: Tripkit) -> set[str]:
    return set(opened.db.database.get_tables()) - {"sqlite_sequence"}


def test_an_empty_database_has_everything_pending(empty: Tripkit) -> None:
    assert FIRST in empty.migrations.pending()
    assert next((step.known, step.applied) for step in empty.migrations.status()) == (True, None)
    with pytest.raises(SchemaMismatch, match=r"has no tables yet.*`tripkit db upgrade`"):
        empty.migrations.require_current()
    assert tables(empty) == set(), "looking changes nothing"


def test_upgrading_makes_the_schema_once(empty: Tripkit) -> None:
    assert FIRST in empty.migrations.upgrade()
    assert empty.migrations.upgrade() == []
    assert empty.migrations.pending() == []
    empty.migrations.require_current()
    assert all(step.known and step.applied for step in empty.migrations.status())


def test_what_is_pending_is_named_with_the_command_to_run(empty: Tripkit) -> None:
    *_, last = empty.migrations.upgrade()
    empty.migrations.downgrade()
    with pytest.raises(SchemaMismatch) as refused:
        empty.migrations.require_current()
    command = "Run `tripkit db upgrade` (or `tripkit serve --migrate`)."
    assert str(refused.value) == f"The database {empty.db.name} lacks {last}. {command}"


def test_downgrading_reverts_the_last_step_and_upgrading_repeats_it(steps: Migrations, empty: Tripkit) -> None:
    assert steps.upgrade() == ["0001_apples", "0002_pears", "0003_plums"]
    assert steps.downgrade() == ["0003_plums"]
    assert tables(empty) == {"apples", "pears", HISTORY}
    assert steps.pending() == ["0003_plums"]
    assert steps.upgrade() == ["0003_plums"]


def test_both_directions_go_as_far_as_they_are_told(steps: Migrations, empty: Tripkit) -> None:
    assert steps.upgrade("0002_pears") == ["0001_apples", "0002_pears"]
    assert tables(empty) == {"apples", "pears", HISTORY}
    assert steps.downgrade("0001_apples") == ["0002_pears", "0001_apples"]
    assert tables(empty) == {HISTORY}


def test_the_real_history_can_be_reverted_whole(empty: Tripkit) -> None:
    names = empty.migrations.upgrade()
    assert empty.migrations.downgrade(names[0]) == names[::-1]
    assert tables(empty) == {HISTORY}


@pytest.mark.parametrize("direction", ["upgrade", "downgrade"])
def test_an_unknown_step_is_not_found_and_the_known_ones_are_named(steps: Migrations, direction: str) -> None:
    with pytest.raises(NotFound, match=r"0009_figs.*0001_apples, 0002_pears, 0003_plums"):
        getattr(steps, direction)("0009_figs")


def test_a_step_that_fails_is_undone(steps: Migrations, empty: Tripkit, tmp_path: Path) -> None:
    (tmp_path / "steps" / "0002_pears.py").write_text(
        STEP.format(table="pears", then='db.execute_sql("SELECT * FROM nowhere")')
    )
    with pytest.raises(DatabaseUnavailable, match=r"nowhere.*The step was undone"):
        steps.upgrade()
    assert tables(empty) == {"apples", HISTORY}
    assert steps.pending() == ["0002_pears", "0003_plums"]


def test_a_step_without_a_way_back_is_named(steps: Migrations, tmp_path: Path) -> None:
    (tmp_path / "steps" / "0004_figs.py").write_text("def up(migrator, db):\n    pass\n")
    steps.upgrade()
    with pytest.raises(DatabaseError, match=r"0004_figs does not define down"):
        steps.downgrade()
    assert steps.pending() == []


def test_creating_a_step_writes_a_numbered_file_that_can_be_run(steps: Migrations, tmp_path: Path) -> None:
    path = steps.create("Add figs!")
    assert path == tmp_path / "steps" / "0004_add_figs.py"
    assert steps.upgrade()[-1] == "0004_add_figs"
    assert steps.downgrade() == ["0004_add_figs"]


def contents(opened: Tripkit) -> dict[str, Any]:
    """Every table: its columns, its indexes and its rows."""
    database = opened.db.database
    return {
        table: (
            database.get_columns(table),
            sorted(database.get_indexes(table)),
            opened.db.execute(f"SELECT * FROM {table} ORDER BY id").fetchall(),
        )
        for table in tables(opened)
        if not table.startswith("search_words")  # of full text, which has no numbers of its own
    }


@pytest.mark.parametrize("change", ["upgrade", "downgrade", "pending", "require_current"])
def test_a_database_newer_than_the_program_is_refused_and_left_as_it_is(
    tripkit: Tripkit, make_user: Callable[..., object], change: str
) -> None:
    make_user("ada")
    tripkit.db.execute(f"INSERT INTO {HISTORY} (name, applied) VALUES ('9999_future', '2099-01-01 00:00:00')")
    before = contents(tripkit)
    with pytest.raises(SchemaMismatch, match=r"newer tripkit \(it has 9999_future\)"):
        getattr(tripkit.migrations, change)()
    with pytest.raises(SchemaMismatch):
        tripkit.upgrade_database()
    assert contents(tripkit) == before
    unknown = [step.name for step in tripkit.migrations.status() if not step.known]
    assert unknown == ["9999_future"]


@on_sqlite
def test_a_database_that_is_locked_by_another_program_is_left_as_it_is(tmp_path: Path, settings: Settings) -> None:
    opened = open_tripkit(settings)
    opened.db.execute("PRAGMA busy_timeout = 100")
    with closing(sqlite3.connect(opened.db.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable, match="locked"):
            opened.migrations.upgrade()
    assert FIRST in opened.migrations.upgrade()
    opened.close()


def test_of_threads_that_upgrade_at_once_one_does_the_work(steps: Migrations, in_threads: Any, empty: Tripkit) -> None:
    outcomes = in_threads(8, steps.upgrade, empty)
    assert sorted(outcomes) == [[]] * 7 + [["0001_apples", "0002_pears", "0003_plums"]]


def test_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    script = (
        "from tripkit.bootstrap import open_tripkit\n"
        "from tripkit.config import load\n"
        f"opened = open_tripkit(load(env={{}}, overrides={{'data_dir': {str(tmp_path)!r}}}).settings)\n"
        "print(len(opened.upgrade_database()[0]) > 0)\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [(process.communicate()[0].strip(), process.returncode) for process in running]
    assert sorted(answers) == [("False", 0)] * 3 + [("True", 0)]


def test_a_new_database_is_made_without_a_snapshot(empty: Tripkit) -> None:
    ran, taken = empty.upgrade_database()
    assert FIRST in ran
    assert taken is None


@on_sqlite
def test_data_is_kept_in_a_snapshot_before_the_schema_is_changed(
    settings: Settings, clock: Any, make_user: Callable[..., object], tripkit: Tripkit, tmp_path: Path
) -> None:
    make_user("ada")
    opened = open_tripkit(settings, clock=clock)
    (tmp_path / "steps").mkdir()
    for name in (*(step.name for step in tripkit.migrations.status()), "9000_figs"):
        (tmp_path / "steps" / f"{name}.py").write_text(STEP.format(table="figs", then=""))
    opened.migrations = Migrations(opened.db, tmp_path / "steps")

    ran, taken = opened.upgrade_database()

    assert ran == ["9000_figs"]
    assert taken is not None
    assert taken.name.endswith("-20270401T093000-before-9000_figs.sqlite3")
    with closing(sqlite3.connect(taken)) as copy:
        assert copy.execute("SELECT username FROM users").fetchall() == [("ada",)]
        assert copy.execute("SELECT name FROM sqlite_master WHERE name = 'figs'").fetchall() == []
    assert opened.upgrade_database() == ([], None)
