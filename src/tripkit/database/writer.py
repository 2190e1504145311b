"""The write queue of a server on SQLite: one thread writes, and what waits together is committed together.

Group commit makes `synchronous=FULL` nearly free under load: one flush to the disk serves every unit of a batch. Nobody
is answered before the commit.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tripkit.errors import Busy

if TYPE_CHECKING:
    from tripkit.database.sqlite import SqliteEngine

T = TypeVar("T")

#: Units in one commit at most, so that the first of them does not wait for ever.
LARGEST_BATCH: Final = 256

_Pending = tuple[Callable[[], Any], "asyncio.Future[Any] | Future[Any]"]


class Writer:
    """Drains the queue of units into transactions of one connection, in a thread of its own."""

    def __init__(
        self,
        engine: "SqliteEngine",
        *,
        capacity: int,
        loop: asyncio.AbstractEventLoop | None = None,
        checkpoints: bool = True,
    ) -> None:
        self._engine, self._capacity, self._checkpoints = engine, capacity, checkpoints
        #: The event loop that may `submit`; each batch wakes it once.
        self._loop = loop
        self._queue: queue.SimpleQueue[_Pending | None] = queue.SimpleQueue()
        self._stopping = False
        # Nothing may be put behind the end of the queue: nobody would answer it.
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="tripkit-writer", daemon=True)

    def start(self) -> None:
        """Start the thread, and take over every unit of the engine."""
        self._thread.start()
        self._engine.writer = self

    def stop(self) -> None:
        """Commit what waits, then end the thread."""
        self._engine.writer = None
        with self._lock:
            self._stopping = True
            self._queue.put(None)
        self._thread.join()

    async def submit(self, work: Callable[[], T]) -> T:
        """Run `work` as one unit; for the event loop. Raises `Busy` when too many wait already."""
        assert self._loop is not None
        future: asyncio.Future[T] = self._loop.create_future()
        self._put((work, future))
        return await future

    def call(self, work: Callable[[], T]) -> T:
        """Run `work` as one unit; for any other thread, which waits for the commit."""
        future: Future[T] = Future()
        self._put((work, future))
        return future.result()

    def _put(self, pending: _Pending) -> None:
        with self._lock:
            if self._stopping:
                raise Busy("The server is stopping.", retry_after=2)
            if self._queue.qsize() >= self._capacity:
                raise Busy("Too many writes are waiting.", retry_after=2)
            self._queue.put(pending)

    def _run(self) -> None:
        try:
            if self._checkpoints:
                self._engine.checkpoint_here()
            while batch := self._next_batch():
                outcomes = self._engine.units([work for work, _ in batch])
                self._answer([(future, outcome) for (_, future), outcome in zip(batch, outcomes, strict=True)])
        finally:
            self._engine.close()

    def _next_batch(self) -> list[_Pending]:
        """What waits, but at least one unit; empty when the writer is to stop."""
        batch: list[_Pending] = []
        pending = self._queue.get()
        while pending is not None:
            batch.append(pending)
            if len(batch) == LARGEST_BATCH or self._queue.empty():
                return batch
            pending = self._queue.get()
        if batch:
            self._queue.put(None)  # the stop comes up again after this batch
        return batch

    def _answer(self, answers: list[tuple["asyncio.Future[Any] | Future[Any]", Any]]) -> None:
        for future, outcome in answers:
            if isinstance(future, Future):
                _settle(future, outcome)
        loop_answers = [(future, outcome) for future, outcome in answers if isinstance(future, asyncio.Future)]
        if loop_answers and self._loop is not None:
            self._loop.call_soon_threadsafe(_settle_all, loop_answers)


def _settle(future: "asyncio.Future[Any] | Future[Any]", outcome: Any) -> None:
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _settle_all(answers: list[tuple["asyncio.Future[Any]", Any]]) -> None:
    for future, outcome in answers:
        if not future.done():  # a client that went away has cancelled its own
            _settle(future, outcome)
