"""A memory limiter with a clock that stands still until it is moved."""

import asyncio
from collections.abc import Sequence

from tripkit.ratelimit import Charge, Counter, Decision, MemoryLimiter

NOW = 1_800_000_000.0


class Limited:
    """A limiter, called without a loop."""

    def __init__(self, max_entries: int = 1000, now: float = NOW) -> None:
        self.now = now
        self.limiter = MemoryLimiter(lambda: self.now, max_entries)

    def spend(self, *charges: Charge) -> Decision:
        return asyncio.run(self.limiter.spend(charges))

    def refund(self, decision: Decision, charges: Sequence[Charge]) -> None:
        asyncio.run(self.limiter.refund(decision, charges))

    def forget(self, name: str) -> bool:
        return asyncio.run(self.limiter.forget(name))

    def counters(self) -> list[Counter]:
        async def listed() -> list[Counter]:
            return [counter async for counter in self.limiter.counters()]

        return asyncio.run(listed())

    def changes(self, most: int = 1000) -> dict[str, Counter | None]:
        return {name: counter for part in self.limiter.changes(most) for name, counter in part.items()}
