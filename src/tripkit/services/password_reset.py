"""A new password for somebody who cannot sign in, by a link to the address of the account."""

from tripkit.database import Command, Engine, Param, Statement, atomic, params
from tripkit.errors import ValidationFailed
from tripkit.models import User
from tripkit.schemas.users import Client, ResetIn, UserOut
from tripkit.security.passwords import Passwords
from tripkit.services import addresses
from tripkit.services.account_changes import PROFILE, AccountChanges, password_errors
from tripkit.services.account_mail import AccountMail
from tripkit.services.audit import Audit, Event
from tripkit.services.one_time_tokens import Purpose

BY_EMAIL = Statement(lambda: User.select(*PROFILE).where(User.email_key == Param("email_key")), record=UserOut)
SET = Command(
    lambda: User.update({**params(User.password_hash), User.is_verified: True, User.invited_at: None}).where(
        User.id == Param("id")
    )
)


class PasswordReset:
    """Mails links to a new password, and takes it."""

    def __init__(
        self, db: Engine, changes: AccountChanges, mail: AccountMail, passwords: Passwords, audit: Audit
    ) -> None:
        self.db = db
        self._changes, self._mail, self._passwords, self._audit = changes, mail, passwords, audit

    @atomic
    def request(self, email: str, client: Client) -> str | None:
        """Mail a link if an account can have one. Why not, otherwise: for the record, and never for who asked.

        Whoever was invited is to accept the invitation, under its rules.
        """
        email_key = addresses.key(email)
        user = BY_EMAIL.one(self.db, email_key=email_key) if email_key else None
        if user is None:
            return "unknown address"
        if not user.is_active:
            return "disabled"
        if user.invited_at is not None:
            return "invited"
        self._mail.reset_password(user)
        self._audit.record(Event.RESET_REQUESTED, None, subject=user.id, client=client)
        return None

    def peek(self, token: str) -> UserOut:
        """Whose password a token would set; it stays good. Raises `InvalidToken` or `AccountDisabled`."""
        return self._mail.read(Purpose.RESET_PASSWORD, token).user

    def confirm(self, form: ResetIn, client: Client) -> None:
        """Set the password; all sessions end, and the address counts as verified. Slow: it hashes.

        Raises `InvalidToken`, `AccountDisabled` or `ValidationFailed`, which leaves the token good.
        """
        errors = password_errors(form.password, self.peek(form.token))
        if form.password != form.password_confirm:
            errors["password_confirm"] = ["is not the same as the password."]
        if errors:
            raise ValidationFailed(errors)
        self._set(form.token, self._passwords.hash(form.password), client)

    @atomic
    def _set(self, token: str, digest: str, client: Client) -> None:
        user = self._mail.redeem(Purpose.RESET_PASSWORD, token).user
        SET.run(self.db, id=user.id, password_hash=digest)
        if user.is_verified:
            self._changes.expel(user.id)
        else:
            self._changes.disown(user.id)
            self._changes.address_shown(user.id)
        self._audit.record(Event.PASSWORD_RESET, None, subject=user.id, client=client, first_proof=not user.is_verified)
