"""What is particular to Postgres."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit, open_engine, open_tripkit
from tripkit.config import load
from tripkit.database import Engine, PostgresEngine
from tripkit.errors import Busy, DatabaseUnavailable, SchemaMismatch


@pytest.fixture
def db(postgres_url: str) -> Iterator[PostgresEngine]:
    engine = PostgresEngine(postgres_url)
    engine.open()
    engine.execute("CREATE TABLE notes (id integer PRIMARY KEY, text text)")
    engine.execute("INSERT INTO notes VALUES (1, 'one'), (2, 'two')")
    yield engine
    engine.close()


def texts(db: Engine) -> list[str]:
    return [text for (text,) in db.execute("SELECT text FROM notes ORDER BY id").fetchall()]


def test_both_spellings_of_the_scheme_open_postgres() -> None:
    for url in ("postgresql://ada:secret@db.example/trips", "postgres://ada:secret@db.example/trips"):
        engine = open_engine(load(env={"TRIPKIT_DATABASE__URL": url}).settings)
        assert isinstance(engine, PostgresEngine)
        assert engine.name == "postgresql://db.example/trips"


def test_a_server_that_is_not_there_is_named_without_the_password(postgres: Any) -> None:
    engine = PostgresEngine(f"postgresql://ada:hunter2@127.0.0.1:1/trips")  # noqa: F541
    with pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1/trips") as refused:
        engine.open()
    assert "hunter2" not in str(refused.value)


def test_what_keeps_from_a_database_comes_with_what_to_do(postgres: Any) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"does not exist\. Make it first, with createdb"):
        PostgresEngine(postgres.url("nowhere")).open()
    with pytest.raises(DatabaseUnavailable, match=r"failed.*\. Check the user and the password in database\.url"):
        PostgresEngine(f"postgresql://ada:wrong@127.0.0.1:{postgres.port}/postgres").open()


def test_a_host_that_vanishes_is_found_out(db: PostgresEngine) -> None:
    parameters = db.database.connection().info.get_parameters()
    assert {name: parameters[name] for name in ("tcp_user_timeout", "keepalives_idle")} == {
        "tcp_user_timeout": "30000",
        "keepalives_idle": "15",
    }


def test_a_stale_schema_is_refused_with_the_command_to_run(postgres_url: str, tmp_path: Any) -> None:
    settings = load(env={}, overrides={"database.url": postgres_url, "data_dir": str(tmp_path)}).settings
    tripkit = open_tripkit(settings)
    with pytest.raises(SchemaMismatch, match="tripkit db upgrade"):
        tripkit.prepare_database()
    steps, snapshot = tripkit.upgrade_database()
    assert steps[0] == "0001_initial"
    assert snapshot is None
    assert tripkit.prepare_database() == ([], None)
    tripkit.close()


def test_a_lost_connection_is_made_anew(db: PostgresEngine, postgres: Any) -> None:
    [(pid,)] = db.execute("SELECT pg_backend_pid()").fetchall()
    postgres.run(f"SELECT pg_terminate_backend({pid})")
    assert texts(db) == ["one", "two"]


def test_a_connection_that_is_lost_within_a_unit_undoes_it(db: PostgresEngine, postgres: Any) -> None:
    def work() -> None:
        db.execute("UPDATE notes SET text = 'lost' WHERE id = 1")
        [(pid,)] = db.execute("SELECT pg_backend_pid()").fetchall()
        postgres.run(f"SELECT pg_terminate_backend({pid})")
        db.execute("UPDATE notes SET text = 'lost' WHERE id = 2")

    with pytest.raises(DatabaseUnavailable):
        db.unit(work)
    assert texts(db) == ["one", "two"]
    db.unit(lambda: db.execute("UPDATE notes SET text = 'kept' WHERE id = 2"))
    assert texts(db) == ["one", "kept"]


def test_what_is_to_follow_a_commit_runs_after_it_and_never_when_the_unit_was_undone(
    db: PostgresEngine, postgres_url: str
) -> None:
    other = PostgresEngine(postgres_url)
    seen: list[list[str]] = []

    def work(text: str, error: Exception | None = None) -> None:
        db.after_commit(lambda: seen.append(texts(other)))
        db.execute("UPDATE notes SET text = %s WHERE id = 2", (text,))
        if error:
            raise error

    with pytest.raises(ValueError):
        db.unit(lambda: work("undone", ValueError()))
    assert seen == []
    db.unit(lambda: work("changed"))
    assert seen == [["one", "changed"]]
    other.close()


def test_units_that_wait_for_each_other_are_both_done(db: PostgresEngine) -> None:
    meet = threading.Barrier(2, timeout=10)
    met = threading.local()
    errors: list[BaseException] = []

    def cross(first: int, second: int) -> None:
        def work() -> None:
            db.execute("UPDATE notes SET text = text || 'x' WHERE id = %s", (first,))
            if not getattr(met, "once", False):
                met.once = True
                meet.wait()
            db.execute("UPDATE notes SET text = text || 'x' WHERE id = %s", (second,))

        try:
            db.unit(work)
        except BaseException as error:
            errors.append(error)
        finally:
            db.close()

    threads = [threading.Thread(target=cross, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert texts(db) == ["onexx", "twoxx"]


def test_a_unit_that_never_gets_its_turn_is_busy(db: PostgresEngine) -> None:
    tries = []

    def work() -> None:
        tries.append(1)
        db.execute("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$")

    with pytest.raises(Busy):
        db.unit(work)
    assert len(tries) > 1


def test_a_row_that_others_keep_locked_makes_a_unit_busy(postgres_url: str, db: PostgresEngine) -> None:
    other = PostgresEngine(postgres_url, busy_timeout=0.1)
    update = "UPDATE notes SET text = 'mine' WHERE id = 1"

    def while_it_is_locked() -> None:
        db.execute("SELECT id FROM notes WHERE id = 1 FOR UPDATE")
        with pytest.raises(Busy, match="locked"):
            other.unit(lambda: other.execute(update))
        assert texts(other) == ["one", "two"]

    db.unit(while_it_is_locked)
    other.unit(lambda: other.execute(update))
    other.close()
    assert texts(db) == ["mine", "two"]


def test_a_change_of_the_schema_waits_as_long_as_another_takes(postgres_url: str, db: PostgresEngine) -> None:
    other = PostgresEngine(postgres_url, busy_timeout=0.1)
    order: list[str] = []

    def second() -> None:
        with other.exclusive():
            order.append("second")
        [(found,)] = other.execute("SHOW lock_timeout").fetchall()
        order.append(found)
        other.close()

    with db.exclusive():
        with db.exclusive():  # it may stand in itself
            pass
        [(patience,)] = db.execute("SHOW lock_timeout").fetchall()
        assert patience == "0"
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.4)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second", "100ms"]


def test_instants_are_utc_whatever_zone_the_server_is_in(db: PostgresEngine, postgres: Any) -> None:
    moment = datetime(2027, 4, 1, 9, 30, 0, 123456, tzinfo=UTC)
    [(found,)] = db.execute("SELECT %s::timestamptz", (moment,)).fetchall()
    assert found == moment
    assert found.utcoffset().total_seconds() == 0


def test_two_edits_at_once_without_a_precondition_both_succeed(tripkit: Tripkit, ada: Any, in_threads: Any) -> None:
    from tripkit.schemas.plans import PlanIn, PlanPatch

    plan = tripkit.plans.create(ada, PlanIn(title="T", destination="D"))
    in_threads(12, lambda: tripkit.plans.edit(ada, plan.id, PlanPatch(title="U")), tripkit)
    assert tripkit.plans.get(ada, plan.id).version == 13
