"""What is refused, and how it is said."""

import re
import socket

import httpx2
import pytest

from .conftest import LiveServer

PROBLEM = "application/problem+json"


def is_problem(answer: httpx2.Response, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("/docs#")
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    return problem


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"title": }', "line 1, column 11"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
    ],
)
def test_bodies_that_cannot_be_read_are_400_with_the_reason(api: httpx2.Client, body: bytes, hint: str) -> None:
    answer = api.post("/api/plans/", content=body, headers={"Content-Type": "application/json"})
    assert hint in is_problem(answer, 400)["detail"]


def test_plan_data_may_nest_32_levels(api: httpx2.Client) -> None:
    def nested(levels: int) -> dict:
        data: dict = {}
        for _ in range(levels - 1):
            data = {"a": data}
        return {"title": "T", "destination": "D", "plan_data": data}

    assert api.post("/api/plans/", json=nested(32)).status_code == 201
    assert list(is_problem(api.post("/api/plans/", json=nested(33)), 400)["errors"]) == ["plan_data"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", None])
def test_other_types_of_body_are_415(api: httpx2.Client, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    problem = is_problem(api.post("/api/plans/", content=b"{}", headers=headers), 415)
    assert "application/json" in problem["detail"]


def test_nothing_acceptable_is_406(api: httpx2.Client) -> None:
    assert "application/json" in is_problem(api.get("/api/plans/", headers={"Accept": "text/csv"}), 406)["detail"]
    for fine in ("*/*", "application/*", "application/json", "text/html;q=0.9, application/json;q=0.1"):
        assert api.get("/api/plans/", headers={"Accept": fine}).status_code == 200, fine


def test_other_methods_are_405_and_told_what_is_offered(api: httpx2.Client) -> None:
    answer = api.put("/api/plans/", json={})
    is_problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    is_problem(api.request("BREW", "/api/plans/"), 405)


def test_unknown_addresses_are_404(api: httpx2.Client) -> None:
    for path in ("/api/", "/api/plan/", "/nothing", "/api/plans/1/x/", "/%2e%2e/etc/passwd", "/api//plans/"):
        is_problem(api.get(path), 404)


def raw(server: LiveServer, request: bytes) -> bytes:
    host, port = re.search(r"//(.*):(\d+)", server.url).groups()  # type: ignore[union-attr]
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /api/auth/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/auth/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: five\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_with_4xx(server: LiveServer, request_bytes: bytes) -> None:
    answer = raw(server, request_bytes)
    assert re.match(rb"HTTP/1.1 4\d\d ", answer), answer
    assert PROBLEM.encode() in answer


def test_a_500_shows_nothing_and_the_log_everything(start_server) -> None:
    server: LiveServer = start_server()
    # The table goes away under the running server: an error nobody planned for.
    import sqlite3

    with sqlite3.connect(server.directory / "tripkit.sqlite3") as connection:
        connection.execute("DROP TABLE sessions")
    with server.client() as client:
        form = {
            "email": "a@example.org",
            "username": "abc",
            "password": "corr3ct-horse",
            "password_confirm": "corr3ct-horse",
        }
        answer = client.post("/api/auth/signup/", json=form)
    assert answer.status_code in (500, 503)
    assert "sessions" not in answer.text
    server.stop()
    assert answer.headers["x-request-id"] in server.rest
    assert "corr3ct-horse" not in server.rest
