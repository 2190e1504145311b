"""Small secrets that the server must be able to read again, encrypted where they are kept.

Fernet (https://github.com/fernet/spec): AES-128 in CBC mode, authenticated by HMAC-SHA256.
"""

from base64 import urlsafe_b64encode
from functools import cached_property

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from tripkit.security.keys import KeyRing


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
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """The secret again, or None when its key is no longer there, or the text was altered."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            return None

    @cached_property
    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in self._keys.all(self._purpose)])
