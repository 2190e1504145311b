"""Accounts: signing up and in, and the profile. (`administration` is for those of others.)"""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from tripkit.config import Settings
from tripkit.database import Command, Engine, Param, Statement, atomic, params, row
from tripkit.errors import AccountDisabled, InvalidCredentials, ValidationFailed
from tripkit.models import User
from tripkit.schemas.users import (
    Actor,
    Client,
    LoginIn,
    NewUser,
    PasswordChangeIn,
    PasswordIn,
    SignedIn,
    SignupIn,
    UserOut,
    UserPatch,
)
from tripkit.security.passwords import Passwords
from tripkit.services import addresses, policy
from tripkit.services.account_changes import COLUMNS, AccountChanges, password_errors
from tripkit.services.account_mail import AccountMail
from tripkit.services.audit import Audit, Event
from tripkit.services.email_change import EmailChange
from tripkit.services.sessions import Sessions

CREDENTIALS = Statement(
    lambda: User.select(User.password_hash, *COLUMNS).where(User.email_key == Param("email_key")),
    record=lambda digest, *row: (digest, UserOut(*row)),
)
DIGEST = Statement(lambda: User.select(User.password_hash).where(User.id == Param("id")), record=row)
#: Unless the password was changed meanwhile: the old one must not come back.
REHASH = Command(
    lambda: User.update(params(User.password_hash)).where(
        (User.id == Param("id")) & (User.password_hash == Param("was")) & User.is_active
    )
)


class Accounts:
    """What people do with their own account."""

    def __init__(
        self,
        db: Engine,
        changes: AccountChanges,
        sessions: Sessions,
        passwords: Passwords,
        mail: AccountMail,
        email_change: EmailChange,
        audit: Audit,
        settings: Settings,
    ) -> None:
        self.db = db
        self._changes, self._sessions, self._passwords, self._audit = changes, sessions, passwords, audit
        self._mail, self._email_change = mail, email_change
        self._security = settings.security

    def sign_up(self, form: SignupIn, client: Client) -> SignedIn:
        """A new account, signed in. Slow: it hashes. Raises `SignupClosed`, `ValidationFailed` or `Taken`."""
        policy.require_signup(self._security.signup)
        fields = NewUser(form.email, form.username, form.password, form.first_name, form.last_name, is_admin=False)
        confirmed = form.password == form.password_confirm
        return self._create_signed_in(fields, self._changes.check_new(fields, confirmed=confirmed), client)

    def log_in(self, form: LoginIn, client: Client) -> SignedIn:
        """A new session. Slow: it hashes. Raises `InvalidCredentials`, or `AccountDisabled` if they are right."""
        key = addresses.key(form.email)
        found = CREDENTIALS.one(self.db, email_key=key) if key else None
        digest, user = found or (None, None)
        if not self._passwords.verify(digest, form.password) or user is None or digest is None:
            self._refuse_login(user, "wrong password" if user else "unknown address", client)
            raise InvalidCredentials
        if not user.is_active:
            self._refuse_login(user, "disabled", client)
            raise AccountDisabled
        fresh = self._passwords.hash(form.password) if self._passwords.outdated(digest) else digest
        return self._start_session(user, digest, fresh, client)

    def profile(self, actor: Actor) -> UserOut:
        """The actor's own account."""
        user = self._changes.require(actor.user_id)
        return msgspec.structs.replace(user, pending_email=self._email_change.pending(user.id))

    @atomic
    def edit(self, actor: Actor, patch: UserPatch) -> UserOut:
        """Change the actor's own profile. A new address has to be confirmed first; the present one drops that plan."""
        email = patch.email
        if email is not UNSET and self._email_change.is_new(actor, email):
            self._changes.edit(actor, actor.user_id, patch, keep_email=True)
            self._email_change.request(actor, email)
        else:
            self._changes.edit(actor, actor.user_id, patch)
            if email is not UNSET:
                self._email_change.cancel(actor)
        return self.profile(actor)

    def change_password(self, actor: Actor, form: PasswordChangeIn) -> None:
        """A new password; all other sessions end. Slow: it hashes."""
        self._confirm(actor, form.current_password, "current_password")
        errors = password_errors(form.new_password, self.profile(actor), "new_password")
        if form.new_password != form.new_password_confirm:
            errors["new_password_confirm"] = ["is not the same as the new password."]
        if errors:
            raise ValidationFailed(errors)
        digest = self._passwords.hash(form.new_password)
        self._changes.set_password(actor, actor.user_id, digest, keep=actor.session_id)

    def delete_own(self, actor: Actor, form: PasswordIn) -> None:
        """Delete the actor's account and plans for good. Slow: it hashes. Raises `LastAdmin`."""
        self._confirm(actor, form.password, "password")
        self._changes.delete(actor, actor.user_id)

    def _refuse_login(self, user: UserOut | None, why: str, client: Client) -> None:
        self._audit.record(Event.LOGGED_IN, None, subject=user.id if user else None, client=client, refused=why)

    @atomic
    def _create_signed_in(self, form: NewUser, checked: Mapping[str, str | None], client: Client) -> SignedIn:
        user = self._changes.create(form, checked)
        signed_in = SignedIn(user, self._sessions.start(user.id, client))
        self._mail.verify_email(user)
        self._audit.record(Event.SIGNED_UP, None, subject=user.id, client=client)
        return signed_in

    def _confirm(self, actor: Actor, password: str, field: str) -> None:
        digest = DIGEST.one(self.db, id=actor.user_id)
        if not self._passwords.verify(digest[0] if digest else None, password):
            raise ValidationFailed({field: ["is not your current password."]})

    @atomic
    def _start_session(self, user: UserOut, verified: str, fresh: str, client: Client) -> SignedIn:
        """Sign in, unless the password was changed or the account disabled since it was `verified`."""
        if not REHASH.run(self.db, id=user.id, was=verified, password_hash=fresh):
            raise InvalidCredentials
        signed_in = SignedIn(user, self._sessions.start(user.id, client))
        self._audit.record(Event.LOGGED_IN, None, subject=user.id, client=client)
        return signed_in
