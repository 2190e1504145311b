"""How server processes tell each other of changes: through Redis, best effort. What is lost is found by a look."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol

from tripkit.config import Settings

_log = logging.getLogger("tripkit.server")

CHANNEL: Final = "tripkit:changes"
#: Seconds until Redis is tried again.
_AGAIN: Final = 5.0


class Bus(Protocol):
    """What carries news between processes."""

    def tell(self, plan_id: int, version: int) -> None: ...

    async def listen(self, hear: Callable[[int, int], None]) -> None: ...

    async def close(self) -> None: ...


class RedisBus:
    """News by publish and subscribe. For the event loop."""

    def __init__(self, url: str) -> None:
        from redis import asyncio as aioredis

        self._client: Any = aioredis.Redis.from_url(url, socket_connect_timeout=1, decode_responses=True, protocol=2)
        self._sending: set[asyncio.Task[None]] = set()
        #: Nobody publishes into a Redis that does not answer.
        self._works = True

    def tell(self, plan_id: int, version: int) -> None:
        """Tell every process, sooner or later, perhaps."""
        if self._works:
            task = asyncio.get_running_loop().create_task(self._publish(f"{plan_id} {version}"))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def listen(self, hear: Callable[[int, int], None]) -> None:
        """Hear what all of them tell, for ever."""
        while True:
            try:
                async with self._client.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    self._works = True
                    async for message in pubsub.listen():
                        plan_id, version = message["data"].split()
                        hear(int(plan_id), int(version))
            except Exception as error:  # of any kind: it must not end
                if self._works:
                    _log.warning("processes do not hear of each other's changes at once: %s", type(error).__name__)
                self._works = False
            await asyncio.sleep(_AGAIN)

    async def close(self) -> None:
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        await self._client.aclose()

    async def _publish(self, text: str) -> None:
        try:
            async with asyncio.timeout(1):
                await self._client.publish(CHANNEL, text)
        except Exception:
            self._works = False  # until it can be listened to again


def open_bus(settings: Settings) -> Bus | None:
    """What the settings ask for: nothing where there is one process, or no Redis."""
    options = settings.ratelimit
    if settings.server.workers == 1 or options.backend != "redis":
        return None
    return RedisBus(options.redis_url)
