"""Starting and stopping the server."""

import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tripkit.config import load
from tripkit.server.run import exposure

from .conftest import LiveServer, sign_up


def refused(tmp_path: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A server that does not start: one line on stderr, exit code 1."""
    done = subprocess.run(
        [sys.executable, "-m", "tripkit", "serve", *arguments],
        env={"HOME": str(tmp_path), "TRIPKIT_DATA_DIR": str(tmp_path), **env},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done


def test_the_banner_says_where_everything_is(server: LiveServer) -> None:
    text = "\n".join(server.banner)
    assert f"{server.url}/docs" in text
    assert str(server.directory / "tripkit.sqlite3") in text
    assert "tripkit init" in text
    assert (server.directory / "secret.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("host", "public_url", "warned"),
    [
        ("127.0.0.1", "", False),
        ("::1", "", False),
        ("0.0.0.0", "", True),
        ("::", "", True),
        ("192.0.2.7", "http://trips.example.org", True),
        ("192.0.2.7", "https://trips.example.org", False),
    ],
)
def test_whoever_listens_for_others_without_encryption_is_warned(
    tmp_path: Path, host: str, public_url: str, warned: bool
) -> None:
    warning = exposure(host, load(env={}, cwd=tmp_path, overrides={"server.public_url": public_url}).settings)
    assert (warning is not None) == warned
    assert warning is None or "server.public_url" in warning


def test_a_port_in_use_is_one_clear_line(server: LiveServer, tmp_path: Path) -> None:
    port = server.url.rpartition(":")[2]
    done = refused(tmp_path, "--port", port)
    assert f"port {port}: the port is in use" in done.stderr
    assert "--port" in done.stderr


def test_a_host_that_is_not_of_this_machine_is_one_clear_line(tmp_path: Path) -> None:
    assert "Cannot listen on" in refused(tmp_path, "--host", "192.0.2.7", "--port", "0").stderr


def test_a_wrong_database_url_is_one_clear_line(tmp_path: Path) -> None:
    assert "database.url" in refused(tmp_path, TRIPKIT_DATABASE__URL="mysql://x").stderr


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "tripkit.sqlite3").write_text("this is not a database, but it is long enough to look at" * 50)
    assert "tripkit.sqlite3" in refused(tmp_path, "--port", "0").stderr


def test_several_processes_cannot_each_count_in_their_own_memory(tmp_path: Path) -> None:
    done = refused(tmp_path, "--port", "0", "--workers", "2")
    for key in ("server.workers", "ratelimit.backend", "ratelimit.redis_url"):
        assert key in done.stderr


def test_a_directory_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = refused(tmp_path, "--port", "0", TRIPKIT_DATA_DIR=str(tmp_path / "file" / "data"))
    assert "Not a directory" in done.stderr


def test_a_database_from_a_newer_version_is_refused_and_unchanged(start_server, tmp_path: Path) -> None:
    start_server().stop()
    path = tmp_path / "tripkit.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01')")
    connection.close()
    before = path.read_bytes()
    assert "newer tripkit" in refused(tmp_path, "--port", "0").stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server_cleanly(start_server, how: signal.Signals) -> None:
    server: LiveServer = start_server()
    with server.client() as client:
        client.get("/healthz").raise_for_status()
    assert server.stop(how) == 0
    assert "Traceback" not in server.rest
    assert not (server.directory / "tripkit.sqlite3-wal").exists()


def test_running_requests_are_finished_before_the_server_stops(start_server) -> None:
    server: LiveServer = start_server(TRIPKIT_SECURITY__ARGON2_MEMORY="200000", TRIPKIT_SECURITY__ARGON2_TIME="4")
    answers = []

    def slow() -> None:
        with server.client() as client:
            answers.append(sign_up(client))

    thread = threading.Thread(target=slow)
    thread.start()
    time.sleep(0.3)
    assert server.stop() == 0
    thread.join()
    assert answers[0]["tokens"]
    with sqlite3.connect(server.directory / "tripkit.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (1,)


def test_data_and_sessions_survive_a_restart(start_server) -> None:
    first: LiveServer = start_server()
    with first.client() as client:
        token = sign_up(client)["tokens"]["access"]
        client.post("/api/plans/", json={"title": "Kept", "destination": "X"}).raise_for_status()
    first.stop()
    second: LiveServer = start_server()
    with second.client(headers={"Authorization": f"Bearer {token}"}) as client:
        assert [plan["title"] for plan in client.get("/api/plans/").json()["results"]] == ["Kept"]


def test_several_processes_serve_one_database(start_server, redis) -> None:
    shared = {"TRIPKIT_RATELIMIT__BACKEND": "redis", "TRIPKIT_RATELIMIT__REDIS_URL": redis.url}
    server: LiveServer = start_server("--workers", "2", **shared)
    with server.client() as client:
        sign_up(client)
        titles = [f"Trip {n}" for n in range(20)]
        with ThreadPoolExecutor(8) as pool:
            made = list(
                pool.map(lambda title: client.post("/api/plans/", json={"title": title, "destination": "X"}), titles)
            )
        assert {answer.status_code for answer in made} == {201}
        found = client.get("/api/plans/?limit=100").json()["results"]
    assert sorted(plan["title"] for plan in found) == sorted(titles)
    processes = {answer.headers["x-request-id"].partition("-")[0] for answer in made}
    assert server.stop() == 0
    assert processes


def test_reads_go_on_while_another_program_holds_the_write_lock(start_server) -> None:
    server: LiveServer = start_server(TRIPKIT_DATABASE__BUSY_TIMEOUT="1")
    with server.client() as client:
        sign_up(client)
        plan = client.post("/api/plans/", json={"title": "T", "destination": "D"}).json()
        other = sqlite3.connect(server.directory / "tripkit.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            began = time.perf_counter()
            assert client.get(f"/api/plans/{plan['id']}/").status_code == 200
            assert time.perf_counter() - began < 0.5
            answer = client.patch(f"/api/plans/{plan['id']}/", json={"title": "U"})
        finally:
            other.execute("ROLLBACK")
            other.close()
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert client.patch(f"/api/plans/{plan['id']}/", json={"title": "U"}).json()["version"] == 2


def test_the_log_is_json_when_it_is_not_a_terminal(start_server) -> None:
    server: LiveServer = start_server()
    with server.client() as client:
        client.get("/healthz")
    server.stop()
    for line in server.rest.splitlines():
        assert re.match(r"\d{4}-\d\d-\d\dT", json.loads(line)["time"])


def test_half_a_request_is_not_waited_for_for_ever(start_server) -> None:
    server: LiveServer = start_server(TRIPKIT_SERVER__REQUEST_TIMEOUT="1")
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=15) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        answer = connection.recv(65536)
    assert b" 408 " in answer.splitlines()[0]
