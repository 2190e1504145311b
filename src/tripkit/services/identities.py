"""Identities: which account somebody has whom a provider knows, and when one is made or linked.

A subject of a provider has one account, and an account one subject of each provider. An address alone joins them only
when the provider has verified it and the account has as well: else whoever gets hold of an address first, here or
there, would get the other's account.
"""

from contextlib import suppress

from tripkit.config import Settings
from tripkit.database import Command, Engine, Param, Statement, atomic, params, row
from tripkit.errors import AccountDisabled, AccountExists, Conflict, NotFound, SignInRefused
from tripkit.models import Identity, User
from tripkit.oauth.base import OAuthProvider, Person
from tripkit.schemas.oauth import IdentityOut
from tripkit.schemas.users import Actor, Client, UserOut
from tripkit.services import addresses, policy, usernames, validation
from tripkit.services.account_changes import CREATE as CREATE_USER
from tripkit.services.account_changes import AccountChanges
from tripkit.services.administration import Administration
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock

#: Its id, whether it is active, and an administrator's.
_Account = tuple[int, bool, bool]
_USER = (User.id, User.is_active, User.is_admin)
BY_SUBJECT = Statement(
    lambda: (
        Identity.select(*_USER)
        .join(User)
        .where((Identity.provider == Param("provider")) & (Identity.subject == Param("subject")))
    ),
    record=row,
    locks=User,
)
BY_ADDRESS = Statement(
    lambda: User.select(*_USER, User.is_verified).where(User.email_key == Param("email_key")), record=row, locks=User
)
#: Held while the ways into an account are counted.
ACCOUNT = Statement(lambda: User.select(User.password_hash).where(User.id == Param("id")), record=row, locks=User)
OF_USER = Statement(
    lambda: (
        Identity.select(Identity.provider, Identity.subject, Identity.email, Identity.created_at)
        .where(Identity.user == Param("user_id"))
        .order_by(Identity.id)
    ),
    record=row,
)
CREATE = Statement(
    lambda: (
        Identity.insert(params(Identity.user, Identity.provider, Identity.subject, Identity.email, Identity.created_at))
        .on_conflict_ignore()
        .returning(Identity.id)
    ),
    record=int,
)
OWNER = Statement(
    lambda: Identity.select(Identity.user).where(
        (Identity.provider == Param("provider")) & (Identity.subject == Param("subject"))
    ),
    record=int,
)
DELETE = Command(
    lambda: Identity.delete().where((Identity.user == Param("user_id")) & (Identity.provider == Param("provider")))
)


