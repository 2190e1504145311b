"""The write queue: what waits together is committed together, and everybody gets their own answer."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tripkit.database import SqliteEngine, Writer
from tripkit.errors import Busy


@pytest.fixture
def db(tmp_path: Path) -> Iterator[SqliteEngine]:
    engine = SqliteEngine(tmp_path / "notes.sqlite3", busy_timeout=0.2)
    engine.open()
    engine.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    yield engine
    engine.close()


@pytest.fixture
def writer(db: SqliteEngine) -> Iterator[Writer]:
    started = Writer(db, capacity=100)
    started.start()
    yield started
    if db.writer:
        started.stop()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(100) as started:
        yield started


@pytest.fixture
def add(db: SqliteEngine) -> Callable[..., Callable[[], str]]:
    """`add("a")` is a unit that writes "a", to be run by the writer."""

    def unit(text: str, error: Exception | None = None) -> Callable[[], str]:
        def work() -> str:
            db.execute("INSERT INTO notes (text) VALUES (?)", (text,))
            if error:
                raise error
            return text

        return work

    return unit


def notes(db: SqliteEngine) -> list[str]:
    return [text for (text,) in db.execute("SELECT text FROM notes ORDER BY id")]


@contextmanager
def blocked(writer: Writer) -> Iterator[None]:
    """While inside, the writer is in the middle of a unit, so that others pile up."""
    inside, go_on = threading.Event(), threading.Event()

    def work() -> None:
        inside.set()
        go_on.wait()

    thread = threading.Thread(target=writer.call, args=(work,))
    thread.start()
    inside.wait()
    try:
        yield
    finally:
        go_on.set()
        thread.join()


def pile_up(writer: Writer, pool: ThreadPoolExecutor, works: list[Callable[[], Any]]) -> list[Future[Any]]:
    """Hand in units from threads, in this order, and return once all of them wait."""
    futures = []
    for count, work in enumerate(works, start=1):
        futures.append(pool.submit(writer.call, work))
        while writer._queue.qsize() < count:
            time.sleep(0.0001)
    return futures


def test_what_waits_together_is_committed_together_in_order(
    db: SqliteEngine, writer: Writer, pool: ThreadPoolExecutor, add: Any
) -> None:
    statements: list[str] = []
    writer.call(lambda: db.database.connection().set_trace_callback(statements.append))
    texts = [str(number) for number in range(50)]
    with blocked(writer):
        futures = pile_up(writer, pool, [add(text) for text in texts])
        statements.clear()
    assert [future.result() for future in futures] == texts
    assert notes(db) == texts
    assert statements.count("COMMIT") == 2, "one ends the unit that blocked, one is for all that waited"


def test_nobody_is_answered_before_the_commit(db: SqliteEngine, writer: Writer, add: Any) -> None:
    for number in range(20):
        writer.call(add(str(number)))
        with closing(sqlite3.connect(db.path)) as other:
            assert other.execute("SELECT COUNT(*) FROM notes").fetchone() == (number + 1,)


def test_an_exception_reaches_the_one_it_is_for(
    db: SqliteEngine, writer: Writer, pool: ThreadPoolExecutor, add: Any
) -> None:
    errors = {number: ValueError(number) for number in range(0, 30, 3)}
    with blocked(writer):
        futures = pile_up(writer, pool, [add(str(number), errors.get(number)) for number in range(30)])
    assert {number: future.exception() for number, future in enumerate(futures) if future.exception()} == errors
    assert notes(db) == [str(number) for number in range(30) if number % 3]


def test_units_of_services_go_through_the_writer(db: SqliteEngine, writer: Writer) -> None:
    assert db.unit(lambda: threading.current_thread().name) == "tripkit-writer"
    assert writer.call(lambda: db.unit(lambda: db.unit(lambda: "inner units too"))) == "inner units too"
    writer.stop()
    assert db.unit(lambda: threading.current_thread()) is threading.current_thread()


def test_a_full_queue_refuses_more(db: SqliteEngine, pool: ThreadPoolExecutor, add: Any) -> None:
    writer = Writer(db, capacity=3)
    writer.start()
    with blocked(writer):
        futures = pile_up(writer, pool, [add("a"), add("b"), add("c")])
        with pytest.raises(Busy) as refused:
            writer.call(add("d"))
        assert refused.value.retry_after > 0
    assert [future.result() for future in futures] == ["a", "b", "c"]
    assert writer.call(add("e")) == "e"
    writer.stop()
    assert notes(db) == ["a", "b", "c", "e"]


def test_stopping_commits_what_waits(db: SqliteEngine, writer: Writer, pool: ThreadPoolExecutor, add: Any) -> None:
    texts = [str(number) for number in range(20)]
    with blocked(writer):
        futures = pile_up(writer, pool, [add(text) for text in texts])
        stopping = pool.submit(writer.stop)
    stopping.result()
    assert [future.result() for future in futures] == texts
    assert notes(db) == texts


def test_a_stopped_writer_refuses_and_keeps_nobody_waiting(writer: Writer, add: Any) -> None:
    writer.stop()
    with pytest.raises(Busy):
        writer.call(add("a"))


def test_stopping_under_load_answers_everybody(db: SqliteEngine, in_threads: Any, add: Any) -> None:
    for _ in range(10):
        writer = Writer(db, capacity=1000)
        writer.start()
        turns = iter(range(20))

        def work(writer: Writer = writer, turns: Iterator[int] = turns) -> str:
            if next(turns) == 10:
                writer.stop()
                return "stopped"
            try:
                return writer.call(add("written"))
            except Busy:
                return "refused"

        outcomes = in_threads(20, work, db)
        assert len(outcomes) == 20
        assert notes(db) == ["written"] * outcomes.count("written")
        db.execute("DELETE FROM notes")


def test_the_lock_of_another_program_fails_the_batch_and_not_the_writer(
    db: SqliteEngine, writer: Writer, add: Any
) -> None:
    with closing(sqlite3.connect(db.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy):
            writer.call(add("a"))
        other.execute("ROLLBACK")
    assert writer.call(add("b")) == "b"
    assert notes(db) == ["b"]


def test_a_short_lock_of_another_program_is_waited_for(db: SqliteEngine, writer: Writer, add: Any) -> None:
    other = sqlite3.connect(db.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.05, other.execute, ["ROLLBACK"])
    timer.start()
    assert writer.call(add("a")) == "a"
    timer.join()
    other.close()


def test_the_event_loop_gets_results_and_exceptions(db: SqliteEngine, add: Any) -> None:
    async def scenario() -> list[Any]:
        writer = Writer(db, capacity=100, loop=asyncio.get_running_loop())
        writer.start()
        answers = await asyncio.gather(
            *(writer.submit(add(str(number), ValueError(number) if number == 3 else None)) for number in range(6)),
            return_exceptions=True,
        )
        writer.stop()
        return answers

    *before, failed, fourth, fifth = asyncio.run(scenario())
    assert (before, fourth, fifth) == (["0", "1", "2"], "4", "5")
    assert isinstance(failed, ValueError)
    assert notes(db) == ["0", "1", "2", "4", "5"]


def test_the_write_of_a_waiter_that_went_away_is_kept_and_the_others_are_answered(db: SqliteEngine, add: Any) -> None:
    async def scenario() -> list[Any]:
        writer = Writer(db, capacity=100, loop=asyncio.get_running_loop())
        writer.start()
        go_on = threading.Event()
        first = asyncio.create_task(writer.submit(go_on.wait))
        rest = [asyncio.create_task(writer.submit(add(text))) for text in "abc"]
        await asyncio.sleep(0)
        rest[1].cancel()
        go_on.set()
        answers = await asyncio.gather(first, *rest, return_exceptions=True)
        assert await writer.submit(add("d")) == "d"
        writer.stop()
        return answers

    _, a, b, c = asyncio.run(scenario())
    assert (a, c) == ("a", "c")
    assert isinstance(b, asyncio.CancelledError)
    assert notes(db) == ["a", "b", "c", "d"]


def test_the_event_loop_is_refused_too_when_the_queue_is_full(db: SqliteEngine, add: Any) -> None:
    async def scenario() -> None:
        writer = Writer(db, capacity=1, loop=asyncio.get_running_loop())
        writer.start()
        inside, go_on = threading.Event(), threading.Event()
        first = asyncio.create_task(writer.submit(lambda: (inside.set(), go_on.wait())))
        await asyncio.to_thread(inside.wait)
        second = asyncio.create_task(writer.submit(add("a")))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await writer.submit(add("b"))
        go_on.set()
        await asyncio.gather(first, second)
        writer.stop()

    asyncio.run(scenario())
    assert notes(db) == ["a"]
