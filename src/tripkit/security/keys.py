"""The keys that sign tokens and cursors: configured, or generated once and kept in a file only the owner can read."""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from tripkit.config import ConfigError

FILE_NAME: Final = "secret.key"
#: A shorter key could be guessed; an empty file (a crash, `touch`) would let anybody sign.
SHORTEST: Final = 32


class KeyRing:
    """The current key and earlier ones, each known by an id that tells nothing about it."""

    def __init__(self, current: bytes, previous: tuple[bytes, ...] = ()) -> None:
        self.current_id = key_id(current)
        self._master = {key_id(key): key for key in (current, *previous)}

    def signing(self, purpose: str) -> bytes:
        """The current 256-bit key for one purpose (HKDF-like: HMAC-SHA256 of the purpose)."""
        return _derive(self._master[self.current_id], purpose)

    def all(self, purpose: str) -> list[bytes]:
        """Every key that is still accepted for one purpose, the current one first."""
        return [_derive(master, purpose) for master in self._master.values()]

    def find(self, purpose: str, kid: str) -> bytes | None:
        """The key with this id for one purpose, if it is still accepted."""
        master = self._master.get(kid)
        return _derive(master, purpose) if master else None


def key_id(key: bytes) -> str:
    """A short public name of a key (`kid`, RFC 7515)."""
    return _derive(key, "kid").hex()[:16]


def load_or_create(path: Path) -> bytes:
    """The key in the file at `path`; a new 256-bit one is written there (mode 0600) when there is none.

    Raises `ConfigError` when there is a file that cannot be used.
    """
    try:
        if not path.exists():
            _create(path)
        key = path.read_bytes().strip()
    except OSError as error:
        raise ConfigError([f"{path}: the key cannot be read or made: {error.strerror}."]) from None
    if len(key) < SHORTEST:
        raise ConfigError(
            [f"{path}: holds less than {SHORTEST} bytes. Delete it: a new key is made, and everybody signs in again."]
        )
    return key


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and linked into place, so that of two processes that start at once both use the same key.
    own = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(own, path)
    finally:
        own.unlink(missing_ok=True)


def _derive(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode(), hashlib.sha256)
