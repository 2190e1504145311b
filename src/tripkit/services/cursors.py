"""Keyset cursors: where a page ended, signed so that nobody can make one up."""

import base64
import binascii
import hashlib
import hmac
from typing import Any, Final

import msgspec

from tripkit.errors import Malformed
from tripkit.security.keys import KeyRing

PURPOSE: Final = "cursor"
_MAC_BYTES: Final = 16


class Cursors:
    """Writes and reads cursors."""

    def __init__(self, keys: KeyRing) -> None:
        self._key = keys.signing(PURPOSE)

    def write(self, scope: str, *place: Any) -> str:
        """A cursor to `place` in the list called `scope`, which includes its order."""
        payload = msgspec.json.encode((scope, *place))
        return _encode(self._mac(payload) + payload)

    def read(self, scope: str, cursor: str) -> list[Any]:
        """The place of a cursor for this list; raises `Malformed` for any other text."""
        try:
            signed = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError):
            signed = b""
        mac, payload = signed[:_MAC_BYTES], signed[_MAC_BYTES:]
        # Base64 has several spellings of the same bytes; only ours is a cursor.
        if _encode(signed) == cursor and hmac.compare_digest(mac, self._mac(payload)):
            found = msgspec.json.decode(payload)
            if found[0] == scope:
                return list(found[1:])
        raise Malformed("The cursor is not one that this list gave out. Start again without it.")

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, payload, hashlib.sha256)[:_MAC_BYTES]


def _encode(signed: bytes) -> str:
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")
