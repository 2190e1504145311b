"""What `tripkit login` keeps: servers, who is signed in there, and the credentials.

The secrets are in the keyring of the system where it has one that works, and else in the file, which its owner alone
may read. Two commands at once must not both redeem one refresh token: the session would be ended. So a lock is held
from reading one until the next one is kept.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import msgspec
import platformdirs
from msgspec import Struct

from tripkit.client.authorization import Refresh
from tripkit.errors import CredentialsUnusable, NotAuthenticated
from tripkit.schemas.users import TokenPair

FILE_NAME: Final = "logins.json"
#: The name of the program in the keyring.
_SERVICE: Final = "tripkit"


class Secret(Struct, frozen=True, omit_defaults=True):
    """One of both."""

    api_token: str = ""
    tokens: TokenPair | None = None


class Login(Struct, frozen=True, omit_defaults=True):
    """Somebody who is signed in to a server. `secret` is None while it is in the keyring."""

    username: str = ""
    is_api_token: bool = False
    insecure: bool = False
    secret: Secret | None = None


class _Kept(Struct, frozen=True, omit_defaults=True):
    #: The server that commands use.
    default: str = ""
    servers: dict[str, Login] = {}


class Logins:
    """The sign-ins of the person at this machine."""

    def __init__(self, directory: Path | None = None, *, use_keyring: bool = True) -> None:
        self.path = (directory or Path(platformdirs.user_config_dir("tripkit", appauthor=False))) / FILE_NAME
        self._use_keyring = use_keyring

    @property
    def default(self) -> str:
        """The server that commands use; empty for the local database."""
        return self._read().default

    def all(self) -> dict[str, Login]:
        """Everybody who is signed in, by the address of the server."""
        return self._read().servers

    def secret(self, url: str) -> Secret:
        """The credential for a server. Raises `NotAuthenticated` where there is none."""
        login = self.all().get(url)
        if login is None:
            raise NotAuthenticated(f"You are not signed in to {url}.")
        if login.secret is not None:
            return login.secret
        text = _from_keyring(url)
        if text is None:
            raise NotAuthenticated(f"The keyring of the system has no credential for {url} any more.")
        try:
            return msgspec.json.decode(text, type=Secret)
        except msgspec.DecodeError:
            raise CredentialsUnusable(
                f"The credential for {url} in the keyring of the system cannot be read. Sign in again."
            ) from None

    def keep(self, url: str, login: Login, secret: Secret, *, default: bool) -> Login:
        """Keep a credential, in the place of any for this server; what was kept. Call it in `locked`."""
        in_keyring = self._use_keyring and _to_keyring(url, msgspec.json.encode(secret).decode())
        kept = msgspec.structs.replace(login, secret=None if in_keyring else secret)
        found = self._read()
        servers = {**found.servers, url: kept}
        self._write(_Kept(url if default else found.default, servers))
        return kept

    def renew(self, url: str, pair: TokenPair) -> None:
        """Keep the next tokens of a session. Call it in `locked`."""
        login = self.all().get(url)
        if login is not None:
            self.keep(url, login, Secret(tokens=pair), default=False)

    def forget(self, url: str) -> None:
        """Let go of a credential; commands that used that server use the local database again. Call it in `locked`."""
        found = self._read()
        login = found.servers.get(url)
        if login is None:
            return
        default = "" if found.default == url else found.default
        self._write(_Kept(default, {name: each for name, each in found.servers.items() if name != url}))
        if login.secret is None:
            _out_of_keyring(url)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """While this lasts nobody else changes anything here. Raises `CredentialsUnusable`."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = self.path.with_suffix(".lock").open("a")
        except OSError as error:
            raise self._cannot_keep(error) from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read(self) -> _Kept:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=_Kept)
        except FileNotFoundError:
            return _Kept()
        except NotADirectoryError:
            return _Kept()
        except OSError as error:
            raise CredentialsUnusable(f"The sign-ins in {self.path} cannot be read: {error.strerror}.") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise CredentialsUnusable(
                f"The file {self.path} holds no sign-ins of tripkit. Remove it, and sign in again with "
                "`tripkit login URL`. `--server local` works without it."
            ) from None

    def _write(self, kept: _Kept) -> None:
        """Whole or not at all, and for its owner alone."""
        try:
            with NamedTemporaryFile(dir=self.path.parent, prefix=FILE_NAME, delete=False) as file:  # is made with 0600
                try:
                    file.write(msgspec.json.format(msgspec.json.encode(kept), indent=2))
                    file.flush()
                    os.fsync(file.fileno())
                    Path(file.name).replace(self.path)
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise
        except OSError as error:
            raise self._cannot_keep(error) from None

    def _cannot_keep(self, error: OSError) -> CredentialsUnusable:
        return CredentialsUnusable(
            f"Credentials cannot be kept in {self.path.parent}: {error.strerror}. Where nothing can be kept, set "
            "TRIPKIT_CLIENT__SERVER and TRIPKIT_CLIENT__TOKEN to a server and an API token."
        )


class KeptLogin:
    """Signs requests with what is kept for a server, and keeps the tokens that follow before they are used."""

    def __init__(self, logins: Logins, url: str) -> None:
        self._logins, self._url = logins, url
        self._secret: Secret | None = None

    def access(self) -> str:
        if self._secret is None:
            self._secret = self._logins.secret(self._url)
        pair = self._secret.tokens
        return pair.access if pair else self._secret.api_token

    def renew(self, refused: str, refresh: Refresh) -> str:
        if self._secret is None or self._secret.tokens is None:
            return ""
        with self._logins.locked():
            found = self._logins.secret(self._url)  # another command may have been quicker
            if found.tokens and found.tokens.access == refused:
                pair = refresh(found.tokens.refresh)
                self._logins.renew(self._url, pair)
                found = Secret(tokens=pair)
            self._secret = found
        return self.access()

    def replace(self, pair: TokenPair) -> None:
        with self._logins.locked():
            self._logins.renew(self._url, pair)
        self._secret = Secret(tokens=pair)


def _to_keyring(url: str, text: str) -> bool:
    """Whether the keyring has it now."""
    keyring = _keyring()
    if keyring is None:
        return False
    # A keyring may be there and locked, or without anybody to unlock it: what it raises then is its own.
    with suppress(Exception):
        keyring.set_password(_SERVICE, url, text)
        return bool(keyring.get_password(_SERVICE, url) == text)
    return False


def _from_keyring(url: str) -> str | None:
    keyring = _keyring()
    if keyring is None:
        return None
    try:
        found: str | None = keyring.get_password(_SERVICE, url)
    except Exception as error:
        raise CredentialsUnusable(
            f"The keyring of the system does not give the credential for {url}: {error}. Unlock it, or sign in again."
        ) from None
    return found


def _out_of_keyring(url: str) -> None:
    keyring = _keyring()
    with suppress(Exception):
        if keyring is not None:
            keyring.delete_password(_SERVICE, url)


def _keyring() -> Any:
    """The keyring of the system, if it has one that works. It is slow to load."""
    with suppress(Exception):
        import keyring
        from keyring.backends import fail, null

        if not isinstance(keyring.get_keyring(), fail.Keyring | null.Keyring):
            return keyring
    return None
