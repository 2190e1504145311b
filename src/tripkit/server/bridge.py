"""Between the event loop and the synchronous services: the only place that knows what runs where.

On SQLite, bounded reads run in the loop, since a reader never waits for a writer, and writes go through the write
queue. On Postgres everything waits for the network, so it runs in threads, each with a connection. Hashing passwords
has threads of its own, as many as cores, with a bounded queue.
"""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

from tripkit.bootstrap import Tripkit
from tripkit.database import SqliteEngine, Writer
from tripkit.errors import Busy

P = ParamSpec("P")
T = TypeVar("T")

#: Sign-ins that may wait for a core. Each holds its Argon2 memory only while it runs.
MOST_SIGNING_IN: Final = 256
#: Exports that may wait for the one that is being made.
MOST_ARCHIVES: Final = 8
#: Threads for what is too much for the loop, on SQLite.
READERS: Final = 2


class Pool:
    """Threads with a bounded queue."""

    def __init__(self, name: str, threads: int, waiting: int, refusal: Busy) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=f"tripkit-{name}")
        self._room = threads + waiting
        self._refusal = refusal
        self.close = self._executor.shutdown

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in one of the threads; raises `Busy` when too much waits already."""
        if self._room <= 0:
            raise Busy(self._refusal.what, self._refusal.retry_after)
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._room += 1


class Bridge:
    """Runs service methods for the handlers of one server process."""

    def __init__(self, tripkit: Tripkit, *, checkpoints: bool = True) -> None:
        """Call it in the event loop's thread. `checkpoints`: this process moves SQLite's log into the file."""
        options = tripkit.settings.database
        db = tripkit.db
        self._writer: Writer | None = None
        if isinstance(db, SqliteEngine):
            db.read_without_waiting()
            loop = asyncio.get_running_loop()
            self._writer = Writer(db, capacity=options.write_queue, loop=loop, checkpoints=checkpoints)
            self._writer.start()
        self._hashing = Pool(
            "hash", os.cpu_count() or 1, MOST_SIGNING_IN, Busy("Too many people are signing in.", retry_after=5)
        )
        self._database = Pool(
            "database",
            READERS if self._writer else options.pool_size,
            options.write_queue,
            Busy("The database has too much to do.", retry_after=2),
        )

        #: When something was to be written last, in seconds of `time.monotonic`.
        self.wrote_at = 0.0
        self._archives = Pool("archive", 1, MOST_ARCHIVES, Busy("Too many exports are being made.", retry_after=30))

    def close(self) -> None:
        """Finish what was accepted, then stop the threads."""
        self._archives.close()
        self._hashing.close()
        self._database.close()
        if self._writer:
            self._writer.stop()

    async def read(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a bounded read."""
        if self._writer is not None:
            try:
                return method(*args, **kwargs)
            except Busy:  # rare: the log is being recovered or removed; wait for it elsewhere
                pass
        return await self._database.run(partial(method, *args, **kwargs))

    async def read_much(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a read of any size."""
        return await self._database.run(partial(method, *args, **kwargs))

    async def read_all(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what reads everything of somebody, one at a time: it may take seconds, in which others are served."""
        return await self._archives.run(partial(method, *args, **kwargs))

    async def write(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a method that writes, as one unit; it has been committed when this returns."""
        work = partial(method, *args, **kwargs)
        self.wrote_at = time.monotonic()
        return await (self._writer.submit(work) if self._writer else self._database.run(work))

    async def hash(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a method that hashes or verifies a password, and may write."""
        return await self._hashing.run(partial(method, *args, **kwargs))
