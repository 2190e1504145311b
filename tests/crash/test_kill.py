"""The server is killed in the middle of writing, again and again: what it acknowledged is there, nothing in half."""

import random
import sqlite3
import time
from pathlib import Path

import pytest

from ..conftest import SOAK
from ..live import LiveServer, sign_up
from .writers import Writers, check, everything, repeat

#: By processes of the server.
ROUNDS = {1: 200, 2: 100} if SOAK else {1: 10, 2: 3}
THREADS = 6


@pytest.mark.parametrize("workers", ROUNDS)
def test_acknowledged_writes_survive_kill_9(database_url: str, tmp_path: Path, workers: int) -> None:
    chance = random.Random(20270401)
    environment = {"TRIPKIT_DATABASE__URL": database_url, "TRIPKIT_LOGS__ACCESS": "false"}
    environment["TRIPKIT_SERVER__WORKERS"] = str(workers)
    arguments = ["--migrate"] if database_url.startswith("postgres") else []
    server = LiveServer(tmp_path, **environment).start(*arguments)
    rounds: list[Writers] = []
    try:
        with server.client() as client:
            token = sign_up(client)["tokens"]["access"]
        for number in range(ROUNDS[workers]):
            writers = Writers(server, token, threads=THREADS, label=f"round{number}").start()
            assert writers.first.wait(20)
            time.sleep(chance.uniform(0, 0.25))  # the random moment
            server.kill()
            writers.join()
            assert not writers.refused
            rounds.append(writers)
            server = LiveServer(tmp_path, **environment).start()
        with server.client(headers={"Authorization": f"Bearer {token}"}) as client:
            found = everything(client)  # what a crash lost or halved stays so: one look at the end finds it
            for each in rounds:
                check(found, each)
            repeat(client, rounds)
        assert server.stop() == 0
        assert "Traceback" not in server.rest
    finally:
        if server.process.poll() is None:
            server.kill()
    assert sum(len(each.acknowledged) for each in rounds) >= ROUNDS[workers]
    if database_url.startswith("sqlite"):
        _is_sound(tmp_path / "tripkit.sqlite3")


def _is_sound(path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        connection.close()
