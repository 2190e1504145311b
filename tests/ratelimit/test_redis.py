"""Counters in Redis: the same decisions as in memory, atomic, in time, and told safely when there is no Redis."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.config import ConfigError
from tripkit.ratelimit import Charge, Counter, Decision, MemoryLimiter, Rule, Window
from tripkit.ratelimit.redis import PREFIX, RedisLimiter

from ..redis import RedisServer

#: On a machine that is busy with other tests an answer may be late, which is not what these are about.
PATIENT = "?socket_timeout=10"
TEN = Rule("ten", (Window(10, 3600),))


def with_limiter(url: str, work: Callable[[RedisLimiter], Coroutine[Any, Any, Any]], **options: Any) -> Any:
    """What `work` gets from a limiter that is closed afterwards."""

    async def run() -> Any:
        limiter = RedisLimiter(url, **options)
        try:
            return await work(limiter)
        finally:
            await limiter.close()

    return asyncio.run(run())


async def listed(limiter: RedisLimiter | MemoryLimiter) -> list[Counter]:
    return sorted([counter async for counter in limiter.counters()], key=lambda counter: counter.name)


# --- the same as memory ---------------------------------------------------------------------------------------------

# Longer than an example takes: Redis forgets keys by its own clock, whatever time the scripts are given.
windows = st.lists(
    st.builds(Window, st.integers(1, 4), st.sampled_from([60, 61, 3600])),
    min_size=1,
    max_size=2,
    unique_by=lambda window: window.seconds,
)
charges = st.lists(st.tuples(st.integers(0, 1), st.sampled_from("ab")), min_size=1, max_size=3, unique=True)
microseconds = st.one_of(
    st.integers(0, 100_000_000), st.sampled_from([59_999_999, 60_000_000, 61_000_000, 3_600_000_000])
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("spend"), charges),
        st.tuples(st.just("refund"), st.tuples(st.integers(0, 30), st.sets(st.integers(0, 2), min_size=1))),
        st.tuples(st.just("wait"), microseconds),
    ),
    min_size=15,
    max_size=50,
)


@given(rules=st.tuples(windows, windows), steps=steps, began=st.integers(0, 999_999))
def test_memory_and_redis_decide_the_same(redis: RedisServer, rules: Any, steps: Any, began: int) -> None:
    redis.run("FLUSHALL")
    clock = [1_800_000_000_000_000 + began]

    def now() -> float:
        return clock[0] / 1_000_000

    def charge(number: int, key: str) -> Charge:
        return Charge(Rule(f"rule{number}", tuple(rules[number])), key)

    async def drive(limiter: RedisLimiter) -> None:
        memory = MemoryLimiter(now, 1000)
        made: list[tuple[list[Charge], Decision]] = []
        for what, detail in steps:
            if what == "wait":
                clock[0] += detail
            elif what == "spend":
                spent = [charge(*each) for each in detail]
                decision = await memory.spend(spent)
                assert await limiter.spend(spent) == decision
                made.append((spent, decision))
            elif made:
                chosen = detail[0] % len(made)
                spent, decision = made[chosen]
                back = [each for number, each in enumerate(spent) if number in detail[1]]
                made[chosen] = ([each for each in spent if each not in back], decision)  # each only once
                await memory.refund(decision, back)
                await limiter.refund(decision, back)
        assert [each for each in await listed(limiter) if each.ends > now()] == await listed(memory)

    with_limiter(redis.url + PATIENT, drive, now=now)


# --- atomic, and forgotten in time ----------------------------------------------------------------------------------


def test_of_fifty_at_once_ten_are_allowed(redis: RedisServer) -> None:
    async def work(limiter: RedisLimiter) -> None:
        other = RedisLimiter(redis.url + PATIENT)  # another process would be no different
        one, both = Charge(TEN, "one"), Charge(Rule("both", (Window(100, 60), Window(200, 3600))), "both")
        found = await asyncio.gather(*(each.spend([one, both]) for each in [limiter, other] * 25))
        assert sum(decision.allowed for decision in found) == 10
        assert sorted(decision.states[0].remaining for decision in found if decision.allowed) == list(range(10))
        assert [counter.count for counter in await listed(limiter)] == [10, 10, 10]
        await other.close()

    with_limiter(redis.url + PATIENT, work)


def test_the_window_is_that_of_the_server_and_its_key_goes_with_it(redis: RedisServer) -> None:
    async def work(limiter: RedisLimiter) -> None:
        charge = Charge(Rule("brief", (Window(1, 1),)), "k")
        first, second = await limiter.spend([charge]), await limiter.spend([charge])
        assert (first.allowed, second.allowed) == (True, False)
        assert 0 < second.retry_after <= 1
        seconds, micro = redis.run("TIME")
        assert first.receipt[0][1] == pytest.approx(int(seconds) + int(micro) / 1e6 + 1, abs=1)
        await asyncio.sleep(second.retry_after)
        assert (await limiter.spend([charge])).allowed
        assert 0 < redis.run("PTTL", f"{PREFIX}brief/1 k") <= 1001

    with_limiter(redis.url + PATIENT, work)


def test_a_refund_does_not_keep_a_counter_longer(redis: RedisServer) -> None:
    async def work(limiter: RedisLimiter) -> None:
        charge = Charge(TEN, "k")
        decision = await limiter.spend([charge])
        await limiter.refund(decision, [charge])
        assert [counter.count for counter in await listed(limiter)] == [0]
        redis.run("FLUSHALL")
        await limiter.refund(decision, [charge])  # nothing is made that would not expire
        assert redis.run("DBSIZE") == 0

    with_limiter(redis.url + PATIENT, work)


def test_counters_are_listed_and_forgotten_and_other_keys_left_alone(redis: RedisServer) -> None:
    async def work(limiter: RedisLimiter) -> None:
        redis.run("SET", "another program's", "1")
        await asyncio.gather(*(limiter.spend([Charge(TEN, str(number))]) for number in range(1200)))
        found = await listed(limiter)
        assert {counter.name for counter in found} == {f"ten/3600 {number}" for number in range(1200)}
        assert {(counter.count, counter.limit) for counter in found} == {(1, 10)}
        assert await limiter.forget("ten/3600 7")
        assert not await limiter.forget("ten/3600 7")
        assert len(await listed(limiter)) == 1199
        assert redis.run("GET", "another program's") == "1"

    with_limiter(redis.url + PATIENT, work)


@pytest.mark.parametrize("key", ["ada@exämple.org 2001:db8::/64", "a\x00b", "*?[a]", "\ud800"])
def test_any_key_is_counted(redis: RedisServer, key: str) -> None:
    async def work(limiter: RedisLimiter) -> None:
        decisions = [await limiter.spend([Charge(TEN, key)]) for _ in range(11)]
        assert [decision.allowed for decision in decisions] == [True] * 10 + [False]
        assert [counter.name for counter in await listed(limiter)] == [f"ten/3600 {key}"]
        assert await limiter.forget(f"ten/3600 {key}")

    with_limiter(redis.url + PATIENT, work)


def test_the_rights_that_the_documentation_names_are_enough(redis: RedisServer) -> None:
    page = (Path(__file__).parents[2] / "docs/self-hosting.md").read_text()
    rights = re.findall(r"[+~][a-z|:*]+", page[page.index("ACL SETUSER") :].split("\n-")[0])
    redis.run("ACL", "SETUSER", "tripkit", "on", ">hunter2", *rights)

    async def work(limiter: RedisLimiter) -> None:
        await limiter.ping()
        redis.run("SCRIPT", "FLUSH")
        charge = Charge(TEN, "k")
        await limiter.refund(await limiter.spend([charge]), [charge])
        [counter] = await listed(limiter)
        assert counter.count == 0
        assert await limiter.forget(counter.name)

    with_limiter(f"redis://tripkit:hunter2@127.0.0.1:{redis.port}/1{PATIENT}", work)


# --- a Redis that has its own life ----------------------------------------------------------------------------------


def test_scripts_are_loaded_again_after_a_flush_or_a_restart(redis: RedisServer) -> None:
    async def work(limiter: RedisLimiter) -> None:
        charge = Charge(TEN, "k")
        assert (await limiter.spend([charge])).states[0].remaining == 9
        redis.run("SCRIPT", "FLUSH")
        decision = await limiter.spend([charge])
        assert decision.states[0].remaining == 8
        redis.run("SCRIPT", "FLUSH")
        await limiter.refund(decision, [charge])
        assert (await limiter.spend([charge])).states[0].remaining == 8
        redis.run("FLUSHALL")
        assert (await limiter.spend([charge])).states[0].remaining == 9
        await asyncio.to_thread(redis.halt)
        await asyncio.to_thread(redis.launch)
        assert (await limiter.spend([charge])).states[0].remaining == 9

    with_limiter(redis.url + PATIENT, work)


def test_one_decision_is_one_round_trip(redis: RedisServer) -> None:
    async def work(limiter: RedisLimiter) -> None:
        charges = [Charge(TEN, "a"), Charge(TEN, "b"), Charge(Rule("two", (Window(2, 60), Window(3, 3600))), "c")]
        await limiter.spend(charges)
        redis.run("CONFIG", "RESETSTAT")
        await limiter.spend(charges)
        asked = [line for line in redis.run("INFO", "commandstats") if line.startswith("cmdstat_")]
        assert "cmdstat_evalsha" in asked
        assert not {"cmdstat_eval", "cmdstat_script|load", "cmdstat_ping"} & set(asked)

    with_limiter(redis.url + PATIENT, work)


def test_it_works_over_a_unix_socket(redis: RedisServer) -> None:
    async def work(limiter: RedisLimiter) -> None:
        await limiter.ping()
        assert (await limiter.spend([Charge(TEN, "k")])).allowed

    with_limiter(redis.socket_url + PATIENT, work)


def test_requests_that_are_broken_off_lose_no_connection(redis: RedisServer) -> None:
    async def work(limiter: RedisLimiter) -> None:
        for number in range(200):
            task = asyncio.create_task(limiter.spend([Charge(TEN, "k")]))
            for _ in range(number % 40):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await asyncio.gather(*(limiter.ping() for _ in range(100)))

    with_limiter(redis.url + PATIENT, work)


# --- no Redis -------------------------------------------------------------------------------------------------------


def failure(url: str) -> str:
    """What is told of a Redis that cannot be used."""

    async def work(limiter: RedisLimiter) -> str:
        with pytest.raises(OSError) as raised:  # noqa: PT012
            began = time.perf_counter()
            try:
                await limiter.spend([Charge(TEN, "k")])
            finally:
                assert time.perf_counter() - began < 1
        return str(raised.value)

    told: str = with_limiter(url, work)
    return told


def test_a_wrong_password_is_told_and_not_shown(redis: RedisServer) -> None:
    for right in (redis.url, redis.socket_url):
        told = failure(right.replace(redis.password, "s3cret"))
        assert "it does not accept the user and password" in told
        assert "s3cret" not in told


def test_nobody_there(redis: RedisServer) -> None:
    redis.halt()
    told = failure(redis.url)
    assert told.startswith(f"redis://127.0.0.1:{redis.port}/0: it cannot be reached")
    assert redis.password not in told


def test_no_answer(redis: RedisServer) -> None:
    redis.freeze()
    began = time.perf_counter()
    assert "no answer in time" in failure(redis.url)
    assert 0.2 < time.perf_counter() - began < 0.6


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """The port of something that says the same to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(answer.replace(b"<sent>", connection.recv(1000).replace(b"\r\n", b" ")))

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"*99999\r\n$-7\r\n",
        b":x\r\n",
        b"$5\r\n\xff\xff\xff\xff\xff\r\n",
        b"+OK\r\n" * 9,
        b"-ERR unknown command `AUTH`, with args beginning with: <sent>\r\n",
        b"-ERR max number of clients reached <sent>\r\n",
        b"-NOPERM <sent>\r\n",
        b"-OOM <sent>\r\n",
        b"-READONLY <sent>\r\n",
    ],
)
def test_what_is_no_redis_or_refuses_is_told_without_its_own_words(answer: bytes) -> None:
    with answering(answer) as port:
        assert "s3cret" not in failure(f"redis://:s3cret@127.0.0.1:{port}")


@pytest.mark.parametrize(
    "options",
    ["colour=blue", "socket_timeout=soon", "socket_timeout=0", "socket_timeout=-1", "socket_timeout=nan",
     "socket_timeout=inf", "db=x", "max_connections=none", "protocol=9",
     "encoder_class=x", "ssl_ca_certs=x", "connection_class=x"],
)  # fmt: skip
def test_an_unknown_or_wrong_option_of_the_url_is_refused_by_the_name_of_the_setting(options: str) -> None:
    with pytest.raises(ConfigError, match=r"ratelimit\.redis_url") as refused:
        RedisLimiter(f"redis://:s3cret@127.0.0.1/0?{options}")
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("rediss://ada:s3cret@redis.example.org:6380/3?ssl_ca_certs=/etc/ca.pem", "rediss://redis.example.org:6380/3"),
        ("redis://:s3cret@[::1]?socket_timeout=1&socket_keepalive=yes", "redis://[::1]"),
        ("unix://:s3cret@/run/redis.sock?db=2&max_connections=5", "unix:///run/redis.sock"),
    ],
)
def test_what_is_shown_of_a_url(url: str, name: str) -> None:
    assert RedisLimiter(url).name == name
