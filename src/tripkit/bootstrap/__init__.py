"""The one place that builds everything.

Parts are made when they are first asked for, and their imports with them: a command that lists plans should not pay for
password hashing.
"""

from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tripkit.bootstrap.accounts import AccountServices
from tripkit.config import POSTGRES_SCHEMES, Settings
from tripkit.database import Engine, PostgresEngine, SqliteEngine
from tripkit.errors import NotFound
from tripkit.services.clock import Clock, utc_now

if TYPE_CHECKING:
    from tripkit.migrations import Migrations
    from tripkit.ratelimit import Limiter
    from tripkit.services.rate_limit_admin import RateLimitAdmin
    from tripkit.services.rate_limits import RateLimits

DATABASE_FILE: Final = "tripkit.sqlite3"


class Tripkit(AccountServices):
    """All services, on one database."""

    @cached_property
    def rate_limits(self) -> "RateLimits":
        """The counters of a server's memory, in the database."""
        from tripkit.ratelimit import rules_of
        from tripkit.services.rate_limits import RateLimits

        return RateLimits(self.db, rules_of(self.settings.ratelimit), self.clock)

    @cached_property
    def rate_limit_admin(self) -> "RateLimitAdmin":
        """The counters, wherever they are."""
        from tripkit.ratelimit import rules_of
        from tripkit.services.rate_limit_admin import RateLimitAdmin

        options = self.settings.ratelimit
        shared = None if options.backend == "memory" else partial(open_limiter, self.settings, self.clock)
        return RateLimitAdmin(self.db, rules_of(options), self.rate_limits, shared)

    @cached_property
    def migrations(self) -> "Migrations":
        """The schema of the database."""
        from tripkit.migrations import Migrations

        return Migrations(self.db)

    def prepare_database(self) -> tuple[list[str], Path | None]:
        """See to it that the schema is this program's, before anything else.

        An SQLite file belongs to whoever opens it, so it is created or upgraded (see `upgrade_database`). A Postgres
        database may serve others: there `SchemaMismatch` is raised, which names the command to run.
        """
        if isinstance(self.db, SqliteEngine):
            return self.upgrade_database()
        self.migrations.require_current()
        return [], None

    def upgrade_database(self) -> tuple[list[str], Path | None]:
        """Create or upgrade the schema; the steps that were run, and the snapshot of the data before, on SQLite."""
        if not self.migrations.pending():
            return [], None
        with self.db.exclusive():
            pending = self.migrations.pending()  # another process may have been quicker
            taken = self._snapshot(f"before-{pending[-1]}") if pending and self._applied() else None
            return self.migrations.upgrade(), taken

    def downgrade_database(self, target: str | None = None) -> tuple[list[str], Path | None]:
        """Revert the last step, or every step back through `target`, after a snapshot; what was run, and the snapshot.

        Raises `NotFound` for a target that was not applied here.
        """
        with self.db.exclusive():
            self.to_downgrade(target)
            applied = self._applied()
            taken = self._snapshot(f"before-downgrade-{applied[-1]}") if applied else None
            return (self.migrations.downgrade(target) if applied else []), taken

    def to_downgrade(self, target: str | None = None) -> list[str]:
        """The steps that `downgrade_database` would revert, the last first; raises as that does."""
        applied = self._applied()
        if target is not None and target not in applied:
            raise NotFound("migration to go back through, called", target)
        return applied[applied.index(target) if target else -1 :][::-1]

    def _applied(self) -> list[str]:
        return [step.name for step in self.migrations.status() if step.applied]

    def _snapshot(self, label: str) -> Path | None:
        from tripkit.database import snapshot

        if not isinstance(self.db, SqliteEngine):
            return None
        return snapshot.take(self.db.path, label=label, now=self.clock())

    def close(self) -> None:
        """Close the connection of this thread."""
        self.db.close()


def open_tripkit(settings: Settings, *, clock: Clock = utc_now) -> Tripkit:
    """Connect to the database of `settings`. Raises `DatabaseUnavailable`. Its schema is the caller's to look after."""
    db = open_engine(settings)
    db.open()
    return Tripkit(settings, db, clock)


def open_engine(settings: Settings) -> Engine:
    """The database of the settings, not connected yet."""
    options = settings.database
    if options.url.startswith(POSTGRES_SCHEMES):
        return PostgresEngine(options.url, busy_timeout=options.busy_timeout)
    return SqliteEngine(database_path(settings), synchronous=options.synchronous, busy_timeout=options.busy_timeout)


def open_limiter(settings: Settings, clock: Clock) -> "Limiter":
    """The store of counters of the settings: the memory of this process, or what several share."""
    from tripkit.ratelimit import FallbackLimiter, MemoryLimiter

    options = settings.ratelimit
    memory = MemoryLimiter(lambda: clock().timestamp(), options.max_entries)
    if options.backend == "memory":
        return memory
    from tripkit.ratelimit.redis import RedisLimiter

    return FallbackLimiter(RedisLimiter(options.redis_url), memory)


def database_path(settings: Settings) -> Path:
    """The SQLite file of the settings; a relative path is relative to the data directory."""
    named = settings.database.url.removeprefix("sqlite:///")
    return settings.data_dir / (named or DATABASE_FILE)
