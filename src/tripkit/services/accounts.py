"""Accounts: signing up and in, the profile, and their administration."""

from collections.abc import Mapping

import peewee

from tripkit.database import Command, Engine, Param, Statement, atomic, params, row
from tripkit.errors import AccountDisabled, InvalidCredentials, NotFound, SignInFailed, Taken, ValidationFailed
from tripkit.models import Identity, User
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
from tripkit.security.passwords import Passwords, weaknesses
from tripkit.services import addresses, policy, validation
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock
from tripkit.services.sessions import Sessions

_COLUMNS = (
    User.id,
    User.email,
    User.username,
    User.first_name,
    User.last_name,
    User.is_active,
    User.is_verified,
    User.is_admin,
    User.date_joined,
)


def _subject(provider: str) -> peewee.ModelSelect:
    return Identity.select(Identity.subject).where((Identity.user == User.id) & (Identity.provider == provider))


_PROFILE = (*_COLUMNS, _subject("google"), _subject("facebook"))
BY_ID = Statement(lambda: User.select(*_PROFILE).where(User.id == Param("id")), record=UserOut)
#: Stays as it is until the unit ends.
HELD = Statement(lambda: User.select(*_PROFILE).where(User.id == Param("id")), record=UserOut, locks=User)
BY_NAME = Statement(
    lambda: User.select(*_PROFILE).where(
        (User.email_key == Param("email_key")) | (User.username_key == Param("username_key"))
    ),
    record=UserOut,
)
EVERYBODY = Statement(lambda: User.select(*_PROFILE).order_by(User.id), record=UserOut)
CREDENTIALS = Statement(
    lambda: User.select(User.password_hash, *_PROFILE).where(User.email_key == Param("email_key")),
    record=lambda digest, *row: (digest, UserOut(*row)),
)
DIGEST = Statement(lambda: User.select(User.password_hash).where(User.id == Param("id")), record=row)
CLASHES = Statement(
    lambda: User.select(User.id, User.email_key, User.username_key).where(
        (User.email_key == Param("email_key")) | (User.username_key == Param("username_key"))
    ),
    record=row,
)
CREATE = Statement(
    lambda: (
        User.insert(
            params(
                User.email,
                User.email_key,
                User.username,
                User.username_key,
                User.first_name,
                User.last_name,
                User.password_hash,
                User.is_active,
                User.is_verified,
                User.is_admin,
                User.date_joined,
            )
        )
        .on_conflict_ignore()
        .returning(*_COLUMNS)
    ),
    record=UserOut,
)
UPDATE = Command(
    lambda: User.update(
        params(
            User.email,
            User.email_key,
            User.username,
            User.username_key,
            User.first_name,
            User.last_name,
            User.is_verified,
        )
    ).where(User.id == Param("id"))
)
SET_PASSWORD = Command(lambda: User.update(params(User.password_hash)).where(User.id == Param("id")))
#: Unless the password was changed meanwhile: the old one must not come back.
REHASH = Command(
    lambda: User.update(params(User.password_hash)).where(
        (User.id == Param("id")) & (User.password_hash == Param("was")) & User.is_active
    )
)
SET_ACTIVE = Command(lambda: User.update(params(User.is_active)).where(User.id == Param("id")))
SET_ADMIN = Command(lambda: User.update(params(User.is_admin)).where(User.id == Param("id")))
DELETE = Command(lambda: User.delete().where(User.id == Param("id")))


