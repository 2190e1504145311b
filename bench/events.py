"""What it costs to follow plans: the memory of many open event streams, and how soon a change reaches all of them.

    python -m bench.events

It starts a server of its own, prints what it measured and exits with 1 when something is over its limit. Linux only:
memory is read from /proc.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from bench.login import Server, sign_up, verdict

#: The limits: of memory in MiB, and of milliseconds until the last stream has a change.
MOST_MEMORY, SLOWEST = 50, 500


async def open_stream(url: str, header: str) -> asyncio.StreamReader:
    """A stream of plan 1 that has said that it is open."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(
        f"GET /api/plans/1/events/ HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: {header}\r\n\r\n".encode()
    )
    await reader.readuntil(b'data: {"version":')
    reader.writer = writer  # type: ignore[attr-defined]  # or it would be closed
    return reader


async def arrival(reader: asyncio.StreamReader, title: str) -> float:
    """When a change to this title arrives."""
    await reader.readuntil(title.encode())
    return time.perf_counter()


async def measure(server: Server, client: httpx2.Client, streams: int, rounds: int) -> bool:
    """Open the streams, change the plan again and again, and look at the clock and at the memory."""
    header = client.headers["Authorization"]
    idle = server.memory("VmRSS")
    readers = [await open_stream(server.url, header) for _ in range(streams)]
    opened = server.memory("VmRSS")
    slowest, medians = 0.0, []
    for number in range(rounds):
        title = f"Change {number}."
        waiting = [asyncio.create_task(arrival(reader, title)) for reader in readers]
        began = time.perf_counter()
        answer = await asyncio.to_thread(client.patch, "/api/plans/1/", json={"title": title})
        answer.raise_for_status()
        times = [(moment - began) * 1000 for moment in await asyncio.gather(*waiting)]
        slowest = max(slowest, *times)
        medians.append(statistics.median(times))
    highest = server.memory("VmHWM")
    print(f"{streams} streams, {rounds} changes: median {statistics.median(medians):.0f} ms until a stream has one")
    print(f"memory of the server: {idle:.1f} MiB before, {opened:.1f} MiB with them, {highest:.1f} MiB at its highest")
    in_time = verdict("slowest stream of all changes", slowest, SLOWEST, "ms")
    return verdict("memory of the streams", highest - idle, MOST_MEMORY, "MiB") and in_time


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--streams", type=int, default=500, help="event streams that are open at once (500)")
    parser.add_argument("--rounds", type=int, default=20, help="changes of the plan (20)")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f}")
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory), TRIPKIT_SERVER__EVENT_STREAMS_PER_USER=str(options.streams))
        try:
            with closing(sign_up(server)) as client:
                for number in range(200):  # so that what is loaded once, and caches, are not taken for the streams'
                    client.patch("/api/plans/1/", json={"title": f"Warm {number}"}).raise_for_status()
                passed = asyncio.run(measure(server, client, options.streams, options.rounds))
        finally:
            server.process.terminate()
            server.process.wait(20)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
