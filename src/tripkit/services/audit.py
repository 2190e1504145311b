"""The audit trail: what was done with accounts, and what was refused. Append-only, each row chained to the one before.

A row is authenticated by HMAC-SHA256 over itself and the MAC of the row before it, with a key derived from the
secret key. Whoever can write to the database but has no key can neither change a row, nor drop one, nor add one
without `verify` finding it.
"""

import hashlib
import hmac
from enum import StrEnum
from typing import Final

import msgspec

from tripkit.database import Command, Engine, Param, Statement, atomic, params, row
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
    PASSWORD_CHANGED = "password.changed"  # noqa: S105
    PROFILE_CHANGED = "user.changed"
    DELETED = "user.deleted"
    LINKED = "identity.linked"
    UNLINKED = "identity.unlinked"


HEAD = Statement(
    lambda: AuditHead.select(AuditHead.last, AuditHead.mac).where(AuditHead.id == 1), record=row, locks=AuditHead
)
START = Command(lambda: AuditHead.insert(params(AuditHead.id, AuditHead.last, AuditHead.mac)).on_conflict_ignore())
SET_HEAD = Command(lambda: AuditHead.update(params(AuditHead.last, AuditHead.mac)).where(AuditHead.id == 1))
_COLUMNS: Final = (
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
APPEND = Command(lambda: AuditEvent.insert(params(*_COLUMNS, AuditEvent.key, AuditEvent.mac)))
ALL = Statement(
    lambda: (
        AuditEvent.select(AuditEvent.key, AuditEvent.mac, *_COLUMNS)
        .where(AuditEvent.id > Param("after"))
        .order_by(AuditEvent.id)
        .limit(Param("limit"))
    ),
    record=lambda key, mac, *columns: (key, mac, AuditEntry(*columns)),
)


class Audit:
    """Records and checks."""

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
        last, mac = self._head()
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
        sealed = _mac(self._keys.signing(PURPOSE), mac, entry)
        values = msgspec.structs.asdict(entry) | {"details": bytes(entry.details).decode()}
        APPEND.run(self.db, **values, key=self._keys.current_id, mac=sealed)
        SET_HEAD.run(self.db, last=entry.id, mac=sealed)

    def _head(self) -> tuple[int, str]:
        found = HEAD.one(self.db)
        if found is None:
            START.run(self.db, id=1, last=0, mac="")
            found = HEAD.one(self.db)
        assert found is not None
        return found[0], found[1]


def _mac(key: bytes, before: str, entry: AuditEntry) -> str:
    return hmac.new(
        key, before.encode() + msgspec.json.encode(entry, order="deterministic"), hashlib.sha256
    ).hexdigest()
