"""GET and HEAD change nothing: what changes something cannot be set off by a link, an image or a prefetch."""

import re
import sqlite3
import time
from contextlib import closing
from typing import Any

import pytest

from tripkit.server.routes import ENDPOINTS

from .conftest import LiveServer, sign_up

READS = sorted({each.path for each in ENDPOINTS if each.method == "GET"})
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


def contents(server: LiveServer) -> dict[str, list[Any]]:
    """Every row of every table, but for the audit trail, which also records what was only read.

    And but for the index of searches, which the server keeps up when nobody writes.
    """
    with closing(sqlite3.connect(server.directory / "tripkit.sqlite3")) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = [name for name in tables if not name.startswith(("audit_", "search_", "sqlite_"))]
        columns = {name: [each[1] for each in db.execute(f"PRAGMA table_info({name})")] for name in kept}
        columns["plans"].remove("searched_version")
        return {name: db.execute(f"SELECT {', '.join(columns[name])} FROM {name}").fetchall() for name in kept}


def test_every_route_reads_with_get_or_writes_with_another_method() -> None:
    assert {each.method for each in ENDPOINTS} <= {"GET"} | WRITES


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_changes_nothing(start_server, method: str) -> None:
    server: LiveServer = start_server()
    with server.client() as client:
        sign_up(client)
        made = client.post("/api/plans/", json={"title": "T", "destination": "D", "status": "published"})
        made.raise_for_status()
        deadline = time.monotonic() + 10
        while (before := contents(server))["outbox"] and time.monotonic() < deadline:
            time.sleep(0.05)  # the mail to whoever signed up is on its way
        assert len(before["plans"]) == 1
        # A stream of events that is followed has no end.
        params = {path: {"follow": "false"} if path.endswith("/events/") else None for path in READS}
        reached = {
            path: client.request(method, re.sub(r"{\w+}", "1", path), params=params[path]).status_code for path in READS
        }
        assert reached["/api/plans/"] == reached["/api/gallery/{plan_id}/"] == 200
        assert contents(server) == before
