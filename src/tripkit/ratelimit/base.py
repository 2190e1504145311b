"""What every store of counters does.

A window is fixed: it begins with the first charge and ends a fixed time later, whatever comes in between. A charge
counts in every window of its rule. Charges that are made together are allowed together or refused together, and what
is refused costs nothing.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec

from tripkit.config.rates import Window

__all__ = ["Charge", "Counter", "Decision", "Limiter", "Rule", "State", "Window"]


class Rule(msgspec.Struct, frozen=True):
    """The windows of one setting. `strict`: it guards secrets, so it is kept even when the store is away."""

    name: str
    windows: tuple[Window, ...]
    strict: bool = False


class Charge(msgspec.Struct, frozen=True):
    """One more for `rule` on the account of `key`: an address, an account, or both."""

    rule: Rule
    key: str

    def counters(self) -> list[tuple[str, Window]]:
        """The name of the counter in each window."""
        return [(f"{self.rule.name}/{window.seconds} {self.key}", window) for window in self.rule.windows]


def refundable(decision: "Decision", charges: Sequence[Charge]) -> list[tuple[str, float]]:
    """The part of a decision's receipt that these charges are."""
    names = {name for charge in charges for name, _ in charge.counters()}
    return [(name, ends) for name, ends in decision.receipt if name in names]


class State(msgspec.Struct, frozen=True):
    """One window after a decision: `remaining` charges, and `reset` seconds until it ends."""

    rule: str
    window: Window
    remaining: int
    reset: float


class Decision(msgspec.Struct, frozen=True):
    """Whether the charges were allowed. `retry_after`: seconds until they may be again; 0 when they were."""

    allowed: bool
    states: tuple[State, ...] = ()
    retry_after: float = 0
    #: Names the charges that were made, for `refund`: counter and the end of its window.
    receipt: tuple[tuple[str, float], ...] = ()


class Counter(msgspec.Struct, frozen=True):
    """A counter as administrators see it, and as it is kept across restarts. `ends` in seconds since 1970, UTC."""

    name: str
    count: int
    limit: int
    ends: float

    @property
    def rule(self) -> str:
        return self.name.partition("/")[0]

    @property
    def seconds(self) -> int:
        """The length of the window."""
        return int(self.name.partition("/")[2].partition(" ")[0])

    @property
    def key(self) -> str:
        """Whom it is for: an address, an account, or both."""
        return self.name.partition(" ")[2]


class Limiter(Protocol):
    """Counts. Every method is atomic, and raises `OSError` when the store cannot be reached."""

    async def spend(self, charges: Sequence[Charge]) -> Decision:
        """Make these charges, all of them or none. No two are of one counter."""
        ...

    async def refund(self, decision: Decision, charges: Sequence[Charge]) -> None:
        """Take back some charges of an allowed decision, as far as their windows still run."""
        ...

    def counters(self) -> AsyncIterator[Counter]:
        """Every counter whose window runs."""
        ...

    async def forget(self, name: str) -> bool:
        """Delete a counter; whether there was one."""
        ...

    async def ping(self) -> None:
        """Raise `OSError` unless the store can be reached."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def decide(found: Sequence[tuple[Charge, Window, int, float]], now: float) -> tuple[bool, tuple[State, ...], float]:
    """Whether charges fit, given each window's count and end before them; the states after; how long to wait."""
    waits = [ends - now for _, window, count, ends in found if count >= window.limit]
    charged = 0 if waits else 1
    states = [
        State(charge.rule.name, window, max(window.limit - count - charged, 0), max(ends - now, 0))
        for charge, window, count, ends in found
    ]
    return not waits, tuple(states), max(waits, default=0)
