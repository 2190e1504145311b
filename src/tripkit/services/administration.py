"""Accounts of others: what administrators, and whoever runs the machine, do with them."""

import unicodedata
from collections.abc import Iterator
from typing import Final

from peewee import fn

from tripkit.database import Command, Engine, Param, Statement, atomic, params
from tripkit.errors import NotFound, ValidationFailed
from tripkit.models import Plan, Session, User
from tripkit.schemas.administration import UserPage, UserQuery, UserSession
from tripkit.schemas.users import Actor, NewUser, UserOut, UserPatch
from tripkit.security.passwords import Passwords
from tripkit.services import addresses, policy
from tripkit.services.account_changes import BY_ID, PROFILE, AccountChanges, password_errors
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock
from tripkit.services.cursors import Cursors
from tripkit.services.sessions import Sessions

#: Of the cursors of the list.
SCOPE: Final = "users"
#: Accounts that are read at once.
BATCH: Final = 500

BY_NAME = Statement(
    lambda: User.select(*PROFILE).where(
        (User.email_key == Param("email_key")) | (User.username_key == Param("username_key"))
    ),
    record=UserOut,
)
AFTER = Statement(
    lambda: User.select(*PROFILE).where(User.id > Param("after")).order_by(User.id).limit(Param("limit")),
    record=UserOut,
)
PLANS_OF = Statement(lambda: Plan.select(fn.COUNT(Plan.id)).where(Plan.owner == Param("user_id")), record=int)
SESSIONS = Statement(
    lambda: (
        Session.select(
            Session.id, Session.client, Session.device, Session.created_at, Session.rotated_at, Session.expires_at
        )
        .where(
            (Session.user == Param("user_id"))
            & Session.ended_at.is_null()
            & (Session.expires_at > Param("now"))
            & (Session.refresh_until > Param("now"))
        )
        .order_by(Session.id.desc())
    ),
    record=UserSession,
)
SET_ACTIVE = Command(lambda: User.update(params(User.is_active)).where(User.id == Param("id")))
SET_ADMIN = Command(lambda: User.update(params(User.is_admin)).where(User.id == Param("id")))
VERIFY = Command(lambda: User.update({User.is_verified: True}).where(User.id == Param("id")))


