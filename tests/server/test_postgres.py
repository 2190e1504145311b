"""Serving from Postgres."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg

from .conftest import LiveServer, sign_up


def test_a_schema_that_is_not_current_stops_the_start_and_migrate_mends_it(
    postgres_url: str, tmp_path: Path, start_server: Any
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tripkit", "serve", "--port", "0"],
        env={"HOME": str(tmp_path), "TRIPKIT_DATA_DIR": str(tmp_path), "TRIPKIT_DATABASE__URL": postgres_url},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "tripkit db upgrade" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    server: LiveServer = start_server("--migrate", TRIPKIT_DATABASE__URL=postgres_url)
    with server.client() as client:
        assert client.get("/readyz").json()["status"] == "ok"
    assert server.stop() == 0
    again: LiveServer = start_server(TRIPKIT_DATABASE__URL=postgres_url)
    assert again.stop() == 0
    assert "postgres:" not in "".join(server.banner), "no password in the banner"


def test_the_server_survives_a_restart_of_postgres(postgres: Any, postgres_url: str, start_server: Any) -> None:
    server: LiveServer = start_server("--migrate", TRIPKIT_DATABASE__URL=postgres_url)
    with server.client() as client:
        sign_up(client)
        made = client.post("/api/plans/", json={"title": "T", "destination": "D"})
        path = made.headers["location"]
        with ThreadPoolExecutor(8) as pool:  # every connection of the pool is in use before
            assert {answer.status_code for answer in pool.map(client.get, [path] * 32)} == {200}
        postgres.halt()
        try:
            down = client.get(path)
            assert down.status_code == 503
            assert down.headers["retry-after"]
            assert client.get("/readyz").status_code == 503
            assert client.get("/healthz").status_code == 200
        finally:
            postgres.launch()
        deadline = time.monotonic() + 10
        while client.get(path).status_code != 200 and time.monotonic() < deadline:
            pass
        with ThreadPoolExecutor(8) as pool:
            assert {answer.status_code for answer in pool.map(client.get, [path] * 32)} == {200}
        assert client.patch(path, json={"title": "U"}).status_code == 200

        postgres.halt()
        postgres.launch()
        assert client.patch(path, json={"title": "V"}).status_code == 200, "what nobody asked meanwhile was not missed"
        with ThreadPoolExecutor(8) as pool:
            assert {answer.status_code for answer in pool.map(client.get, [path] * 32)} == {200}


def test_a_lock_of_somebody_else_makes_writes_503_and_the_rest_go_on(
    postgres: Any, postgres_url: str, start_server: Any
) -> None:
    server: LiveServer = start_server(
        "--migrate", TRIPKIT_DATABASE__URL=postgres_url, TRIPKIT_DATABASE__BUSY_TIMEOUT="1"
    )
    with server.client() as client, psycopg.connect(postgres_url) as somebody:
        sign_up(client)
        path = client.post("/api/plans/", json={"title": "T", "destination": "D"}).headers["location"]
        somebody.execute("SELECT id FROM plans FOR UPDATE")
        with ThreadPoolExecutor(20) as pool:  # more than the server has connections
            writes = [pool.submit(client.patch, path, json={"title": "U"}) for _ in range(16)]
            assert client.get(path).json()["title"] == "T"
            for write in writes:
                assert write.result().status_code == 503
                assert int(write.result().headers["retry-after"]) > 0
        somebody.rollback()
        assert client.patch(path, json={"title": "U"}).status_code == 200
    assert server.stop() == 0
    assert "Traceback" not in server.rest


def test_plan_data_and_lists_are_exact_on_postgres_too(postgres_url: str, start_server: Any) -> None:
    server: LiveServer = start_server("--migrate", TRIPKIT_DATABASE__URL=postgres_url)
    data = '{"z":1,"a":123456789012345678901234567890,"price":1.10,"tiny":1E-400}'
    body = f'{{"title": "T", "destination": "D", "budget": "12.5", "plan_data": {data}}}'
    with server.client() as client:
        sign_up(client)
        made = client.post("/api/plans/", content=body, headers={"Content-Type": "application/json"})
        assert f'"plan_data":{data}' in made.text
        page = client.get("/api/plans/")
    assert f'"plan_data":{data}' in page.text
    assert page.json()["results"] == [made.json()]
