"""The counters that a server has in memory, kept in the database: for its next start, and for commands."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from tripkit.database import Command, Engine, Param, Statement, atomic, params, row
from tripkit.models import RateLimit, RateLimitReset
from tripkit.ratelimit import Counter, Rule
from tripkit.ratelimit.keys import concerns
from tripkit.services.clock import Clock

#: Resets that are taken up at once, and expired counters that are deleted at once.
MOST_RESETS: Final = 100
MOST_EXPIRED: Final = 1000

SAVE = Command(
    lambda: RateLimit.insert(params(RateLimit.name, RateLimit.count, RateLimit.ends_at)).on_conflict(
        conflict_target=[RateLimit.name], preserve=[RateLimit.count, RateLimit.ends_at]
    )
)
DELETE = Command(lambda: RateLimit.delete().where(RateLimit.name == Param("name")))
RUNNING = Statement(
    lambda: RateLimit.select(RateLimit.name, RateLimit.count, RateLimit.ends_at).where(
        RateLimit.ends_at > Param("now")
    ),
    record=lambda name, count, ends_at: Counter(name, count, 0, ends_at.timestamp()),
)
FORGET = Command(
    lambda: RateLimit.delete().where(
        RateLimit.id.in_(RateLimit.select(RateLimit.id).where(RateLimit.ends_at <= Param("now")).limit(MOST_EXPIRED))
    )
)
ASK = Command(lambda: RateLimitReset.insert(params(RateLimitReset.key)))
ASKED = Statement(
    lambda: RateLimitReset.select(RateLimitReset.id, RateLimitReset.key).order_by(RateLimitReset.id).limit(MOST_RESETS),
    record=row,
)
DONE = Command(lambda: RateLimitReset.delete().where(RateLimitReset.id == Param("id")))


class RateLimits:
    """Keeps counters of the rules in force whose windows last, and passes on what is to be forgotten."""

    def __init__(self, db: Engine, rules: Mapping[str, Rule], clock: Clock) -> None:
        self.db = db
        self._clock = clock
        self._limits = {(rule.name, window.seconds): window.limit for rule in rules.values() for window in rule.windows}

    def counters(self) -> list[Counter]:
        """Every counter whose window runs, with the limit that is in force now."""
        kept = RUNNING.all(self.db, now=self._clock())
        return [
            msgspec.structs.replace(counter, limit=limit)
            for counter in kept
            if (limit := self._limits.get((counter.rule, counter.seconds)))
        ]

    @atomic
    def save(self, changes: Mapping[str, Counter | None]) -> None:
        """Keep these counters as they are now; those that are None are gone."""
        for name, counter in changes.items():
            if counter is None:
                DELETE.run(self.db, name=name)
            else:
                SAVE.run(self.db, name=name, count=counter.count, ends_at=datetime.fromtimestamp(counter.ends, UTC))

    @atomic
    def forget_expired(self) -> int:
        """Delete some of the counters whose windows have ended; how many they were. Again until there are none."""
        return FORGET.run(self.db, now=self._clock())

    @atomic
    def reset(self, key: str) -> list[Counter]:
        """Delete what is kept of this key, and ask the server to forget it; what was kept."""
        found = [counter for counter in self.counters() if concerns(counter, {key})]
        for counter in found:
            DELETE.run(self.db, name=counter.name)
        ASK.run(self.db, key=key)
        return found

    def resets(self) -> dict[int, str]:
        """The keys that the server is to forget, by the number of the request."""
        return dict(ASKED.all(self.db))

    @atomic
    def reset_done(self, numbers: Iterable[int]) -> None:
        """The server has forgotten them, also here."""
        for number in numbers:
            DONE.run(self.db, id=number)
