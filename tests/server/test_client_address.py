"""Where requests come from, over real connections: in the log, in sessions, in links, and before /metrics."""

import socket
import sqlite3
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from ..hostile.wire import connect, is_problem, request
from .conftest import LiveServer, sign_up

PROGRAM = (str(Path(__file__).with_name("origin_server.py")),)
CLIENT, SPOOFED = "203.0.113.7", "198.51.100.9"
TRUST = "127.0.0.1, 10.0.0.0/8"


@pytest.fixture
def serve_origins(tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """`serve_origins(TRIPKIT_…)`: a server with the route /origin."""
    started: list[LiveServer] = []

    def start(**env: str) -> LiveServer:
        started.append(LiveServer(tmp_path, program=PROGRAM, **env).start())
        return started[-1]

    yield start
    for server in started:
        assert server.stop() == 0
        assert "Traceback" not in server.rest


@pytest.fixture
def serve_on_socket(serve_origins: Callable[..., LiveServer]) -> Iterator[Callable[..., httpx2.Client]]:
    """`serve_on_socket(TRIPKIT_…)`: a client of such a server that listens on a unix socket."""
    with ExitStack() as stack:

        def start(**env: str) -> httpx2.Client:
            # The path of a socket has at most 100 bytes or so.
            path = str(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "socket")
            serve_origins(TRIPKIT_TEST_SOCKET=path, **env)
            transport = httpx2.HTTPTransport(uds=path)
            return stack.enter_context(httpx2.Client(transport=transport, base_url="http://evil.example"))

        yield start


def logged_clients(server: LiveServer) -> list[str]:
    return [line["client"] for line in server.log_lines if line["logger"] == "tripkit.access"]


def session_clients(server: LiveServer) -> list[str]:
    connection = sqlite3.connect(server.directory / "tripkit.sqlite3")
    try:
        return [client for (client,) in connection.execute("SELECT client FROM sessions ORDER BY id")]
    finally:
        connection.close()


def test_a_direct_client_cannot_say_who_it_is(serve_origins: Callable[..., LiveServer]) -> None:
    # Nor through Sanic, which would believe anybody.
    sanic = {"SANIC_PROXIES_COUNT": "1", "SANIC_REAL_IP_HEADER": "X-Real-IP", "SANIC_FORWARDED_SECRET": "x"}
    server = serve_origins(TRIPKIT_SERVER__TRUSTED_PROXIES="10.0.0.0/8", **sanic)
    with server.client() as client:
        for headers in (
            {"X-Forwarded-For": SPOOFED},
            {"Forwarded": f"for={SPOOFED};proto=https;host=evil.example;secret=x"},
            {"X-Real-IP": SPOOFED},
            {"X-Forwarded-For": SPOOFED, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"},
            {"Host": "evil.example"},
        ):
            answer = client.get("/origin", headers=headers).json()
            assert answer == {"client": "127.0.0.1", "key": "127.0.0.1", "link": f"{server.url}/shared/1"}


def test_log_and_session_have_the_client_that_a_trusted_proxy_names(start_server) -> None:
    server: LiveServer = start_server(TRIPKIT_SERVER__TRUSTED_PROXIES=TRUST)
    for headers in (
        {"X-Forwarded-For": f"{SPOOFED}, {CLIENT}, 10.0.0.2"},
        {"Forwarded": f'for={SPOOFED}, for="[2001:db8::7]:4711"'},
        {"X-Forwarded-For": CLIENT, "Forwarded": f"for={SPOOFED}"},
    ):
        with server.client(headers=headers) as client:
            sign_up(client)
    server.stop()
    expected = [CLIENT, "2001:db8::7", "127.0.0.1"]
    assert logged_clients(server) == expected
    assert session_clients(server) == expected


def test_log_and_session_have_the_peer_when_no_proxy_is_trusted(start_server) -> None:
    server: LiveServer = start_server()
    with server.client(headers={"X-Forwarded-For": SPOOFED, "Forwarded": f"for={SPOOFED}"}) as client:
        sign_up(client)
    server.stop()
    assert logged_clients(server) == session_clients(server) == ["127.0.0.1"]


def test_each_request_of_one_connection_has_its_own_client(serve_origins: Callable[..., LiveServer]) -> None:
    with serve_origins(TRIPKIT_SERVER__TRUSTED_PROXIES=TRUST).client() as client:
        for sent, expected, key in (
            (CLIENT, CLIENT, CLIENT),
            ("2001:db8:1:2::7", "2001:db8:1:2::7", "2001:db8:1:2::/64"),
            (f"::ffff:{SPOOFED}", SPOOFED, SPOOFED),
            (None, "127.0.0.1", "127.0.0.1"),
        ):
            answer = client.get("/origin", headers={"X-Forwarded-For": sent} if sent else {}).json()
            assert (answer["client"], answer["key"]) == (expected, key)


def test_as_many_hops_as_fit_a_head_are_followed(serve_origins: Callable[..., LiveServer]) -> None:
    value = f"{SPOOFED}, {CLIENT}" + ",10.0.0.2" * 850
    with serve_origins(TRIPKIT_SERVER__TRUSTED_PROXIES=TRUST).client() as client:
        assert client.get("/origin", headers={"X-Forwarded-For": value}).json()["client"] == CLIENT
        assert client.get("/origin", headers={"X-Forwarded-For": value + ",10.0.0.2" * 100}).status_code == 413


def test_links_have_scheme_and_host_as_a_trusted_proxy_says(serve_origins: Callable[..., LiveServer]) -> None:
    with serve_origins(TRIPKIT_SERVER__TRUSTED_PROXIES=TRUST).client() as client:
        for headers, base in (
            ({"X-Forwarded-Proto": "https", "X-Forwarded-Host": "trips.example"}, "https://trips.example"),
            ({"Forwarded": f"for={CLIENT};proto=https;host=trips.example"}, "https://trips.example"),
            ({"X-Forwarded-Proto": "https", "Host": "trips.example:8443"}, "https://trips.example:8443"),
            ({"X-Forwarded-Host": "evil.example/#", "Host": "trips.example"}, "http://trips.example"),
        ):
            assert client.get("/origin", headers=headers).json()["link"] == f"{base}/shared/1"


def test_a_public_url_wins_over_everybody(serve_on_socket: Callable[..., httpx2.Client]) -> None:
    client = serve_on_socket(
        TRIPKIT_SERVER__TRUSTED_PROXIES="unix", TRIPKIT_SERVER__PUBLIC_URL="https://home.example/trips/"
    )
    headers = {"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}
    answer = client.get("/origin", headers=headers).json()
    assert answer == {"client": CLIENT, "key": CLIENT, "link": "https://home.example/trips/shared/1"}


def test_links_of_answers_stay_relative(start_server) -> None:
    server: LiveServer = start_server(TRIPKIT_SERVER__TRUSTED_PROXIES=TRUST)
    headers = {"X-Forwarded-Host": "trips.example", "X-Forwarded-Proto": "https"}
    with server.client(headers=headers) as client:
        sign_up(client)
        for _ in range(2):
            made = client.post("/api/plans/", json={"title": "T", "destination": "D"})
        assert made.headers["location"] == f"/api/plans/{made.json()['id']}/"
        assert client.get("/api/plans/?limit=1").json()["next"].startswith("/api/plans/?")


@pytest.mark.parametrize(("trusted", "expected"), [("unix", CLIENT), ("127.0.0.1, 0.0.0.0/0, ::/0", "unix")])
def test_a_unix_socket_is_a_peer_without_an_address(
    serve_on_socket: Callable[..., httpx2.Client], trusted: str, expected: str
) -> None:
    client = serve_on_socket(TRIPKIT_SERVER__TRUSTED_PROXIES=trusted)
    answer = client.get("/origin", headers={"X-Forwarded-For": f"{SPOOFED}, {CLIENT}"}).json()
    assert answer["client"] == answer["key"] == expected
    assert client.get("/metrics").status_code == 403


def test_a_unix_socket_gives_no_host_to_a_link_and_nor_does_its_client(
    serve_on_socket: Callable[..., httpx2.Client],
) -> None:
    assert serve_on_socket().get("/origin").json()["link"] == "http://localhost/shared/1"


def test_a_connection_that_was_reset_is_not_taken_for_a_unix_socket(start_server) -> None:
    """By the time it is accepted, nobody can be asked for its address."""
    server: LiveServer = start_server(TRIPKIT_SERVER__TRUSTED_PROXIES="unix")
    for _ in range(20):
        with connect(server) as wire:
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.send(request("GET /healthz", f"X-Forwarded-For: {SPOOFED}"))
    with server.client() as client:
        client.get("/healthz").raise_for_status()
    server.stop()
    assert set(logged_clients(server)) <= {"", "127.0.0.1"}


# --- /metrics -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trusted", ["", "127.0.0.1"])
def test_metrics_are_for_a_loopback_peer_that_speaks_for_nobody(start_server, trusted: str) -> None:
    server: LiveServer = start_server(TRIPKIT_SERVER__TRUSTED_PROXIES=trusted)
    with server.client() as client:
        assert client.get("/metrics").status_code == 200
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host", "X-Forwarded-Proto", "Via"):
            for value in ("", "127.0.0.1", "for=127.0.0.1", "garbage"):
                assert client.get("/metrics", headers={header: value}).status_code == 403, (header, value)


# --- Host -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        ("a.test", "a.test"),
        ("a.test", "b.test"),
        ("a.test, b.test",),
        ("",),
        (" ",),
        ("a b",),
        ("user@a.test",),
        ("http://a.test",),
        ("a.test/x",),
        ("a.test:port",),
        ("[::1",),
        ("2001:db8::1",),
        ("a\xff.test",),
        ("a.test;b",),
    ],
)
def test_a_request_without_one_host_is_400_and_the_connection_ends(server: LiveServer, hosts: tuple[str, ...]) -> None:
    lines = ["GET /healthz HTTP/1.1", *(f"Host: {host}" for host in hosts), "", ""]
    with connect(server) as wire:
        answer = wire.send("\r\n".join(lines).encode("latin-1") + request("GET /healthz")).answer()
        is_problem(answer, 400)
        assert "Host" in answer.json()["detail"]
        assert wire.is_closed()


@pytest.mark.parametrize("host", ["a.test", "A.TEST:80", "127.0.0.1:8000", "[::1]:8000", "my_app", " a.test \t", "a:"])
def test_a_host_of_any_name_is_served(server: LiveServer, host: str) -> None:
    with connect(server) as wire:
        assert wire.send(f"GET /healthz HTTP/1.1\r\nHOST:{host}\r\n\r\n".encode()).answer().status == 200


@pytest.mark.parametrize(("hosts", "status"), [("", 200), ("Host: a.test\r\n", 200), ("Host: a b\r\n", 400)])
def test_http_1_0_may_leave_the_host_out(server: LiveServer, hosts: str, status: int) -> None:
    with connect(server) as wire:
        assert wire.send(f"GET /healthz HTTP/1.0\r\n{hosts}\r\n".encode()).answer().status == status
        assert wire.is_closed()


def test_a_proxy_that_names_no_host_gets_links_all_the_same(serve_origins: Callable[..., LiveServer]) -> None:
    server = serve_origins(TRIPKIT_SERVER__TRUSTED_PROXIES=TRUST)
    with connect(server) as wire:
        answer = wire.send(b"GET /origin HTTP/1.0\r\nX-Forwarded-Proto: https\r\n\r\n").answer()
    assert answer.json()["link"] == server.url.replace("http:", "https:") + "/shared/1"