class Administration:
    """Finds and changes everybody's accounts. Every method is for administrators only, and every change is recorded."""

    def __init__(
        self,
        db: Engine,
        changes: AccountChanges,
        sessions: Sessions,
        passwords: Passwords,
        cursors: Cursors,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self.db = db
        self._changes, self._sessions, self._passwords = changes, sessions, passwords
        self._cursors, self._audit, self._clock = cursors, audit, clock

    def page(self, actor: Actor, query: UserQuery) -> UserPage:
        """One page of the accounts, in the order they were made."""
        policy.require_admin(actor)
        after = self._cursors.read(SCOPE, query.cursor)[0] if query.cursor is not None else 0
        results: list[UserOut] = []
        for user in self._matching(query.q or "", after):
            if len(results) == query.limit:
                return UserPage(results, self._cursors.write(SCOPE, results[-1].id))
            results.append(user)
        return UserPage(results, None)

    def everybody(self, actor: Actor, search: str = "") -> list[UserOut]:
        """All accounts in which `search` occurs, in the order they were made."""
        policy.require_admin(actor)
        return list(self._matching(search, after=0))

    def get(self, actor: Actor, user_id: int) -> UserOut:
        """One account; raises `NotFound`."""
        policy.require_admin(actor)
        return self._changes.require(user_id)

    def find(self, actor: Actor, name: str) -> UserOut:
        """The account with this email address, username or id."""
        policy.require_admin(actor)
        found = BY_NAME.one(self.db, email_key=addresses.key(name) or "", username_key=name.casefold())
        if found is None and name.isascii() and name.isdecimal() and len(name) < 19:
            found = BY_ID.one(self.db, id=int(name))
        if found is None:
            raise NotFound("user", name)
        return found

    def create(self, actor: Actor, form: NewUser) -> UserOut:
        """A new account, made for somebody. Slow: it hashes."""
        policy.require_admin(actor)
        return self._create(actor, form, self._changes.check_new(form))

    def edit(self, actor: Actor, user_id: int, patch: UserPatch) -> UserOut:
        """Change somebody's profile."""
        policy.require_admin(actor)
        return self._changes.edit(actor, user_id, patch)

    def set_password(self, actor: Actor, user_id: int, password: str) -> None:
        """Give somebody a new password; all their sessions end. Slow: it hashes."""
        policy.require_admin(actor)
        if errors := password_errors(password, self._changes.require(user_id)):
            raise ValidationFailed(errors)
        self._changes.set_password(actor, user_id, self._passwords.hash(password))

    @atomic
    def set_active(self, actor: Actor, user_id: int, *, active: bool) -> UserOut:
        """Disable an account, which ends its sessions at once, or enable it again. Raises `LastAdmin`."""
        policy.require_admin(actor)
        if not active:
            self._changes.spare_last_admin(user_id)
        if not SET_ACTIVE.run(self.db, id=user_id, is_active=active):
            raise NotFound("user", user_id)
        if not active:
            self._sessions.end_all(user_id)
        self._audit.record(Event.ENABLED if active else Event.DISABLED, actor, subject=user_id)
        return self._changes.require(user_id)

    @atomic
    def set_admin(self, actor: Actor, user_id: int, *, admin: bool) -> UserOut:
        """Make somebody an administrator, or end that (and their sessions with it). Raises `LastAdmin`."""
        policy.require_admin(actor)
        if not admin:
            self._changes.spare_last_admin(user_id)
        if not SET_ADMIN.run(self.db, id=user_id, is_admin=admin):
            raise NotFound("user", user_id)
        if not admin:
            self._sessions.end_all(user_id)
        self._audit.record(Event.PROMOTED if admin else Event.DEMOTED, actor, subject=user_id)
        return self._changes.require(user_id)

    @atomic
    def verify(self, actor: Actor, user_id: int) -> UserOut:
        """Vouch for somebody's email address."""
        policy.require_admin(actor)
        if not VERIFY.run(self.db, id=user_id):
            raise NotFound("user", user_id)
        self._changes.address_shown(user_id)
        self._audit.record(Event.VERIFIED, actor, subject=user_id)
        return self._changes.require(user_id)

    def sessions(self, actor: Actor, user_id: int) -> list[UserSession]:
        """The sessions of somebody that have not ended, newest first."""
        policy.require_admin(actor)
        self._changes.require(user_id)
        return SESSIONS.all(self.db, user_id=user_id, now=self._clock())

    @atomic
    def end_sessions(self, actor: Actor, user_id: int) -> int:
        """Sign somebody out everywhere, at once; how many sessions there were."""
        policy.require_admin(actor)
        self._changes.require(user_id)
        ended = self._sessions.end_all(user_id)
        self._audit.record(Event.SESSIONS_ENDED, actor, subject=user_id, sessions=ended)
        return ended

    def plans_of(self, actor: Actor, user_id: int) -> int:
        """How many plans somebody owns, also in the trash: they would be deleted with the account."""
        policy.require_admin(actor)
        return PLANS_OF.one(self.db, user_id=user_id) or 0

    def delete(self, actor: Actor, user_id: int) -> None:
        """Delete somebody's account and plans for good. Raises `LastAdmin`."""
        policy.require_admin(actor)
        self._changes.delete(actor, user_id)

    @atomic
    def _create(self, actor: Actor, form: NewUser, checked: dict[str, str | None]) -> UserOut:
        user = self._changes.create(form, checked)
        self._audit.record(Event.CREATED, actor, subject=user.id, admin=form.is_admin)
        return user

    def _matching(self, search: str, after: int) -> Iterator[UserOut]:
        """Compared here and not in the database: SQLite knows the letter cases of English only."""
        wanted = _folded(search)
        while users := AFTER.all(self.db, after=after, limit=BATCH):
            for user in users:
                shown = (user.email, user.username, f"{user.first_name} {user.last_name}")
                if not wanted or any(wanted in _folded(text) for text in shown):
                    yield user
            after = users[-1].id


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
