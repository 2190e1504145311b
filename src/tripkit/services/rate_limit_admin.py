"""What administrators see of the counters of the limits, and how they let somebody in again.

A store that several processes share is asked itself. The memory of a server cannot be: of that there is what it keeps
in the database (see `rate_limits`), which are the windows that last, as they were some seconds ago.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

from tripkit.database import Engine, Param, Statement
from tripkit.errors import DatabaseUnavailable, NotFound, ValidationFailed
from tripkit.models import User
from tripkit.ratelimit import LASTING, Counter, Limiter, Rule, Window
from tripkit.ratelimit.keys import account_key, concerns, forget_all
from tripkit.ratelimit.rules import KEYS
from tripkit.schemas.rate_limits import Standing
from tripkit.schemas.users import Actor
from tripkit.security.clientip import network_of
from tripkit.services import addresses, jsontext, policy
from tripkit.services.rate_limits import RateLimits

T = TypeVar("T")

LONGEST_KEY: Final = 255

USER_ID = Statement(lambda: User.select(User.id).where(User.email_key == Param("email_key")), record=str)


class RateLimitAdmin:
    """Lists, explains and resets counters. Raises `DatabaseUnavailable` when they cannot be reached."""

    def __init__(
        self, db: Engine, rules: Mapping[str, Rule], kept: RateLimits, shared: Callable[[], Limiter] | None
    ) -> None:
        """`shared` opens the store of counters; None when that is the memory of the server."""
        self.db = db
        self._rules, self._kept, self._shared = rules, kept, shared

    @property
    def sees_all(self) -> bool:
        """Whether the answers are about every window, and of this moment."""
        return self._shared is not None

    def standings(self, actor: Actor) -> list[Standing]:
        """Every window that runs, as far as it can be seen."""
        policy.require_admin(actor)
        return [_standing(counter) for counter in self._counters()]

    def explain(self, actor: Actor, address: str) -> list[Standing]:
        """Which rules apply to an IP address, or to an account by its email address, and what is spent of them.

        Raises `ValidationFailed` when it is neither.
        """
        policy.require_admin(actor)
        jsontext.check_strings(address, "The address")
        keys = self._keys_of(address)
        counters = [counter for counter in self._counters() if concerns(counter, set(keys.values()))]
        return [
            standing
            for name, rule in self._rules.items()
            for part in KEYS[name]
            if part in keys
            for window in rule.windows
            for standing in self._windows(rule, window, keys[part], counters)
        ]

    def reset(self, actor: Actor, key: str) -> list[Standing]:
        """Forget what was counted for an IP address, an account or a key as it is listed; what was seen of it.

        The server does the same within seconds. Raises `NotFound` when it is certain that there is nothing.
        """
        policy.require_admin(actor)
        jsontext.check_strings(key, "The key")
        key = self.key(key)
        if not 0 < len(key) <= LONGEST_KEY:
            raise ValidationFailed({"key": [f"must have 1 to {LONGEST_KEY} characters."]})
        if self._shared is None:
            return [_standing(counter) for counter in self._kept.reset(key)]
        found = self._ask(lambda limiter: forget_all(limiter, {key}))
        if not found:
            raise NotFound("counter for", key)
        return [_standing(counter) for counter in found]

    def key(self, text: str) -> str:
        """What limits count by for an IP address or an email address; other text is taken as it is."""
        return " ".join(network_of(part) or _account(part) or part for part in text.split())

    def _counters(self) -> list[Counter]:
        found = self._ask(_all) if self._shared else self._kept.counters()
        return sorted(found, key=lambda counter: (counter.rule, counter.seconds, counter.key))

    def _ask(self, question: Callable[[Limiter], Awaitable[T]]) -> T:
        assert self._shared is not None
        opened = self._shared

        async def ask() -> T:
            limiter = opened()
            try:
                return await question(limiter)
            finally:
                await limiter.close()

        try:
            return asyncio.run(ask())
        except OSError as error:
            raise DatabaseUnavailable(f"The store of the rate limits cannot be reached: {error}") from error

    def _keys_of(self, address: str) -> dict[str, str]:
        """What an address stands for in keys, by the parts that `KEYS` names."""
        if client := network_of(address):
            return {"client": client}
        email_key = addresses.key(address)
        if email_key is None:
            raise ValidationFailed({"address": ["is neither an IP address nor an email address."]})
        user_id = USER_ID.one(self.db, email_key=email_key)
        return {"account": account_key(email_key)} | ({"user": user_id} if user_id else {})

    def _windows(self, rule: Rule, window: Window, key: str, counters: Sequence[Counter]) -> Iterator[Standing]:
        running = [each for each in counters if (each.rule, each.seconds) == (rule.name, window.seconds)]
        if running:
            yield from map(_standing, running)
        else:
            spent = 0 if self.sees_all or window.seconds >= LASTING else None
            yield Standing(rule.name, key, window.limit, window.seconds, spent, None)


def _standing(counter: Counter) -> Standing:
    ends = datetime.fromtimestamp(counter.ends, UTC)
    return Standing(counter.rule, counter.key, counter.limit, counter.seconds, counter.count, ends)


async def _all(limiter: Limiter) -> list[Counter]:
    return [counter async for counter in limiter.counters()]


def _account(text: str) -> str | None:
    email_key = addresses.key(text) if "@" in text else None
    return account_key(email_key) if email_key else None
