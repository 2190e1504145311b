"""The audit trail: what was done with accounts, and what was refused. Append-only, each row chained to the one before.

A row is authenticated by HMAC-SHA256 over itself and the seal of the row before it, with a key derived from the
secret key. The seal is a MAC of the row's MAC, and only that of the last row is kept, in the head: so not even the end
can be cut off. Whoever can write to the database but has no key can neither change a row, nor drop one, nor add one
without `AuditTrail.verify` finding it.
"""

import hashlib
import hmac
from enum import StrEnum
from typing import Final

import msgspec

from tripkit.database import Command, Engine, Statement, atomic, params, row
from tripkit.models import AuditEvent, AuditHead
from tripkit.schemas.audit import AuditEntry
from tripkit.schemas.users import NOWHERE, Actor, Client
from tripkit.security.keys import KeyRing
from tripkit.services.clock import Clock

PURPOSE: Final = "audit"


class Event(StrEnum):
    """Everything that is recorded."""

    SIGNED_UP = "user.signed_up"
    LOGGED_IN = "session.started"
    LOGGED_OUT = "session.ended"
    SESSIONS_ENDED = "sessions.ended"
    OTHERS_LOGGED_OUT = "session.others_ended"
    REAUTHENTICATED = "session.reauthenticated"
    SECOND_FACTOR_ADDED = "second_factor.added"
    SECOND_FACTOR_REMOVED = "second_factor.removed"
    RECOVERY_CODES_CHANGED = "recovery_codes.changed"
    TOKEN_CREATED = "token.created"  # noqa: S105
    TOKEN_REVOKED = "token.revoked"  # noqa: S105
    PASSWORD_CHANGED = "password.changed"  # noqa: S105
    PROFILE_CHANGED = "user.changed"
    CREATED = "user.created"
    INVITED = "user.invited"
    INVITATION_ACCEPTED = "invitation.accepted"
    VERIFICATION_REQUESTED = "user.verification_requested"
    VERIFIED = "user.verified"
    RESET_REQUESTED = "password.reset_requested"
    PASSWORD_RESET = "password.reset"  # noqa: S105
    EMAIL_CHANGE_REQUESTED = "email.change_requested"
    EMAIL_CHANGED = "email.changed"
    EMAIL_REVERTED = "email.reverted"
    DISABLED = "user.disabled"
    ENABLED = "user.enabled"
    PROMOTED = "user.promoted"
    DEMOTED = "user.demoted"
    EXPORTED = "user.exported"
    DELETED = "user.deleted"
    MEMBER_ADDED = "member.added"
    MEMBER_INVITED = "member.invited"
    MEMBER_JOINED = "member.joined"
    MEMBER_REMOVED = "member.removed"
    MEMBER_LEFT = "member.left"
    PLAN_OFFERED = "plan.offered"
    PLAN_TRANSFERRED = "plan.transferred"
    LINKED = "identity.linked"
    UNLINKED = "identity.unlinked"
    LINK_CREATED = "link.created"
    LINK_CHANGED = "link.changed"
    LINK_REVOKED = "link.revoked"
    #: Only what was refused is recorded of these.
    ACCOUNTS_READ = "accounts.read"
    AUDIT_READ = "audit.read"


HEAD = Statement(
    lambda: AuditHead.select(AuditHead.last, AuditHead.mac).where(AuditHead.id == 1), record=row, locks=AuditHead
)
START = Command(lambda: AuditHead.insert(params(AuditHead.id, AuditHead.last, AuditHead.mac)).on_conflict_ignore())
SET_HEAD = Command(lambda: AuditHead.update(params(AuditHead.last, AuditHead.mac)).where(AuditHead.id == 1))
COLUMNS: Final = (
    AuditEvent.id,
    AuditEvent.at,
    AuditEvent.event,
    AuditEvent.refused,
    AuditEvent.actor,
    AuditEvent.subject,
    AuditEvent.via,
    AuditEvent.client,
    AuditEvent.request,
    AuditEvent.details,
)
APPEND = Command(lambda: AuditEvent.insert(params(*COLUMNS, AuditEvent.key, AuditEvent.mac)))


class Audit:
    """Records. (`AuditTrail` reads and checks.)"""

    def __init__(self, db: Engine, keys: KeyRing, clock: Clock) -> None:
        self.db = db
        self._keys, self._clock = keys, clock

    @atomic
    def record(
        self,
        event: Event,
        actor: Actor | None,
        /,
        *,
        subject: int | None = None,
        client: Client | None = None,
        refused: str = "",
        **details: str | int | bool | None,
    ) -> None:
        """Append one row, as a part of the unit it is about: call it last there, so that nobody waits for the chain.

        `subject` is the account it is about, the actor's own unless given; `client` where it came from, the actor's
        unless given. Details hold no secret, no password, no token, and no name or address of a person.
        """
        client = client or (actor.client if actor else NOWHERE)
        last, before = self._head()
        entry = AuditEntry(
            id=last + 1,
            at=self._clock(),
            event=event,
            refused=refused[:200],
            actor=actor.user_id if actor else None,
            subject=subject if subject is not None or actor is None else actor.user_id,
            via=actor.via if actor else "",
            client=client.address[:64],
            request=client.request_id[:64],
            details=msgspec.Raw(msgspec.json.encode(details, order="sorted")),
        )
        key = self._keys.signing(PURPOSE)
        mac = mac_of(key, before, entry)
        values = msgspec.structs.asdict(entry) | {"details": bytes(entry.details).decode()}
        APPEND.run(self.db, **values, key=self._keys.current_id, mac=mac)
        SET_HEAD.run(self.db, last=entry.id, mac=seal_of(key, mac))

    def _head(self) -> tuple[int, str]:
        found = HEAD.one(self.db)
        if found is None:
            START.run(self.db, id=1, last=0, mac="")
            found = HEAD.one(self.db)
        assert found is not None
        return found[0], found[1]


def mac_of(key: bytes, before: str, entry: AuditEntry) -> str:
    """The MAC of a row; `before` is the seal of the one before it."""
    return hmac.digest(key, before.encode() + msgspec.json.encode(entry, order="deterministic"), hashlib.sha256).hex()


def seal_of(key: bytes, mac: str) -> str:
    """The seal of the row with this MAC: what the next row is chained to. Only who has the key can tell it."""
    return hmac.digest(key, b"seal " + mac.encode(), hashlib.sha256).hex()
