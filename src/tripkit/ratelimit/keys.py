"""What is counted together: how addresses and accounts are written in the names of counters."""

import hashlib
from collections.abc import Set
from typing import Final

from tripkit.ratelimit.base import Counter, Limiter

#: Characters of an account that are kept as they are. Clients choose them, and may not fill the memory with them.
LONGEST: Final = 64


def account_key(address_key: str | None) -> str:
    """What logins to an account count for: its address (as it is compared), or a hash of one that takes much room."""
    if not address_key:
        return "(none)"
    if len(address_key) <= LONGEST and address_key.isascii():
        return address_key
    return "sha256:" + hashlib.sha256(address_key.encode()).hexdigest()[:32]


def joined(*parts: str) -> str:
    """The key of several that count together: `ada@example.org 192.0.2.1`."""
    return " ".join(parts)


def concerns(counter: Counter, keys: Set[str]) -> bool:
    """Whether a counter is for one of these keys, alone or together with something else."""
    return counter.key in keys or not keys.isdisjoint(counter.key.split(" "))


async def forget_all(limiter: Limiter, keys: Set[str]) -> list[Counter]:
    """Delete every counter that concerns one of these keys; those that were there."""
    found = [counter async for counter in limiter.counters() if concerns(counter, keys)]
    return [counter for counter in found if await limiter.forget(counter.name)]
