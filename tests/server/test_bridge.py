"""Threads with a bounded queue: what does not fit is told to come back, and costs nothing."""

import asyncio
import threading

import pytest

from tripkit.errors import Busy
from tripkit.server.bridge import Pool


def test_what_does_not_fit_into_the_queue_is_refused_at_once_and_the_rest_is_done() -> None:
    pool = Pool("test", 2, 3, Busy("Too many people are signing in.", retry_after=5))
    go_on = threading.Event()
    running = threading.Semaphore(0)

    def work() -> bool:
        running.release()
        return go_on.wait(10)

    async def flood() -> list[bool]:
        accepted = [asyncio.create_task(pool.run(work)) for _ in range(5)]
        await asyncio.sleep(0)
        for _ in range(20):
            with pytest.raises(Busy, match="signing in") as refused:
                await pool.run(work)
            assert refused.value.retry_after == 5
        assert all([await asyncio.to_thread(running.acquire, timeout=10) for _ in range(2)])
        assert not running.acquire(blocking=False), "no more than two run at once"
        go_on.set()
        done = await asyncio.gather(*accepted)
        return [*done, await pool.run(work)]

    try:
        assert asyncio.run(flood()) == [True] * 6
    finally:
        pool.close()
