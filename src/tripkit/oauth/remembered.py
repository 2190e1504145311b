"""Something of a provider that is fetched now and then."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from tripkit.errors import TripkitError
from tripkit.oauth.base import Now

T = TypeVar("T")

KEPT: Final = timedelta(hours=1)
#: Between two fetches ahead of time that a stranger can cause: so nobody can make us hammer a provider.
PAUSE: Final = timedelta(seconds=60)
#: ... and after one that failed.
PAUSE_AFTER_FAILURE: Final = timedelta(seconds=5)


class Remembered(Generic[T]):
    """Fetches a value when it is asked for, and keeps it for an hour. Of callers at the same time one fetches."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], now: Now) -> None:
        self._fetch, self._now = fetch, now
        self._turn = asyncio.Lock()
        self._value: T | None = None
        self._fetched: datetime | None = None
        self._ahead: datetime | None = None
        self._failure: TripkitError | None = None
        self._failed: datetime | None = None

    async def get(self) -> T:
        """The value."""
        async with self._turn:
            if self._value is None or self._age(self._fetched) >= KEPT:
                return await self._anew()
            return self._value

    async def newer(self, than: T, *, at_once: bool) -> T:
        """The value after `than`, which lacks something.

        Unless `at_once`, it is the same again if somebody asked for a newer one in the last minute.
        """
        async with self._turn:
            if self._value is None or (self._value is than and (at_once or self._age(self._ahead) >= PAUSE)):
                self._ahead = self._now()
                return await self._anew()
            return self._value

    async def _anew(self) -> T:
        if self._failure is not None and self._age(self._failed) < PAUSE_AFTER_FAILURE:
            raise self._failure.with_traceback(None)
        try:
            self._value = await self._fetch()
        except TripkitError as failure:
            self._failure, self._failed = failure, self._now()
            raise
        self._fetched, self._failure = self._now(), None
        return self._value

    def _age(self, moment: datetime | None) -> timedelta:
        return self._now() - moment if moment else timedelta.max
