"""Invitations: accounts that administrators make for people who set the password themselves."""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import peewee
from msgspec import UNSET

from tripkit.config import Settings
from tripkit.database import Command, Engine, Param, atomic, params
from tripkit.errors import AccountDisabled, Conflict, InvalidToken, Taken, ValidationFailed
from tripkit.models import User
from tripkit.schemas.administration import InvitationIn, Invited, InviteIn
from tripkit.schemas.users import Actor, Client, NewUser, SignedIn, UserOut
from tripkit.security.passwords import Passwords
from tripkit.services import policy
from tripkit.services.account_changes import CLASHES, AccountChanges, password_errors
from tripkit.services.account_mail import AccountMail
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock
from tripkit.services.one_time_tokens import OneTimeTokens, Purpose
from tripkit.services.sessions import Sessions

RENEW = Command(
    lambda: User.update(params(User.invited_at)).where((User.id == Param("id")) & User.invited_at.is_null(False))
)
#: Only an account that still waits for its person: a password that was set meanwhile is not replaced.
TAKE = Command(
    lambda: User.update(
        {
            **params(User.username, User.username_key, User.password_hash),
            User.is_verified: True,
            User.invited_at: None,
        }
    ).where((User.id == Param("id")) & User.invited_at.is_null(False))
)


class Invitations:
    """Invites people, and lets them in."""

    def __init__(
        self,
        db: Engine,
        changes: AccountChanges,
        sessions: Sessions,
        passwords: Passwords,
        tokens: OneTimeTokens,
        mail: AccountMail,
        audit: Audit,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self.db = db
        self._changes, self._sessions, self._passwords, self._tokens = changes, sessions, passwords, tokens
        self._mail, self._audit, self._clock, self._security = mail, audit, clock, settings.security

    @atomic
    def invite(self, actor: Actor, form: InviteIn) -> Invited:
        """A new account without a password, and the token for its person. Raises `SignupClosed` or `Taken`."""
        policy.require_admin(actor)
        policy.require_signup(self._security.signup, invited=True)
        username = self._free_username(form.email) if form.username is UNSET else str(form.username)
        person = NewUser(form.email, username, "", form.first_name, form.last_name, form.is_admin)
        checked = self._changes.check_new(person, invited=True)
        return self._issue(actor, self._changes.create(person, checked, invited_at=self._clock()))

    @atomic
    def renew(self, actor: Actor, user_id: int) -> Invited:
        """Another token for somebody who has not accepted yet; the one before is worth nothing any more."""
        policy.require_admin(actor)
        policy.require_signup(self._security.signup, invited=True)
        user = self._changes.require(user_id)
        if not RENEW.run(self.db, id=user_id, invited_at=self._clock()):
            raise Conflict(f"{user.username} has an account in use, and needs no invitation.")
        return self._issue(actor, self._changes.require(user_id))

    def accept(self, form: InvitationIn, client: Client) -> SignedIn:
        """Set the password, and sign in; the address counts as verified. Slow: it hashes.

        Raises `InvalidToken`, `SignupClosed`, `AccountDisabled`, `ValidationFailed` or `Taken`.
        """
        user, digest = self._checked(form)
        return self._take_signed_in(form.token, user, digest, client)

    def accept_only(self, form: InvitationIn, client: Client) -> UserOut:
        """As `accept`, without signing in."""
        user, digest = self._checked(form)
        return self._take(form.token, user, digest, client)

    def peek(self, token: str) -> UserOut:
        """Whom a token invites; it stays good. Raises `InvalidToken` or `SignupClosed`."""
        policy.require_signup(self._security.signup, invited=True)
        return self._invited(self._tokens.peek, token)

    def _checked(self, form: InvitationIn) -> tuple[UserOut, str]:
        """The account as it is to be, and the hash of its password."""
        user = self.peek(form.token)
        if form.username is not UNSET:
            user = msgspec.structs.replace(user, username=form.username)
        errors = password_errors(form.password, user)
        if form.password != form.password_confirm:
            errors["password_confirm"] = ["is not the same as the password."]
        if errors:
            raise ValidationFailed(errors)
        return user, self._passwords.hash(form.password)

    def _issue(self, actor: Actor, user: UserOut) -> Invited:
        lifetime = timedelta(seconds=self._security.invitation_lifetime)
        token = self._tokens.issue(Purpose.INVITATION, user.id, lifetime)
        self._mail.invitation(user, token, actor, self._security.invitation_lifetime)
        self._audit.record(Event.INVITED, actor, subject=user.id, admin=user.is_admin)
        return Invited(user, token, self._clock() + lifetime)

    def _invited(self, read: Callable[[Purpose, str], tuple[int, Any]], token: str) -> UserOut:
        try:
            user_id, _ = read(Purpose.INVITATION, token)
        except InvalidToken as error:
            raise InvalidToken(error.reason, "Ask for another invitation.") from None
        return self._changes.require(user_id)

    @atomic
    def _take_signed_in(self, token: str, user: UserOut, digest: str, client: Client) -> SignedIn:
        taken = self._take(token, user, digest, client)
        return SignedIn(taken, self._sessions.start(taken.id, client))

    @atomic
    def _take(self, token: str, user: UserOut, digest: str, client: Client) -> UserOut:
        self._invited(self._tokens.use, token)  # somebody may have been quicker
        username_key = user.username.casefold()
        self._changes.refuse_clash({"email_key": "", "username_key": username_key}, but=user.id)
        values = {"username": user.username, "username_key": username_key, "password_hash": digest}
        try:
            taken = TAKE.run(self.db, id=user.id, **values)
        except peewee.IntegrityError:  # on Postgres somebody took it since it was looked for
            raise Taken({"username": ["has just been taken: choose another."]}) from None
        if not taken:
            raise InvalidToken("the account is in use already", "Log in instead.")
        user = self._changes.require(user.id)
        if not user.is_active:
            raise AccountDisabled
        self._changes.address_shown(user.id)
        self._audit.record(Event.INVITATION_ACCEPTED, None, subject=user.id, client=client)
        return user

    def _free_username(self, email: str) -> str:
        """A username made from an address: its first part, with a number when somebody has that."""
        name = re.sub(r"[^A-Za-z0-9._-]", "", email.partition("@")[0])[:24]
        name = name if len(name) >= 3 else f"user{name}"
        found = name
        while CLASHES.one(self.db, email_key="", username_key=found.casefold()):
            found = f"{name}{secrets.randbelow(100_000)}"
        return found
