"""What is written to accounts, whoever does it, the person or an administrator: the rules they keep, and the record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import peewee

from tripkit.database import Command, Engine, Param, Statement, atomic, params, row
from tripkit.errors import LastAdmin, NotFound, Taken, ValidationFailed
from tripkit.models import Identity, User
from tripkit.schemas.users import Actor, NewUser, UserOut, UserPatch
from tripkit.security.passwords import Passwords, weaknesses
from tripkit.services import addresses, validation
from tripkit.services.api_tokens import ApiTokens
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock
from tripkit.services.one_time_tokens import OneTimeTokens, Purpose
from tripkit.services.plan_invitations import PlanInvitations
from tripkit.services.second_factors import SecondFactors
from tripkit.services.sessions import Sessions

#: The columns of an account, in the order of the fields of `UserOut`.
COLUMNS: Final = (
    User.id,
    User.email,
    User.username,
    User.first_name,
    User.last_name,
    User.is_active,
    User.is_verified,
    User.is_admin,
    User.date_joined,
    User.invited_at,
)


def _subject(provider: str) -> peewee.ModelSelect:
    return Identity.select(Identity.subject).where((Identity.user == User.id) & (Identity.provider == provider))


#: All of a `UserOut`.
PROFILE: Final = (*COLUMNS, _subject("google"), _subject("facebook"))
BY_ID = Statement(lambda: User.select(*PROFILE).where(User.id == Param("id")), record=UserOut)
HELD = Statement(lambda: User.select(*PROFILE).where(User.id == Param("id")), record=UserOut, locks=User)
UNLINK_ALL = Command(lambda: Identity.delete().where(Identity.user == Param("user_id")))
CLASHES = Statement(
    lambda: User.select(User.id, User.email_key, User.username_key).where(
        (User.email_key == Param("email_key")) | (User.username_key == Param("username_key"))
    ),
    record=row,
)
#: Whoever takes one away holds all of them, so that two who do so at once cannot both leave the other as the last.
ADMINS = Statement(
    lambda: User.select(User.id, User.username).where(User.is_admin & User.is_active).order_by(User.id),
    record=row,
    locks=User,
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
                User.invited_at,
            )
        )
        .on_conflict_ignore()
        .returning(*COLUMNS)
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
#: Whoever was invited needs no invitation any more.
SET_PASSWORD = Command(
    lambda: User.update({**params(User.password_hash), User.invited_at: None}).where(User.id == Param("id"))
)
SET_EMAIL = Command(
    lambda: User.update({**params(User.email, User.email_key), User.is_verified: True}).where(User.id == Param("id"))
)
DELETE = Command(lambda: User.delete().where(User.id == Param("id")))


class AccountChanges:
    """Checks and writes accounts."""

    def __init__(
        self,
        db: Engine,
        sessions: Sessions,
        passwords: Passwords,
        tokens: OneTimeTokens,
        api_tokens: ApiTokens,
        second_factors: SecondFactors,
        plan_invitations: PlanInvitations,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self.db = db
        self._sessions, self._passwords, self._tokens = sessions, passwords, tokens
        self._api_tokens, self._second_factors = api_tokens, second_factors
        self._plan_invitations, self._audit, self._clock = plan_invitations, audit, clock

    def require(self, user_id: int) -> UserOut:
        """The account; raises `NotFound`."""
        user = BY_ID.one(self.db, id=user_id)
        if user is None:
            raise NotFound("user", user_id)
        return user

    def hold(self, user_id: int) -> UserOut:
        """As `require`; nobody else changes the account until the unit ends."""
        user = HELD.one(self.db, id=user_id)
        if user is None:
            raise NotFound("user", user_id)
        return user

    def check_new(self, person: NewUser, *, confirmed: bool = True, invited: bool = False) -> dict[str, str | None]:
        """The addresses to store and the hash of the password, once every rule holds. Slow: it hashes.

        `confirmed`: the password was given twice, and the same. `invited`: the person sets the password later.
        """
        errors = _name_errors({"first_name": person.first_name, "last_name": person.last_name})
        keys = _keys(person.email, person.username, errors)
        if not invited and (found := weaknesses(person.password, _about(person))):
            errors["password"] = found
        if not confirmed:
            errors["password_confirm"] = ["is not the same as the password."]
        if errors:
            raise ValidationFailed(errors)
        self.refuse_clash(keys)  # before the expensive part
        return {**keys, "password_hash": None if invited else self._passwords.hash(person.password)}

    @atomic
    def create(
        self, person: NewUser, checked: Mapping[str, str | None], *, invited_at: datetime | None = None
    ) -> UserOut:
        """A new account: the names and the role of a `person`, and what was `checked`."""
        user = CREATE.one(
            self.db,
            username=person.username,
            first_name=person.first_name,
            last_name=person.last_name,
            is_active=True,
            is_verified=False,
            is_admin=person.is_admin,
            date_joined=self._clock(),
            invited_at=invited_at,
            **checked,
        )
        if user is None:
            self.refuse_clash(checked)
            raise Taken({"email": ["is taken."]})  # whoever had it is gone again: the caller may retry
        return user

    @atomic
    def edit(self, actor: Actor, user_id: int, patch: UserPatch, *, keep_email: bool = False) -> UserOut:
        """Change a profile. A new address has to be verified anew; with `keep_email` it is only checked."""
        before = self.require(user_id)
        changes = validation.given(patch)
        errors = _name_errors(changes)
        keys = _keys(changes.get("email", before.email), changes.get("username", before.username), errors)
        if errors:
            raise ValidationFailed(errors)
        self.refuse_clash(keys, but=user_id)
        if keep_email:
            del changes["email"]
            keys = _keys(before.email, changes.get("username", before.username), errors)
        same_address = keys["email_key"] == addresses.key(before.email)
        try:
            UPDATE.run(
                self.db,
                id=user_id,
                username=changes.get("username", before.username),
                first_name=changes.get("first_name", before.first_name),
                last_name=changes.get("last_name", before.last_name),
                is_verified=before.is_verified and same_address,
                **keys,
            )
        except peewee.IntegrityError:  # on Postgres somebody took it since it was looked for
            raise Taken({"username": ["or the email address has just been taken: choose another."]}) from None
        if not same_address:
            self._forget_address(user_id)
        self._audit.record(Event.PROFILE_CHANGED, actor, subject=user_id, fields=", ".join(changes))
        return self.require(user_id)

    @atomic
    def set_password(self, actor: Actor, user_id: int, digest: str, *, keep: int | None = None) -> None:
        """A new password; all sessions end, but for the one to `keep`, and so does what they had begun."""
        SET_PASSWORD.run(self.db, id=user_id, password_hash=digest)
        self.expel(user_id, but=keep)
        self._audit.record(Event.PASSWORD_CHANGED, actor, subject=user_id)

    @atomic
    def set_email(self, user_id: int, email: str) -> None:
        """Set an address whose owner has shown that it is theirs. Raises `Taken`."""
        shown, email_key = addresses.normalize(email)
        self.refuse_clash({"email_key": email_key, "username_key": ""}, but=user_id)
        try:
            SET_EMAIL.run(self.db, id=user_id, email=shown, email_key=email_key)
        except peewee.IntegrityError:  # on Postgres somebody took it since it was looked for
            raise Taken({"email": ["has just been taken."]}) from None
        self._forget_address(user_id)
        self.address_shown(user_id)

    @atomic
    def address_shown(self, user_id: int) -> None:
        """What follows once an account has shown that its address is its own: what waits for the address is its own."""
        self._plan_invitations.bind(user_id)

    @atomic
    def expel(self, user_id: int, *, but: int | None = None) -> None:
        """End all sessions, except one, and take back what whoever was in them may have had mailed to themselves."""
        self._sessions.end_all(user_id, but=but)
        for purpose in (Purpose.CONFIRM_EMAIL, Purpose.RESET_PASSWORD):
            self._tokens.revoke(purpose, user_id)

    @atomic
    def disown(self, user_id: int) -> None:
        """Take away every way in, for the true owner: whoever made it never showed that the address was theirs."""
        self.expel(user_id)
        self._tokens.revoke(Purpose.REVERT_EMAIL, user_id)
        self.close_ways_in(user_id)

    @atomic
    def close_ways_in(self, user_id: int) -> None:
        """Take away what lets in beside the password; a new kind of that gets a line here."""
        self._api_tokens.revoke_all(user_id)
        self._second_factors.forget(user_id)
        UNLINK_ALL.run(self.db, user_id=user_id)

    def _forget_address(self, user_id: int) -> None:
        """What was mailed to the address before is worth nothing any more, but for taking it back."""
        for purpose in (Purpose.VERIFY_EMAIL, Purpose.CONFIRM_EMAIL, Purpose.RESET_PASSWORD):
            self._tokens.revoke(purpose, user_id)

    @atomic
    def delete(self, actor: Actor, user_id: int) -> None:
        """Delete an account with all that belongs to it. The audit trail knows its number only."""
        self.spare_last_admin(user_id)
        if not DELETE.run(self.db, id=user_id):
            raise NotFound("user", user_id)
        self._audit.record(Event.DELETED, actor, subject=user_id)

    def spare_last_admin(self, user_id: int) -> None:
        """Raise `LastAdmin` if nobody else could administer. It holds until the unit ends."""
        admins = ADMINS.all(self.db)
        if len(admins) == 1 and admins[0][0] == user_id:
            raise LastAdmin(admins[0][1])

    def refuse_clash(self, keys: Mapping[str, str | None], *, but: int = 0) -> None:
        """Raise `Taken` for an address or a username of somebody else than the user `but`."""
        email_key, username_key = keys["email_key"], keys["username_key"]
        errors = {}
        for user_id, other_email, other_username in CLASHES.all(
            self.db, email_key=email_key, username_key=username_key
        ):
            if user_id != but and other_email == email_key:
                errors["email"] = ["is taken: an account has this address. Log in, or use another."]
            if user_id != but and other_username == username_key:
                errors["username"] = ["is taken: choose another."]
        if errors:
            raise Taken(errors)


def password_errors(password: str, user: UserOut, field: str = "password") -> dict[str, list[str]]:
    """What is wrong with a new password of this user, under the name of its field."""
    found = weaknesses(password, _about(user))
    return {field: found} if found else {}


def _keys(email: str, username: str, errors: dict[str, list[str]]) -> dict[str, str]:
    """The address as it is stored, and what address and username are compared by; what is wrong goes to `errors`."""
    try:
        shown, email_key = addresses.normalize(email)
    except ValidationFailed as failed:
        errors |= failed.errors
        shown = email_key = ""
    return {"email": shown, "email_key": email_key, "username_key": username.casefold()}


def _about(person: NewUser | UserOut) -> dict[str, str]:
    return {
        "email address": person.email,
        "username": person.username,
        "first name": person.first_name,
        "last name": person.last_name,
    }


def _name_errors(values: Mapping[str, str]) -> dict[str, list[str]]:
    """Names of people are free text, but of one line and without invisible characters."""
    return {
        field: ["must not hold line breaks or control characters."]
        for field in ("first_name", "last_name")
        if not validation.is_one_line(values.get(field, ""))
    }
