"""Guesses at an account end, and keep nobody out of it who has been in it."""

from collections.abc import Callable

import httpx2
import pytest

from .conftest import PASSWORD, LiveServer, sign_up

HOME, NEIGHBOUR, HOTEL = "2001:db8:1:2::7", "2001:db8:1:2::8", "203.0.113.7"
RULES = {
    "TRIPKIT_SERVER__TRUSTED_PROXIES": "127.0.0.1",
    "TRIPKIT_RATELIMIT__LOGIN": "4/h",
    "TRIPKIT_RATELIMIT__LOGIN_ACCOUNT": "10/h",
}

LogIn = Callable[..., httpx2.Response]


@pytest.fixture
def log_in(start_server) -> LogIn:
    """`log_in(HOTEL)`: what somebody gets there with the right password of an account that was made at home."""
    server: LiveServer = start_server(**RULES)
    with server.client(headers={"X-Forwarded-For": HOME}) as client:
        email = sign_up(client)["user"]["email"]

    def post(address: str, password: str = PASSWORD) -> httpx2.Response:
        with server.client(headers={"X-Forwarded-For": address}) as client:
            return client.post("/api/auth/login/", json={"email": email, "password": password})

    return post


def guess_from_everywhere(log_in: LogIn) -> None:
    """As many wrong passwords as the account takes, each from another address."""
    assert [log_in(f"198.51.100.{number}", "wrong").status_code for number in range(10)] == [401] * 10
    refused = log_in("198.51.100.99", "wrong")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


def test_guesses_from_everywhere_end_also_with_the_right_password(log_in: LogIn) -> None:
    guess_from_everywhere(log_in)
    assert log_in(HOTEL).status_code == 429


def test_strangers_keep_nobody_out_who_was_signed_in_from_there_before(log_in: LogIn) -> None:
    assert log_in(HOTEL).status_code == 200
    guess_from_everywhere(log_in)
    for address in (HOME, NEIGHBOUR, HOTEL):
        assert log_in(address).status_code == 200


def test_a_known_network_has_guesses_of_its_own_only(log_in: LogIn) -> None:
    guess_from_everywhere(log_in)
    answers = [log_in(HOME, "wrong") for _ in range(5)]
    assert [each.status_code for each in answers] == [401] * 4 + [429]
    assert answers[0].headers["ratelimit"].startswith('"login-3600";r=3')
    assert log_in(HOME).status_code == 429


def test_the_account_rule_alone_spares_too_and_says_nothing_of_what_is_left(start_server) -> None:
    server: LiveServer = start_server(TRIPKIT_RATELIMIT__LOGIN_ACCOUNT="1/h")
    with server.client() as client:
        email = sign_up(client)["user"]["email"]
        for _ in range(2):
            answer = client.post("/api/auth/login/", json={"email": email, "password": "wrong"})
            assert answer.status_code == 401
        assert "ratelimit" not in answer.headers
