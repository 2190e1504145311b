"""What happens while the store of counters is away: strict rules are counted in this process, all others permit."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import msgspec

from tripkit import metrics
from tripkit.ratelimit.base import Charge, Counter, Decision, Limiter

T = TypeVar("T")

_log = logging.getLogger("tripkit.ratelimit")

#: So many ask the store at once. Whoever waits for a turn waits for this process, which says nothing of the store.
CONCURRENCY: Final = 32
#: Seconds after a failure in which the store is not asked, so that few requests wait for one that is away.
PAUSE: Final = 1.0
#: Seconds in which the same is not logged again.
QUIET: Final = 60.0


class _Local(Decision, frozen=True):
    """A decision of the local counters."""


class FallbackLimiter:
    """Asks `store`, and does without it when it raises `OSError`: nobody is refused, and nothing fails, for that alone.

    After a failure the store is left alone for a moment; then one request tries it again, and the others do not wait.
    """

    def __init__(self, store: Limiter, local: Limiter) -> None:
        self._store, self._local = store, local
        #: Why the store is away, and when it is tried again (on `time.monotonic`).
        self._away = ""
        self._again = 0.0
        self._turns = asyncio.Semaphore(CONCURRENCY)
        self._said: dict[str, float] = {}

    async def spend(self, charges: Sequence[Charge]) -> Decision:
        try:
            return await self._ask(lambda: self._store.spend(charges))
        except OSError:
            return await self._spend_locally(charges)

    async def refund(self, decision: Decision, charges: Sequence[Charge]) -> None:
        if isinstance(decision, _Local):
            await self._local.refund(decision, charges)
        elif decision.receipt:
            with suppress(OSError):  # the charge stays until its window ends
                await self._ask(lambda: self._store.refund(decision, charges))

    def counters(self) -> AsyncIterator[Counter]:
        """Those of the store."""
        return self._store.counters()

    async def forget(self, name: str) -> bool:
        local = await self._local.forget(name)
        return await self._ask(lambda: self._store.forget(name)) or local

    async def ping(self) -> None:
        await self._ask(self._store.ping)

    async def close(self) -> None:
        await self._store.close()
        await self._local.close()

    async def _spend_locally(self, charges: Sequence[Charge]) -> Decision:
        for charge in charges:
            metrics.count_degraded(charge.rule.name)
            kept = "is counted by each process for itself" if charge.rule.strict else "does not limit"
            self._say(charge.rule.name, logging.WARNING, f"ratelimit.{charge.rule.name} {kept} for now: {self._away}")
        decision = await self._local.spend([charge for charge in charges if charge.rule.strict])
        return _Local(*msgspec.structs.astuple(decision))

    async def _ask(self, work: Callable[[], Awaitable[T]]) -> T:
        async with self._turns:
            if self._away:
                if time.monotonic() < self._again:
                    raise ConnectionError(self._away)
                self._again = time.monotonic() + PAUSE
            try:
                answer = await work()
            except OSError as error:
                self._away, self._again = str(error), time.monotonic() + PAUSE
                self._say("away", logging.WARNING, f"rate limits are degraded: {error}")
                raise
            if self._away:
                self._away = ""
                self._say("back", logging.INFO, "rate limits are complete again")
            return answer

    def _say(self, what: str, level: int, message: str) -> None:
        """Log, at most once a minute for each `what`."""
        now = time.monotonic()
        if now - self._said.get(what, -QUIET) >= QUIET:
            self._said[what] = now
            _log.log(level, "%s", message)
