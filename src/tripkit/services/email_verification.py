"""Showing that an email address is one's own, after signing up."""

from tripkit.database import Command, Engine, Param, atomic
from tripkit.errors import Conflict
from tripkit.models import User
from tripkit.schemas.users import Actor, Client, UserOut
from tripkit.services.account_changes import AccountChanges
from tripkit.services.account_mail import AccountMail
from tripkit.services.audit import Audit, Event
from tripkit.services.one_time_tokens import Purpose

VERIFY = Command(lambda: User.update({User.is_verified: True}).where(User.id == Param("id")))


class EmailVerification:
    """Verifies addresses by mail. (Administrators may vouch for one, see `Administration.verify`.)"""

    def __init__(self, db: Engine, changes: AccountChanges, mail: AccountMail, audit: Audit) -> None:
        self.db = db
        self._changes, self._mail, self._audit = changes, mail, audit

    @atomic
    def resend(self, actor: Actor) -> None:
        """Mail another link; the one before is worth nothing any more. Raises `Conflict` when there is no need."""
        user = self._changes.require(actor.user_id)
        if user.is_verified:
            raise Conflict("Your email address is confirmed already.")
        self._mail.verify_email(user)
        self._audit.record(Event.VERIFICATION_REQUESTED, actor)

    def peek(self, token: str) -> UserOut:
        """Whose address a token would verify; it stays good. Raises `InvalidToken` or `AccountDisabled`."""
        return self._mail.read(Purpose.VERIFY_EMAIL, token).user

    @atomic
    def verify(self, token: str, client: Client) -> None:
        """The address counts as verified from now on. Raises `InvalidToken` or `AccountDisabled`."""
        user = self._mail.redeem(Purpose.VERIFY_EMAIL, token).user
        VERIFY.run(self.db, id=user.id)
        self._changes.address_shown(user.id)
        self._audit.record(Event.VERIFIED, None, subject=user.id, client=client)
