"""The keys that sign tokens and cursors: configured, or generated once and kept in a file only the owner can read."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

FILE_NAME: Final = "secret.key"


class KeyRing:
    """The current key and earlier ones, each known by an id that tells nothing about it."""

    def __init__(self, current: bytes, previous: tuple[bytes, ...] = ()) -> None:
        self.current_id = key_id(current)
        self._master = {key_id(key): key for key in (current, *previous)}

    def signing(self, purpose: str) -> bytes:
        """The current 256-bit key for one purpose (HKDF-like: HMAC-SHA256 of the purpose)."""
        return _derive(self._master[self.current_id], purpose)

    def find(self, purpose: str, kid: str) -> bytes | None:
        """The key with this id for one purpose, if it is still accepted."""
        master = self._master.get(kid)
        return _derive(master, purpose) if master else None


def key_id(key: bytes) -> str:
    """A short public name of a key (`kid`, RFC 7515)."""
    return _derive(key, "kid").hex()[:16]


def load_or_create(path: Path) -> bytes:
    """The key in the file at `path`; a new 256-bit one is written there (mode 0600) when there is none."""
    try:
        return path.read_bytes().strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and linked into place, so that of two processes that start at once both use the same key.
    own = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
    try:
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()
    return path.read_bytes().strip()


def _derive(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode(), hashlib.sha256)
