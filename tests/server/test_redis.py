"""Servers that count in Redis: together, and without it when it is away."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ..redis import RedisServer
from .conftest import PASSWORD, LiveServer, sign_up


@pytest.fixture
def start(redis: RedisServer, start_server: Callable[..., LiveServer]) -> Callable[..., LiveServer]:
    """Start a server on this Redis, with these rules: `start(SIGNUP="5/h")`."""

    def start(*arguments: str, options: str = "", database: str = "", **rules: str) -> LiveServer:
        env = {f"TRIPKIT_RATELIMIT__{name}": rule for name, rule in rules.items()}
        env |= {"TRIPKIT_RATELIMIT__BACKEND": "redis", "TRIPKIT_RATELIMIT__REDIS_URL": redis.url + options}
        env |= {"TRIPKIT_DATABASE__URL": database}
        return start_server(*arguments, **env)

    return start


def try_to_sign_up(client: httpx2.Client, name: str) -> int:
    fields = {"email": f"{name}@example.org", "username": name, "password": PASSWORD, "password_confirm": PASSWORD}
    status: int = client.post("/api/auth/signup/", json=fields).status_code
    return status


def fail_to_log_in(client: httpx2.Client) -> httpx2.Response:
    return client.post("/api/auth/login/", json={"email": "ada@example.org", "password": "wrong"})


def until(found: Callable[[], Any]) -> Any:
    """What `found` gives once it gives something."""
    deadline = time.monotonic() + 20
    while not (answer := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return answer


def limiter_of(client: httpx2.Client) -> str:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    limiter: str = answer.json()["limiter"]
    return limiter


def degraded(client: httpx2.Client, rule: str) -> bool:
    return f'tripkit_ratelimit_degraded_total{{rule="{rule}"}}' in client.get("/metrics").text


# A machine that is busy with other tests answers late; what is late is not what the first two are about.
PATIENT = "?socket_timeout=10"


def test_two_servers_share_one_quota(start: Callable[..., LiveServer], tmp_path: Path) -> None:
    def at(server: LiveServer, name: str) -> int:
        with server.client() as client:
            return try_to_sign_up(client, name)

    servers = [
        start(options=PATIENT, SIGNUP="5/h", database=f"sqlite:///{tmp_path / name}.sqlite3") for name in ("one", "two")
    ]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(at, servers * 8, [f"user{number}" for number in range(16)]))
    assert sorted(statuses) == [201] * 5 + [429] * 11


def test_several_processes_share_one_quota(start: Callable[..., LiveServer]) -> None:
    server = start("--workers", "2", options=PATIENT, SIGNUP="5/h")

    def from_a_new_connection(name: str) -> tuple[int, str]:
        with server.client() as client:
            return try_to_sign_up(client, name), client.get("/healthz").headers["x-request-id"].partition("-")[0]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(from_a_new_connection, [f"user{number}" for number in range(40)]))
    assert sorted(status for status, _ in found) == [201] * 5 + [429] * 35
    assert len({process for _, process in found}) == 2
    assert server.stop() == 0
    assert "Traceback" not in server.rest


def test_killing_redis_under_load_fails_no_request_and_it_recovers(
    redis: RedisServer, start: Callable[..., LiveServer]
) -> None:
    server = start(USER="100000/h", LOGIN="100000/h")
    done = threading.Event()
    found: list[tuple[int, bool]] = []

    def load(token: str) -> None:
        with server.client(headers={"Authorization": token}) as client:
            while not done.is_set():
                answer = client.get("/api/plans/")
                found.append((answer.status_code, "ratelimit" in answer.headers))
                found.append((fail_to_log_in(client).status_code, True))

    with server.client() as client, ThreadPoolExecutor(4) as pool:
        sign_up(client)
        working = [pool.submit(load, client.headers["authorization"]) for _ in range(4)]
        try:
            until(lambda: (200, True) in found)
            redis.halt()
            until(lambda: (200, False) in found)
            assert limiter_of(client) == "degraded"
            redis.launch()
            until(lambda: limiter_of(client) == "ok")
            found.clear()
            until(lambda: (200, True) in found)
        finally:
            done.set()
        for each in working:
            each.result()
        assert {status for status, _ in found} <= {200, 401}
        assert degraded(client, "user")
    assert redis.run("DBSIZE") > 0
    assert server.stop() == 0
    lines = [json.loads(line) for line in server.rest.splitlines() if line.startswith("{")]
    assert "Traceback" not in server.rest
    assert all(line.get("status", 200) in (200, 201, 401) for line in lines)
    told = [line["message"] for line in lines if line["logger"] == "tripkit.ratelimit"]
    assert [message.partition(":")[0] for message in told if message.startswith("ratelimit.user")] == [
        "ratelimit.user does not limit for now"
    ]
    assert redis.password not in server.rest


def test_without_redis_guesses_are_limited_and_others_are_served(
    redis: RedisServer, start: Callable[..., LiveServer]
) -> None:
    redis.halt()
    server = start(LOGIN="3/5m", SIGNUP="2/h", USER="1/h")
    with server.client() as client:
        assert limiter_of(client) == "degraded"
        assert [try_to_sign_up(client, name) for name in ("ada", "bob", "eve")] == [201, 201, 429]
        statuses = [fail_to_log_in(client).status_code for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429]
        client.headers["Authorization"] = f"Bearer {_token(client, 'bob')}"
        for _ in range(3):
            answer = client.get("/api/plans/")
            assert answer.status_code == 200
            assert "ratelimit" not in answer.headers
            assert "ratelimit-policy" not in answer.headers
        redis.launch()
        until(lambda: limiter_of(client) == "ok")
        assert [client.get("/api/plans/").status_code for _ in range(2)] == [200, 429]
    assert server.stop() == 0
    told = "".join([*server.banner, server.rest])  # the warning comes before the banner
    assert "rate limits are degraded: redis://127.0.0.1" in told
    assert redis.password not in told


def _token(client: httpx2.Client, name: str) -> str:
    answer = client.post("/api/auth/login/", json={"email": f"{name}@example.org", "password": PASSWORD})
    token: str = answer.json()["tokens"]["access"]
    return token


def test_a_redis_that_does_not_answer_is_waited_for_once(redis: RedisServer, start: Callable[..., LiveServer]) -> None:
    server = start(USER="1000/h")
    with server.client() as client:
        sign_up(client)
        client.get("/api/plans/").raise_for_status()
        redis.freeze()
        began = time.perf_counter()
        statuses = [client.get("/api/plans/").status_code for _ in range(20)]
        took = time.perf_counter() - began
    assert statuses == [200] * 20
    assert 0.2 < took < 0.8


def refused(tmp_path: Path, *arguments: str, python: str = "", **env: str) -> str:
    """What `tripkit serve` says when it does not start."""
    done = subprocess.run(
        [sys.executable, "-c", f"{python}\nfrom tripkit.__main__ import main\nmain()", "serve", "--port=0", *arguments],
        env={"HOME": str(tmp_path), "TRIPKIT_DATA_DIR": str(tmp_path)}
        | {f"TRIPKIT_RATELIMIT__{name}": value for name, value in env.items()},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode != 0
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("url", ["redis://:s3cret@localhost:port/0", "redis://:s3cret@localhost/0?colour=blue"])
def test_a_malformed_url_stops_the_start(tmp_path: Path, url: str) -> None:
    told = refused(tmp_path, BACKEND="redis", REDIS_URL=url)
    assert "ratelimit.redis_url: " in told
    assert "s3cret" not in told


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    told = refused(
        tmp_path, python="import sys; sys.modules['redis'] = None", BACKEND="redis", REDIS_URL="redis://127.0.0.1"
    )
    assert told.startswith("tripkit: ratelimit.backend: ")
    assert "pip install 'tripkit[redis]'" in told


def test_several_processes_cannot_count_in_the_memory_of_one(tmp_path: Path) -> None:
    told = refused(tmp_path, "--workers", "2")
    assert told.startswith("tripkit: server.workers is 2")
    assert "Set ratelimit.backend to redis" in told
