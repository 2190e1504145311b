"""Everything about oneself, over HTTP."""

import io
import json
import secrets
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from .conftest import LiveServer, sign_up

EXPORT = "/api/auth/user/export/"


def documents(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def test_the_archive_holds_what_is_mine_and_nothing_else(
    api: httpx2.Client, stranger: httpx2.Client, plan: dict[str, Any]
) -> None:
    stranger.post("/api/plans/", json={"title": "Not mine", "destination": "D"}).raise_for_status()
    api.post("/api/plans/", json={"title": "Trashed", "destination": "D"}).raise_for_status()
    answer = api.get(EXPORT)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="tripkit-')
    assert answer.headers["cache-control"] == "no-store"
    assert int(answer.headers["content-length"]) == len(answer.content)
    found = documents(answer)
    user = api.get("/api/auth/user/").json()
    assert found["profile.json"]["email"] == user["email"]
    assert [each["title"] for each in found["plans.json"]] == [plan["title"], "Trashed"]
    assert len(found["sessions.json"]) == 1
    assert "Not mine" not in json.dumps(found)
    again = documents(api.get(EXPORT))
    assert [entry["event"] for entry in again["audit.json"]] == ["user.signed_up", "user.exported"]


@pytest.fixture(scope="module")
def hoarder(server: LiveServer) -> Iterator[httpx2.Client]:
    """Somebody with plans of several mebibytes that cannot be compressed by more than a half."""
    with server.client() as client:
        sign_up(client)
        for number in range(40):
            body = {"title": f"Plan {number}", "destination": "D", "plan_data": {"noise": secrets.token_hex(120_000)}}
            client.post("/api/plans/", json=body).raise_for_status()
        yield client


def test_a_large_archive_is_sent_in_pieces_and_the_connection_goes_on(hoarder: httpx2.Client) -> None:
    answer = hoarder.get(EXPORT)
    assert len(answer.content) > 4_000_000
    assert len(documents(answer)["plans.json"]) == 40
    head = hoarder.head(EXPORT)
    assert (head.headers["content-type"], head.content) == ("application/zip", b"")
    assert hoarder.get("/api/auth/user/").status_code == 200


def test_a_client_that_goes_away_leaves_the_server_as_it_was(hoarder: httpx2.Client) -> None:
    with hoarder.stream("GET", EXPORT) as answer:
        assert len(next(answer.iter_raw(1000))) == 1000
    assert len(documents(hoarder.get(EXPORT))["plans.json"]) == 40


def test_exports_are_limited_by_account(start_server: Callable[..., LiveServer]) -> None:
    server = start_server(TRIPKIT_RATELIMIT__EXPORT="2/h")
    with server.client() as client, server.client() as other:
        sign_up(client)
        sign_up(other)
        assert [client.get(EXPORT).status_code for _ in range(3)] == [200, 200, 429]
        assert other.get(EXPORT).status_code == 200


def test_only_an_archive_is_offered(api: httpx2.Client) -> None:
    assert api.get(EXPORT, headers={"Accept": "application/json"}).status_code == 406
    assert api.get(EXPORT, params={"user": 1}).status_code == 400
