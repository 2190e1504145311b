"""Following a plan: what is told, to whom, and when it ends."""

import json
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tripkit.config.sections import Ratelimit
from tripkit.ratelimit import rules_of

from ..live import LiveServer, sign_up
from ..live import server_on_each as server  # noqa: F401

PLAN = {"title": "Kyoto", "destination": "Japan"}
#: Seconds in which all that is waited for here happens, unless the machine has too much to do.
PATIENCE = 15


class Stream:
    """The events of an open stream, read in a thread."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self._events: queue.Queue[tuple[str, str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            fields: dict[str, str] = {}
            for line in self.answer.iter_lines():
                name, _, value = line.partition(": ")
                fields[name] = value
                if not line:
                    if "event" in fields:
                        self._events.put((fields["event"], fields.get("id", ""), json.loads(fields["data"])))
                    fields = {}
        except (httpx2.HTTPError, httpx2.StreamError):
            pass  # the test closed it
        finally:
            self._events.put(None)

    def next(self) -> tuple[str, str, Any] | None:
        """The next event, its id and its data; None at the end."""
        return self._events.get(timeout=PATIENCE)


@contextmanager
def following(client: httpx2.Client, path: str, **headers: str) -> Iterator[Stream]:
    with client.stream("GET", f"{path}events/", headers={"Accept": "text/event-stream", **headers}) as answer:
        assert answer.status_code == 200, answer.read()
        yield Stream(answer)


@pytest.fixture
def path(api: httpx2.Client) -> str:
    return f"/api/plans/{api.post('/api/plans/', json=PLAN).raise_for_status().json()['id']}/"


def retitle(client: httpx2.Client, path: str, title: str) -> None:
    client.patch(path, json={"title": title}).raise_for_status()


def test_a_change_is_told_when_it_is_made(api: httpx2.Client, path: str) -> None:
    with following(api, path) as stream, following(api, path) as other:
        assert stream.answer.headers["content-type"] == "text/event-stream"
        assert stream.next() == other.next() == ("open", "1", {"version": 1})
        retitle(api, path, "Osaka")
        event = stream.next()
        assert event == other.next()
        kind, number, change = event  # type: ignore[misc]
        assert (kind, number, change["summary"]) == ("change", "2", "Changed title of the plan.")
        assert change == api.get(f"{path}changes/2/").json()
        api.post(f"{path}undo/").raise_for_status()
        assert stream.next()[1:] == ("3", api.get(f"{path}changes/3/").json())  # type: ignore[index]


def test_a_change_by_a_command_is_told_as_well(server: LiveServer, api: httpx2.Client, path: str) -> None:  # noqa: F811
    with following(api, path) as stream:
        stream.next()
        with server.services() as tripkit:
            from tripkit.schemas.plans import PlanPatch

            owner = tripkit.actors.find(api.get("/api/auth/user/").json()["username"])
            tripkit.plans.edit(owner, int(path.split("/")[3]), PlanPatch(title="By a command"))
        assert stream.next()[2]["via"] == "command line"  # type: ignore[index]


def test_a_stream_goes_on_after_the_last_event(api: httpx2.Client, path: str) -> None:
    for number in range(2, 60):
        retitle(api, path, f"Title {number}")
    with following(api, path, **{"Last-Event-ID": "20"}) as stream:
        assert stream.next() == ("open", "20", {"version": 59})
        assert [stream.next()[1] for _ in range(21, 60)] == [str(number) for number in range(21, 60)]  # type: ignore[index]
        retitle(api, path, "The next")
        assert stream.next()[1] == "60"  # type: ignore[index]


def test_where_not_all_is_kept_the_client_is_told_to_read_anew(api: httpx2.Client, path: str) -> None:
    retitle(api, path, "Osaka")
    with following(api, path, **{"Last-Event-ID": "0"}) as stream:
        assert [stream.next(), stream.next()] == [("open", "0", {"version": 2}), ("reset", "2", {"version": 2})]
        retitle(api, path, "Nara")
        assert stream.next()[1] == "3"  # type: ignore[index]


def test_a_very_large_change_is_told_without_its_fields(api: httpx2.Client, path: str) -> None:
    with following(api, path) as stream:
        stream.next()
        api.patch(path, json={"plan_data": {"text": "x" * 200_000}}).raise_for_status()
        _, _, change = stream.next()  # type: ignore[misc]
        assert (change["parts"][0]["what"], change["parts"][0]["fields"]) == ("changed", [])


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 30])
def test_a_last_event_that_is_none_is_refused(api: httpx2.Client, path: str, last: str) -> None:
    assert api.get(f"{path}events/", headers={"Last-Event-ID": last}).status_code == 400


def test_without_following_it_ends(api: httpx2.Client, path: str) -> None:
    retitle(api, path, "Osaka")
    answer = api.get(f"{path}events/", params={"follow": "false"}, headers={"Last-Event-ID": "1"})
    assert answer.text.count("event: change") == 1
    assert answer.text.endswith('event: end\ndata: {"reason":"that is all"}\n\n')
    assert api.head(f"{path}events/").headers["content-type"] == "text/event-stream"
    assert api.get(f"{path}events/", headers={"Accept": "application/json"}).status_code == 406


# --- when it ends ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that looks each second whether those who follow a plan still may."""
    settings = {"EVENT_HEARTBEAT": "1", "EVENT_STREAMS_PER_USER": "2", "EVENT_STREAMS": "3"}
    running = LiveServer(
        tmp_path_factory.mktemp("impatient"), **{f"TRIPKIT_SERVER__{name}": value for name, value in settings.items()}
    ).start()
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.rest


