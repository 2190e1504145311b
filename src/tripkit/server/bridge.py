"""Between the event loop and the synchronous services: the only place that knows what runs where.

Bounded reads run in the loop: on SQLite a reader never waits for a writer. Writes go through the write queue. Hashing
passwords has threads of its own, as many as cores, with a bounded queue.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

from tripkit.bootstrap import Tripkit
from tripkit.database import Writer
from tripkit.errors import Busy

P = ParamSpec("P")
T = TypeVar("T")

#: Sign-ins that may wait for a core. Each holds its Argon2 memory only while it runs.
MOST_WAITING: Final = 256


class Bridge:
    """Runs service methods for the handlers of one server process."""

    def __init__(self, tripkit: Tripkit, *, checkpoints: bool = True) -> None:
        """Call it in the event loop's thread. `checkpoints`: this process moves the log into the database file."""
        self._tripkit = tripkit
        self._loop = asyncio.get_running_loop()
        self._hashing = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="tripkit-hash")
        self._reading = ThreadPoolExecutor(2, thread_name_prefix="tripkit-read")
        self._waiting = 0
        tripkit.db.read_without_waiting()
        self._writer = Writer(
            tripkit.db,
            capacity=tripkit.settings.database.write_queue,
            loop=self._loop,
            checkpoints=checkpoints,
        )
        self._writer.start()

    def close(self) -> None:
        """Finish what was accepted, then stop the threads."""
        self._hashing.shutdown()
        self._reading.shutdown()
        self._writer.stop()

    async def read(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a bounded read."""
        try:
            return method(*args, **kwargs)
        except Busy:  # rare: the log is being recovered or removed; wait for it elsewhere
            return await self.read_much(method, *args, **kwargs)

    async def read_much(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a read of any size."""
        return await self._loop.run_in_executor(self._reading, partial(method, *args, **kwargs))

    async def write(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a method that writes, as one unit; it has been committed when this returns."""
        return await self._writer.submit(partial(method, *args, **kwargs))

    async def hash(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a method that hashes or verifies a password, and may write."""
        if self._waiting >= MOST_WAITING:
            raise Busy("Too many people are signing in at this moment.", retry_after=5)
        self._waiting += 1
        try:
            return await self._loop.run_in_executor(self._hashing, partial(method, *args, **kwargs))
        finally:
            self._waiting -= 1