class Identities:
    """Finds, makes, links and unlinks."""

    def __init__(
        self,
        db: Engine,
        changes: AccountChanges,
        administration: Administration,
        audit: Audit,
        clock: Clock,
        settings: Settings,
        labels: dict[str, str],
    ) -> None:
        """`labels`: of the providers there are, by name."""
        self.db, self._changes = db, changes
        self._administration, self._audit, self._clock, self._labels = administration, audit, clock, labels
        self._security = settings.security

    @atomic
    def enter(self, provider: OAuthProvider, person: Person, client: Client) -> int:
        """The id of the account of somebody whom the provider has just identified; it is made if need be.

        Raises `AccountDisabled`, `AccountExists`, `SignupClosed` or `SignInRefused`.
        """
        email_key = _check_address(provider, person)
        user_id, is_active, is_admin = (
            BY_SUBJECT.one(self.db, provider=provider.name, subject=person.subject)
            or self._join(provider, person, email_key, client)
            or self._make(provider, person, email_key, client)
        )
        if not is_active:
            raise AccountDisabled
        self._follow_group(provider, person, user_id, is_admin=is_admin)
        return int(user_id)

    def of(self, actor: Actor) -> list[IdentityOut]:
        """The identities of the actor."""
        return [
            IdentityOut(provider, self._labels.get(provider, provider), subject, email, created_at)
            for provider, subject, email, created_at in OF_USER.all(self.db, user_id=actor.user_id)
        ]

    @atomic
    def link(self, actor: Actor, provider: OAuthProvider, person: Person) -> IdentityOut:
        """Let the actor sign in with this provider. Raises `Conflict` when it is somebody else's, or there is one."""
        policy.require_session(actor)
        policy.require_recent_authentication(actor, self._clock())
        _check_address(provider, person)
        self._link(actor.user_id, provider, person, actor, actor.client)
        return next(each for each in self.of(actor) if each.provider == provider.name)

    @atomic
    def unlink(self, actor: Actor, provider: str) -> None:
        """End that. Raises `NotFound`, or `Conflict` when it is the last way into the account."""
        policy.require_session(actor)
        policy.require_recent_authentication(actor, self._clock())
        account = ACCOUNT.one(self.db, id=actor.user_id)
        names = [each.provider for each in self.of(actor)]
        if account is None or provider not in names:
            raise NotFound("linked provider", provider)
        if account[0] is None and not any(name in self._labels for name in names if name != provider):
            raise Conflict(
                "This is the only way into your account. Set a password first (reset it by mail), or link another "
                "provider."
            )
        DELETE.run(self.db, user_id=actor.user_id, provider=provider)
        self._audit.record(Event.UNLINKED, actor, provider=provider)

    # --- the parts ----------------------------------------------------------------------------------------------

    def _join(self, provider: OAuthProvider, person: Person, email_key: str, client: Client) -> _Account | None:
        """Somebody new to us, whose address may be known."""
        found = BY_ADDRESS.one(self.db, email_key=email_key) if email_key else None
        if found is None:
            return None
        *account, is_verified = found
        if not (is_verified and person.is_verified):
            raise AccountExists(provider.label)
        user_id, is_active, is_admin = account
        if is_active:
            self._link(user_id, provider, person, None, client)
        return user_id, is_active, is_admin

    def _make(self, provider: OAuthProvider, person: Person, email_key: str, client: Client) -> _Account:
        label = provider.label
        if not provider.options.auto_create:
            raise SignInRefused(
                "there is no account for you",
                f"If you have one, sign in to it as before and link {label}; else ask whoever runs this server.",
            )
        if not email_key:
            raise SignInRefused(
                "the provider gave no email address that can be used", f"Allow {label} to pass it on, and try again."
            )
        policy.require_signup(self._security.signup)
        user = self._create(person, email_key)
        if user is None:  # somebody was quicker, who may be the same person
            quicker = BY_SUBJECT.one(self.db, provider=provider.name, subject=person.subject)
            if quicker is None:
                raise AccountExists(label)
            return quicker
        self._link(user.id, provider, person, None, client)
        if user.is_verified:
            self._changes.address_shown(user.id)
        self._audit.record(Event.SIGNED_UP, None, subject=user.id, client=client, provider=provider.name)
        return user.id, user.is_active, user.is_admin

    def _create(self, person: Person, email_key: str) -> UserOut | None:
        """A new account without a password and with the first username that is free; None if the address is not."""
        email, _ = addresses.normalize(person.email)
        names = usernames.candidates(person.username, person.email, person.first_name + person.last_name)
        while BY_ADDRESS.one(self.db, email_key=email_key) is None:
            username = next(names)
            user = CREATE_USER.one(
                self.db,
                email=email,
                email_key=email_key,
                username=username,
                username_key=username.casefold(),
                first_name=_name(person.first_name),
                last_name=_name(person.last_name),
                password_hash=None,
                is_active=True,
                is_verified=person.is_verified,
                is_admin=False,
                date_joined=self._clock(),
                invited_at=None,
            )
            if user is not None:
                return user
        return None

    def _link(self, user_id: int, provider: OAuthProvider, person: Person, actor: Actor | None, client: Client) -> None:
        names = {"provider": provider.name, "subject": person.subject}
        made = CREATE.one(self.db, user=user_id, **names, email=person.email, created_at=self._clock())
        if made is not None:
            self._audit.record(Event.LINKED, actor, subject=user_id, client=client, provider=provider.name)
            return
        owner = OWNER.one(self.db, **names)
        if owner is None:
            raise Conflict(f"The account is linked with somebody else at {provider.label} already. Unlink them first.")
        if owner != user_id:
            raise Conflict(f"This identity at {provider.label} belongs to another account here.")

    def _follow_group(self, provider: OAuthProvider, person: Person, user_id: int, *, is_admin: bool) -> None:
        group = provider.options.admin_group
        if not group or person.groups is None or (group in person.groups) == is_admin:
            return
        with suppress(Conflict):  # the last administrator stays one
            self._administration.set_admin(policy.OPERATOR, user_id, admin=group in person.groups)


def _check_address(provider: OAuthProvider, person: Person) -> str:
    """The key of the person's address, empty without one. Raises `SignInRefused` for one that may not sign in."""
    key = addresses.key(person.email) or ""
    if not (domains := provider.options.allowed_domains):
        return key
    if not key or not person.is_verified or key.rpartition("@")[2] not in {_domain(each) for each in domains}:
        raise SignInRefused(
            "your address is not verified, or of a domain that may not",
            f"Use another account at {provider.label}, or ask whoever runs this server.",
        )
    return key


def _name(text: str) -> str:
    return text[:150] if validation.is_one_line(text) else ""


def _domain(name: str) -> str:
    return (addresses.key(f"anybody@{name}") or "").rpartition("@")[2]
