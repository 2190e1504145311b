"""Counters in Redis (6 or later) or Valkey, for several server processes. One node: a cluster is not supported.

A decision is one script, so it is one round trip and atomic over all its charges. It works with the time of the Redis
server: the clocks of the machines that ask need not agree. A counter is a hash that expires when its window ends.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from tripkit.config import ConfigError
from tripkit.ratelimit.base import Charge, Counter, Decision, decide, refundable
from tripkit.ratelimit.fallback import CONCURRENCY

try:
    from redis import asyncio as aioredis
    from redis import exceptions
except ModuleNotFoundError:
    raise ConfigError(
        ["ratelimit.backend: redis needs one more package. Install it with: pip install 'tripkit[redis]'"]
    ) from None

T = TypeVar("T")

PREFIX: Final = "tripkit:rl:"
#: Seconds for an answer, connecting included, unless the URL says otherwise (`?socket_timeout=1`).
TIMEOUT: Final = 0.25
#: So many times as long a connection is waited for, behind the back of whoever was told that there is no answer.
_LINGER: Final = 4
#: Nobody waits for more seconds than that, whatever the URL says.
_LONGEST: Final = 60
#: In so many pieces the timeout is waited, for a loop that is late itself must not take Redis to be.
_PIECES: Final = 10
#: Instants are kept in microseconds: whole numbers, which Lua's doubles and Redis's text hold exactly.
MICRO: Final = 1_000_000
_PAGE: Final = 500

#: KEYS: counters. ARGV: the time, or nothing to take the server's; limit and seconds of each counter.
#: Returns the time, then the count and the end of each counter as they were before.
_SPEND: Final = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local found, fresh, allowed = {now}, {}, true
for i, key in ipairs(KEYS) do
  local tally = redis.call('HMGET', key, 'count', 'ends')
  local count, ends = tonumber(tally[1]) or 0, tonumber(tally[2]) or 0
  fresh[i] = ends <= now
  if fresh[i] then
    count, ends = 0, now + ARGV[2 * i + 1] * 1000000
  end
  allowed = allowed and count < tonumber(ARGV[2 * i])
  found[i + 1] = {count, ends}
end
if allowed then
  for i, key in ipairs(KEYS) do
    local count, ends = found[i + 1][1], found[i + 1][2]
    redis.call('HSET', key, 'count', count + 1, 'limit', ARGV[2 * i], 'ends', string.format('%.0f', ends))
    if fresh[i] then
      redis.call('PEXPIRE', key, ARGV[2 * i + 1] * 1000 + 1)
    end
  end
end
return found
"""

#: KEYS: counters. ARGV: the end of the window in which each was charged. Another window is left alone.
_REFUND: Final = """
for i, key in ipairs(KEYS) do
  if redis.call('HGET', key, 'ends') == ARGV[i] then
    redis.call('HINCRBY', key, 'count', -1)
  end
end
"""

#: What is told of a failure, and nothing else: the server's own words may repeat what was sent, a password even.
_REASONS: Final[Sequence[tuple[type[Exception], str]]] = (
    (exceptions.AuthenticationError, "it does not accept the user and password"),
    (exceptions.AuthorizationError, "it does not accept the user and password"),
    (exceptions.NoPermissionError, "its user may not do this"),
    (exceptions.BusyLoadingError, "it is still loading its data"),
    (exceptions.ReadOnlyError, "it is a replica, which cannot be written"),
    (exceptions.OutOfMemoryError, "its memory is full"),
    (exceptions.TimeoutError, "no answer in time"),
    (TimeoutError, "no answer in time"),
)


