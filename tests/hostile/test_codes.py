"""Guessing codes of a second factor over HTTP, with the limits as they are out of the box."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pyotp
import pytest

from tripkit.config import Ratelimit

from ..conftest import SOAK
from ..live import PASSWORD, UNLIMITED, LiveServer, sign_up
from .wire import Wire, connect, request

GUESSES = 10_000


class Victim:
    """Somebody with a second factor, whose password and session somebody else has."""

    def __init__(self, server: LiveServer) -> None:
        with server.client() as client:
            self.email = sign_up(client)["user"]["email"]
            self.header = f"Authorization: {client.headers['Authorization']}"
            self.app = pyotp.TOTP(client.post("/api/auth/second-factor/").json()["secret"])
            codes = client.post("/api/auth/second-factor/confirm/", json={"code": self.app.now()}).json()
            self.recovery: list[str] = codes["recovery_codes"]

    def code(self) -> str:
        """One that would be right."""
        return self.app.at(int(time.time()), counter_offset=1)


@pytest.fixture
def limited(start_server: Callable[..., LiveServer]) -> LiveServer:
    """A server with the limits that it has when nobody sets any."""
    defaults = Ratelimit()
    return start_server(**{f"TRIPKIT_RATELIMIT__{name}": getattr(defaults, name.lower()) for name in UNLIMITED})


def post(wire: Wire, path: str, body: dict[str, Any], *headers: str) -> tuple[int, Any]:
    data = json.dumps(body).encode()
    answer = wire.send(
        request(f"POST {path}", "Content-Type: application/json", f"Content-Length: {len(data)}", *headers, body=data)
    ).answer()
    return answer.status, answer.json()


def codes(victim: Victim, count: int) -> list[str]:
    """Guesses; from the thirtieth on every other one is right."""
    return [victim.code() if number > 30 and number % 2 else f"{number:06}" for number in range(count)]


def test_ten_thousand_guesses_at_the_door_never_get_in(limited: LiveServer) -> None:
    victim = Victim(limited)
    seen: Counter[tuple[int, str]] = Counter()
    challenge = "none yet"
    with connect(limited) as wire:
        for code in codes(victim, GUESSES):
            status, problem = post(wire, "/api/auth/login/second-factor/", {"challenge": challenge, "code": code})
            seen[status, problem["type"]] += 1
            assert status in (401, 429)
            if problem["type"] == "/docs#invalid-token":
                status, problem = post(wire, "/api/auth/login/", {"email": victim.email, "password": PASSWORD})
                challenge = problem.get("challenge", challenge)
                assert status in (401, 429)
    assert seen[401, "/docs#invalid-code"] <= 11, "codes that were looked at"
    assert seen[429, "/docs#too-many-requests"] > GUESSES - 100


def test_guesses_in_a_session_that_was_found_open_never_get_in(limited: LiveServer) -> None:
    victim = Victim(limited)
    statuses: Counter[int] = Counter()
    with connect(limited) as wire:
        for code in codes(victim, GUESSES if SOAK else 1_000):
            status, _ = post(wire, "/api/auth/reauth/", {"code": code}, victim.header)
            statuses[status] += 1
    assert set(statuses) == {400, 429}
    assert statuses[400] <= 11


def test_the_owner_gets_in_with_a_recovery_code_meanwhile(limited: LiveServer) -> None:
    victim = Victim(limited)
    with limited.client() as client:
        for _ in range(2):
            first = client.post("/api/auth/login/", json={"email": victim.email, "password": PASSWORD}).json()
            for _ in range(5):
                form = {"challenge": first["challenge"], "code": "000000"}
                assert client.post("/api/auth/login/second-factor/", json=form).status_code == 401
        first = client.post("/api/auth/login/", json={"email": victim.email, "password": PASSWORD}).json()
        form = {"challenge": first["challenge"], "code": victim.code()}
        paused = client.post("/api/auth/login/second-factor/", json=form)
        assert paused.status_code == 429
        assert 0 < int(paused.headers["retry-after"]) <= 60
        form["code"] = victim.recovery[0]
        assert client.post("/api/auth/login/second-factor/", json=form).status_code == 200


def test_one_challenge_raced_by_ten_clients_lets_one_in(server: LiveServer) -> None:
    victim = Victim(server)
    start = threading.Barrier(10)
    with server.client() as client:
        first = client.post("/api/auth/login/", json={"email": victim.email, "password": PASSWORD}).json()
    form = {"challenge": first["challenge"], "code": victim.code()}

    def finish(_: int) -> httpx2.Response:
        with server.client() as client:
            start.wait(10)
            return client.post("/api/auth/login/second-factor/", json=form)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(finish, range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 9


@pytest.mark.parametrize(
    "code",
    ["", " ", "0" * 64, "-" * 64, "\u0661" * 6, "１２３４５６", "123456\u202e", "1e5", "+12345", "null", "' OR 1=1 --"],
)
def test_odd_codes_are_wrong_and_nothing_else(server: LiveServer, code: str) -> None:
    victim = Victim(server)
    with server.client() as client:
        first = client.post("/api/auth/login/", json={"email": victim.email, "password": PASSWORD}).json()
        form = {"challenge": first["challenge"], "code": code}
        assert client.post("/api/auth/login/second-factor/", json=form).json()["type"] == "/docs#invalid-code"
        form["code"] = victim.recovery[0]
        assert client.post("/api/auth/login/second-factor/", json=form).status_code == 200