@pytest.fixture
def ada(impatient: LiveServer) -> Iterator[httpx2.Client]:
    with impatient.client() as client:
        sign_up(client)
        yield client


@pytest.fixture
def hers(ada: httpx2.Client) -> str:
    return f"/api/plans/{ada.post('/api/plans/', json=PLAN).raise_for_status().json()['id']}/"


def log_out(client: httpx2.Client, _: str) -> None:
    client.post("/api/auth/logout/", json={}).raise_for_status()


def delete(client: httpx2.Client, path: str) -> None:
    client.delete(path).raise_for_status()


@pytest.mark.parametrize("how", [log_out, delete], ids=["log out", "delete the plan"])
def test_it_ends_with_the_access(ada: httpx2.Client, hers: str, how: Callable[[httpx2.Client, str], None]) -> None:
    with following(ada, hers) as stream:
        stream.next()
        how(ada, hers)
        assert [stream.next(), stream.next()] == [("end", "", {"reason": "no access"}), None]


def test_it_ends_with_the_token(impatient: LiveServer, ada: httpx2.Client, hers: str) -> None:
    made = ada.post("/api/auth/tokens/", json={"name": "t", "scopes": ["plans:read"]}).raise_for_status().json()
    with impatient.client(headers={"Authorization": f"Bearer {made['token']}"}) as program:
        with following(program, hers) as stream:
            stream.next()
            ada.delete(f"/api/auth/tokens/{made['id']}/").raise_for_status()
            assert [stream.next(), stream.next()] == [("end", "", {"reason": "no access"}), None]
        assert program.get(f"{hers}events/").status_code == 401


def test_a_member_who_was_removed_is_told_nothing_more(impatient: LiveServer, ada: httpx2.Client, hers: str) -> None:
    from tripkit.models import PlanMember

    with impatient.client() as bob, impatient.services() as tripkit:
        user_id = sign_up(bob)["user"]["id"]
        with tripkit.db.database.bind_ctx([PlanMember]):
            member = PlanMember.create(
                plan=int(hers.split("/")[3]), user=user_id, role="viewer", created_at=tripkit.clock()
            )
            with following(bob, hers) as stream:
                assert stream.next() == ("open", "1", {"version": 1})
                member.delete_instance()
                retitle(ada, hers, "Nothing for Bob")
                assert [stream.next(), stream.next()] == [("end", "", {"reason": "no access"}), None]


