"""What a decision of the memory limiter costs, and how much memory its counters take.

    .venv/bin/python bench/ratelimit.py

Times are the least of several rounds, in processor time of the thread, so that other programs disturb them little. The
bounds are 10 µs a decision and 64 MiB for 100,000 counters; beyond them the exit code is 1.
"""

import asyncio
import gc
import sys
import time
import tracemalloc
from collections.abc import Iterator, Sequence

from tripkit.ratelimit import Charge, MemoryLimiter, Rule, Window
from tripkit.services.clock import utc_now

ENTRIES = 100_000
ROUNDS, CHARGES = 7, 5000
MOST_MICROSECONDS, MOST_MEBIBYTES = 10, 64
QUOTA = Rule("anonymous", (Window(10, 30 * 86400),))


def charges(label: str, count: int) -> Iterator[list[Charge]]:
    """One charge for each of `count` clients, with names as long as those of IPv6 networks."""
    return ([Charge(QUOTA, f"2001:db8:{label}:{number:05x}::/64")] for number in range(count))


async def spend(limiter: MemoryLimiter, requests: Sequence[Sequence[Charge]]) -> float:
    """Microseconds a decision."""
    began = time.thread_time()
    for request in requests:
        await limiter.spend(request)
    return (time.thread_time() - began) / len(requests) * 1e6


async def measure(limiter: MemoryLimiter) -> dict[str, float]:
    """The least of several rounds, for each kind of client."""
    found: dict[str, list[float]] = {"a new client": [], "a known client": [], "a refused client": []}
    for number in range(ROUNDS):
        requests = list(charges(f"f{number:03}", CHARGES))
        found["a new client"].append(await spend(limiter, requests))
        found["a known client"].append(await spend(limiter, requests))
        for _ in range(8):
            await spend(limiter, requests)
        found["a refused client"].append(await spend(limiter, requests))
    return {name: min(times) for name, times in found.items()}


def limiter() -> MemoryLimiter:
    return MemoryLimiter(lambda: utc_now().timestamp(), ENTRIES)


async def times() -> float:
    """Print the times; the largest."""
    full = limiter()
    await spend(full, list(charges("0", ENTRIES)))
    worst = 0.0
    for state, store in (("with room", limiter()), ("full", full)):
        for client, cost in (await measure(store)).items():
            print(f"{state:10}  {client:17} {cost:5.1f} µs")
            worst = max(worst, cost)
    return worst


async def memory() -> float:
    """Print what counters take while none was saved yet, which is when they take most; the largest."""
    gc.collect()
    tracemalloc.start()
    store = limiter()
    for label in ("1", "2"):
        for request in charges(label, ENTRIES):
            await store.spend(request)
    for request in charges("2", ENTRIES):
        for _ in range(9):
            await store.spend(request)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{ENTRIES} counters, turned over once, then all used up: at most {peak / 2**20:.1f} MiB")
    return peak / 2**20


if __name__ == "__main__":
    slowest, largest = asyncio.run(times()), asyncio.run(memory())
    sys.exit(slowest > MOST_MICROSECONDS or largest > MOST_MEBIBYTES)
