"""What a request is signed with: an API token, or the tokens of a session, which are renewed."""

import threading
from collections.abc import Callable
from typing import Protocol

from tripkit.errors import NotAuthenticated
from tripkit.schemas.users import TokenPair

#: Redeems a refresh token.
Refresh = Callable[[str], TokenPair]


class Authorization(Protocol):
    """What is sent as `Authorization: Bearer …`."""

    def access(self) -> str:
        """The token of now. Raises `NotAuthenticated` where there is none."""

    def renew(self, refused: str, refresh: Refresh) -> str:
        """Another token in the place of one that the server did not take; empty where there is none to be had."""

    def replace(self, pair: TokenPair) -> None:
        """Use these tokens of the session from now on."""


class ApiToken:
    """A token that somebody has made for this program."""

    def __init__(self, token: str) -> None:
        self._token = token

    def access(self) -> str:
        if not self._token:
            raise NotAuthenticated
        return self._token

    def renew(self, refused: str, refresh: Refresh) -> str:  # noqa: ARG002
        return ""

    def replace(self, pair: TokenPair) -> None:  # noqa: ARG002
        raise TypeError("an API token has no session")


class Session:
    """The tokens of a session that lasts as long as this program. Threads may share it."""

    def __init__(self, pair: TokenPair) -> None:
        self._pair, self._lock = pair, threading.Lock()

    def access(self) -> str:
        return self._pair.access

    def renew(self, refused: str, refresh: Refresh) -> str:
        with self._lock:
            if self._pair.access == refused:
                self._pair = refresh(self._pair.refresh)
            return self._pair.access

    def replace(self, pair: TokenPair) -> None:
        with self._lock:
            self._pair = pair
