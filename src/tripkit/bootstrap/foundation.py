"""What services of all kinds stand on."""

from functools import cached_property
from typing import TYPE_CHECKING

from tripkit.config import Settings
from tripkit.database import Engine
from tripkit.services.clock import Clock

if TYPE_CHECKING:
    from tripkit.mail.base import Mailer
    from tripkit.security.keys import KeyRing
    from tripkit.security.passwords import Passwords
    from tripkit.services.audit import Audit
    from tripkit.services.cursors import Cursors
    from tripkit.services.idempotency import Idempotency
    from tripkit.services.one_time_tokens import OneTimeTokens
    from tripkit.services.outbox import Outbox


class Foundation:
    """One database, with its settings and the time."""

    def __init__(self, settings: Settings, db: Engine, clock: Clock) -> None:
        self.settings, self.db, self.clock = settings, db, clock

    @cached_property
    def passwords(self) -> "Passwords":
        """Hashing."""
        from tripkit.security.passwords import Passwords

        security = self.settings.security
        return Passwords(
            memory=security.argon2_memory, time=security.argon2_time, parallelism=security.argon2_parallelism
        )

    @cached_property
    def audit(self) -> "Audit":
        """What was done with accounts."""
        from tripkit.services.audit import Audit

        return Audit(self.db, self._keys, self.clock)

    @cached_property
    def outbox(self) -> "Outbox":
        """Mail to people."""
        from tripkit.services.outbox import Outbox

        return Outbox(self.db, lambda: self.mailer, self.clock, self.settings)

    @cached_property
    def mailer(self) -> "Mailer":
        """How mail goes out."""
        if self.settings.mail.backend == "smtp":
            from tripkit.mail.smtp import SmtpMailer

            return SmtpMailer(self.settings.mail)
        from tripkit.mail.console import ConsoleMailer

        return ConsoleMailer(self.settings.mail)

    @cached_property
    def one_time_tokens(self) -> "OneTimeTokens":
        """Tokens that are sent to people."""
        from tripkit.services.one_time_tokens import OneTimeTokens

        return OneTimeTokens(self.db, self.clock)

    @cached_property
    def idempotency(self) -> "Idempotency":
        """Requests that may be repeated."""
        from tripkit.services.idempotency import Idempotency

        return Idempotency(self.db, self.clock)

    @cached_property
    def _cursors(self) -> "Cursors":
        from tripkit.services.cursors import Cursors

        return Cursors(self._keys)

    @cached_property
    def _keys(self) -> "KeyRing":
        from tripkit.security.keys import FILE_NAME, KeyRing, load_or_create

        security = self.settings.security
        current = security.secret_key.encode() or load_or_create(self.settings.data_dir / FILE_NAME)
        return KeyRing(current, tuple(key.encode() for key in security.previous_keys))
