"""Without Redis: strict rules are counted here, all others permit, nobody waits, and it ends by itself."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tripkit import metrics
from tripkit.ratelimit import Charge, FallbackLimiter, MemoryLimiter, Rule, Window
from tripkit.ratelimit.fallback import PAUSE
from tripkit.ratelimit.redis import RedisLimiter

from ..redis import RedisServer

QUOTA = Charge(Rule("anonymous", (Window(3, 3600),)), "192.0.2.1")
LOGIN = Charge(Rule("login", (Window(3, 300),), strict=True), "ada@example.org 192.0.2.1")


def with_fallback(url: str, work: Callable[[FallbackLimiter], Coroutine[Any, Any, Any]]) -> None:
    async def run() -> None:
        limiter = FallbackLimiter(RedisLimiter(url), MemoryLimiter(time.time, 1000))
        try:
            await work(limiter)
        finally:
            await limiter.close()

    asyncio.run(run())


async def recovered(limiter: FallbackLimiter) -> None:
    """Wait until Redis is asked again."""
    deadline = time.monotonic() + PAUSE + 5
    while True:
        try:
            return await limiter.ping()
        except OSError:
            assert time.monotonic() < deadline, "it does not recover"
            await asyncio.sleep(0.02)


def degraded(rule: str) -> float:
    return metrics.REGISTRY.get_sample_value("tripkit_ratelimit_degraded_total", {"rule": rule}) or 0


def test_what_is_counted_without_redis_and_what_is_not(redis: RedisServer) -> None:
    async def work(limiter: FallbackLimiter) -> None:
        redis.halt()
        assert [(await limiter.spend([QUOTA])).allowed for _ in range(5)] == [True] * 5
        assert (await limiter.spend([QUOTA])).states == ()
        assert [(await limiter.spend([LOGIN])).allowed for _ in range(5)] == [True] * 3 + [False] * 2
        together = await limiter.spend([QUOTA, LOGIN])
        assert not together.allowed
        assert [state.rule for state in together.states] == ["login"]
        assert together.retry_after == pytest.approx(300, abs=5)

    with_fallback(redis.url, work)


def test_it_recovers_and_counts_where_it_was(redis: RedisServer) -> None:
    async def work(limiter: FallbackLimiter) -> None:
        first = await limiter.spend([QUOTA, LOGIN])
        redis.freeze()
        away = await limiter.spend([QUOTA, LOGIN])
        redis.thaw()
        await recovered(limiter)
        found = {counter.name: counter.count async for counter in limiter.counters()}
        # What Redis was sent while it did not answer, it may do afterwards.
        assert set(found.values()) <= {1, 2}
        assert (await limiter.spend([LOGIN])).states[0].remaining == 3 - found["login/300 " + LOGIN.key] - 1
        await limiter.refund(first, [LOGIN])
        await limiter.refund(away, [LOGIN])  # was never counted there
        after = {counter.name: counter.count async for counter in limiter.counters()}
        assert after["login/300 " + LOGIN.key] == found["login/300 " + LOGIN.key]

    with_fallback(redis.url, work)


def test_refunds_go_to_where_was_counted(redis: RedisServer) -> None:
    async def work(limiter: FallbackLimiter) -> None:
        remote = await limiter.spend([LOGIN])
        redis.halt()
        local = [await limiter.spend([LOGIN]) for _ in range(3)]
        assert not (await limiter.spend([LOGIN])).allowed
        await limiter.refund(remote, [LOGIN])  # nobody fails for it
        assert not (await limiter.spend([LOGIN])).allowed
        await limiter.refund(local[0], [LOGIN])
        assert (await limiter.spend([LOGIN])).allowed

    with_fallback(redis.url, work)


def test_only_one_request_in_a_while_waits_for_a_redis_that_does_not_answer(redis: RedisServer) -> None:
    async def timed() -> float:
        began = time.perf_counter()
        await limiter.spend([QUOTA, LOGIN])
        return time.perf_counter() - began

    async def work(given: FallbackLimiter) -> None:
        nonlocal limiter
        limiter = given
        await limiter.ping()
        redis.freeze()
        assert max(await asyncio.gather(*(timed() for _ in range(100)))) < 0.5
        began = time.perf_counter()
        for _ in range(100):
            await timed()
        assert time.perf_counter() - began < 0.2
        await asyncio.sleep(max(0, PAUSE - (time.perf_counter() - began)) + 0.05)
        waits = await asyncio.gather(*(timed() for _ in range(100)))
        assert sum(wait > 0.2 for wait in waits) == 1

    limiter: FallbackLimiter
    with_fallback(redis.url, work)


def test_a_flood_does_not_open_the_gate(redis: RedisServer) -> None:
    """A process with more to do than it can must not take the store to be away, and permit everything."""

    async def work(limiter: FallbackLimiter) -> None:
        async def request() -> bool:
            time.sleep(0.0002)  # noqa: ASYNC251  what a server does for each request besides
            return (await limiter.spend([QUOTA])).allowed

        assert sum(await asyncio.gather(*(request() for _ in range(5000)))) == 3

    before = degraded("anonymous")
    with_fallback(redis.url, work)
    assert degraded("anonymous") == before


def test_the_loop_goes_on_meanwhile(redis: RedisServer) -> None:
    async def work(limiter: FallbackLimiter) -> None:
        redis.freeze()
        spending = asyncio.create_task(limiter.spend([QUOTA]))
        turns = 0
        while not spending.done():
            await asyncio.sleep(0.005)
            turns += 1
        assert turns > 10

    with_fallback(redis.url, work)


def test_each_rule_is_logged_once_and_counted_every_time(redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    before = degraded("anonymous"), degraded("login")

    async def work(limiter: FallbackLimiter) -> None:
        redis.halt()
        for _ in range(20):
            await limiter.spend([QUOTA, LOGIN])
        redis.launch()
        await recovered(limiter)
        redis.halt()
        await limiter.spend([QUOTA, LOGIN])

    caplog.set_level(logging.INFO)
    with_fallback(redis.url, work)
    assert (degraded("anonymous") - before[0], degraded("login") - before[1]) == (21, 21)
    where = f"redis://127.0.0.1:{redis.port}/0: it cannot be reached"
    said = [(record.levelname, record.message.partition(where)[:2]) for record in caplog.records]
    assert said == [
        ("WARNING", ("rate limits are degraded: ", where)),
        ("WARNING", ("ratelimit.anonymous does not limit for now: ", where)),
        ("WARNING", ("ratelimit.login is counted by each process for itself for now: ", where)),
        ("INFO", ("rate limits are complete again", "")),
    ]
    assert redis.password not in caplog.text


def test_it_says_whether_redis_is_there(redis: RedisServer) -> None:
    async def work(limiter: FallbackLimiter) -> None:
        await limiter.ping()
        await limiter.spend([LOGIN])
        assert await limiter.forget(f"login/300 {LOGIN.key}")
        redis.halt()
        for _ in range(2):
            with pytest.raises(OSError, match=f":{redis.port}/0: "):
                await limiter.ping()
        redis.launch()
        await recovered(limiter)

    with_fallback(redis.url, work)
