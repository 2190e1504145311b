"""What is done after the answer was given, so that nobody learns from the answer what there was to do."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from tripkit.errors import Busy, TripkitError

_log = logging.getLogger("tripkit.server")

#: Tasks that may be on their way at once.
MOST: Final = 1000


class Background:
    """Tasks of one server process that nobody waits for, until it stops."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` from now on; raises `Busy` when too much is on its way already."""
        if len(self._tasks) >= MOST:
            work.close()
            raise Busy("Too much is being done.", retry_after=5)
        task = asyncio.create_task(_logged(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait for all of it."""
        await asyncio.gather(*self._tasks)


async def _logged(name: str, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except TripkitError as error:
        _log.warning("%s failed: %s", name, error)
    except Exception:
        _log.exception("unexpected error in %s", name)