class Accounts:
    """What people do with their account, and what administrators do with everybody's."""

    def __init__(self, db: Engine, sessions: Sessions, passwords: Passwords, audit: Audit, clock: Clock) -> None:
        self.db = db
        self._sessions, self._passwords, self._audit, self._clock = sessions, passwords, audit, clock

    # --- for everybody ------------------------------------------------------------------------------------------

    def sign_up(self, form: SignupIn, client: Client) -> SignedIn:
        """A new account, signed in. Slow: it hashes. Raises `ValidationFailed` or `Taken`."""
        fields = NewUser(form.email, form.username, form.password, form.first_name, form.last_name, is_admin=False)
        confirmed = form.password == form.password_confirm
        return self._create_signed_in(fields, self._check_new(fields, confirmed=confirmed), client)

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

    @atomic
    def sign_in(self, user_id: int, client: Client, *, provider: str) -> SignedIn:
        """A new session for somebody whom a provider has identified: where all such sign-ins end.

        Raises `AccountDisabled`, and `SignInFailed` when the account is gone.
        """
        user = HELD.one(self.db, id=user_id)
        if user is None:
            raise SignInFailed("the account has been deleted")
        if not user.is_active:
            raise AccountDisabled
        signed_in = SignedIn(user, self._sessions.start(user.id, client))
        self._audit.record(Event.LOGGED_IN, None, subject=user.id, client=client, provider=provider)
        return signed_in

    def profile(self, actor: Actor) -> UserOut:
        """The actor's own account."""
        return self._require(actor.user_id)

    def edit(self, actor: Actor, patch: UserPatch) -> UserOut:
        """Change the actor's own profile. A new address has to be verified anew."""
        return self._edit(actor.user_id, patch)

    def change_password(self, actor: Actor, form: PasswordChangeIn) -> None:
        """A new password; all other sessions end. Slow: it hashes."""
        self._confirm(actor, form.current_password, "current_password")
        errors = _password_errors(form.new_password, self.profile(actor), "new_password")
        if form.new_password != form.new_password_confirm:
            errors["new_password_confirm"] = ["is not the same as the new password."]
        if errors:
            raise ValidationFailed(errors)
        self._replace_password(actor.user_id, self._passwords.hash(form.new_password), actor.session_id)

    def delete_own(self, actor: Actor, form: PasswordIn) -> None:
        """Delete the actor's account and plans for good. Slow: it hashes."""
        self._confirm(actor, form.password, "password")
        self._delete(actor.user_id)

    # --- for administrators -------------------------------------------------------------------------------------

    def create(self, actor: Actor, form: NewUser) -> UserOut:
        """A new account, made for somebody. Slow: it hashes."""
        policy.require_admin(actor)
        return self._create(form, self._check_new(form))

    def everybody(self, actor: Actor) -> list[UserOut]:
        """All accounts, in the order they were made."""
        policy.require_admin(actor)
        return EVERYBODY.all(self.db)

    def find(self, actor: Actor, name: str) -> UserOut:
        """The account with this email address, username or id."""
        policy.require_admin(actor)
        found = BY_NAME.one(self.db, email_key=addresses.key(name) or "", username_key=name.casefold())
        if found is None and name.isascii() and name.isdecimal() and len(name) < 19:
            found = BY_ID.one(self.db, id=int(name))
        if found is None:
            raise NotFound("user", name)
        return found

    def edit_user(self, actor: Actor, user_id: int, patch: UserPatch) -> UserOut:
        """Change somebody's profile."""
        policy.require_admin(actor)
        return self._edit(user_id, patch)

    def set_password(self, actor: Actor, user_id: int, password: str) -> None:
        """Give somebody a new password; all their sessions end. Slow: it hashes."""
        policy.require_admin(actor)
        if errors := _password_errors(password, self._require(user_id), "password"):
            raise ValidationFailed(errors)
        self._replace_password(user_id, self._passwords.hash(password), None)

    @atomic
    def set_active(self, actor: Actor, user_id: int, *, active: bool) -> UserOut:
        """Disable an account, which ends its sessions at once, or enable it again."""
        policy.require_admin(actor)
        if not SET_ACTIVE.run(self.db, id=user_id, is_active=active):
            raise NotFound("user", user_id)
        if not active:
            self._sessions.end_all(user_id)
        return self._require(user_id)

    @atomic
    def set_admin(self, actor: Actor, user_id: int, *, admin: bool) -> UserOut:
        """Make somebody an administrator, or end that (and their sessions with it)."""
        policy.require_admin(actor)
        if not SET_ADMIN.run(self.db, id=user_id, is_admin=admin):
            raise NotFound("user", user_id)
        if not admin:
            self._sessions.end_all(user_id)
        return self._require(user_id)

    def delete(self, actor: Actor, user_id: int) -> None:
        """Delete somebody's account and plans for good."""
        policy.require_admin(actor)
        self._delete(user_id)

    # --- the parts ----------------------------------------------------------------------------------------------

    def _check_new(self, form: NewUser, *, confirmed: bool = True) -> dict[str, str]:
        """The addresses to store and the hash of the password, once every rule holds."""
        errors: dict[str, list[str]] = {}
        email, email_key = _address(form.email, errors)
        about = _about(form.email, form.username, form.first_name, form.last_name)
        if found := weaknesses(form.password, about):
            errors["password"] = found
        if not confirmed:
            errors["password_confirm"] = ["is not the same as the password."]
        errors |= _name_errors({"first_name": form.first_name, "last_name": form.last_name})
        if errors:
            raise ValidationFailed(errors)
        keys = {"email_key": email_key, "username_key": form.username.casefold()}
        self._refuse_clash(keys, but=0)  # before the expensive part
        return {"email": email, **keys, "password_hash": self._passwords.hash(form.password)}

    def _refuse_login(self, user: UserOut | None, why: str, client: Client) -> None:
        self._audit.record(Event.LOGGED_IN, None, subject=user.id if user else None, client=client, refused=why)

    @atomic
    def _create_signed_in(self, form: NewUser, checked: Mapping[str, str], client: Client) -> SignedIn:
        user = self._create(form, checked)
        signed_in = SignedIn(user, self._sessions.start(user.id, client))
        self._audit.record(Event.SIGNED_UP, None, subject=user.id, client=client)
        return signed_in

    @atomic
    def _create(self, form: NewUser, checked: Mapping[str, str]) -> UserOut:
        user = CREATE.one(
            self.db,
            username=form.username,
            first_name=form.first_name,
            last_name=form.last_name,
            is_active=True,
            is_verified=False,
            is_admin=form.is_admin,
            date_joined=self._clock(),
            **checked,
        )
        if user is None:
            self._refuse_clash(checked, but=0)
            raise Taken({"email": ["is taken."]})  # whoever had it is gone again: the caller may retry
        return user

    @atomic
    def _edit(self, user_id: int, patch: UserPatch) -> UserOut:
        before = self._require(user_id)
        changes = validation.given(patch)
        errors = _name_errors(changes)
        email, email_key = _address(changes.get("email", before.email), errors)
        if errors:
            raise ValidationFailed(errors)
        username = changes.get("username", before.username)
        keys = {"email_key": email_key, "username_key": username.casefold()}
        self._refuse_clash(keys, but=user_id)
        same_address = email_key == addresses.key(before.email)
        UPDATE.run(
            self.db,
            id=user_id,
            email=email,
            username=username,
            first_name=changes.get("first_name", before.first_name),
            last_name=changes.get("last_name", before.last_name),
            is_verified=before.is_verified and same_address,
            **keys,
        )
        return self._require(user_id)

    def _refuse_clash(self, keys: Mapping[str, str], *, but: int) -> None:
        wanted = {name: keys[name] for name in ("email_key", "username_key")}
        errors = {}
        for user_id, email_key, username_key in CLASHES.all(self.db, **wanted):
            if user_id != but and email_key == wanted["email_key"]:
                errors["email"] = ["is taken: an account has this address. Log in, or use another."]
            if user_id != but and username_key == wanted["username_key"]:
                errors["username"] = ["is taken: choose another."]
        if errors:
            raise Taken(errors)

    def _confirm(self, actor: Actor, password: str, field: str) -> None:
        digest = DIGEST.one(self.db, id=actor.user_id)
        if not self._passwords.verify(digest[0] if digest else None, password):
            raise ValidationFailed({field: ["is not your current password."]})

    @atomic
    def _replace_password(self, user_id: int, digest: str, keep: int | None) -> None:
        SET_PASSWORD.run(self.db, id=user_id, password_hash=digest)
        self._sessions.end_all(user_id, but=keep)

    @atomic
    def _start_session(self, user: UserOut, verified: str, fresh: str, client: Client) -> SignedIn:
        """Sign in, unless the password was changed or the account disabled since it was `verified`."""
        if not REHASH.run(self.db, id=user.id, was=verified, password_hash=fresh):
            raise InvalidCredentials
        signed_in = SignedIn(user, self._sessions.start(user.id, client))
        self._audit.record(Event.LOGGED_IN, None, subject=user.id, client=client)
        return signed_in

    @atomic
    def _delete(self, user_id: int) -> None:
        if not DELETE.run(self.db, id=user_id):
            raise NotFound("user", user_id)

    def _require(self, user_id: int) -> UserOut:
        user = BY_ID.one(self.db, id=user_id)
        if user is None:
            raise NotFound("user", user_id)
        return user


def _about(email: str, username: str, first_name: str, last_name: str) -> dict[str, str]:
    return {"email address": email, "username": username, "first name": first_name, "last name": last_name}


def _password_errors(password: str, user: UserOut, field: str) -> dict[str, list[str]]:
    found = weaknesses(password, _about(user.email, user.username, user.first_name, user.last_name))
    return {field: found} if found else {}


def _address(email: str, errors: dict[str, list[str]]) -> tuple[str, str]:
    """The address and its key; what is wrong with it is added to `errors`."""
    try:
        return addresses.normalize(email)
    except ValidationFailed as failed:
        errors |= failed.errors
        return "", ""


def _name_errors(values: Mapping[str, str]) -> dict[str, list[str]]:
    """Names of people are free text, but of one line and without invisible characters."""
    return {
        field: ["must not hold line breaks or control characters."]
        for field in ("first_name", "last_name")
        if not validation.is_one_line(values.get(field, ""))
    }
