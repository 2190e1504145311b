"""Small secrets that the server must be able to read again, encrypted where they are kept.

AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits before each text: enough for four thousand million of them.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cached_property
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tripkit.security.keys import KeyRing

_NONCE: Final = 12


class Sealer:
    """Seals with the current key for one purpose; opens what was sealed with any key of the ring."""

    def __init__(self, keys: KeyRing, purpose: str) -> None:
        self._keys, self._purpose = keys, purpose

    @property
    def key_id(self) -> str:
        """The key that seals."""
        return self._keys.current_id

    def seal(self, secret: str) -> str:
        """The secret as text that tells nothing without the key."""
        nonce = secrets.token_bytes(_NONCE)
        return urlsafe_b64encode(nonce + self._ciphers[0].encrypt(nonce, secret.encode(), None)).decode()

    def open(self, sealed: str) -> str | None:
        """The secret again, or None when its key is no longer there, or the text was altered."""
        try:
            data = urlsafe_b64decode(sealed)
        except ValueError:
            return None
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(data[:_NONCE], data[_NONCE:], None).decode()
            except (InvalidTag, ValueError):
                continue
        return None

    @cached_property
    def _ciphers(self) -> list[AESGCM]:
        return [AESGCM(key) for key in self._keys.all(self._purpose)]
