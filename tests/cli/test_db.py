import json
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tripkit.migrations import DIRECTORY, Migrations


@pytest.fixture
def steps():
    return [path.stem for path in sorted(DIRECTORY.glob("0*.py"))]


@pytest.fixture
def newer(tripkit):
    tripkit.db.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2027-01-01')")


def test_upgrade_creates_the_database_once(run, steps):
    first = run("db", "upgrade", "--json")
    assert json.loads(first.stdout) == {"steps": steps, "snapshot": None}
    again = run("db", "upgrade")
    assert (again.exit_code, again.stdout) == (0, "")
    assert again.stderr.endswith("is up to date.\n")


def test_any_command_creates_the_database_and_says_so_unless_quiet(run, home):
    done = run("user", "list")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"Created the database {home}/data/tripkit.sqlite3.\n"
    (home / "data" / "tripkit.sqlite3").unlink()
    assert run("user", "list", "--quiet").stderr == ""


def test_an_upgrade_on_the_way_is_told_with_its_snapshot_also_when_quiet(run, ada, monkeypatch, tmp_path):
    for path in DIRECTORY.glob("0*.py"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "9000_more.py").write_text("def up(migrator, db):\n    pass\n")
    monkeypatch.setattr("tripkit.migrations.Migrations", partial(Migrations, directory=tmp_path))
    done = run("user", "list", "--quiet")
    assert done.exit_code == 0
    assert done.stderr.startswith("Upgraded the database (9000_more). A snapshot of it from before is ")
    snapshot = Path(done.stderr.split(" is ")[1].strip().rstrip("."))
    with closing(sqlite3.connect(snapshot)) as copy:
        assert copy.execute("SELECT username FROM users").fetchall() == [("ada",)]


def test_status_lists_the_steps(run, steps):
    assert run("db", "status").stdout == "".join(f"{step}\tpending\n" for step in steps)
    run("db", "upgrade")
    assert json.loads(run("db", "status", "--json").stdout) == [{"name": step, "state": "applied"} for step in steps]


def test_downgrade_needs_yes_without_a_terminal(run, ada):
    done = run("db", "downgrade")
    assert done.exit_code == 2
    assert "--yes" in done.stderr
    assert run("user", "list").stdout.startswith("1\tada")


def test_downgrade_takes_a_snapshot_that_holds_what_is_lost(run, ada, steps, tripkit):
    tripkit.close()
    done = run("db", "downgrade", "--yes", "--json")
    answer = json.loads(done.stdout)
    assert answer["steps"] == [steps[-1]]
    with closing(sqlite3.connect(answer["snapshot"])) as copy:
        assert copy.execute("SELECT username FROM users").fetchall() == [("ada",)]
    assert f"{steps[-1]}\tpending" in run("db", "status").stdout


def test_downgrade_asks_on_a_terminal(converse, run, ada, tripkit):
    tripkit.close()
    assert converse("db", "downgrade", answers=[("[y/N]: ", "n\n")])[0] == 1
    assert "pending" not in run("db", "status").stdout


def test_downgrade_to_an_unknown_step_is_exit_code_3_and_takes_no_snapshot(run, ada, home):
    done = run("db", "downgrade", "0099_nowhere", "--yes")
    assert done.exit_code == 3
    assert "0099_nowhere" in done.stderr
    assert not list((home / "data").glob("*before*"))


def test_downgrade_of_nothing_says_so(run):
    done = run("db", "downgrade", "--yes")
    assert (done.exit_code, done.stderr) == (0, "There is nothing to revert.\n")


def test_create_writes_an_empty_step_and_prints_its_path(run, monkeypatch, tmp_path):
    monkeypatch.setattr("tripkit.migrations.Migrations", partial(Migrations, directory=tmp_path))
    done = run("db", "create", "Add ratings")
    assert done.stdout == f"{tmp_path}/0001_add_ratings.py\n"
    assert "def up(migrator, db):" in (tmp_path / "0001_add_ratings.py").read_text()


@pytest.mark.parametrize("name", ['"""', "../x", "", "9lives"])
def test_create_refuses_what_cannot_name_a_step(run, name):
    assert run("db", "create", name).exit_code == 2


@pytest.mark.parametrize("args", [("user", "list"), ("plan", "list"), ("db", "upgrade"), ("db", "downgrade", "--yes")])
def test_a_database_newer_than_the_program_is_refused_in_one_line(run, newer, args):
    done = run(*args)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("tripkit: The database was upgraded by a newer tripkit (it has 9999_later).")
    assert len(done.stderr.splitlines()) == 1


def test_status_of_a_newer_database_says_what_is_unknown(run, newer):
    done = run("db", "status")
    assert "9999_later\tunknown\n" in done.stdout
    assert "newer tripkit" in done.stderr


def test_a_file_that_is_no_database_is_one_clear_line(run, home):
    (home / "data").mkdir()
    (home / "data" / "tripkit.sqlite3").write_text("not a database, " * 100)
    done = run("user", "list")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "tripkit.sqlite3" in done.stderr


def test_a_dry_run_says_which_steps_it_would_be(run, steps):
    assert json.loads(run("db", "upgrade", "--dry-run", "--json").stdout)["steps"] == steps
    run("db", "upgrade")
    assert run("db", "upgrade", "--dry-run").stderr == "Nothing is to do.\n"
    assert run("db", "downgrade", "--dry-run").stderr == f"These would be reverted: {steps[-1]}.\n"
    through = json.loads(run("db", "downgrade", steps[-3], "--dry-run", "--json").stdout)["steps"]
    assert through == steps[:-4:-1]
    assert run("db", "downgrade", "nowhere", "--dry-run").exit_code == 3
    assert json.loads(run("db", "downgrade", steps[-3], "--yes", "--json").stdout)["steps"] == through
