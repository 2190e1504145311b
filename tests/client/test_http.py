"""Servers that are away, elsewhere, of another age, or no tripkit at all."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from tripkit.client import Client
from tripkit.client import http as client_http
from tripkit.errors import Busy, DatabaseError, IncompatibleServer, ServerUnavailable, TripkitError
from tripkit.schemas.contract import API, API_HEADER
from tripkit.schemas.plans import PlanIn, PlanPatch, PlanQuery

from ..standin import Answer, Asked, StandIn, send

KEEPS = {"Tripkit-API": f"{API[0]}.{API[1]}"}
PLANS = "/api/plans/"
PLAN = {
    "id": 7, "user": "ada", "role": "owner", "title": "T", "destination": "D", "description": "", "start_date": None,
    "end_date": None, "budget": None, "currency": "EUR", "status": "draft", "plan_data": {}, "tags": [],
    "timezone": None, "version": 1, "created_at": "2027-04-01T09:30:00Z", "updated_at": "2027-04-01T09:30:00Z",
    "trashed_at": None,
}  # fmt: skip
LIST: Answer = (200, {"results": [PLAN], "next": None}, KEEPS)


def problem(status: int, slug: str, **more: Any) -> dict[str, Any]:
    said = {"type": f"/docs#{slug}", "title": "T", "status": status, "detail": "It says so.", "request_id": "r"}
    return said | more


class Server(StandIn):
    """Answers what is put into `answers`, one after the other and the last one for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Answer] = [LIST]
        self.got: list[Asked] = []

    def answer(self, asked: Asked) -> Answer:
        self.got.append(asked)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server().running() as found:
        yield found


@pytest.fixture
def client(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(client_http, "WAITS", (0.01, 0.01))
    with Client(server.url, "token", timeout=20) as found:
        yield found


def refused(client: Client, kind: type[TripkitError] = ServerUnavailable) -> str:
    with pytest.raises(kind) as error:
        client.plans.page(PlanQuery())
    assert type(error.value) is kind
    return str(error.value)


def test_what_is_sent_says_who_asks(client: Client, server: Server) -> None:
    assert client.plans.page(PlanQuery(trashed=True, limit=5)).results[0].id == 7
    [asked] = server.got
    assert asked.query == {"trashed": "true", "ordering": "-updated_at", "limit": "5"}
    assert asked.headers["authorization"] == "Bearer token"
    assert asked.headers["user-agent"].startswith("tripkit/")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with Client(url, "token") as client:
        assert refused(client) == f"{url} cannot be used: it cannot be reached (Connection refused)."


def test_a_proxy_does_not_see_what_is_not_encrypted(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server().running() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        with Client(server.url, "token") as client:
            assert len(client.plans.page(PlanQuery()).results) == 1
        assert proxy.got == []


def test_a_page_of_a_proxy_is_no_answer(client: Client, server: Server) -> None:
    server.answers = [(502, b"<html><script>alert(1)</script>Bad Gateway</html>", {"Content-Type": "text/html"})]
    said = refused(client)
    assert "what answers there is no tripkit (the answer is 502 Bad Gateway)" in said
    assert "script" not in said


def test_a_redirect_is_not_followed_and_nobody_else_gets_the_token(client: Client, server: Server) -> None:
    with Server().running() as other:
        for status in (301, 302, 303, 307, 308):
            server.answers = [(status, b"", KEEPS | {"Location": f"{other.url}/api/plans/"})]
            assert f"it leads to {other.url}/api/plans/, which is not followed" in refused(client)
        assert other.got == []


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("99.0", f"it is newer than this tripkit (its API is 99.0, this one's {API[0]}.{API[1]}). Upgrade this one."),
        ("0.9", "it is older than this tripkit (its API is 0.9"),
    ],
)
def test_another_contract_is_said_plainly(client: Client, server: Server, header: str, said: str) -> None:
    server.answers = [(200, {}, {"Tripkit-API": header})]
    assert said in refused(client, IncompatibleServer)


@pytest.mark.parametrize("header", ["", "one", "1", "1.", "1.0.0", "1" * 50 + ".0", "1.0\xb2"])
def test_what_names_no_contract_is_no_tripkit(client: Client, server: Server, header: str) -> None:
    server.answers = [(200, {}, {"Tripkit-API": header})]
    assert "is no tripkit" in refused(client)


@pytest.mark.parametrize("answer", [(404, problem(404, "not-found")), (405, problem(405, "method-not-allowed"))])
def test_a_route_that_is_not_there_is_one_of_another_age(client: Client, server: Server, answer: Any) -> None:
    server.answers = [(*answer, KEEPS)]
    assert "it does not offer this" in refused(client, IncompatibleServer)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"results": [{"id": "x"}], "next": null}', b"\xff", b"[" * 5000])
