"""A live server, as a process of its own, and clients that talk to it over HTTP."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import load
from tripkit.services.policy import OPERATOR

from .conftest import DATABASES

PASSWORD = "corr3ct-horse-battery"
UNLIMITED = (
    "ANONYMOUS", "LOGIN", "LOGIN_ACCOUNT", "LOGIN_CLIENT", "SIGNUP", "RESET", "SHARE_PASSWORD",
    "SHARE_PASSWORD_LINK", "SHARED", "EXPORT", "REFUSALS", "OAUTH", "INVITE", "INVITE_ADDRESS",
)  # fmt: skip
_numbers = itertools.count(1)


class LiveServer:
    """`tripkit serve` on a free port, with its data in `directory`. `program`: what Python runs as tripkit."""

    def __init__(
        self,
        directory: Path,
        *,
        preexec: Callable[[], None] | None = None,
        program: Sequence[str] = ("-m", "tripkit"),
        **env: str,
    ) -> None:
        self.directory = directory
        self._preexec, self._program = preexec, program
        self._env = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "TRIPKIT_DATA_DIR": str(directory),
            "TRIPKIT_SECURITY__ARGON2_MEMORY": "8192",
            "TRIPKIT_SECURITY__ARGON2_TIME": "1",
            # All tests come from one address; those of the limits set their own.
            **{f"TRIPKIT_RATELIMIT__{rule}": "off" for rule in UNLIMITED},
            **env,
        }
        self.url = ""
        self.banner: list[str] = []
        self._lines: list[str] = []

    def start(self, *arguments: str) -> "LiveServer":
        self.log = (self.directory / "serve.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, *self._program, "serve", "--port", "0", *arguments],
            env=self._env,
            cwd=self.directory,
            stderr=subprocess.PIPE,
            stdout=self.log,
            start_new_session=True,
            preexec_fn=self._preexec,
            text=True,
        )
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.banner.append(line.rstrip())
            if found := re.match(r"tripkit serves at +(\S+)", line):
                self.url = found[1]
            if line.startswith("Stop with"):
                break
        else:
            self.process.wait(20)
            pytest.fail("the server did not start: " + " ".join(self.banner))
        # A full pipe would stop the server's log, so it is read all the time.
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        return self

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        self._lines.extend(self.process.stderr)  # line by line, as they come

    @property
    def logged(self) -> str:
        """What has been logged so far."""
        return "".join(self._lines)

    @property
    def log_lines(self) -> list[dict[str, Any]]:
        """The log of a server that has stopped, without the mails that are printed between its lines."""
        mails = r"(?ms)^-{78}\n.*?^-{78}\n"
        return [json.loads(line) for line in re.sub(mails, "", self.rest).splitlines()]

    @property
    def address(self) -> tuple[str, int]:
        """For a socket."""
        host, port = re.search(r"//(.*):(\d+)", self.url).groups()  # type: ignore[union-attr]
        return host, int(port)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; its exit code."""
        self.process.send_signal(how)
        return self.wait()

    def kill(self) -> None:
        """Take it away, with all its processes, in the middle of whatever it does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.wait()

    def wait(self) -> int:
        assert self.process.stderr is not None
        code = self.process.wait(20)
        self._reader.join(20)
        self.process.stderr.close()
        self.log.close()
        self.rest = self.logged
        return code

    @contextmanager
    def services(self) -> Iterator[Tripkit]:
        """The services on the database of the server, as a command has them while it runs."""
        opened = open_tripkit(load(env=self._env, cwd=self.directory).settings)
        try:
            yield opened
        finally:
            opened.close()

    def client(self, *, address: str = "", **options: Any) -> httpx2.Client:
        """A client; `address` of 127.0.0.0/8 is where its requests come from."""
        if address:
            options["transport"] = httpx2.HTTPTransport(local_address=address)
        # Without TLS the world's certificates need not be loaded, which takes 50 ms.
        return httpx2.Client(base_url=self.url, timeout=20, verify=False, **options)

    def tripkit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command beside the server, with the same settings."""
        command = [sys.executable, "-m", "tripkit", *arguments]
        done = subprocess.run(command, env=self._env, cwd=self.directory, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for the tests that do not need their own."""
    running = LiveServer(tmp_path_factory.mktemp("server"), TRIPKIT_METRICS__TOKEN="a-token-for-prometheus").start()
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.rest


@contextmanager
def started_on(request: pytest.FixtureRequest, directory: Path, **env: str) -> Iterator[LiveServer]:
    """A server on the kind of database that is the parameter of a fixture, until its tests are over."""
    with ExitStack() as stack:
        arguments = []
        if request.param == "postgres":
            env["TRIPKIT_DATABASE__URL"] = stack.enter_context(request.getfixturevalue("postgres").database())
            arguments = ["--migrate"]
        running = LiveServer(directory, **env).start(*arguments)
        yield running
        assert running.stop() == 0
        assert "Traceback" not in running.rest


@pytest.fixture(scope="session", params=DATABASES)
def server_on_each(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server on each kind of database in turn. Import it as `server` where both matter."""
    with started_on(request, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """Start a server of the test's own: `start_server("--workers", "2", TRIPKIT_SERVER__MAX_BODY="100")`."""
    started: list[LiveServer] = []

    def start(*arguments: str, **env: Any) -> LiveServer:
        started.append(LiveServer(tmp_path, **env).start(*arguments))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.stop()


@pytest.fixture
def anonymous(server: LiveServer) -> Iterator[httpx2.Client]:
    with server.client() as client:
        yield client


def sign_up(client: httpx2.Client, **fields: str) -> dict[str, Any]:
    """A new account; its user and tokens. The client is signed in from now on."""
    name = f"user{next(_numbers)}"
    form = {"email": f"{name}@example.org", "username": name, "password": PASSWORD, "password_confirm": PASSWORD}
    answer = client.post("/api/auth/signup/", json=form | fields)
    assert answer.status_code == 201, answer.text
    signed_in: dict[str, Any] = answer.json()
    client.headers["Authorization"] = f"Bearer {signed_in['tokens']['access']}"
    return signed_in


@pytest.fixture
def api(server: LiveServer) -> Iterator[httpx2.Client]:
    """A client that is signed in to a new account."""
    with server.client() as client:
        sign_up(client)
        yield client


@pytest.fixture
def stranger(server: LiveServer) -> Iterator[httpx2.Client]:
    """A client that is signed in to another new account."""
    with server.client() as client:
        sign_up(client)
        yield client


@pytest.fixture
def admin(server: LiveServer) -> Iterator[httpx2.Client]:
    """A client that is signed in to a new account of an administrator."""
    with server.client() as client:
        user = sign_up(client)["user"]
        with server.services() as tripkit:
            tripkit.administration.set_admin(OPERATOR, user["id"], admin=True)
        yield client


@pytest.fixture
def plan(api: httpx2.Client) -> dict[str, Any]:
    """A plan of `api`."""
    body = {
        "title": "Kyoto in April",
        "destination": "Kyoto, Japan",
        "start_date": "2027-04-01",
        "end_date": "2027-04-14",
        "budget": "2500.00",
        "plan_data": {"notes": "cherry blossom", "km": 12.50},
        "tags": ["spring"],
    }
    answer = api.post("/api/plans/", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made
