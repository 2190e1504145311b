"""The same commands on the local database, on a live server, and on a live server with Postgres.

A test takes `do`, and does not know which it has; each begins with an account of its own. Ids are not predictable.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import Result

from ...live import PASSWORD, LiveServer, sign_up

PLACES = ("local", "server", "server on postgres")


class Do:
    """Runs a command: `do("plan", "list")`."""

    def __init__(self, run: Callable[..., Result], place: str) -> None:
        self.run, self.place = run, place

    def __call__(self, *words: object, code: int = 0, **options: Any) -> str:
        """What it prints to standard output; what it says beside is `said`."""
        done = self.run(*words, **options)
        assert done.exit_code == code, done.output
        self.said = done.stderr
        return done.stdout

    def json(self, *words: object, code: int = 0, **options: Any) -> Any:
        """What it prints as JSON."""
        return json.loads(self(*words, "--json", code=code, **options))

    def plan(self, title: str = "Kyoto in April", *options: object) -> str:
        """The number of a new plan."""
        return self("plan", "new", title, "--destination", "Kyoto", *options).strip()


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    yield from _running(LiveServer(tmp_path_factory.mktemp("sqlite")))


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory, postgres: Any) -> Iterator[LiveServer]:
    with postgres.database() as url:
        yield from _running(LiveServer(tmp_path_factory.mktemp("postgres"), TRIPKIT_DATABASE__URL=url))


def _running(server: LiveServer) -> Iterator[LiveServer]:
    yield server.start("--migrate")
    assert server.stop() == 0
    assert "Traceback" not in server.rest


@pytest.fixture(params=PLACES)
def do(request: pytest.FixtureRequest, run: Callable[..., Result]) -> Do:
    """Commands of a new account, whose password is `PASSWORD`."""
    if request.param == "local":
        request.getfixturevalue("ada")
        return Do(run, request.param)
    server = request.getfixturevalue("postgres_server" if "postgres" in request.param else "sqlite_server")
    with server.client() as client:
        email = sign_up(client)["user"]["email"]
    do = Do(run, request.param)
    do("login", server.url, "--email", email, "--password-stdin", input=PASSWORD + "\n")
    return do
