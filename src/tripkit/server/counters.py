"""The counters of the limits, from one run of the server to the next: saved behind, and taken up at the start."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from typing import Any, Final

from tripkit.errors import TripkitError
from tripkit.ratelimit import MemoryLimiter
from tripkit.ratelimit.keys import forget_all
from tripkit.server.bridge import Bridge
from tripkit.services.rate_limits import RateLimits

_log = logging.getLogger("tripkit.server")

#: Seconds between two looks at what commands want to be forgotten.
LOOKING: Final = 2
#: Looks from one round of saving to the next: 10 seconds.
LOOKS: Final = 5
#: Counters in one unit.
PART: Final = 500


class Keeper:
    """Keeps the lasting counters of a memory limiter in the database."""

    def __init__(self, limiter: MemoryLimiter, kept: RateLimits, bridge: Bridge) -> None:
        self._limiter, self._kept, self._bridge = limiter, kept, bridge
        self._failing: set[str] = set()  # what the log has said already

    async def start(self) -> None:
        """Take up where the last run ended, and save from now on."""
        self._limiter.restore(await self._bridge.read_much(self._kept.counters))
        await self._try(self.take_up_resets)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Save everything; for the time after the last request."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._try(self.save)

    async def save(self) -> None:
        """Save what has changed, if anything has."""
        with closing(self._limiter.changes(PART)) as parts:
            for part in parts:
                try:
                    await self._bridge.write(self._kept.save, part)
                except BaseException:
                    self._limiter.not_saved(part)
                    raise

    async def take_up_resets(self) -> None:
        """Forget what commands asked for.

        The request is deleted only after its counters are, here and in the database: what was on its way there when
        the command was run does not come back.
        """
        resets = await self._bridge.read(self._kept.resets)
        if resets:
            await forget_all(self._limiter, set(resets.values()))
            await self.save()
            await self._bridge.write(self._kept.reset_done, list(resets))

    async def _run(self) -> None:
        while True:
            for _ in range(LOOKS):
                await asyncio.sleep(LOOKING)
                await self._try(self.take_up_resets)
            await self._try(self.save)

    async def _try(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except TripkitError as error:
            if work.__name__ not in self._failing:
                _log.warning("rate limits are counted in memory only, until the database can be used: %s", error)
            self._failing.add(work.__name__)
        else:
            self._failing.discard(work.__name__)
