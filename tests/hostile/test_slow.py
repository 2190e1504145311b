"""Clients that are slow, silent, or gone: each is cut off in time, and nobody else notices."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from ..conftest import DATABASES
from ..live import LiveServer, sign_up, started_on
from .wire import Wire, connect, is_problem, request

JSON = "Content-Type: application/json"
PLAN = b'{"title": "T", "destination": "D"}'
TIMEOUT = 1
#: What the server may take over its limit: it looks at each connection now and then.
GRACE = 1.5


#: What does not get as far as the database need not be seen on both.
on_each = pytest.mark.parametrize("server", DATABASES, indirect=True)


@pytest.fixture(scope="module", params=["sqlite"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with little patience."""
    patience = {"REQUEST_TIMEOUT": str(TIMEOUT), "KEEP_ALIVE": "2", "SHUTDOWN_TIMEOUT": "2"}
    environment = {f"TRIPKIT_SERVER__{name}": seconds for name, seconds in patience.items()}
    with started_on(request, tmp_path_factory.mktemp("server"), **environment) as running:
        yield running


@pytest.fixture(scope="module")
def bearer(server: LiveServer) -> str:
    with server.client() as client:
        return f"Authorization: Bearer {sign_up(client)['tokens']['access']}"


def drip(wire: Wire, data: bytes) -> float:
    """Send `data` byte by byte, ten in a second, until the server has enough; how long that took."""
    began = time.monotonic()
    wire.socket.settimeout(0.1)
    try:
        for index in range(len(data)):
            wire.send(data[index : index + 1])
            try:
                if wire.socket.recv(1, socket.MSG_PEEK) is not None:
                    break
            except TimeoutError:
                continue
    finally:
        wire.socket.settimeout(5)
    return time.monotonic() - began


def test_a_request_that_drips_in_is_408_in_time(server: LiveServer, bearer: str) -> None:
    chunked = request("POST /api/plans/", bearer, JSON, "Transfer-Encoding: chunked")
    parts = {
        "head": (b"", request("GET /healthz", "X: " + "x" * 200)),
        "body": (request("POST /api/plans/", bearer, JSON, "Content-Length: 200"), b" " * 200),
        "chunks": (chunked, b"1\r\n \r\n" * 40),
        "chunk size": (chunked, b"0" * 60),
        "trailer": (chunked + b"22\r\n" + PLAN, b"\r\n0;" + b"x" * 50),
        "unwanted body": (request("GET /healthz", "Content-Length: 200"), b" " * 200),
    }

    def send(part: str) -> None:
        quick, slow = parts[part]
        with connect(server) as wire:
            took = drip(wire.send(quick), slow)
            assert TIMEOUT - 0.5 < took < TIMEOUT + GRACE, part
            is_problem(wire.answer(), 408)
            assert wire.is_closed(), part

    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(send, parts))


def test_a_body_that_drips_in_after_its_refusal_ends_the_connection(server: LiveServer) -> None:
    with connect(server) as wire:
        wire.send(request("POST /nothing", "Content-Length: 200"))
        assert wire.answer().status == 404
        assert drip(wire, b" " * 200) < TIMEOUT + GRACE
        assert wire.is_closed()


