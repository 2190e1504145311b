"""Sessions and giving the password again, over HTTP."""

import sqlite3
from contextlib import closing
from typing import Any

import httpx2
import pytest

from .conftest import PASSWORD, LiveServer

LATER = "2020-01-01T00:00:00.000000Z"


@pytest.fixture
def other(api: httpx2.Client, server: LiveServer) -> Any:
    """A second session of the same account, on a phone."""
    email = api.get("/api/auth/user/").json()["email"]
    with server.client(headers={"User-Agent": "phone"}) as client:
        tokens = client.post("/api/auth/login/", json={"email": email, "password": PASSWORD}).json()["tokens"]
        client.headers["Authorization"] = f"Bearer {tokens['access']}"
        yield client


def forget_authentication(server: LiveServer) -> None:
    """As if everybody had logged in long ago."""
    with closing(sqlite3.connect(server.directory / "tripkit.sqlite3")) as connection, connection:
        connection.execute("UPDATE sessions SET authenticated_at = ?", (LATER,))


def refused(answer: httpx2.Response) -> bool:
    """Whether the password has to be given again."""
    if answer.status_code == 403 and answer.json()["type"] == "/docs#reauthentication-required":
        assert "POST /api/auth/reauth/" in answer.json()["detail"]
        return True
    return False


def test_sessions_are_listed_and_ended_one_by_one(api: httpx2.Client, other: httpx2.Client) -> None:
    phone, this = api.get("/api/auth/sessions/").raise_for_status().json()["results"]
    assert set(phone) == {
        "id", "device", "address", "created_at", "last_used_at", "idle_until", "expires_at", "is_current",
    }  # fmt: skip
    assert (phone["device"], phone["address"], phone["is_current"]) == ("phone", "127.0.0.1", False)
    assert this["is_current"] is True
    assert api.delete(f"/api/auth/sessions/{phone['id']}/").status_code == 204
    assert other.get("/api/auth/user/").status_code == 401
    assert api.delete(f"/api/auth/sessions/{phone['id']}/").status_code == 404
    assert api.delete(f"/api/auth/sessions/{this['id']}/").status_code == 204
    assert api.get("/api/auth/user/").status_code == 401


def test_all_other_sessions_are_ended_at_once(api: httpx2.Client, other: httpx2.Client) -> None:
    assert api.delete("/api/auth/sessions/").status_code == 204
    assert other.get("/api/auth/user/").status_code == 401
    assert len(api.get("/api/auth/sessions/").json()["results"]) == 1


def test_what_would_take_an_account_over_needs_the_password_again(
    api: httpx2.Client, other: httpx2.Client, server: LiveServer
) -> None:
    forget_authentication(server)
    mine = next(each["id"] for each in api.get("/api/auth/sessions/").json()["results"] if not each["is_current"])
    attempts: list[tuple[str, str, Any]] = [
        ("PATCH", "/api/auth/user/", {"email": "eve@example.org"}),
        ("DELETE", "/api/auth/user/", {}),
        ("DELETE", "/api/auth/sessions/", None),
        ("DELETE", f"/api/auth/sessions/{mine}/", None),
        ("POST", "/api/auth/tokens/", {"name": "x", "scopes": ["account"]}),
        ("DELETE", "/api/auth/tokens/1/", None),
        ("POST", "/api/auth/second-factor/", None),
        ("POST", "/api/auth/second-factor/confirm/", {"code": "123456"}),
        ("POST", "/api/auth/second-factor/recovery-codes/", None),
    ]
    for method, path, body in attempts:
        assert refused(api.request(method, path, json=body)), path
    assert api.post("/api/auth/reauth/", json={"password": "wrong"}).json()["errors"].keys() == {"password"}
    assert refused(api.delete("/api/auth/sessions/"))
    given = api.post("/api/auth/reauth/", data={"password": PASSWORD}).raise_for_status().json()
    assert given.keys() == {"until", "tokens"}
    assert api.delete("/api/auth/sessions/").status_code == 401, "the tokens before are dead"
    api.headers["Authorization"] = f"Bearer {given['tokens']['access']}"
    assert api.delete("/api/auth/sessions/").status_code == 204
    assert other.get("/api/auth/user/").status_code == 401


def test_wrong_passwords_in_a_session_are_limited_as_logins_are(start_server) -> None:
    from .conftest import sign_up

    server: LiveServer = start_server(TRIPKIT_RATELIMIT__LOGIN="3/5m")
    new = {"new_password": "a-much-better-one", "new_password_confirm": "a-much-better-one"}
    with server.client() as client:
        sign_up(client)
        attempts: list[tuple[str, str, Any]] = [
            ("POST", "/api/auth/reauth/", {"password": "wrong"}),
            ("POST", "/api/auth/password/change/", new | {"current_password": "wrong"}),
            ("DELETE", "/api/auth/user/", {"password": "wrong"}),
        ]
        for attempt in attempts:
            given = client.post("/api/auth/reauth/", json={"password": PASSWORD}).raise_for_status()  # costs nothing
            client.headers["Authorization"] = f"Bearer {given.json()['tokens']['access']}"
            assert client.request(attempt[0], attempt[1], json=attempt[2]).status_code == 400
        for method, path, body in attempts:
            answer = client.request(method, path, json=body)
            assert answer.status_code == 429
            assert int(answer.headers["retry-after"]) > 0
        assert client.get("/api/auth/user/").status_code == 200


@pytest.mark.parametrize("device", [b"\xff\xfe", b"caf\xe9", "手机".encode(), b"x" * 4000, b""])
def test_a_device_may_call_itself_anything(api: httpx2.Client, server: LiveServer, device: bytes) -> None:
    email = api.get("/api/auth/user/").json()["email"]
    with server.client() as client:
        form = {"email": email, "password": PASSWORD}
        login = client.post("/api/auth/login/", json=form, headers={"User-Agent": device})
        assert login.status_code == 200, login.text
    assert len(api.get("/api/auth/sessions/").raise_for_status().json()["results"]) == 2
