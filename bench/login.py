"""What logins cost: whether their time tells who has an account, and what many at once do to everybody else.

    python bench/login.py

It starts a server of its own with the default settings, except that rate limits are off. It prints what it measured and
exits with 1 when something is over its limit. Linux only: memory is read from /proc.
"""

import argparse
import asyncio
import itertools
import multiprocessing
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2

PASSWORD = "wander far and wide"
KNOWN, UNKNOWN = "ada@example.org", "eve@example.org"
LOGIN = "/api/auth/login/"
#: The limits: of the medians' difference, of memory in MiB, of the 99th percentile in milliseconds.
MOST_DIFFERENT, MOST_MEMORY, SLOWEST = 0.05, 350, 100
RULES = ("ANONYMOUS", "LOGIN", "LOGIN_ACCOUNT", "LOGIN_CLIENT", "SIGNUP")


class Server:
    """`tripkit serve` on a free port."""

    def __init__(self, directory: Path, **settings: str) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "TRIPKIT_DATA_DIR": str(directory),
            "TRIPKIT_LOGS__ACCESS": "false",
            **{f"TRIPKIT_RATELIMIT__{rule}": "off" for rule in RULES},
            **settings,
        }
        command = [sys.executable, "-m", "tripkit", "serve", "--port", "0"]
        self.process = subprocess.Popen(command, env=environment, cwd=directory, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.url = next(found[1] for line in self.process.stderr if (found := re.search(r"serves at +(\S+)", line)))
        # A full pipe would stop the server's log.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def memory(self, name: str) -> float:
        """Resident memory in MiB: `VmRSS` now, `VmHWM` at its highest."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]


@contextmanager
def served() -> Iterator[Server]:
    """A server with one account that has a few plans."""
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory))
        try:
            yield server
        finally:
            server.process.terminate()
            server.process.wait(20)


def sign_up(server: Server) -> httpx2.Client:
    """A client that is signed in to the known address."""
    client = httpx2.Client(base_url=server.url, timeout=60, verify=False)
    form = {"email": KNOWN, "username": "ada", "password": PASSWORD, "password_confirm": PASSWORD}
    tokens = client.post("/api/auth/signup/", json=form).raise_for_status().json()["tokens"]
    client.headers["Authorization"] = f"Bearer {tokens['access']}"
    for number in range(20):
        client.post("/api/plans/", json={"title": f"Plan {number}", "destination": "D"}).raise_for_status()
    return client


def milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def fail_to_log_in(client: httpx2.Client, email: str) -> float:
    def attempt() -> None:
        assert client.post(LOGIN, json={"email": email, "password": "wrong phrase"}).status_code == 401

    return milliseconds(attempt)


def timing(client: httpx2.Client, tries: int) -> bool:
    """Whether failed logins take as long for an address that has an account as for one that has none."""
    times: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    for email in times:
        fail_to_log_in(client, email)  # the first of each kind finds nothing prepared
    for _ in range(tries):
        # In pairs of random order, so that whatever else the machine does falls on both.
        for email in random.sample([KNOWN, UNKNOWN], 2):
            times[email].append(fail_to_log_in(client, email))
    known, unknown = (statistics.median(times[email]) for email in (KNOWN, UNKNOWN))
    # Of each pair, whose two met the same machine: on a busy one the two medians differ by chance.
    within = statistics.median(one - other for one, other in zip(times[KNOWN], times[UNKNOWN], strict=True))
    difference = abs(within) / min(known, unknown)
    print(f"failed logins, {tries} of each: median {known:.2f} ms with an account, {unknown:.2f} ms without")
    return verdict("median difference within a pair", difference * 100, MOST_DIFFERENT * 100, "%")


def storm(url: str, at_once: int, going: Any, count: Any) -> None:
    """So many clients log in, again and again, until told to stop."""

    async def one(client: httpx2.AsyncClient) -> None:
        while going.is_set():
            answer = await client.post(LOGIN, json={"email": KNOWN, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            with count.get_lock():
                count.value += 1

    async def all_of_them() -> None:
        limits = httpx2.Limits(max_connections=at_once)
        async with httpx2.AsyncClient(base_url=url, timeout=120, verify=False, limits=limits) as client:
            await asyncio.gather(*(one(client) for _ in range(at_once)))

    asyncio.run(all_of_them())


def load(server: Server, client: httpx2.Client, at_once: int, seconds: float) -> bool:
    """Whether plans are served in time, and memory is bounded, while so many log in."""
    idle = server.memory("VmRSS")
    quiet = sorted(plan_requests(client, min(seconds, 5)))
    going, count = multiprocessing.Event(), multiprocessing.Value("q", 0)
    going.set()
    others = multiprocessing.Process(target=storm, args=(server.url, at_once, going, count))
    others.start()
    while not count.value:
        time.sleep(0.01)
    began, before = time.perf_counter(), count.value
    busy = sorted(plan_requests(client, seconds))
    rate = (count.value - before) / (time.perf_counter() - began)
    going.clear()
    others.join()
    print(f"{at_once} clients log in at once for {seconds:.0f} s: {rate:.1f} logins a second")
    for name, times in (("before", quiet), ("meanwhile", busy)):
        print(
            f"plan requests {name}: {len(times)}, median {statistics.median(times):.2f} ms, "
            f"p95 {percentile(times, 95):.2f} ms, p99 {percentile(times, 99):.2f} ms, slowest {times[-1]:.2f} ms"
        )
    in_time = verdict("p99 of plan requests", percentile(busy, 99), SLOWEST, "ms")
    print(f"memory of the server: {idle:.0f} MiB before")
    return verdict("memory at its highest", server.memory("VmHWM"), MOST_MEMORY, "MiB") and in_time


def plan_requests(client: httpx2.Client, seconds: float) -> list[float]:
    """Reads and writes of plans, a hundred a second at most; how long each took."""
    until, times = time.perf_counter() + seconds, []
    for number in itertools.count(1):
        if number % 10 == 0:
            body = {"title": f"Storm {number}", "destination": "D"}
            times.append(milliseconds(lambda body=body: client.post("/api/plans/", json=body).raise_for_status()))
        else:
            path = "/api/plans/" if number % 2 else "/api/plans/1/"
            times.append(milliseconds(lambda path=path: client.get(path).raise_for_status()))
        if time.perf_counter() > until:
            return times
        time.sleep(max(0.01 - times[-1] / 1000, 0))
    raise AssertionError


def percentile(times: list[float], percent: int) -> float:
    return times[min(len(times) * percent // 100, len(times) - 1)]


def verdict(what: str, found: float, limit: float, unit: str) -> bool:
    print(f"  {'ok' if found < limit else 'OVER'}: {what} {found:.2f} {unit} (limit {limit:g} {unit})")
    return found < limit


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tries", type=int, default=200, help="failed logins of each kind (200)")
    parser.add_argument("--clients", type=int, default=64, help="clients that log in at once (64)")
    parser.add_argument("--seconds", type=float, default=20, help="for so long (20)")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f}")
    with served() as server, closing(sign_up(server)) as client:
        passed = [timing(client, options.tries), load(server, client, options.clients, options.seconds)]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
