"""One live server on each kind of database. After every attack it is as it was: it answers, and has no complaint."""

from collections.abc import Iterator

import pytest

from ..live import LiveServer, anonymous, api, plan, start_server, stranger
from ..live import server_on_each as server

__all__ = ["anonymous", "api", "plan", "server", "start_server", "stranger"]


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
