"""What is told of plans while it happens, to whoever listens: server-sent events (WHATWG HTML, 9.2).

The log of changes is what is told; here it is only found out that there is something new in it. From this process that
is known at once; from others through Redis, where the settings name one, and else by a look at the log each second,
which also finds what commands wrote. Nothing is kept for a listener but the version it was told last, so one that is
slow costs no memory: it is told when it reads again.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import msgspec
from cachetools import LRUCache

from tripkit.bootstrap import Tripkit
from tripkit.errors import Busy, TripkitError
from tripkit.schemas.changes import ChangeOut
from tripkit.server.bridge import Bridge
from tripkit.server.bus import Bus

_log = logging.getLogger("tripkit.server")

#: Seconds between two looks for what other processes wrote.
LOOK: Final = 1.0
#: Listeners that are woken before others may do something.
_AT_ONCE: Final = 25
#: Changes that are read at once for a listener that is behind.
BEHIND: Final = 20
#: Bytes of an event; one that would be longer goes without the fields.
LARGEST: Final = 32 * 1024
#: Bytes of events that are remembered, since many are told the same.
_REMEMBERED: Final = 4 * 1024 * 1024


class Listener:
    """Somebody who is told of a plan."""

    __slots__ = ("news", "plan_id", "version")

    def __init__(self, plan_id: int, version: int) -> None:
        self.plan_id, self.version = plan_id, version
        self.news = asyncio.Event()


class Events:
    """The listeners of one server process."""

    def __init__(self, tripkit: Tripkit, bridge: Bridge, bus: Bus | None = None) -> None:
        """`bus`: how processes tell each other. For the event loop."""
        options = tripkit.settings.server
        self._history, self._bridge, self._bus = tripkit.history, bridge, bus
        self._most, self._most_of_one = options.event_streams, options.event_streams_per_user
        self._loop = asyncio.get_running_loop()
        self._listeners: defaultdict[int, set[Listener]] = defaultdict(set)
        self._by_user: Counter[int] = Counter()
        self._newest: dict[int, int] = {}
        self._remembered: LRUCache[tuple[int, int], bytes] = LRUCache(_REMEMBERED, getsizeof=len)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        tripkit.plans.on_change = self.tell

    def start(self) -> None:
        """Begin to look for what others write."""
        self._start(self._look())
        if self._bus:
            self._start(self._bus.listen(self._hear))

    def tell(self, plan_id: int, version: int) -> None:
        """A plan is at this version now; from any thread."""
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            if self._bus:
                self._loop.call_soon_threadsafe(self._bus.tell, plan_id, version)
            if plan_id in self._listeners:
                self._loop.call_soon_threadsafe(self._hear, plan_id, version)

    @contextmanager
    def listening(self, user_id: int, plan_id: int, version: int) -> Iterator[Listener]:
        """Be told of a plan from this version on; raises `Busy` where too many listen."""
        if self._closing or self._by_user.total() >= self._most:
            raise Busy("Too many follow plans on this server.", retry_after=30)
        if self._by_user[user_id] >= self._most_of_one:
            raise Busy(f"You follow plans {self._most_of_one} times already. Close one of them.", retry_after=30)
        listener = Listener(plan_id, version)
        self._by_user[user_id] += 1
        self._listeners[plan_id].add(listener)
        try:
            yield listener
        finally:
            self._by_user -= Counter({user_id: 1})  # without those that have none
            self._listeners[plan_id].discard(listener)
            if not self._listeners[plan_id]:
                del self._listeners[plan_id]
                self._newest.pop(plan_id, None)

    async def wait(self, listener: Listener, seconds: float) -> bool:
        """Whether there may be news, within this time."""
        try:
            async with asyncio.timeout(seconds):
                await listener.news.wait()
        except TimeoutError:
            return False
        listener.news.clear()
        return True

    async def next(self, listener: Listener) -> list[tuple[int, bytes]]:
        """The next changes that the listener was not told yet, with their versions; none when there are no more."""
        plan_id, version = listener.plan_id, listener.version
        if (known := self._remembered.get((plan_id, version + 1))) is not None:
            return [(version + 1, known)]
        if version >= self._newest.get(plan_id, version + 1):
            return []
        found = await self._bridge.read_much(self._history.after, plan_id, version, BEHIND)
        events = [(change.version, event(change)) for change in found]
        for number, text in events:
            self._remembered[plan_id, number] = text
        if not events:
            self._newest[plan_id] = max(version, self._newest.get(plan_id, 0))
        return events

    def is_closing(self) -> bool:
        """Whether the server stops."""
        return self._closing

    async def close(self) -> None:
        """Let everybody go."""
        self._closing = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.news.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._bus:
            await self._bus.close()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hear(self, plan_id: int, version: int) -> None:
        if plan_id in self._listeners and version > self._newest.get(plan_id, 0):
            self._newest[plan_id] = version
            self._start(self._wake(plan_id))

    async def _wake(self, plan_id: int) -> None:
        """Wake some at a time, so that others get their turn."""
        for number, listener in enumerate(list(self._listeners.get(plan_id, ()))):
            listener.news.set()
            if number % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(0)

    def _wake_all(self) -> None:
        """Let every listener look for itself: nobody knows what was written since they came."""
        for plan_id in list(self._listeners):
            self._newest.pop(plan_id, None)
            self._start(self._wake(plan_id))

    async def _look(self) -> None:
        """Find what other processes wrote, while somebody listens."""
        last: int | None = None
        while True:
            await asyncio.sleep(LOOK)
            try:
                if not self._listeners:
                    last = None
                    continue
                if last is None:
                    self._wake_all()
                last, news = await self._bridge.read(self._history.news, last)
                for plan_id, version in news:
                    self._hear(plan_id, version)
            except TripkitError as error:
                _log.warning("no news of plans can be found: %s", error)
            except Exception:
                _log.exception("unexpected error while looking for news of plans")


def event(change: ChangeOut) -> bytes:
    """A change as it is sent."""
    text = msgspec.json.encode(change)
    if len(text) > LARGEST:
        parts = [msgspec.structs.replace(part, fields=[]) for part in change.parts]
        text = msgspec.json.encode(msgspec.structs.replace(change, parts=parts))
    return b"id: %d\nevent: change\ndata: %b\n\n" % (change.version, text)
