"""The disk is full: writes are refused and say so, reads go on, and what was acknowledged is there afterwards.

A limit on the size of each file stands for the disk: a write beyond it fails as one does on a full disk.
"""

import resource
import secrets
import signal
import time
from pathlib import Path

import httpx2
import pytest

from ..live import LiveServer, sign_up
from ..postgres import PostgresServer
from .writers import Writers, check, content, everything

LIMIT = 1024 * 1024
#: Room for a segment of the log, which Postgres makes whole, and for little more.
POSTGRES_LIMIT = 17 * LIMIT
#: So many refusals show that it is not a passing one.
REFUSALS = 40


def small_files() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # without it the signal would end the process
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


def small_files_of_postgres() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (POSTGRES_LIMIT, POSTGRES_LIMIT))  # it ignores the signal itself


def fill(client: httpx2.Client, plan_id: int) -> list[httpx2.Response]:
    """Write into one plan until it was refused often enough; the refusals."""
    refused: list[httpx2.Response] = []
    for number in range(2_000):
        answer = client.patch(f"/api/plans/{plan_id}/", json={"description": f"{number} " + "x" * 15_000})
        if answer.status_code != 200:
            refused.append(answer)
        if len(refused) == REFUSALS:
            break
    return refused


def fill_with_plans(client: httpx2.Client) -> tuple[list[int], list[httpx2.Response]]:
    """Make plans of random data, which no compression makes small, until it was refused often enough."""
    made: list[int] = []
    refused: list[httpx2.Response] = []
    for _ in range(200):
        data = {"noise": secrets.token_urlsafe(150_000)}
        answer = client.post("/api/plans/", json={"title": "T", "destination": "D", "plan_data": data})
        if answer.status_code == 201:
            made.append(answer.json()["id"])
        else:
            refused.append(answer)
        if len(refused) == 5:
            break
    return made, refused


def test_a_full_disk_refuses_writes_and_loses_nothing(tmp_path: Path) -> None:
    # Made without the limit, so that only writes of clients meet it.
    server = LiveServer(tmp_path).start()
    with server.client() as client:
        token = sign_up(client)["tokens"]["access"]
        kept = client.post("/api/plans/", json=content("kept")).raise_for_status().json()
    server.stop()

    headers = {"Authorization": f"Bearer {token}"}
    server = LiveServer(tmp_path, preexec=small_files).start()
    try:
        writers = Writers(server, token, threads=4, label="filling").start()
        deadline = time.monotonic() + 30
        while len(writers.refused) < REFUSALS and time.monotonic() < deadline:
            writers.first.wait(1)
            time.sleep(0.05)
            with server.client(headers=headers) as client:  # reads go on all the while
                assert client.get(f"/api/plans/{kept['id']}/").json() == kept
                assert client.get("/api/plans/").status_code == 200
        writers.stop()
        assert len(writers.refused) >= REFUSALS, "the limit was not met"
        for answer in writers.refused:
            assert answer.status_code == 503, answer.text
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["content-type"] == "application/problem+json"
        with server.client(headers=headers) as client:
            assert client.get("/healthz").status_code == 200
            check(everything(client), writers)
        assert "Traceback" not in server.logged
        assert server.stop() == 0
    finally:
        if server.process.poll() is None:
            server.kill()

    server = LiveServer(tmp_path).start()
    try:
        with server.client(headers=headers) as client:
            found = everything(client)
            assert found[kept["id"]] == kept
            check(found, writers)
            assert client.post("/api/plans/", json=content("room again")).status_code == 201
    finally:
        server.stop()


@pytest.mark.parametrize("path", ["/api/auth/login/", "/api/auth/signup/", "/api/auth/token/refresh/"])
def test_signing_in_on_a_full_disk_is_503_too(tmp_path: Path, path: str) -> None:
    server = LiveServer(tmp_path).start()
    with server.client() as client:
        signed_in = sign_up(client)
        plan_id = client.post("/api/plans/", json=content("kept")).json()["id"]
    server.stop()
    server = LiveServer(tmp_path, preexec=small_files).start()
    try:
        with server.client(headers={"Authorization": f"Bearer {signed_in['tokens']['access']}"}) as client:
            assert fill(client, plan_id)
            form = {
                "/api/auth/login/": {"email": signed_in["user"]["email"], "password": "corr3ct-horse-battery"},
                "/api/auth/signup/": {"email": "new@example.org", "username": "new", "password": "corr3ct-horse",
                                      "password_confirm": "corr3ct-horse"},
                "/api/auth/token/refresh/": {"refresh": signed_in["tokens"]["refresh"]},
            }[path]  # fmt: skip
            statuses = {client.post(path, json=form).status_code for _ in range(5)}
            assert statuses <= {200, 201, 401, 409, 503}
            assert client.get(f"/api/plans/{plan_id}/").status_code == 200
    finally:
        server.stop()
    assert "Traceback" not in server.rest


def test_a_full_disk_of_postgres_refuses_writes_and_loses_nothing(tmp_path: Path) -> None:
    postgres = PostgresServer(preexec=small_files_of_postgres).start()
    try:
        with postgres.database() as url:
            server = LiveServer(tmp_path, TRIPKIT_DATABASE__URL=url).start("--migrate")
            with server.client() as client:
                sign_up(client)
                kept = client.post("/api/plans/", json=content("kept")).raise_for_status().json()
                made, refused = fill_with_plans(client)
                assert refused, "the limit was not met"
                for answer in refused:
                    assert answer.status_code == 503, answer.text
                    assert int(answer.headers["retry-after"]) > 0
                assert client.get(f"/api/plans/{kept['id']}/").json() == kept
                assert set(everything(client)) == {kept["id"], *made}
                assert client.get("/healthz").status_code == 200
            assert server.stop() == 0
            assert "Traceback" not in server.rest
    finally:
        postgres.stop()
