"""What every test stands on: real databases, a clock that is set, no network, and no silent skipping."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from pytest_socket import socket_allow_hosts

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import Settings, load
from tripkit.schemas.users import Actor, Client, SignedIn, SignupIn
from tripkit.services.policy import OPERATOR

if TYPE_CHECKING:
    from .postgres import PostgresServer
    from .redis import RedisServer

T = TypeVar("T")

#: Every database the services are tested on.
DATABASES = ("sqlite", "postgres")
#: For what is particular to SQLite: such a test runs on it alone.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PASSWORD = "correct horse battery staple"
SOAK = os.environ.get("TRIPKIT_SOAK") == "1"

# --- the rules of this suite ----------------------------------------------------------------------------------------

# A fixture is shared by the examples of one property: those tests make what they need anew in each example.
_COMMON: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
hypothesis.register_profile("default", max_examples=50, derandomize=True, **_COMMON)
hypothesis.register_profile("soak", max_examples=2_000, **_COMMON)
hypothesis.load_profile("soak" if SOAK else "default")


def pytest_runtest_setup() -> None:
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


def pytest_make_parametrize_id(val: object) -> str | None:
    # What is said of a test is sent to the process that shows it, and half a character cannot be.
    return ascii(val) if isinstance(val, str) and _whole(val) != val else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    report = yield
    report.sections = [(name, _whole(text)) for name, text in report.sections]
    return _skipped_is_failed(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    return _skipped_is_failed((yield))


def _whole(text: str) -> str:
    return text.encode(errors="replace").decode()


def _skipped_is_failed(report: Any) -> Any:
    """What was not run has shown nothing. (An expected failure is reported as skipped too, and was run.)"""
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"A skipped test is an error: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing that is set up on this machine is seen by a test."""
    for name in [name for name in os.environ if name.startswith("TRIPKIT_")]:
        monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


# --- the parts ------------------------------------------------------------------------------------------------------


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = datetime(2027, 4, 1, 9, 30, 0, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        """`advance(seconds=10)`, `advance(days=30)`."""
        self.now += timedelta(**duration)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def postgres() -> Iterator["PostgresServer"]:
    """One Postgres for all tests; it starts when the first of them asks for it."""
    from .postgres import PostgresServer

    server = PostgresServer()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres: "PostgresServer") -> str:
    """The URL of an empty database on Postgres; for tests of `tripkit` its tables are there already."""
    return postgres.migrated() if "tripkit" in request.fixturenames else postgres.empty()


@pytest.fixture(scope="session")
def redis_server() -> Iterator["RedisServer"]:
    """One Redis for all tests; it starts when the first of them asks for it."""
    from .redis import RedisServer

    server = RedisServer()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def redis(redis_server: "RedisServer") -> Iterator["RedisServer"]:
    """An empty Redis. A test may halt or freeze it: the next one finds it running."""
    redis_server.run("FLUSHALL")
    yield redis_server
    redis_server.thaw()
    redis_server.launch()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return f"sqlite:///{tmp_path / 'tripkit.sqlite3'}"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings for a test: passwords are hashed as cheaply as may be."""
    overrides = {
        "data_dir": str(tmp_path),
        "database.url": database_url,
        "security.argon2_memory": 8192,
        "security.argon2_time": 1,
    }
    return load(env={}, cwd=tmp_path, overrides=overrides).settings


@pytest.fixture
def tripkit(settings: Settings, clock: FakeClock) -> Iterator[Tripkit]:
    """All services on a real, migrated database."""
    opened = open_tripkit(settings, clock=clock)
    opened.upgrade_database()
    yield opened
    opened.close()


@pytest.fixture
def password() -> str:
    """The password of everybody whom `sign_up` makes."""
    return PASSWORD


@pytest.fixture
def sign_up(tripkit: Tripkit) -> Callable[..., SignedIn]:
    """`sign_up("ada")`: a new account with its tokens."""

    def make(username: str, **fields: Any) -> SignedIn:
        secret = fields.setdefault("password", PASSWORD)
        fields = {"email": f"{username}@example.org", "password_confirm": secret} | fields
        return tripkit.accounts.sign_up(SignupIn(username=username, **fields), Client("192.0.2.1", "tests"))

    return make


@pytest.fixture
def make_user(tripkit: Tripkit, sign_up: Callable[..., SignedIn]) -> Callable[..., Actor]:
    """`make_user("ada", admin=True)`: somebody who is signed in."""

    def make(username: str, *, admin: bool = False) -> Actor:
        signed_in = sign_up(username)
        if admin:
            tripkit.administration.set_admin(OPERATOR, signed_in.user.id, admin=True)
        return tripkit.sessions.authenticate(signed_in.tokens.access)

    return make


@pytest.fixture
def ada(make_user: Callable[..., Actor]) -> Actor:
    return make_user("ada")


@pytest.fixture
def bob(make_user: Callable[..., Actor]) -> Actor:
    return make_user("bob")


@pytest.fixture
def in_threads() -> Callable[[int, Callable[[], T], Any], list[T | Exception]]:
    """`in_threads(20, work, db)`: what each of 20 threads that start at once got from `work`, be it an exception."""

    def run(count: int, work: Callable[[], T], db: Any) -> list[T | Exception]:
        outcomes: list[T | Exception] = []
        start = threading.Barrier(count)

        def one() -> None:
            start.wait()
            try:
                outcomes.append(work())
            except Exception as error:
                outcomes.append(error)
            finally:
                db.close()

        threads = [threading.Thread(target=one) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    return run
