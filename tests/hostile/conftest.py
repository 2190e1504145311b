"""One live server on each kind of database. After every attack it is as it was: it answers, and has no complaint."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from ..conftest import DATABASES
from ..live import LiveServer, anonymous, api, plan, start_server, stranger

__all__ = ["anonymous", "api", "plan", "start_server", "stranger"]


@pytest.fixture(scope="session", params=DATABASES)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for all attacks that do not need their own."""
    with ExitStack() as stack:
        environment, arguments = {}, []
        if request.param == "postgres":
            environment = {"TRIPKIT_DATABASE__URL": stack.enter_context(request.getfixturevalue("postgres").database())}
            arguments = ["--migrate"]
        running = LiveServer(tmp_path_factory.mktemp("attacked"), **environment).start(*arguments)
        yield running
        assert running.stop() == 0
        assert "Traceback" not in running.rest


@pytest.fixture(autouse=True)
def _unharmed(request: pytest.FixtureRequest) -> Iterator[None]:
    if "server" not in request.fixturenames:
        yield
        return
    attacked: LiveServer = request.getfixturevalue("server")
    before = len(attacked.logged)
    yield
    assert attacked.process.poll() is None
    with attacked.client() as client:
        assert client.get("/healthz").status_code == 200
    assert "Traceback" not in attacked.logged[before:]
