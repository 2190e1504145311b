"""Counters in the memory of one process.

Windows of one length end in the order in which they began, so each length has a queue of its own: what has ended, and
what ends next, is always in front, and no decision ever has to look at more than a few counters.
"""

import asyncio
import threading
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec

from tripkit import metrics
from tripkit.ratelimit.base import Charge, Counter, Decision, Window, decide, refundable

#: Windows of an hour or more survive a restart (see `changes`); shorter ones are not worth it.
LASTING: Final = 3600
#: Counters of each length that are let go when another begins, if they have ended: more than come in, and never many.
_SWEPT: Final = 2
#: Counters that are listed before others have a turn.
_LISTED: Final = 500


class _Tally(msgspec.Struct, gc=False):  # there may be very many, and the garbage collector would look at each
    """A counter."""

    name: str
    window: Window
    count: int
    ends: float
    #: It is kept somewhere else as well, where it has to be deleted.
    saved: bool


class MemoryLimiter:
    """At most `max_entries` counters. When full, what has ended goes first, then what is not spent, then the rest."""

    def __init__(self, now: Callable[[], float], max_entries: int) -> None:
        """`now`: a function that gives seconds since 1970, UTC: windows outlive the process."""
        self._now, self._max_entries = now, max_entries
        #: By the seconds of their window, in the order of their end.
        self._tallies: defaultdict[int, OrderedDict[str, _Tally]] = defaultdict(OrderedDict)
        #: Those below their limit, the longest unused first.
        self._unspent: OrderedDict[str, _Tally] = OrderedDict()
        self._changed: set[str] = set()
        self._lock = threading.Lock()

    async def spend(self, charges: Sequence[Charge]) -> Decision:
        with self._lock:
            now = self._now()
            counters = [
                (charge, window, name, self._find(name, window, now))
                for charge in charges
                for name, window in charge.counters()
            ]
            found = [
                (charge, window, tally.count, tally.ends) if tally else (charge, window, 0, now + window.seconds)
                for charge, window, _, tally in counters
            ]
            allowed, states, retry_after = decide(found, now)
            if not allowed:
                return Decision(False, states, retry_after)
            for _, _, _, tally in counters:  # before room is made, for which one of them might have to go
                if tally:
                    self._count(tally, 1)
            for _, window, name, tally in counters:
                if not tally:
                    self._count(self._begin(name, window, now), 1)
            receipt = [(name, ends) for (_, _, name, _), (_, _, _, ends) in zip(counters, found, strict=True)]
            return Decision(True, states, 0, tuple(receipt))

    async def refund(self, decision: Decision, charges: Sequence[Charge]) -> None:
        with self._lock:
            now = self._now()
            for name, ends in refundable(decision, charges):
                tally = self._look_up(name)
                if tally and tally.ends == ends and ends > now:  # otherwise it is another window by now
                    self._count(tally, -1)

    async def counters(self) -> AsyncIterator[Counter]:
        with self._lock:
            names = [name for tallies in self._tallies.values() for name in tallies]
        for start in range(0, len(names), _LISTED):
            with self._lock:
                now = self._now()
                found = [self._look_up(name) for name in names[start : start + _LISTED]]
                part = [_shown(tally) for tally in found if tally and tally.ends > now]
            for counter in part:
                yield counter
            await asyncio.sleep(0)

    async def forget(self, name: str) -> bool:
        with self._lock:
            tally = self._look_up(name)
            if tally is None:
                return False
            self._drop(tally)
            return tally.ends > self._now()

    async def ping(self) -> None:
        """Memory is always there."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def restore(self, counters: Iterable[Counter]) -> None:
        """Take up counters that were saved in an earlier run; what is counted here already stays.

        No window ends later than one that begins now, whatever the clock was when it began.
        """
        with self._lock:
            now = self._now()
            windows: dict[tuple[int, int], Window] = {}
            for counter in sorted(counters, key=lambda counter: counter.ends):
                if counter.ends > now and self._look_up(counter.name) is None:
                    size = (counter.limit, counter.seconds)
                    tally = self._begin(counter.name, windows.setdefault(size, Window(*size)), now)
                    tally.ends, tally.saved = min(counter.ends, tally.ends), True
                    self._place(tally, counter.count)

    def changes(self, most: int) -> Generator[dict[str, Counter | None], None, None]:
        """The lasting counters that have changed since this was last asked; None for those that are gone.

        They come in parts of at most `most`. What is not taken counts as changed still, and so does what is given back
        with `not_saved`.
        """
        with self._lock:
            names, self._changed = self._changed, set()
        try:
            while names:
                with self._lock:
                    part = {name: self._hand_over(name) for name in _some(names, most)}
                yield part
        finally:
            with self._lock:
                self._changed |= names

    def not_saved(self, part: dict[str, Counter | None]) -> None:
        """A part of the changes could not be kept: its counters have changed still."""
        with self._lock:
            for name in part:
                if tally := self._look_up(name):
                    tally.saved = False
                    self._changed.add(tally.name)

    def _find(self, name: str, window: Window, now: float) -> _Tally | None:
        tally = self._tallies[window.seconds].get(name)
        if tally is None:
            return None
        if tally.ends <= now:
            self._drop(tally)
            return None
        if tally.window is not window:  # the setting may have changed since the window began
            tally.window = window
            self._place(tally, tally.count)
        return tally

    def _look_up(self, name: str) -> _Tally | None:
        return next((tallies[name] for tallies in self._tallies.values() if name in tallies), None)

    def _begin(self, name: str, window: Window, now: float) -> _Tally:
        self._make_room(now)
        # What is gone and has changed still was saved: it is not deleted there yet.
        tally = _Tally(name, window, 0, now + window.seconds, saved=name in self._changed)
        self._tallies[window.seconds][name] = tally
        return tally

    def _count(self, tally: _Tally, charges: int) -> None:
        self._place(tally, tally.count + charges)
        if tally.window.seconds >= LASTING:
            self._changed.add(tally.name)

    def _place(self, tally: _Tally, count: int) -> None:
        tally.count = count
        if count < tally.window.limit:
            self._unspent[tally.name] = tally
            self._unspent.move_to_end(tally.name)
        else:
            self._unspent.pop(tally.name, None)

    def _make_room(self, now: float) -> None:
        first = [tally for tallies in self._tallies.values() for tally in islice(tallies.values(), _SWEPT)]
        for tally in first:
            if tally.ends <= now:
                self._drop(tally)
        if sum(map(len, self._tallies.values())) < self._max_entries:
            return
        if self._unspent:
            self._drop(next(iter(self._unspent.values())))
        else:
            self._drop(min(first, key=lambda tally: tally.ends))
            metrics.count_eviction()

    def _drop(self, tally: _Tally) -> None:
        del self._tallies[tally.window.seconds][tally.name]
        self._unspent.pop(tally.name, None)
        if tally.saved:
            self._changed.add(tally.name)
        else:
            self._changed.discard(tally.name)

    def _hand_over(self, name: str) -> Counter | None:
        tally = self._look_up(name)
        if tally is None:
            return None
        tally.saved = True
        return _shown(tally)


def _shown(tally: _Tally) -> Counter:
    return Counter(tally.name, tally.count, tally.window.limit, tally.ends)


def _some(names: set[str], most: int) -> Iterator[str]:
    """Take some of the names."""
    return (names.pop() for _ in range(min(most, len(names))))