def test_an_answer_that_cannot_be_read(client: Client, server: Server, body: bytes) -> None:
    newer = f"{API[0]}.{API[1] + 1}"
    server.answers = [(200, body, {"Tripkit-API": newer})]
    said = refused(client, IncompatibleServer)
    assert "its answer cannot be read" in said
    assert f"it is newer than this tripkit (its API is {newer}" in said
    server.answers = [(500, body, KEEPS)]
    assert "its answer 500 cannot be read" in refused(client, IncompatibleServer)


def test_a_fault_of_the_server_is_told_with_its_number(client: Client, server: Server) -> None:
    server.answers = [(500, problem(500, "internal", detail="Tell whoever runs it 42."), KEEPS)]
    assert refused(client, TripkitError) == "Tell whoever runs it 42."
    server.answers = [(503, problem(503, "database-unavailable"), KEEPS)]
    assert refused(client, DatabaseError) == "It says so."


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def losing(server: Server, path: str, times: int) -> None:
    """Hang up so often, and then answer."""
    left = [times]

    def lose(handler: BaseHTTPRequestHandler) -> None:
        server.got.append(Asked(handler.command, handler.path, handler.headers, b""))
        if left[0]:
            left[0] -= 1
            hang_up(handler)
        else:
            send(handler, *server.answers[0])

    server.hostile[path] = lose


def test_a_lost_answer_is_asked_for_again(client: Client, server: Server) -> None:
    losing(server, PLANS, 2)
    assert len(client.plans.page(PlanQuery()).results) == 1
    assert len(server.got) == 3


def test_a_post_is_repeated_with_the_same_key(client: Client, server: Server) -> None:
    server.answers = [(201, PLAN, KEEPS)]
    losing(server, PLANS, 2)
    assert client.plans.create(PlanIn(title="T", destination="D")).id == 7
    keys = [asked.headers["idempotency-key"] for asked in server.got]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    client.plans.create(PlanIn(title="T", destination="D"))
    assert server.got[-1].headers["idempotency-key"] != keys[0]


def test_after_three_times_it_is_given_up(client: Client, server: Server) -> None:
    losing(server, PLANS, 99)
    assert "it cannot be reached" in refused(client)
    assert len(server.got) == 3


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.plans.edit(7, PlanPatch(title="Nara")),
        lambda client: client.plans.replace(7, PlanIn(title="T", destination="D")),
        lambda client: client.plans.trash(7),
    ],
)
def test_another_write_is_not_repeated_and_the_doubt_is_said(
    client: Client, server: Server, write: Callable[[Client], Any]
) -> None:
    losing(server, "/api/plans/7/", 1)
    with pytest.raises(ServerUnavailable, match="it may have been done or not: look before you repeat it"):
        write(client)
    assert len(server.got) == 1


def test_a_busy_server_is_waited_for(client: Client, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    busy: Answer = (503, problem(503, "busy"), KEEPS | {"Retry-After": "2"})
    server.answers = [busy, busy, (200, PLAN, KEEPS)]
    assert client.plans.edit(7, PlanPatch(title="Nara")).id == 7
    assert waited == [2, 2]
    server.answers = [(503, problem(503, "busy"), KEEPS | {"Retry-After": "600"})]
    with pytest.raises(Busy) as error:
        client.plans.page(PlanQuery())
    assert error.value.retry_after == 600
    assert waited == [2, 2]


def test_a_server_that_does_not_answer_in_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_http, "WAITS", ())
    done = threading.Event()
    server.hostile[PLANS] = lambda handler: done.wait(5) and hang_up(handler)
    with Client(server.url, "token", timeout=0.1) as client:
        assert "it did not answer within 0.1 s" in refused(client)
    done.set()


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server with TLS, and the certificate of who vouches for it."""
    authority = trustme.CA()
    certificate = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            send(self, 200, json.loads(json.dumps(LIST[1])), KEEPS)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that hangs up in the handshake
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}", certificate
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_certificate_has_to_be_one_that_the_system_trusts(
    secure: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, certificate = secure
    with Client(url, "token") as client:
        assert "its certificate is not accepted" in refused(client)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Client(url, "token") as client:
        assert len(client.plans.page(PlanQuery()).results) == 1


def test_no_secret_is_in_what_is_shown(client: Client, server: Server) -> None:
    losing(server, PLANS, 99)
    assert "Bearer" not in refused(client)
    assert API_HEADER == "tripkit-api"
