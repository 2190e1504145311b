"""One live server on each kind of database."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from ..conftest import DATABASES
from ..live import LiveServer


@pytest.fixture(scope="session", params=DATABASES)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with ExitStack() as stack:
        environment, arguments = {}, []
        if request.param == "postgres":
            environment = {"TRIPKIT_DATABASE__URL": stack.enter_context(request.getfixturevalue("postgres").database())}
            arguments = ["--migrate"]
        running = LiveServer(tmp_path_factory.mktemp("fuzzed"), TRIPKIT_LOGS__ACCESS="false", **environment)
        running.start(*arguments)
        yield running
        assert running.stop() == 0
        assert "Traceback" not in running.rest
