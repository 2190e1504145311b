"""The index of searches, taken care of while nobody writes: so that searches seldom have to do it themselves."""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from tripkit.errors import TripkitError
from tripkit.server.bridge import Bridge
from tripkit.services.search_index import SearchIndex

_log = logging.getLogger("tripkit.server")

#: Seconds without a write after which there is time.
QUIET: Final = 5.0
#: For each second of work, so many of rest: for those who read meanwhile, on what may be the only core.
REST: Final = 9.0
#: Seconds after which what was deleted is taken out of the file as well.
TIDY: Final = 86400.0


class SearchUpkeep:
    """Works in small units with rests between them, and stops as soon as somebody writes."""

    def __init__(self, bridge: Bridge, index: SearchIndex) -> None:
        self._bridge, self._index = bridge, index
        self._tidy_at = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; call it in the event loop."""
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        """End after the unit that is under way."""
        if self._task:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(QUIET)
            try:
                await self._round()
            except TripkitError as error:
                _log.warning("the index of searches was not kept up, and is tried again: %s", error)

    async def _round(self) -> None:
        while self._is_quiet() and await self._unhurried(self._index.catch_up_some):
            pass
        now = time.monotonic()
        if now < self._tidy_at:
            return
        more, begin = True, True
        while more and self._is_quiet():
            more, begin = await self._unhurried(partial(self._index.tidy, begin=begin)), False
        if not more:
            self._tidy_at = now + TIDY

    async def _unhurried(self, unit: Callable[[], bool]) -> bool:
        more, seconds = await self._bridge.read_much(_timed, unit)
        if more:
            await asyncio.sleep(REST * seconds)
        return more

    def _is_quiet(self) -> bool:
        return time.monotonic() - self._bridge.wrote_at >= QUIET


def _timed(unit: Callable[[], bool]) -> tuple[bool, float]:
    """What a unit returns, and the seconds that it took, without those for which it waited for a thread."""
    began = time.monotonic()
    return unit(), time.monotonic() - began
