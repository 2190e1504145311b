"""Views of links, counted in memory and written behind: many views at once cost one unit, and no view waits for it."""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from sanic import Request

from tripkit.bootstrap import Tripkit
from tripkit.errors import TripkitError
from tripkit.server.auth import client_of
from tripkit.server.bridge import Bridge
from tripkit.services.share_views import Seen, Viewer, browser_of, network_of

_log = logging.getLogger("tripkit.server")

#: Seconds between two writes; what a process that is killed has not written yet is lost.
WRITTEN: Final = 2
#: Viewers that are waited with; while the database cannot be used, more are dropped.
MOST: Final = 10_000


class ViewCounter:
    """Counts the views of one server process."""

    def __init__(self, tripkit: Tripkit, bridge: Bridge) -> None:
        self._kept, self._clock, self._bridge = tripkit.share_views, tripkit.clock, bridge
        self._seen: dict[Viewer, Seen] = {}
        self._failing = False  # what the log has said already

    def count(self, request: Request, link_id: int) -> None:
        """Somebody looks at a link now; asking for its head alone is no look."""
        if request.method == "HEAD":
            return
        client, now = client_of(request), self._clock()
        viewer = Viewer(link_id, now.date(), network_of(client.address), browser_of(client.device))
        before = self._seen.get(viewer)
        if before is not None or len(self._seen) < MOST:
            self._seen[viewer] = Seen(before.count + 1 if before else 1, now)

    def start(self) -> None:
        """Write what was counted, from now on."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Write the rest; for the time after the last request."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._write()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(WRITTEN)
            await asyncio.shield(self._write())

    async def _write(self) -> None:
        seen, self._seen = self._seen, {}
        if not seen:
            return
        try:
            await self._bridge.write(self._kept.add, seen)
        except TripkitError as error:
            self._take_back(seen)
            if not self._failing:
                _log.warning("views of links wait in memory, until the database can be used: %s", error)
            self._failing = True
        else:
            self._failing = False

    def _take_back(self, seen: dict[Viewer, Seen]) -> None:
        """What was not written waits with what was counted meanwhile."""
        for viewer, found in seen.items():
            later = self._seen.get(viewer)
            self._seen[viewer] = Seen(found.count + later.count, later.last_at) if later else found