def test_so_many_streams_and_no_more_are_open(impatient: LiveServer, ada: httpx2.Client, hers: str) -> None:
    with following(ada, hers), following(ada, hers):
        refused = ada.get(f"{hers}events/")
        assert (refused.status_code, refused.json()["type"]) == (503, "/docs#busy")
        assert "You follow plans 2 times already" in refused.json()["detail"]
        assert refused.headers["retry-after"]
        with impatient.client() as bob:
            sign_up(bob)
            his = f"/api/plans/{bob.post('/api/plans/', json=PLAN).raise_for_status().json()['id']}/"
            with following(bob, his):
                assert "Too many follow plans" in bob.get(f"{his}events/").json()["detail"]
    until = time.monotonic() + PATIENCE
    while ada.get(f"{hers}events/", params={"follow": "false"}).status_code == 503:  # it is noticed that they left
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_stop_ends_all_streams_at_once(start_server: Callable[..., LiveServer]) -> None:
    running = start_server()
    with running.client() as client:
        sign_up(client)
        path = f"/api/plans/{client.post('/api/plans/', json=PLAN).raise_for_status().json()['id']}/"
        with following(client, path) as stream:
            stream.next()
            began = time.monotonic()
            assert running.stop() == 0
            assert time.monotonic() - began < 8, "it does not wait for server.shutdown_timeout"
            assert [stream.next(), stream.next()] == [("end", "", {"reason": "the server stops"}), None]


def test_whoever_does_not_read_costs_no_memory(impatient: LiveServer, ada: httpx2.Client, hers: str) -> None:
    """What is not read waits in the log, and not in the server; everybody else is served."""

    def resident() -> int:
        pages = Path(f"/proc/{impatient.process.pid}/statm").read_text().split()[1]
        return int(pages) * 4096

    with closing(socket.socket()) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(impatient.address)
        deaf.sendall(
            f"GET {hers}events/ HTTP/1.1\r\nHost: x\r\nAuthorization: {ada.headers['Authorization']}\r\n\r\n".encode()
        )
        notes = "".join(chr(97 + number % 26) for number in range(15_000))
        ada.patch(hers, json={"description": notes}).raise_for_status()
        before = resident()
        for number in range(300):
            ada.patch(hers, json={"description": str(number) + notes[number:]}).raise_for_status()
            ada.patch(hers, json={"description": notes[number:]}).raise_for_status()
        assert resident() - before < 30 * 1024 * 1024


# --- several processes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_redis", [True, False], ids=["through Redis", "by looking"])
def test_a_change_in_one_process_is_told_by_all(
    start_server: Callable[..., LiveServer], request: pytest.FixtureRequest, with_redis: bool
) -> None:
    # Without Redis each process would count for itself, so nothing may be limited.
    settings = {f"TRIPKIT_RATELIMIT__{rule.upper()}": "off" for rule in rules_of(Ratelimit())}
    if with_redis:
        redis = request.getfixturevalue("redis")
        settings |= {"TRIPKIT_RATELIMIT__BACKEND": "redis", "TRIPKIT_RATELIMIT__REDIS_URL": redis.url}
    running = start_server("--workers", "2", **settings)
    with running.client() as client:
        sign_up(client)
        path = f"/api/plans/{client.post('/api/plans/', json=PLAN).raise_for_status().json()['id']}/"
        streams = []
        try:
            for _ in range(6):  # each connection goes to one of the processes, whichever is quicker
                context = following(client, path)
                streams.append((context, context.__enter__()))
            for _, stream in streams:
                stream.next()
            for number in range(4):
                with running.client(headers=dict(client.headers)) as other:
                    retitle(other, path, f"Title {number}")
                assert {stream.next()[1] for _, stream in streams} == {str(number + 2)}  # type: ignore[index]
        finally:
            for context, _ in streams:
                context.__exit__(None, None, None)
