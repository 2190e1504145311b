"""The second factor over HTTP, and the second step of a login."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pyotp
import pytest

from tripkit.security.keys import key_id, load_or_create

from .conftest import PASSWORD, LiveServer, sign_up


class Secured:
    """An account with a second factor, and a client that is signed in to it."""

    def __init__(self, client: httpx2.Client) -> None:
        self.client = client
        self.email = sign_up(client)["user"]["email"]
        setup = client.post("/api/auth/second-factor/").raise_for_status().json()
        self.app = pyotp.TOTP(setup["secret"])
        confirmed = client.post("/api/auth/second-factor/confirm/", json={"code": self.app.now()}).raise_for_status()
        self.recovery: list[str] = confirmed.json()["recovery_codes"]

    def log_in(self) -> httpx2.Response:
        return self.client.post("/api/auth/login/", json={"email": self.email, "password": PASSWORD})

    def finish(self, code: str, challenge: str | None = None) -> httpx2.Response:
        challenge = challenge or self.log_in().json()["challenge"]
        return self.client.post("/api/auth/login/second-factor/", json={"challenge": challenge, "code": code})

    def next_code(self) -> str:
        """The one that setting up has not used."""
        return self.app.at(int(time.time()), counter_offset=1)


@pytest.fixture
def secured(api: httpx2.Client) -> Secured:
    return Secured(api)


def test_logging_in_takes_two_steps(secured: Secured) -> None:
    first = secured.log_in()
    problem = first.json()
    assert (first.status_code, problem["type"]) == (401, "/docs#second-factor-required")
    assert "/api/auth/login/second-factor/" in problem["detail"]
    assert problem["challenge"] not in problem["detail"]
    second = secured.finish(secured.next_code(), problem["challenge"])
    assert second.status_code == 200, second.text
    assert set(second.json()) == {"user", "tokens"}
    header = {"Authorization": f"Bearer {second.json()['tokens']['access']}"}
    assert secured.client.get("/api/auth/user/", headers=header).json()["email"] == secured.email


def test_the_second_step_takes_forms_as_well(secured: Secured) -> None:
    challenge = secured.log_in().json()["challenge"]
    form = {"challenge": challenge, "code": secured.recovery[0]}
    assert secured.client.post("/api/auth/login/second-factor/", data=form).status_code == 200


def test_wrong_codes_and_wrong_challenges_are_told_apart(secured: Secured) -> None:
    wrong = secured.finish("abc")
    assert (wrong.status_code, wrong.json()["type"]) == (401, "/docs#invalid-code")
    unknown = secured.finish(secured.recovery[0], "x" * 43)
    assert (unknown.status_code, unknown.json()["type"]) == (401, "/docs#invalid-token")
    assert secured.finish(secured.recovery[0]).status_code == 200


def test_values_that_break_a_rule_are_not_repeated(secured: Secured) -> None:
    answer = secured.client.post("/api/auth/login/second-factor/", json={"challenge": "c" * 65, "code": 123456})
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"challenge", "code"}
    assert "123456" not in answer.text
    assert "ccc" not in answer.text


def test_status_renewal_and_removal(secured: Secured) -> None:
    client, path = secured.client, "/api/auth/second-factor/"
    assert client.get(path).json()["recovery_codes_left"] == 10
    assert client.post(path).status_code == 409
    renewed = client.post(f"{path}recovery-codes/").json()["recovery_codes"]
    assert secured.finish(secured.recovery[0]).status_code == 401
    assert secured.finish(renewed[0]).status_code == 200
    assert client.get(path).json() | {"active_since": ""} == {
        "is_active": True, "active_since": "", "recovery_codes_left": 9,
    }  # fmt: skip
    wrong = client.request("DELETE", path, json={"code": "abc"})
    assert (wrong.status_code, set(wrong.json()["errors"])) == (400, {"code"})
    assert client.request("DELETE", path, json={"code": secured.next_code()}).status_code == 204
    assert client.get(path).json() == {"is_active": False, "active_since": None, "recovery_codes_left": 0}
    assert secured.log_in().status_code == 200


def test_a_code_is_an_answer_when_the_password_is_asked_for_again(secured: Secured) -> None:
    client = secured.client
    assert client.post("/api/auth/reauth/", json={"code": "abc"}).status_code == 400
    given = client.post("/api/auth/reauth/", json={"code": secured.recovery[0]}).raise_for_status().json()
    client.headers["Authorization"] = f"Bearer {given['tokens']['access']}"
    assert client.post("/api/auth/reauth/", json={"code": secured.recovery[0]}).status_code == 400


def test_codes_and_secrets_never_stand_in_the_log(start_server: Any) -> None:
    server: LiveServer = start_server()
    with server.client() as client:
        secured = Secured(client)
        challenge = secured.log_in().json()["challenge"]
        code = secured.next_code()
        secured.finish("wrong-code-1", challenge)
        secured.finish(code, challenge)
    server.stop()
    for secret in (challenge, code, secured.app.secret, "wrong-code-1"):
        assert secret not in server.rest


def test_after_its_key_was_replaced_a_server_takes_codes_and_needs_the_earlier_key_no_more(
    start_server: Any, tmp_path: Path
) -> None:
    server: LiveServer = start_server()
    with server.client() as client:
        secured = Secured(client)
    server.stop()
    earlier = (tmp_path / "secret.key").rename(tmp_path / "previous.key")
    server = start_server(TRIPKIT_SECURITY__PREVIOUS_KEYS_FILE=str(earlier))
    sealed = "SELECT count(DISTINCT key) FROM (SELECT key FROM second_factors UNION SELECT ?)"
    current = key_id(load_or_create(tmp_path / "secret.key"))
    with closing(sqlite3.connect(tmp_path / "tripkit.sqlite3")) as connection:
        until = time.monotonic() + 20
        while connection.execute(sealed, (current,)).fetchone() != (1,):
            assert time.monotonic() < until
            time.sleep(0.05)
    server.stop()
    with start_server().client() as client:
        secured.client = client
        assert secured.finish(secured.next_code()).status_code == 200
