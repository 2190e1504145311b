"""Limits, over HTTP: what counts for which, what is said about it, and what survives a restart."""

import itertools
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from .conftest import PASSWORD, LiveServer, sign_up

LOGIN = "/api/auth/login/"
WRONG = "not-my-passw0rd-at-all"
#: `tripkit` with the routes `/free/` and `/free/door/`.
PROGRAM = (str(Path(__file__).with_name("with_a_free_route.py")),)
_addresses = (f"127.0.{high}.{low}" for high in range(1, 255) for low in range(1, 255))


def log_in(client: httpx2.Client, email: str, password: str = WRONG) -> httpx2.Response:
    return client.post(LOGIN, json={"email": email, "password": password})


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with small limits. Tests do not meet, since each comes from addresses of its own."""
    limits = {
        "ANONYMOUS": "10/30d",
        "LOGIN": "10/5m",
        "LOGIN_ACCOUNT": "12/h",
        "LOGIN_CLIENT": "15/5m",
        "SIGNUP": "3/h",
        "SHARE_PASSWORD": "2/15m",
        "USER": "5/m, 8/h",
    }
    environment = {f"TRIPKIT_RATELIMIT__{rule}": value for rule, value in limits.items()}
    running = LiveServer(tmp_path_factory.mktemp("limited"), program=PROGRAM, **environment).start()
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.rest


@pytest.fixture
def somebody(limited: LiveServer) -> Iterator[Callable[[], httpx2.Client]]:
    """`somebody()`: a client from an address of its own."""
    clients: list[httpx2.Client] = []

    def make() -> httpx2.Client:
        clients.append(limited.client(address=next(_addresses)))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def email(somebody) -> str:
    """The address of a new account, whose password is `PASSWORD`."""
    address: str = sign_up(somebody())["user"]["email"]
    return address


# --- failed logins --------------------------------------------------------------------------------------------------


def test_simultaneous_guesses_do_not_slip_through_together(limited: LiveServer, somebody, email: str) -> None:
    client = somebody()
    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(lambda _: log_in(client, email).status_code, range(50)))
    assert sorted(statuses) == [401] * 10 + [429] * 40


def test_when_guesses_are_used_up_the_right_password_is_refused_too(somebody, email: str) -> None:
    client = somebody()
    assert [log_in(client, email).status_code for _ in range(10)] == [401] * 10
    refused = log_in(client, email, PASSWORD)
    assert refused.status_code == 429
    assert "failed logins" in refused.json()["detail"]
    assert log_in(somebody(), email, PASSWORD).status_code == 200  # the owner, from elsewhere


def test_a_successful_login_neither_counts_nor_clears_failures(somebody, email: str) -> None:
    client = somebody()
    assert [log_in(client, email).status_code for _ in range(9)] == [401] * 9
    assert [log_in(client, email, PASSWORD).status_code for _ in range(12)] == [200] * 12
    assert [log_in(client, email).status_code for _ in range(2)] == [401, 429]


def test_guesses_at_one_account_from_many_addresses_are_limited(somebody, email: str) -> None:
    clients = [somebody() for _ in range(13)]
    assert [log_in(client, email).status_code for client in clients] == [401] * 12 + [429]


def test_guesses_at_many_accounts_from_one_address_are_limited(somebody) -> None:
    client = somebody()
    emails = [f"nobody{number}@example.org" for number in range(16)]
    assert [log_in(client, each).status_code for each in emails] == [401] * 15 + [429]


def test_an_address_is_the_same_account_however_it_is_written(somebody, email: str) -> None:
    client = somebody()
    spelled = itertools.cycle([email, email.upper(), email.title()])
    assert [log_in(client, next(spelled)).status_code for _ in range(11)] == [401] * 10 + [429]


def test_an_account_that_does_not_exist_is_limited_in_the_same_way(somebody) -> None:
    client = somebody()
    answers = [log_in(client, "nobody-at-all@example.org") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]


def test_what_is_no_guess_does_not_count(limited: LiveServer, somebody, email: str) -> None:
    client = somebody()
    for _ in range(16):
        assert client.post(LOGIN, json={"email": email}).status_code == 400
        assert client.post(LOGIN, content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    limited.tripkit("user", "disable", email)
    assert [log_in(client, email, PASSWORD).status_code for _ in range(12)] == [403] * 12
    assert log_in(client, email).status_code == 401


def test_the_answer_tells_what_is_left_to_the_client_but_nothing_of_what_others_do(somebody, email: str) -> None:
    client, other = somebody(), somebody()
    log_in(client, email)
    answer = log_in(other, email)
    assert answer.headers["ratelimit-policy"] == '"login-300";q=10;w=300, "login_client-300";q=15;w=300'
    assert re.fullmatch(
        r'"login-300";r=9;t=(300|29\d), "login_client-300";r=14;t=(300|29\d)', answer.headers["ratelimit"]
    )
    assert "ratelimit" not in log_in(client, email, PASSWORD).headers


# --- other limits ---------------------------------------------------------------------------------------------------


def test_sign_ups_of_one_address_are_limited(somebody) -> None:
    client = somebody()
    for _ in range(3):
        client.headers.pop("authorization", None)
        sign_up(client)
    form = {"email": "x@example.org", "username": "xyz", "password": PASSWORD, "password_confirm": PASSWORD}
    refused = client.post("/api/auth/signup/", json=form)
    assert refused.status_code == 429
    assert "your address" in refused.json()["detail"]
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert somebody().post("/api/auth/signup/", json=form).status_code == 201


def test_the_eleventh_anonymous_request_is_asked_to_sign_up(somebody) -> None:
    client = somebody()
    answers = [client.get("/free/", headers={"Origin": "http://localhost:3000"}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    for number, answer in enumerate(answers):
        left = max(9 - number, 0)
        assert answer.headers["ratelimit-policy"] == '"anonymous-2592000";q=10;w=2592000'
        assert re.fullmatch(rf'"anonymous-2592000";r={left};t=(2592000|2591\d\d\d)', answer.headers["ratelimit"])
        assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(
            answer.headers["access-control-expose-headers"].split(", ")
        )
    refused = answers[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == refused.headers["ratelimit"].rpartition("=")[2]
    problem = refused.json()
    assert (problem["type"], problem["status"]) == ("/docs#too-many-requests", 429)
    assert "Sign up for continued access (POST /api/auth/signup/)." in problem["detail"]
    assert "Try again in 30 days." in problem["detail"]


def test_signing_up_and_everything_but_content_does_not_spend_the_quota(somebody) -> None:
    client = somebody()
    for path in ("/healthz", "/readyz", "/docs", "/openapi.json", "/", "/nowhere"):
        assert "ratelimit" not in client.get(path).headers
    assert client.options("/free/").status_code == 204
    assert client.get("/free/?no=parameter").status_code == 400
    assert client.post("/free/").status_code == 405
    log_in(client, "nobody@example.org")
    sign_up(client)
    assert ";r=9;" in client.get("/free/").headers["ratelimit"]


def test_head_counts_like_get(somebody) -> None:
    client = somebody()
    assert [client.head("/free/").status_code for _ in range(10)] == [200] * 10
    assert client.get("/free/").status_code == 429
    assert client.head("/free/").status_code == 429


def test_where_requests_and_failures_are_limited_each_is_counted_for_itself(somebody) -> None:
    client = somebody()
    right, wrong = {"word": "sesame"}, {"word": "barley"}
    opened = client.post("/free/door/", json=right)
    assert opened.headers["ratelimit-policy"] == '"anonymous-2592000";q=10;w=2592000'
    assert ";r=9;" in opened.headers["ratelimit"]
    answers = [client.post("/free/door/", json=wrong) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert re.findall(r'"(\w+)-\d+";r=(\d+)', answers[1].headers["ratelimit"]) == [
        ("anonymous", "7"),
        ("share_password", "0"),
    ]
    assert "wrong passwords" in answers[2].json()["detail"]
    assert ";r=6;" in client.get("/free/").headers["ratelimit"]  # what was refused cost nothing


def test_users_are_limited_by_who_they_are_in_every_window(somebody) -> None:
    client, other = somebody(), somebody()
    sign_up(client)
    other.headers["authorization"] = client.headers["authorization"]
    answers = [each.get("/api/plans/") for each in (client, other) * 3]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[0].headers["ratelimit-policy"] == '"user-60";q=5;w=60, "user-3600";q=8;w=3600'
    assert re.fullmatch(r'"user-60";r=4;t=60, "user-3600";r=7;t=3600', answers[0].headers["ratelimit"])
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert client.options("/api/plans/").status_code == 204


def test_refusals_are_counted_in_the_metrics(limited: LiveServer, somebody) -> None:
    client = somebody()
    for _ in range(11):
        client.get("/free/")
    with limited.client() as local:
        found = re.search(r'tripkit_ratelimit_refusals_total\{rule="anonymous"\} (\S+)', local.get("/metrics").text)
    assert found
    assert float(found[1]) >= 1


def test_a_refused_request_costs_nothing_and_the_first_after_the_window_is_allowed(start_server) -> None:
    server: LiveServer = start_server(TRIPKIT_RATELIMIT__LOGIN="2/2s")
    with server.client() as client:
        assert [log_in(client, "a@example.org").status_code for _ in range(2)] == [401, 401]
        while (answer := log_in(client, "a@example.org")).status_code == 429:
            assert int(answer.headers["retry-after"]) in (1, 2)
            time.sleep(0.1)
        assert answer.status_code == 401


# --- restarts and commands ------------------------------------------------------------------------------------------


@pytest.fixture
def start_free(tmp_path: Path) -> Iterator[Callable[[], LiveServer]]:
    """Start a server with `/free/`, always on the same data."""
    started: list[LiveServer] = []

    def start() -> LiveServer:
        started.append(LiveServer(tmp_path, program=PROGRAM, TRIPKIT_RATELIMIT__ANONYMOUS="10/30d").start())
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.stop()


def read(server: LiveServer, times: int) -> list[int]:
    with server.client() as client:
        return [client.get("/free/").status_code for _ in range(times)]


def kept(server: LiveServer) -> dict[str, int]:
    connection = sqlite3.connect(server.directory / "tripkit.sqlite3")
    try:
        return dict(connection.execute("SELECT name, count FROM rate_limits"))
    finally:
        connection.close()


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_clean_stop_loses_no_count(start_free) -> None:
    first = start_free()
    assert read(first, 4) == [200] * 4
    first.stop()
    second = start_free()
    assert read(second, 7) == [200] * 6 + [429]
    second.stop(signal.SIGINT)
    assert read(start_free(), 1) == [429]


def test_kill_9_loses_the_counts_of_some_seconds_at_most(start_free) -> None:
    first = start_free()
    assert read(first, 10) == [200] * 10
    wait_for(lambda: kept(first) == {"anonymous/2592000 127.0.0.1": 10}, 30)
    first.kill()
    assert read(start_free(), 1) == [429]


def test_a_command_lets_somebody_in_again_while_the_server_runs(start_free) -> None:
    first = start_free()
    assert read(first, 11) == [200] * 10 + [429]
    first.tripkit("ratelimit", "reset", "127.0.0.1")
    with first.client() as client:
        wait_for(lambda: client.get("/free/").status_code == 200, 10)
    first.stop()
    assert kept(first) == {"anonymous/2592000 127.0.0.1": 1}
    second = start_free()
    assert read(second, 10) == [200] * 9 + [429]


def test_what_was_reset_does_not_come_back_when_the_server_is_killed(start_free) -> None:
    first = start_free()
    assert read(first, 10) == [200] * 10
    first.stop()
    second = start_free()
    second.tripkit("ratelimit", "reset", "127.0.0.1")
    second.kill()
    assert read(start_free(), 1) == [200]
