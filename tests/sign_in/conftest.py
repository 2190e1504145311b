"""Sign-ins from end to end: a live server, real providers on the other side, and browsers with a cookie jar."""

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from tripkit.bootstrap import open_engine
from tripkit.config import load

from ..conftest import DATABASES
from ..graph import APP_ID, APP_SECRET, Graph
from ..live import LiveServer, start_server
from ..openid import CLIENT_ID, CLIENT_SECRET, OpenID

__all__ = ["start_server"]

FRONT_END = "http://localhost:3000"
APP = "com.example.trips:/signed-in"


class SignInServer(LiveServer):
    """A server with four providers: `mock` is the real one, `home` and `evil` are ours, and there is Facebook."""

    mock: "Mock"
    home: OpenID
    evil: OpenID
    graph: Graph
    settings_env: dict[str, str]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What is in its database."""
        db = open_engine(load(env=self.settings_env, cwd=self.directory).settings)
        db.open()
        try:
            return [tuple(row) for row in db.execute(sql).fetchall()]
        finally:
            db.close()

    def run(self, sql: str) -> None:
        """Change its database: what takes time, or a mail, elsewhere."""
        db = open_engine(load(env=self.settings_env, cwd=self.directory).settings)
        db.open()
        db.unit(lambda: db.execute(sql).close())
        db.close()

    @property
    def refusals(self) -> list[str]:
        """Why sign-ins and links came to nothing, as it was recorded."""
        return [why for (why,) in self.rows("SELECT refused FROM audit_events WHERE refused <> '' ORDER BY id")]

    @property
    def people(self) -> int:
        """How many accounts there are."""
        return int(self.rows("SELECT count(*) FROM users")[0][0])


class Mock:
    """`oidc-provider-mock`, as a process of its own, with this server as its only client."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "oidc_provider_mock", "--port", "0", "-r"], stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr
        self.url = next(found[1] for line in self._process.stderr if (found := re.search(r"on (http\S+)", line)))
        self._reader = threading.Thread(target=self._process.stderr.read, daemon=True)
        self._reader.start()

    def register(self, redirect_uri: str) -> tuple[str, str]:
        made = httpx2.post(f"{self.url}/oauth2/clients", json={"redirect_uris": [redirect_uri]}).json()
        return made["client_id"], made["client_secret"]

    def knows(self, sub: str, **claims: Any) -> str:
        httpx2.put(f"{self.url}/users/{sub}", json=claims).raise_for_status()
        return sub

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._reader.join(20)
        assert self._process.stderr
        self._process.stderr.close()


class Browser:
    """Somebody's browser: it keeps cookies, and goes where it is sent when it is told to."""

    def __init__(self, server: SignInServer) -> None:
        self.server = server
        self.client = httpx2.Client(timeout=20, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    def begin(self, provider: str = "home", **query: str) -> str:
        """Set out; where at the provider that leads."""
        answer = self.client.get(f"{self.server.url}/api/auth/login/{provider}/", params=query)
        assert answer.status_code == 302, answer.text
        location: str = answer.headers["location"]
        return location

    def at_provider(self, url: str, sub: str = "") -> str:
        """Be identified there; where in tripkit that leads."""
        answer = self.client.post(url, data={"sub": sub}) if sub else self.client.get(url)
        assert answer.status_code == 302, answer.text
        location: str = answer.headers["location"]
        return location

    def back(self, url: str) -> httpx2.Response:
        """Come back."""
        return self.client.get(url)

    def sign_in(self, provider: str = "home", *, sub: str = "", **query: str) -> httpx2.Response:
        """All of it; the answer in the end."""
        return self.back(self.at_provider(self.begin(provider, **query), sub))

    def exchange(self, code: str, **form: str) -> httpx2.Response:
        """What the front end does."""
        return self.client.post(f"{self.server.url}/api/auth/token/exchange/", json={"code": code, **form})


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def code_in(answer: httpx2.Response) -> str:
    """The one-time code that the front end gets."""
    assert answer.status_code == 302, answer.text
    return query_of(answer.headers["location"])["code"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def mock() -> Iterator[Mock]:
    running = Mock()
    yield running
    running.stop()


@contextmanager
def serving(directory: Any, mock: Mock, *arguments: str, **env: str) -> Iterator[SignInServer]:
    """A server with its providers."""
    with ExitStack() as stack:
        home, evil = stack.enter_context(OpenID().running()), stack.enter_context(OpenID().running())
        evil.rotate()  # its keys are its own
        graph = stack.enter_context(Graph().running())
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        client_id, client_secret = mock.register(f"{url}/api/auth/login/mock/callback/")
        providers = {
            "MOCK": {"ISSUER": mock.url, "CLIENT_ID": client_id, "CLIENT_SECRET": client_secret, "LABEL": "Mock"},
            "HOME": {"ISSUER": home.issuer, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET},
            "EVIL": {"ISSUER": evil.issuer, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET},
            "FACEBOOK": {"GRAPH_URL": f"{graph.url}/v23.0", "CLIENT_ID": APP_ID, "CLIENT_SECRET": APP_SECRET},
        }
        common = {"REDIRECT_URIS": APP, "TIMEOUT": "1"}
        settings = {
            f"TRIPKIT_OAUTH__{name}__{key}": value
            for name, options in providers.items()
            for key, value in (options | common).items()
        }
        settings |= {"TRIPKIT_SERVER__PUBLIC_URL": url, **env}
        server = SignInServer(directory, **settings)
        server.mock, server.home, server.evil, server.graph = mock, home, evil, graph
        server.settings_env = {"TRIPKIT_DATA_DIR": str(directory), **settings}
        server.start("--port", str(port), *arguments)
        try:
            yield server
        finally:
            assert server.stop() == 0
        assert "Traceback" not in server.rest
        for secret in (CLIENT_SECRET, client_secret, APP_SECRET, "id_token=", "access_token=", "code="):
            assert secret not in server.rest


@pytest.fixture(scope="session", params=DATABASES)
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, mock: Mock) -> Iterator[Any]:
    """One server on each kind of database."""
    with ExitStack() as stack:
        environment, arguments = {}, []
        if request.param == "postgres":
            environment = {"TRIPKIT_DATABASE__URL": stack.enter_context(request.getfixturevalue("postgres").database())}
            arguments = ["--migrate"]
        directory = tmp_path_factory.mktemp("sign-in")
        yield stack.enter_context(serving(directory, mock, *arguments, **environment))


@pytest.fixture
def server(live: SignInServer) -> SignInServer:
    """The server, without anybody in it, and with providers that behave."""
    live.run("DELETE FROM users")
    live.run("DELETE FROM oauth_tickets")
    for provider in (live.home, live.evil):
        fresh = OpenID()
        for name in ("sub", "about", "metadata", "claims", "header", "token", "userinfo", "sends_issuer"):
            setattr(provider, name, getattr(fresh, name))
        provider.sign = provider.signed
        provider.codes, provider.hostile, provider.asked = {}, {}, []
    live.graph.user_id, live.graph.me, live.graph.hostile = "10001", {}, {}
    return live


@pytest.fixture
def browser(server: SignInServer) -> Iterator[Callable[[], Browser]]:
    """`browser()`: a new one."""
    opened: list[Browser] = []

    def make() -> Browser:
        opened.append(Browser(server))
        return opened[-1]

    yield make
    for each in opened:
        each.client.close()


@pytest.fixture
def api(server: SignInServer) -> Iterator[httpx2.Client]:
    """A program that is not signed in."""
    with server.client() as client:
        yield client
