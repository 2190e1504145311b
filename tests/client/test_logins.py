"""What is kept of sign-ins: whole, private, and never redeemed twice."""

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, PasswordDeleteError

from tripkit.client import Client
from tripkit.client.logins import KeptLogin, Login, Logins, Secret
from tripkit.errors import CredentialsUnusable, InvalidToken, NotAuthenticated
from tripkit.schemas.plans import PlanQuery
from tripkit.schemas.users import TokenPair

from .conftest import LiveServer

URL = "https://trips.example.org"
PAIR = TokenPair("the-access-token", "the-refresh-token")


@pytest.fixture
def logins(tmp_path: Path) -> Logins:
    return Logins(tmp_path / "made when needed")


def keep(logins: Logins, url: str = URL, *, default: bool = True) -> Login:
    with logins.locked():
        return logins.keep(url, Login("ada"), Secret(tokens=PAIR), default=default)


def test_a_login_is_kept_for_its_owner_alone(logins: Logins) -> None:
    assert (logins.default, logins.all()) == ("", {})
    keep(logins)
    assert logins.default == URL
    assert logins.secret(URL).tokens == PAIR
    assert stat.S_IMODE(logins.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(logins.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in logins.path.parent.iterdir() if "logins.json" in path.name] == ["logins.json"]


def test_what_is_forgotten_is_gone_and_commands_are_local_again(logins: Logins) -> None:
    keep(logins)
    keep(logins, "https://other.example.org", default=False)
    assert logins.default == URL
    with logins.locked():
        logins.forget(URL)
        logins.forget(URL)
    assert logins.default == ""
    assert list(logins.all()) == ["https://other.example.org"]
    with pytest.raises(NotAuthenticated, match="not signed in"):
        logins.secret(URL)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"servers": 1}', b"\xff", b'{"servers": {"a": {"secret": 1}}}']
)
def test_a_file_that_is_something_else_is_named_and_left_alone(logins: Logins, content: bytes) -> None:
    logins.path.parent.mkdir()
    logins.path.write_bytes(content)
    with pytest.raises(CredentialsUnusable, match="holds no sign-ins of tripkit"):
        _ = logins.default
    with pytest.raises(CredentialsUnusable):
        keep(logins)
    assert logins.path.read_bytes() == content


def test_a_place_that_cannot_be_written_is_said_with_the_way_without_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (Path("/proc/nothing/may/be/made/here"), tmp_path / "file" / "below"):
        logins = Logins(place)
        assert logins.default == ""
        with pytest.raises(CredentialsUnusable, match="TRIPKIT_CLIENT__TOKEN"):
            keep(logins)


# --- the keyring of the system ---------------------------------------------------------------------------------------


class Ring(KeyringBackend):
    """A keyring in memory, which may be locked."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def _open(self) -> None:
        if self.locked:
            raise KeyringError("it is locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        self.kept[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        return self.kept.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        self._open()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_the_keyring_has_the_secret_and_the_file_has_none(logins: Logins, ring: Ring) -> None:
    kept = keep(logins)
    assert kept.secret is None
    assert "token" not in logins.path.read_text()
    assert logins.secret(URL).tokens == PAIR
    with logins.locked():
        logins.forget(URL)
    assert ring.kept == {}


def test_without_a_keyring_that_works_it_is_the_file(logins: Logins, ring: Ring) -> None:
    ring.locked = True
    assert keep(logins).secret is not None
    assert logins.secret(URL).tokens == PAIR
    without = Logins(logins.path.parent, use_keyring=False)
    ring.locked = False
    keep(without)
    assert ring.kept == {}


def test_a_keyring_that_was_emptied_locked_or_written_by_others(logins: Logins, ring: Ring) -> None:
    keep(logins)
    ring.locked = True
    with pytest.raises(CredentialsUnusable, match="it is locked"):
        logins.secret(URL)
    ring.locked = False
    ring.kept["tripkit", URL] = "something else"
    with pytest.raises(CredentialsUnusable, match="Sign in again"):
        logins.secret(URL)
    ring.kept.clear()
    with pytest.raises(NotAuthenticated):
        logins.secret(URL)


# --- tokens that follow each other -----------------------------------------------------------------------------------


def as_kept(logins: Logins, url: str) -> Client:
    """As another command would do it, at the same time."""
    return Client(url, authorization=KeptLogin(Logins(logins.path.parent), url))


def test_many_at_once_redeem_a_refresh_token_once(logins: Logins, server: LiveServer, pair: TokenPair) -> None:
    with logins.locked():
        logins.keep(server.url, Login("ada"), Secret(tokens=TokenPair("a.b.c", pair.refresh)), default=True)

    def ask(_: Any) -> int:
        with as_kept(logins, server.url) as client:
            return len(client.plans.page(PlanQuery()).results)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [0] * 8
    after = logins.secret(server.url).tokens
    assert after
    assert after.refresh != pair.refresh
    # The server would let a parent be redeemed again, while its child was not used. It was redeemed once: the child is
    # the one that is kept.
    with as_kept(logins, server.url) as client:
        client.account.profile()
        assert logins.secret(server.url).tokens == after


def test_tokens_are_kept_before_they_are_used(
    logins: Logins, server: LiveServer, pair: TokenPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    with logins.locked():
        logins.keep(server.url, Login("ada"), Secret(tokens=TokenPair("a.b.c", pair.refresh)), default=True)

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with as_kept(logins, server.url) as client, pytest.raises(CredentialsUnusable, match="No space left on device"):
        client.account.profile()


def test_a_session_that_is_over_stays_over(logins: Logins, server: LiveServer, pair: TokenPair) -> None:
    with logins.locked():
        logins.keep(server.url, Login("ada"), Secret(tokens=pair), default=True)
    with as_kept(logins, server.url) as client:
        client.account.log_out()
        with pytest.raises(InvalidToken):
            client.plans.page(PlanQuery())
