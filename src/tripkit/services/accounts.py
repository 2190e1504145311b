"""Accounts: signing up and in, and the profile. (`administration` is for those of others.)"""

import hashlib
from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from tripkit.config import Settings
from tripkit.database import Command, Engine, Param, Statement, atomic, params
from tripkit.errors import (
    AccountDisabled,
    InvalidCredentials,
    InvalidToken,
    SecondFactorRequired,
    SignInFailed,
    ValidationFailed,
)
from tripkit.models import User
from tripkit.schemas.second_factor import ChallengeIn
from tripkit.schemas.users import (
    Actor,
    Client,
    DeleteAccountIn,
    LoginIn,
    NewUser,
    PasswordChangeIn,
    SignedIn,
    SignupIn,
    UserOut,
    UserPatch,
)
from tripkit.security.passwords import Passwords
from tripkit.services import addresses, policy
from tripkit.services.account_changes import PROFILE, AccountChanges, password_errors
from tripkit.services.account_mail import AccountMail
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock
from tripkit.services.email_change import EmailChange
from tripkit.services.reauthentication import Reauthentication
from tripkit.services.second_factors import SecondFactors
from tripkit.services.sessions import Sessions

CREDENTIALS = Statement(
    lambda: User.select(User.password_hash, *PROFILE).where(User.email_key == Param("email_key")),
    record=lambda digest, *row: (digest, UserOut(*row)),
)
CREDENTIALS_BY_ID = Statement(
    lambda: User.select(User.password_hash, *PROFILE).where(User.id == Param("id")),
    record=CREDENTIALS.record,
    locks=User,
)
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
        second_factors: SecondFactors,
        reauthentication: Reauthentication,
        mail: AccountMail,
        email_change: EmailChange,
        audit: Audit,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self.db = db
        self._changes, self._sessions, self._passwords = changes, sessions, passwords
        self._second_factors, self._reauthentication = second_factors, reauthentication
        self._mail, self._email_change = mail, email_change
        self._audit, self._clock, self._security = audit, clock, settings.security

    def sign_up(self, form: SignupIn, client: Client) -> SignedIn:
        """A new account, signed in. Slow: it hashes. Raises `SignupClosed`, `ValidationFailed` or `Taken`."""
        policy.require_signup(self._security.signup)
        fields = NewUser(form.email, form.username, form.password, form.first_name, form.last_name, is_admin=False)
        confirmed = form.password == form.password_confirm
        return self._create_signed_in(fields, self._changes.check_new(fields, confirmed=confirmed), client)

    def log_in(self, form: LoginIn, client: Client) -> SignedIn:
        """A new session. Slow: it hashes.

        Raises `InvalidCredentials`; if they are right, `AccountDisabled`, or `SecondFactorRequired` (see
        `finish_log_in`).
        """
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
        return self._enter(user, digest, fresh, client)

    @atomic
    def finish_log_in(self, form: ChallengeIn, client: Client) -> SignedIn:
        """The second step of a login. Raises `InvalidToken` for the challenge, `InvalidCode` for the code."""
        user_id, proof, way = self._second_factors.answer(form, client)
        digest, user = CREDENTIALS_BY_ID.one(self.db, id=user_id) or (None, None)
        if user is None or _proof(digest) != proof:
            raise InvalidToken("the password was changed meanwhile")
        if not user.is_active:
            raise AccountDisabled
        return self._start_session(user, client, second_factor=way)

    @atomic
    def sign_in(self, user_id: int, client: Client, *, provider: str) -> SignedIn:
        """A new session for somebody whom a provider has identified: where all such sign-ins end.

        Raises `AccountDisabled`, `SecondFactorRequired` (see `finish_log_in`), and `SignInFailed` when the account is
        gone.
        """
        digest, user = CREDENTIALS_BY_ID.one(self.db, id=user_id) or (None, None)
        if user is None:
            raise SignInFailed("the account has been deleted")
        if not user.is_active:
            raise AccountDisabled
        self._ask_for_code(user, digest, client)
        return self._start_session(user, client, provider=provider)

    def profile(self, actor: Actor) -> UserOut:
        """The actor's own account."""
        user = self._changes.require(actor.user_id)
        return msgspec.structs.replace(user, pending_email=self._email_change.pending(user.id))

    @atomic
    def edit(self, actor: Actor, patch: UserPatch) -> UserOut:
        """Change the actor's own profile. A new address has to be confirmed first; the present one drops that plan.

        A new address may raise `ReauthenticationRequired`.
        """
        email = patch.email
        if email is not UNSET and self._email_change.is_new(actor, email):
            policy.require_recent_authentication(actor, self._clock())
            self._changes.edit(actor, actor.user_id, patch, keep_email=True)
            self._email_change.request(actor, email)
        else:
            self._changes.edit(actor, actor.user_id, patch)
            if email is not UNSET:
                self._email_change.cancel(actor)
        return self.profile(actor)

    def change_password(self, actor: Actor, form: PasswordChangeIn) -> None:
        """A new password, for the current one; all other sessions end. Slow: it hashes."""
        self._reauthentication.require_password(
            actor, form.current_password, "current_password", Event.PASSWORD_CHANGED
        )
        errors = password_errors(form.new_password, self.profile(actor), "new_password")
        if form.new_password != form.new_password_confirm:
            errors["new_password_confirm"] = ["is not the same as the new password."]
        if errors:
            raise ValidationFailed(errors)
        digest = self._passwords.hash(form.new_password)
        self._changes.set_password(actor, actor.user_id, digest, keep=actor.session_id)

    def delete_own(self, actor: Actor, form: DeleteAccountIn) -> None:
        """Delete the actor's account and plans for good. Slow: it hashes. Raises `LastAdmin`."""
        self._reauthentication.require(actor, form.password, "password", Event.DELETED)
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

    @atomic
    def _enter(self, user: UserOut, verified: str, fresh: str, client: Client) -> SignedIn:
        """Sign in, unless the password was changed or the account disabled since it was `verified`."""
        if not REHASH.run(self.db, id=user.id, was=verified, password_hash=fresh):
            raise InvalidCredentials
        self._ask_for_code(user, fresh, client)
        return self._start_session(user, client)

    def _ask_for_code(self, user: UserOut, digest: str | None, client: Client) -> None:
        """Raise `SecondFactorRequired` for whoever has one."""
        if challenge := self._second_factors.challenge(user.id, _proof(digest)):
            self._audit.record(Event.LOGGED_IN, None, subject=user.id, client=client, refused="a code is needed")
            raise SecondFactorRequired(challenge)

    @atomic
    def _start_session(self, user: UserOut, client: Client, /, **details: str) -> SignedIn:
        signed_in = SignedIn(user, self._sessions.start(user.id, client))
        self._audit.record(Event.LOGGED_IN, None, subject=user.id, client=client, **details)
        return signed_in


def _proof(digest: str | None) -> str:
    """Says which password was given in the first step of a login, and nothing about it."""
    return hashlib.sha256((digest or "").encode()).hexdigest()
