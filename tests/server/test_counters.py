"""Counters from one run of the server to the next, on both databases."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec
import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import Busy
from tripkit.ratelimit import Charge, MemoryLimiter, Rule, Window
from tripkit.server.bridge import Bridge
from tripkit.server.counters import PART, Keeper

from ..conftest import FakeClock, on_sqlite

T = TypeVar("T")

QUOTA = Rule("anonymous", (Window(10, 30 * 86400),))


class Counting(Bridge):
    """Counts the units, and lets something happen before the next of them."""

    units = 0
    before: Callable[[], Coroutine[Any, Any, Any]] | None = None

    def __init__(self, tripkit: Tripkit) -> None:
        super().__init__(tripkit)
        self.written = asyncio.Event()

    async def write(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.units += 1
        if before := self.before:
            self.before = None
            await before()
        done = await super().write(method, *args, **kwargs)
        self.written.set()
        return done


class Running:
    """What a server has: a limiter, and what keeps its counters."""

    def __init__(self, tripkit: Tripkit) -> None:
        database = msgspec.structs.replace(tripkit.settings.database, pool_size=1)
        settings = msgspec.structs.replace(tripkit.settings, database=database)
        self.bridge = Counting(Tripkit(settings, tripkit.db, tripkit.clock))
        self.limiter = MemoryLimiter(lambda: tripkit.clock().timestamp(), 10_000)
        self.keeper = Keeper(self.limiter, tripkit.rate_limits, self.bridge)

    async def spend(self, key: str, times: int = 1) -> list[bool]:
        return [(await self.limiter.spend([Charge(QUOTA, key)])).allowed for _ in range(times)]


@pytest.fixture
def run(tripkit: Tripkit) -> Any:
    """`async with run() as server`: from start to clean stop."""

    @asynccontextmanager
    async def run() -> AsyncIterator[Running]:
        running = Running(tripkit)
        await running.keeper.start()
        try:
            yield running
            await running.keeper.stop()
        finally:
            await running.bridge.read_much(tripkit.db.close)  # in its thread, which has a connection of its own
            running.bridge.close()
            tripkit.db.close()  # that of this thread can only read any more

    return run


async def elsewhere(tripkit: Tripkit, method: Callable[..., T], *args: Any) -> T:
    """Call `method` as a command would: on another connection, while the server runs."""

    def call() -> T:
        try:
            return method(*args)
        finally:
            tripkit.db.close()

    return await asyncio.to_thread(call)


def rows(tripkit: Tripkit) -> dict[str, int]:
    return {counter.key: counter.count for counter in tripkit.rate_limits.counters()}


def test_a_clean_stop_keeps_everything_and_the_next_start_takes_it_up(run, tripkit: Tripkit, clock: FakeClock) -> None:
    async def first() -> None:
        async with run() as server:
            await server.spend("192.0.2.1", 10)
            await server.spend("2001:db8::/64", 3)

    async def second() -> None:
        async with run() as server:
            assert await server.spend("192.0.2.1") == [False]
            assert await server.spend("2001:db8::/64", 8) == [True] * 7 + [False]

    asyncio.run(first())
    assert rows(tripkit) == {"192.0.2.1": 10, "2001:db8::/64": 3}
    clock.advance(days=29, hours=23)
    asyncio.run(second())
    clock.advance(hours=1)

    async def third() -> None:
        async with run() as server:
            assert await server.spend("192.0.2.1") == [True]

    asyncio.run(third())
    assert rows(tripkit) == {"192.0.2.1": 1}


def test_nothing_is_written_when_nothing_has_changed_and_much_in_parts(run, tripkit: Tripkit) -> None:
    async def save() -> None:
        async with run() as server:
            await server.keeper.save()
            assert server.bridge.units == 0
            for number in range(2 * PART + 1):
                await server.spend(str(number))
            await server.keeper.save()
            assert server.bridge.units == 3
            await server.keeper.save()
            await server.keeper.take_up_resets()
            assert server.bridge.units == 3

    asyncio.run(save())
    assert len(rows(tripkit)) == 2 * PART + 1


def test_a_reset_is_taken_up_with_all_that_is_in_memory(run, tripkit: Tripkit) -> None:
    async def reset() -> None:
        async with run() as server:
            await server.spend("192.0.2.1", 10)
            await server.spend("192.0.2.2", 10)
            assert await elsewhere(tripkit, tripkit.rate_limits.reset, "192.0.2.1") == []  # nothing was saved yet
            await server.keeper.take_up_resets()
            assert await server.spend("192.0.2.1") == [True]
            assert await server.spend("192.0.2.2") == [False]

    asyncio.run(reset())
    assert rows(tripkit) == {"192.0.2.1": 1, "192.0.2.2": 10}
    assert tripkit.rate_limits.resets() == {}


def test_what_was_on_its_way_to_the_database_does_not_come_back_after_a_reset(run, tripkit: Tripkit) -> None:
    async def race() -> None:
        async with run() as server:
            await server.spend("192.0.2.1", 10)
            server.bridge.before = lambda: elsewhere(tripkit, tripkit.rate_limits.reset, "192.0.2.1")
            await server.keeper.save()
            assert await elsewhere(tripkit, rows, tripkit) == {"192.0.2.1": 10}  # it was written after the reset
            await server.keeper.take_up_resets()
            assert await elsewhere(tripkit, rows, tripkit) == {}

    asyncio.run(race())
    assert rows(tripkit) == {}


def test_a_reset_while_no_server_ran_holds_at_the_next_start(run, tripkit: Tripkit) -> None:
    async def spend() -> None:
        async with run() as server:
            await server.spend("192.0.2.1", 10)

    async def again() -> None:
        async with run() as server:
            assert await server.spend("192.0.2.1") == [True]

    asyncio.run(spend())
    tripkit.rate_limits.reset("192.0.2.1")
    asyncio.run(again())
    assert rows(tripkit) == {"192.0.2.1": 1}
    assert tripkit.rate_limits.resets() == {}


@on_sqlite
def test_what_could_not_be_saved_is_saved_later_and_the_log_says_it_once(
    run, tripkit: Tripkit, tmp_path, caplog: pytest.LogCaptureFixture
) -> None:
    tripkit.db.database.pragma("busy_timeout", 1, permanent=True)

    async def save() -> None:
        async with run() as server:
            for number in range(PART + 1):
                await server.spend(str(number))
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Busy):
                await server.keeper.save()
            for _ in range(3):
                await server.keeper._try(server.keeper.save)
            other.rollback()
            await server.keeper.save()

    other = sqlite3.connect(tmp_path / "tripkit.sqlite3")
    with caplog.at_level(logging.WARNING):
        asyncio.run(save())
    other.close()
    assert len(rows(tripkit)) == PART + 1
    assert len([record for record in caplog.records if "rate limits" in record.message]) == 1


def test_counters_are_saved_by_themselves_as_time_goes_by(run, tripkit: Tripkit, monkeypatch) -> None:
    monkeypatch.setattr("tripkit.server.counters.LOOKING", 0.01)

    async def wait() -> None:
        async with run() as server:
            await server.spend("192.0.2.1")
            await server.bridge.written.wait()

    asyncio.run(asyncio.wait_for(wait(), 20))
    assert rows(tripkit) == {"192.0.2.1": 1}
