"""Counters in the memory of one process."""

import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeAlias

from cachetools import TLRUCache

from tripkit.ratelimit.base import Charge, Counter, Decision, Window, decide, refundable

#: Windows of an hour or more survive a restart (see `changes`); shorter ones are not worth it.
LASTING: Final = 3600


class _Tally:
    """A counter, changed in place: storing it again would cost a place in the queue of expiries."""

    __slots__ = ("count", "ends", "limit")

    def __init__(self, count: int, limit: int, ends: float) -> None:
        self.count, self.limit, self.ends = count, limit, ends


_Cache: TypeAlias = "TLRUCache[str, _Tally]"


class _Spent(TLRUCache):  # type: ignore[type-arg]
    """Counters at their limit. Whoever has the shortest time left to wait is let go first."""

    def popitem(self) -> tuple[str, _Tally]:
        self.expire()
        name: str = next(iter(self))  # expiry has left the earliest end in front
        return name, self.pop(name)


class MemoryLimiter:
    """At most `max_entries` counters; when full, what has ended goes first, then what is not spent, then the rest."""

    def __init__(self, now: Callable[[], float], max_entries: int) -> None:
        """`now`: a function that gives seconds since 1970, UTC: windows outlive the process."""
        self._now, self._max_entries = now, max_entries
        self._moment = 0.0
        self._open: _Cache = TLRUCache(max_entries, _ends, lambda: self._moment)
        self._spent: _Cache = _Spent(max_entries, _ends, lambda: self._moment)
        self._changed: set[str] = set()
        self._lock = threading.Lock()
        #: Spent counters that had to make room: each is a client that may go on too early.
        self.evicted = 0

    async def spend(self, charges: Sequence[Charge]) -> Decision:
        with self._at() as now:
            counters = [(charge, *counter) for charge in charges for counter in charge.counters()]
            tallies = [self._find(name) for _, name, _ in counters]
            found = [
                (charge, window, tally.count, tally.ends) if tally else (charge, window, 0, now + window.seconds)
                for (charge, _, window), tally in zip(counters, tallies, strict=True)
            ]
            allowed, states, retry_after = decide(found, now)
            if not allowed:
                return Decision(allowed=False, states=states, retry_after=retry_after)
            for (_, name, window), tally in zip(counters, tallies, strict=True):
                self._charge(name, window, tally, now)
            receipt = tuple((name, ends) for (_, name, _), (*_, ends) in zip(counters, found, strict=True))
            return Decision(allowed=True, states=states, receipt=receipt)

    async def refund(self, decision: Decision, charges: Sequence[Charge]) -> None:
        with self._at():
            for name, ends in refundable(decision, charges):
                tally = self._find(name)
                if tally is None or tally.ends != ends:
                    continue  # another window by now
                tally.count -= 1
                if tally.count < tally.limit:
                    self._move(name, tally, self._spent, self._open)
                self._touch(name)

    async def counters(self) -> AsyncIterator[Counter]:
        for counter in self.snapshot():
            yield counter

    async def forget(self, name: str) -> bool:
        with self._at():
            found = self._find(name) is not None
            for cache in (self._open, self._spent):
                if name in cache:
                    del cache[name]
            if found:
                self._touch(name)
            return found

    async def ping(self) -> None:
        """Memory is always there."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def snapshot(self) -> list[Counter]:
        """Every counter whose window runs."""
        with self._at():
            return list(self._all())

    def restore(self, counters: Iterable[Counter]) -> None:
        """Take up counters of an earlier run; what is counted here already stays."""
        with self._at():
            for counter in counters:
                if counter.ends > self._moment and self._find(counter.name) is None:
                    self._put(counter.name, _Tally(counter.count, counter.limit, counter.ends))

    def changes(self) -> dict[str, Counter | None]:
        """The lasting counters that changed since this was last asked; None for one that is gone."""
        with self._at():
            changed, self._changed = self._changed, set()
            return {name: _shown(name, tally) if (tally := self._find(name)) else None for name in changed}

    @contextmanager
    def _at(self) -> Iterator[float]:
        """One thread at a time, and one moment for all that it does."""
        with self._lock:
            self._moment = self._now()
            yield self._moment

    def _find(self, name: str) -> _Tally | None:
        for cache in (self._open, self._spent):
            try:
                return cache[name]
            except KeyError:
                pass
        return None

    def _charge(self, name: str, window: Window, tally: _Tally | None, now: float) -> None:
        if tally is None:
            self._put(name, _Tally(1, window.limit, now + window.seconds))
        else:
            tally.count += 1
            tally.limit = window.limit  # the setting may have changed since the window began
            if tally.count >= tally.limit:
                self._move(name, tally, self._open, self._spent)
        if window.seconds >= LASTING:
            self._changed.add(name)

    def _put(self, name: str, tally: _Tally) -> None:
        if len(self._open) + len(self._spent) >= self._max_entries:
            if self._open:
                self._open.popitem()
            else:
                self._spent.popitem()
                self.evicted += 1
        cache = self._spent if tally.count >= tally.limit else self._open
        cache[name] = tally

    def _move(self, name: str, tally: _Tally, source: _Cache, target: _Cache) -> None:
        if name in source:
            del source[name]
            target[name] = tally

    def _touch(self, name: str) -> None:
        if int(name.partition(" ")[0].rpartition("/")[2]) >= LASTING:
            self._changed.add(name)

    def _all(self) -> Iterator[Counter]:
        for cache in (self._open, self._spent):
            for name in list(cache):
                yield _shown(name, cache[name])


def _ends(_name: str, tally: _Tally, _now: float) -> float:
    return tally.ends


def _shown(name: str, tally: _Tally) -> Counter:
    return Counter(name, tally.count, tally.limit, tally.ends)
