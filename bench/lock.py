"""What readers and writers see while another process holds the write lock of SQLite for three seconds.

    .venv/bin/python -m bench.lock

16 connections read a plan as fast as they can (with `wrk`, which must be installed), 4 make plans. The bounds: reads
stay under 50 ms at the 99th percentile, and each write succeeds later or is answered 503 with `Retry-After`.
"""

import contextlib
import sqlite3
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx2

from bench.load import BODY, Target, tripkit

HELD = 3.0
READERS, WRITERS = 16, 4


class Written(NamedTuple):
    """How one write was answered."""

    status: int
    retry_after: str | None
    seconds: float


@contextlib.contextmanager
def held(database: Path) -> Iterator[None]:
    """The write lock is somebody else's for `HELD` seconds, but no longer than the block."""
    other = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    end = threading.Timer(HELD, other.rollback)
    end.start()
    try:
        yield
    finally:
        end.join()
        other.close()


@contextlib.contextmanager
def writing(target: Target) -> Iterator[list[Written]]:
    """`WRITERS` clients make plans until the block ends; what they were answered."""
    answers: list[Written] = []
    over = threading.Event()

    def write() -> None:
        with httpx2.Client(base_url=target.url, headers={"Authorization": target.authorization}, timeout=30) as client:
            while not over.is_set():
                began = time.perf_counter()
                answer = client.post("/api/plans/", json=BODY)
                took = time.perf_counter() - began
                answers.append(Written(answer.status_code, answer.headers.get("Retry-After"), took))

    writers = [threading.Thread(target=write) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        yield answers
    finally:
        over.set()
        for writer in writers:
            writer.join()


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        database = Path(directory) / "bench.sqlite3"
        with tripkit("sqlite", Path(directory), f"sqlite:///{database}") as target:
            target.load("detail", READERS, 1)
            with writing(target) as answers, held(database):
                rate, p50, p99 = target.load("detail", READERS, HELD)
    print(f"reads: {rate:.0f} a second, p50 {p50:.1f} ms, p99 {p99:.1f} ms (bound: 50 ms)")
    for status, count in sorted(Counter(answer.status for answer in answers).items()):
        times = [answer.seconds for answer in answers if answer.status == status]
        print(f"writes answered {status}: {count}, median {statistics.median(times):.3f} s, slowest {max(times):.3f} s")
    wrong = [each for each in answers if each.status != 201 and not (each.status == 503 and each.retry_after)]
    if p99 >= 50 or wrong:
        raise SystemExit(f"Out of bounds: {wrong or 'reads'}.")


if __name__ == "__main__":
    main()
