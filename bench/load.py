"""Requests a second of `tripkit serve`, on SQLite and on Postgres, against a floor measured in the same run.

    .venv/bin/python -m bench.load [--seconds 3] [--rounds 2] [--connections 1,32] [--servers floor,sqlite,postgres]

The floor is bare Sanic that answers ready-made bytes: what the HTTP layer alone allows. The server is pinned to one
core and `wrk`, which must be installed, to another. Before a server is measured its answers are checked, and one failed
request ends the run. Both databases are durable (`synchronous=FULL`, `fsync=on`).
"""

import argparse
import contextlib
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
from tests.live import LiveServer, sign_up
from tests.postgres import PostgresServer

SERVER_CPU, CLIENT_CPU = "0", str(max((os.cpu_count() or 1) - 1, 0))
SCENARIOS = ("detail", "list", "create", "patch")
PLANS = 200
BODY = {
    "title": "Lisbon, Sintra and Porto",
    "destination": "Lisbon, Portugal",
    "description": "Three days with food markets, old trams and a palace. " * 4,
    "start_date": "2027-05-01",
    "end_date": "2027-05-04",
    "budget": "900.50",
    "plan_data": {"days": [{"day": day, "city": "Lisbon", "stops": ["Alfama", "Ribeira"] * 6} for day in range(3)]},
}
SCRIPT = """
wrk.method = os.getenv("M")
wrk.body = os.getenv("B")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = os.getenv("A")
local first, last, n = tonumber(os.getenv("FIRST")), tonumber(os.getenv("LAST")), 0
function request()
  n = n + 1
  if first == 0 then return wrk.format() end
  return wrk.format(nil, "/api/plans/" .. (first + n % (last - first + 1)) .. "/")
end
function done(summary, latency)
  local e = summary.errors
  io.stderr:write(string.format("%d %d %d %.0f %.0f\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
end
"""
FLOOR = """
import sys
from sanic import Sanic, response
app = Sanic("floor", configure_logging=False)
bodies = {"detail": b"x" * 1100, "list": b"x" * 21000}
@app.route("/api/plans/", methods=["GET", "POST"])
async def plans(request):
    if request.method == "GET":
        return response.raw(bodies["list"])
    return response.raw(bodies["detail"], 201)
@app.route("/api/plans/<number:int>/", methods=["GET", "PATCH"])
async def plan(request, number):
    return response.raw(bodies["detail"])
if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), single_process=True, access_log=False, motd=False)
"""


class Target:
    """A server under load, with what its requests need."""

    def __init__(self, name: str, url: str, authorization: str = "", ids: tuple[int, int] = (1, PLANS)) -> None:
        self.name, self.url, self.authorization, self.ids = name, url, authorization, ids

    def load(self, scenario: str, connections: int, seconds: float) -> tuple[float, float, float]:
        """Requests a second, and the median and 99th percentile of their time in ms. Raises when one of them failed."""
        one = scenario in ("detail", "patch")
        method = {"create": "POST", "patch": "PATCH"}.get(scenario, "GET")
        body = {"create": json.dumps(BODY), "patch": json.dumps({"title": f"Trip at {time.time()}"})}.get(scenario, "")
        first, last = self.ids if one else (0, 0)
        environment = {"M": method, "B": body, "A": self.authorization, "FIRST": str(first), "LAST": str(last)}
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(SCRIPT)
            script.flush()
            command = [
                "taskset",
                "-c",
                CLIENT_CPU,
                "wrk",
                "-t1",
                f"-c{connections}",
                f"-d{seconds:.0f}s",
                "-s",
                script.name,
            ]
            done = subprocess.run(
                [*command, f"{self.url}/api/plans/"],
                env={**os.environ, **environment},
                capture_output=True,
                text=True,
                check=True,
            )
        requests, microseconds, errors, p50, p99 = map(float, done.stderr.split())
        if errors:
            raise SystemExit(f"{self.name}, {scenario}, {connections} connections: {errors:.0f} errors")
        return requests / microseconds * 1e6, p50 / 1000, p99 / 1000


@contextlib.contextmanager
def floor(home: Path) -> Iterator[Target]:
    (home / "floor.py").write_text(FLOOR)
    port = "18471"
    process = subprocess.Popen(["taskset", "-c", SERVER_CPU, sys.executable, str(home / "floor.py"), port])
    try:
        for _ in range(100):
            time.sleep(0.1)
            with contextlib.suppress(httpx2.HTTPError):
                httpx2.get(f"http://127.0.0.1:{port}/api/plans/")
                break
        yield Target("floor", f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def tripkit(name: str, home: Path, database_url: str, *arguments: str) -> Iterator[Target]:
    environment = {
        "TRIPKIT_DATABASE__URL": database_url,
        "TRIPKIT_LOGS__ACCESS": "false",
        "TRIPKIT_SECURITY__ACCESS_LIFETIME": "86400",
    }
    server = LiveServer(home, preexec=lambda: os.sched_setaffinity(0, {int(SERVER_CPU)}), **environment)
    server.start(*arguments)
    try:
        with server.client() as client:
            token = f"Bearer {sign_up(client)['tokens']['access']}"
            client.headers["Authorization"] = token
            ids = [client.post("/api/plans/", json=BODY).raise_for_status().json()["id"] for _ in range(PLANS)]
            assert client.get(f"/api/plans/{ids[0]}/").json()["plan_data"] == BODY["plan_data"]
            assert len(client.get("/api/plans/").json()["results"]) == 20
        yield Target(name, server.url, token, (ids[0], ids[-1]))
    finally:
        server.stop()


def everything(wanted: list[str], home: Path) -> Iterator[contextlib.AbstractContextManager[Target]]:
    if "floor" in wanted:
        yield floor(home)
    if "sqlite" in wanted:
        yield tripkit("sqlite", home, f"sqlite:///{home}/bench.sqlite3")
    if "postgres" in wanted:
        yield on_postgres(home)


@contextlib.contextmanager
def on_postgres(home: Path) -> Iterator[Target]:
    server = PostgresServer(durable=True).start()
    try:
        with server.database() as url, tripkit("postgres", home, url, "--migrate") as target:
            yield target
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--connections", default="1,32")
    parser.add_argument("--servers", default="floor,sqlite,postgres")
    parser.add_argument("--scenarios", default=",".join(SCENARIOS))
    options = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("Install wrk first (the package is called so in Debian, Fedora and Homebrew).")
    found: dict[tuple[int, str, str], list[Any]] = {}
    servers = options.servers.split(",")
    connections = [int(each) for each in options.connections.split(",")]
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as directory:
            for each in everything(servers, Path(directory)):
                with each as target:
                    for count, scenario in itertools.product(connections, options.scenarios.split(",")):
                        target.load(scenario, count, 1)
                        found.setdefault((count, scenario, target.name), []).append(
                            target.load(scenario, count, options.seconds)
                        )
    base = servers[0]
    for (count, scenario, name), rounds in sorted(found.items()):
        rate, p50, p99 = (statistics.median(column) for column in zip(*rounds, strict=True))
        ratio = rate / statistics.median(each[0] for each in found[count, scenario, base])
        times = f"p50 {p50:.2f} ms  p99 {p99:.2f} ms"
        print(f"c{count:<3} {scenario:7} {name:9} {rate:9.0f}/s  {ratio:6.3f} of {base}  {times}")


if __name__ == "__main__":
    main()
