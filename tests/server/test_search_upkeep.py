"""The index of searches is kept up while nobody writes."""

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.schemas.plans import PlanIn
from tripkit.schemas.users import Actor
from tripkit.server import search_upkeep
from tripkit.server.bridge import Bridge
from tripkit.server.search_upkeep import SearchUpkeep
from tripkit.services import search_index

from ..conftest import on_sqlite


def documents(tripkit: Tripkit) -> int:
    [(count,)] = tripkit.db.execute("SELECT COUNT(*) FROM search_documents").fetchall()
    return int(count)


@pytest.fixture
def run(tripkit: Tripkit, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Bridge], Any]], Any]:
    """Run something beside the upkeep, which takes a twentieth of a second for a pause."""
    monkeypatch.setattr(search_upkeep, "QUIET", 0.05)

    def call(work: Callable[[Bridge], Any]) -> Any:
        async def main() -> Any:
            bridge = Bridge(tripkit)
            upkeep = SearchUpkeep(bridge, tripkit.search_index)
            upkeep.start()
            try:
                return await asyncio.wait_for(work(bridge), 20)
            finally:
                upkeep.stop()
                await asyncio.to_thread(bridge.close)

        return asyncio.run(main())

    return call


@on_sqlite
def test_what_was_written_is_taken_in(tripkit: Tripkit, ada: Actor, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_index, "BATCH", 2)

    async def write(bridge: Bridge) -> None:
        for number in range(7):
            await bridge.write(tripkit.plans.create, ada, PlanIn(title=f"Tea {number}", destination="D"))
        for _ in range(1000):
            if await bridge.read(documents, tripkit) == 7:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it was not taken in")

    run(write)


@on_sqlite
def test_whoever_writes_is_let_go_first(tripkit: Tripkit, ada: Actor, run: Any) -> None:
    async def write(bridge: Bridge) -> int:
        await bridge.write(tripkit.plans.create, ada, PlanIn(title="Tea", destination="D"))
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            bridge.wrote_at = time.monotonic()
            await asyncio.sleep(0.005)
        return await bridge.read(documents, tripkit)

    assert run(write) == 0


@on_sqlite
def test_whoever_reads_has_most_of_the_time(
    tripkit: Tripkit, ada: Actor, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[tuple[float, float]] = []

    def catch_up() -> bool:
        began = time.monotonic()
        time.sleep(0.02)
        worked.append((began, time.monotonic()))
        return True

    monkeypatch.setattr(tripkit.search_index, "catch_up_some", catch_up)

    async def wait(bridge: Bridge) -> None:
        await asyncio.sleep(1)

    run(wait)
    assert len(worked) > 1
    for (began, ended), (following, _) in itertools.pairwise(worked):
        assert following - ended >= search_upkeep.REST * (ended - began)
