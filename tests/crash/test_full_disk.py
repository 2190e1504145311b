"""The disk is full: writes are refused and say so, reads go on, and what was acknowledged is there afterwards.

A limit on the size of each file stands for the disk: a write beyond it fails as one does on a full disk.
"""

import resource
import secrets
import signal
import time
from pathlib import Path
from typing import Any

import httpx2

from ..live import PASSWORD, LiveServer, sign_up
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


def fill_with_plans(client: httpx2.Client) -> tuple[dict[int, str], list[httpx2.Response]]:
    """Make plans of random data, which no compression makes small, until it was refused often enough."""
    made: dict[int, str] = {}
    refused: list[httpx2.Response] = []
    for _ in range(200):
        noise = secrets.token_urlsafe(150_000)
        answer = client.post("/api/plans/", json={"title": "T", "destination": "D", "plan_data": {"noise": noise}})
        if answer.status_code == 201:
            made[answer.json()["id"]] = noise
        else:
            refused.append(answer)
        if len(refused) == 5:
            break
    return made, refused


def are_refusals(answers: list[httpx2.Response]) -> None:
    for answer in answers:
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"


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
        are_refusals(writers.refused)
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


def test_signing_in_on_a_full_disk_is_503_too(tmp_path: Path) -> None:
    server = LiveServer(tmp_path).start()
    with server.client() as client:
        signed_in = sign_up(client)
        plan_id = client.post("/api/plans/", json=content("kept")).json()["id"]
    server.stop()
    login = {"email": signed_in["user"]["email"], "password": PASSWORD}
    newcomer = {"email": "new@example.org", "username": "new", "password": PASSWORD, "password_confirm": PASSWORD}
    refresh = signed_in["tokens"]["refresh"]
    server = LiveServer(tmp_path, preexec=small_files).start()
    try:
        with server.client(headers={"Authorization": f"Bearer {signed_in['tokens']['access']}"}) as client:
            assert fill(client, plan_id)
            for _ in range(100):  # the smallest write there is takes the rest of the room
                answer = client.post("/api/auth/token/refresh/", json={"refresh": refresh})
                if answer.status_code != 200:
                    break
                refresh = answer.json()["refresh"]
            are_refusals([answer, client.post("/api/auth/login/", json=login)])
            are_refusals([client.post("/api/auth/signup/", json=newcomer)])
            assert client.get(f"/api/plans/{plan_id}/").status_code == 200
    finally:
        server.stop()
    assert "Traceback" not in server.rest

    server = LiveServer(tmp_path).start()
    try:
        with server.client() as client:
            assert client.post("/api/auth/token/refresh/", json={"refresh": refresh}).status_code == 200
            assert client.post("/api/auth/login/", json=login).status_code == 200
            assert client.post("/api/auth/signup/", json=newcomer).status_code == 201
    finally:
        server.stop()


def test_a_full_disk_of_postgres_refuses_writes_and_loses_nothing(tmp_path: Path) -> None:
    postgres = PostgresServer(durable=True, preexec=small_files_of_postgres).start()
    server: LiveServer | None = None
    try:
        with postgres.database() as url:
            server = LiveServer(tmp_path, TRIPKIT_DATABASE__URL=url).start("--migrate")
            with server.client() as client:
                sign_up(client)
                kept = client.post("/api/plans/", json=content("kept")).raise_for_status().json()
                made, refused = fill_with_plans(client)
                assert refused, "the limit was not met"
                are_refusals(refused)
                holds(client, kept, made)
                assert client.get("/healthz").status_code == 200

                postgres.kill()
                postgres.preexec = None
                postgres.launch()
                holds(client, kept, made)
                again = client.post("/api/plans/", json=content("room again"))
                assert again.status_code == 201, again.text
            assert server.stop() == 0
            assert "Traceback" not in server.rest
    finally:
        if server is not None and server.process.poll() is None:
            server.kill()
        postgres.stop()


def holds(client: httpx2.Client, kept: dict[str, Any], made: dict[int, str]) -> None:
    """What was acknowledged is there, whole, and nothing else is."""
    assert client.get(f"/api/plans/{kept['id']}/").json() == kept
    found = everything(client)
    assert found.pop(kept["id"]) == kept
    assert {plan_id: plan["plan_data"]["noise"] for plan_id, plan in found.items()} == made