def test_half_a_head_is_408(server: LiveServer) -> None:
    with ExitStack() as stack:
        for wire in [
            stack.enter_context(connect(server)).send(sent)
            for sent in (b"G", b"GET /healthz HTTP/1.1\r\nHo", b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        ]:
            is_problem(wire.answer(), 408)
            assert wire.is_closed()


@on_each
def test_a_body_shorter_than_announced_is_408_and_makes_nothing(server: LiveServer, bearer: str) -> None:
    with ExitStack() as stack, server.client(headers={"Authorization": bearer.partition(": ")[2]}) as client:
        before = client.get("/api/plans/").json()
        for wire in [
            stack.enter_context(connect(server)).send(
                request("POST /api/plans/", bearer, JSON, f"Content-Length: {len(body) + 5}", body=body)
            )
            for body in (b"", PLAN, b'{"title": "T", ')
        ]:
            is_problem(wire.answer(), 408)
        assert client.get("/api/plans/").json() == before


def test_time_counts_anew_for_each_request_of_a_connection(server: LiveServer) -> None:
    with connect(server) as wire:
        for _ in range(4):
            assert wire.send(b"GET /healthz HTTP/1.1\r\n").send(b"Host: x\r\n\r\n").answer().status == 200
            time.sleep(TIMEOUT / 2)


def test_connections_that_send_nothing_are_closed_and_keep_nobody_out(server: LiveServer) -> None:
    with ExitStack() as stack, server.client() as client:
        silent = [stack.enter_context(connect(server)) for _ in range(50)]
        began = time.monotonic()
        assert client.get("/healthz").status_code == 200
        assert time.monotonic() - began < 1
        assert all(wire.is_closed() for wire in silent)


def test_a_client_that_reads_nothing_is_cut_off(server: LiveServer, bearer: str) -> None:
    with connect(server) as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.socket.settimeout(2 * TIMEOUT + GRACE + 3)
        many = request("GET /openapi.json", bearer) * 200_000
        with pytest.raises(ConnectionError):  # what is not answered is not read either, until the server has enough
            wire.send(many)


def reset(wire: Wire) -> None:
    """Go away without a word."""
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.socket.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /healthz HTTP/1.1\r\nHo",
        request("GET /openapi.json"),
        request("GET /openapi.json") * 20,
        request("POST /api/auth/login/", JSON, "Content-Length: 100", body=b'{"email'),
        request("POST /api/auth/login/", JSON, "Transfer-Encoding: chunked", body=b"5\r\n{"),
        request("POST /nothing", JSON, "Content-Length: 100", body=b"{"),
        request("POST /api/auth/login/", JSON, "Content-Length: 100", "Expect: 100-continue"),
        request(
            "POST /api/auth/login/", JSON, "Content-Length: 44", body=b'{"email":"a@example.org","password":"xxxxx"}'
        ),
    ],
)
@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_client_may_go_away_at_any_time(server: LiveServer, sent: bytes, how: str) -> None:
    before = len(server.logged)
    for _ in range(5):
        with connect(server) as wire:
            wire.send(sent)
            if how == "reset":
                reset(wire)
    with server.client() as client:
        assert client.get("/healthz").status_code == 200
    assert "Traceback" not in server.logged[before:]


@on_each
def test_a_client_may_go_away_in_the_middle_of_long_answers(server: LiveServer) -> None:
    form = {"title": "Long", "destination": "D", "plan_data": {"x": "x" * 200_000}}
    with server.client() as client:
        sign_up(client)
        for _ in range(5):
            client.post("/api/plans/", json=form).raise_for_status()
        listed = request("GET /api/plans/", f"Authorization: {client.headers['Authorization']}")
        for many in (1, 20):
            with connect(server) as wire:
                wire.send(listed * many).socket.recv(1_000)
                reset(wire)
        assert len(client.get("/api/plans/").json()["results"]) == 5


@on_each
def test_a_write_whose_client_went_away_is_whole_or_not_there(server: LiveServer, bearer: str) -> None:
    body = b'{"title": "Gone", "destination": "D", "tags": ["a", "b"], "plan_data": {"x": [1, 2, 3]}}'
    data = request("POST /api/plans/", bearer, JSON, f"Content-Length: {len(body)}", body=body)
    for cut in range(10, len(data) + 1, 7):
        with connect(server) as wire:
            reset(wire.send(data[:cut]))
    with connect(server) as wire:
        reset(wire.send(data * 10))
    with server.client(headers={"Authorization": bearer.partition(": ")[2]}) as client:
        found = client.get("/api/plans/?limit=100").json()["results"]
        assert len(found) <= 11
        for plan in found:
            assert (plan["title"], plan["tags"], plan["plan_data"]) == ("Gone", ["a", "b"], {"x": [1, 2, 3]})
        assert client.post("/api/plans/", json={"title": "Here", "destination": "D"}).status_code == 201


def test_the_server_stops_in_time_with_half_requests_waiting(start_server) -> None:
    server: LiveServer = start_server(TRIPKIT_SERVER__SHUTDOWN_TIMEOUT="1")
    with ExitStack() as stack:
        for sent in (b"", b"GET /heal", request("POST /api/auth/login/", JSON, "Content-Length: 100", body=b"{")):
            stack.enter_context(connect(server)).send(sent)
        began = time.monotonic()
        stopped: list[int] = []
        thread = threading.Thread(target=lambda: stopped.append(server.stop()))
        thread.start()
        thread.join(10)
    assert stopped == [0]
    assert time.monotonic() - began < 5
    assert "Traceback" not in server.rest