class RedisLimiter:
    """Counts in Redis. What cannot be done in time raises `OSError`; whether it was done is not known then."""

    def __init__(self, url: str, now: Callable[[], float] | None = None) -> None:
        """Connects when it is first used. `now`: seconds since 1970, in place of the server's time.

        Raises `ConfigError` for a URL with options that there are not.
        """
        self._now = now
        self.name = _shown(url)
        self._pool, self._seconds = _pool(url)
        self._client: Any = aioredis.Redis(connection_pool=self._pool)
        self._spend = self._client.register_script(_SPEND)
        self._refund = self._client.register_script(_REFUND)
        self._running: set[asyncio.Future[Any]] = set()

    async def spend(self, charges: Sequence[Charge]) -> Decision:
        counters = [(charge, *counter) for charge in charges for counter in charge.counters()]
        keys = [PREFIX + name for _, name, _ in counters]
        given = round(self._now() * MICRO) if self._now else ""
        arguments = [given, *(number for _, _, window in counters for number in (window.limit, window.seconds))]
        moment, *tallies = await self._ask(self._spend(keys, arguments))
        found = [
            (charge, window, count, ends / MICRO)
            for (charge, _, window), (count, ends) in zip(counters, tallies, strict=True)
        ]
        allowed, states, retry_after = decide(found, moment / MICRO)
        if not allowed:
            return Decision(allowed=False, states=states, retry_after=retry_after)
        receipt = tuple((name, ends) for (_, name, _), (*_, ends) in zip(counters, found, strict=True))
        return Decision(allowed=True, states=states, receipt=receipt)

    async def refund(self, decision: Decision, charges: Sequence[Charge]) -> None:
        found = refundable(decision, charges)
        if found:
            names, ends = zip(*found, strict=True)
            await self._ask(self._refund([PREFIX + name for name in names], [round(end * MICRO) for end in ends]))

    async def counters(self) -> AsyncIterator[Counter]:
        """Every counter whose window runs. One that is made or ends meanwhile may be left out."""
        cursor: int | None = None
        seen: set[str] = set()
        while cursor != 0:  # a scan ends where it began
            cursor, page = await self._ask(self._client.scan(cursor or 0, match=PREFIX + "*", count=_PAGE))
            keys = [key for key in page if key not in seen]  # it may come by a key twice
            seen.update(keys)
            for key, (count, limit, ends) in zip(keys, await self._ask(self._tallies(keys)), strict=True):
                if ends is not None:
                    yield Counter(key.removeprefix(PREFIX), int(count), int(limit), int(ends) / MICRO)

    async def forget(self, name: str) -> bool:
        return bool(await self._ask(self._client.delete(PREFIX + name)))

    async def ping(self) -> None:
        await self._ask(self._client.ping())

    async def close(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._client.aclose()
        await self._pool.aclose()

    async def _tallies(self, keys: Sequence[str]) -> list[Any]:
        pipeline = self._client.pipeline(transaction=False)
        for key in keys:
            pipeline.hmget(key, ["count", "limit", "ends"])
        found: list[Any] = await pipeline.execute()
        return found

    async def _ask(self, work: Awaitable[T]) -> T:
        """The result of `work`, or `OSError`, in time.

        Work runs in a task of its own, which nobody who waits for it cancels: a connection given back half-way would be
        lost to the pool. When it takes too long it is left to the timeouts of its connection.
        """
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        for _ in range(_PIECES):
            await asyncio.wait({task}, timeout=self._seconds / _PIECES)
            if task.done():
                break
        else:
            raise self._away(TimeoutError())
        try:
            return task.result()
        except (exceptions.RedisError, OSError, ValueError) as error:  # ValueError: that was not Redis's protocol
            raise self._away(error) from None

    def _ended(self, task: "asyncio.Future[Any]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen, also when nobody waited any more

    def _away(self, error: Exception) -> OSError:
        return ConnectionError(f"{self.name}: {_reason(error)}")


def _pool(url: str) -> tuple[Any, float]:
    """Connections without retries, since whoever asks has a better answer than waiting; and the timeout."""
    seconds: float = 0
    try:
        # The older protocol does all that is needed, and saves a round trip in each new connection.
        pool: Any = aioredis.BlockingConnectionPool.from_url(
            url,
            max_connections=CONCURRENCY,
            socket_timeout=TIMEOUT,
            protocol=2,
            decode_responses=True,
            encoding_errors="surrogatepass",  # no text that somebody sends may look like a Redis that fails
        )
        seconds = pool.connection_kwargs["socket_timeout"]
        pool.timeout = seconds * _LINGER
        pool.connection_kwargs.update(socket_timeout=pool.timeout, socket_connect_timeout=pool.timeout)
        pool.make_connection()  # its options are looked at here
    except Exception:  # of any kind, and it may repeat the password
        seconds = 0
    if not 0 < seconds <= _LONGEST:
        raise ConfigError(
            ["ratelimit.redis_url: this value is wrong: an option after the ? is unknown or has a wrong value."]
        )
    return pool, seconds


def _reason(error: Exception) -> str:
    for kind, reason in _REASONS:
        if isinstance(error, kind) or isinstance(error.__cause__, kind):
            return reason
    cause = error if isinstance(error, OSError) else error.__context__
    if isinstance(cause, OSError) and cause.strerror:
        return f"it cannot be reached: {cause.strerror}"
    if isinstance(error, exceptions.ConnectionError):
        return "the connection was lost"
    return f"it cannot be used ({type(error).__name__})"


def _shown(url: str) -> str:
    """The address without user, password and options."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
