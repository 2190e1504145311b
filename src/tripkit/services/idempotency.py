"""Requests that may be sent again: work with a key is done once, and its answer is kept for a day.

The key is claimed and the answer kept in the unit that does the work: after a crash there is either all or nothing. Of
repeats at the same moment one claims the key; the others wait for its end, in the write queue or at the row.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeVar

import msgspec

from tripkit.database import Command, Engine, Param, Statement, atomic, params, row
from tripkit.errors import KeyReused, ValidationFailed
from tripkit.models import IdempotencyKey
from tripkit.schemas.users import Actor
from tripkit.services.clock import Clock

T = TypeVar("T", bound=msgspec.Struct)

#: How long an answer is kept.
KEPT: Final = timedelta(hours=24)
_KEY: Final = re.compile(r"[ -~]{1,255}")

_SAME = (
    (IdempotencyKey.user == Param("user"))
    & (IdempotencyKey.route == Param("route"))
    & (IdempotencyKey.key == Param("key"))
)
#: One statement, so that one of many wins: it takes a key that is new, or over, or was left without an answer.
CLAIM = Statement(
    lambda: (
        IdempotencyKey.insert(
            params(
                IdempotencyKey.user,
                IdempotencyKey.route,
                IdempotencyKey.key,
                IdempotencyKey.fingerprint,
                IdempotencyKey.created_at,
            )
        )
        .on_conflict(
            conflict_target=[IdempotencyKey.user, IdempotencyKey.route, IdempotencyKey.key],
            preserve=[IdempotencyKey.fingerprint, IdempotencyKey.created_at],
            update={IdempotencyKey.answer: None},
            where=(IdempotencyKey.created_at <= Param("until")) | IdempotencyKey.answer.is_null(),
        )
        .returning(IdempotencyKey.id)
    ),
    record=int,
)
FIND = Statement(
    lambda: IdempotencyKey.select(IdempotencyKey.fingerprint, IdempotencyKey.answer).where(_SAME), record=row
)
ANSWER = Command(
    lambda: IdempotencyKey.update({IdempotencyKey.answer: Param("answer")}).where(IdempotencyKey.id == Param("id"))
)
FORGET = Command(lambda: IdempotencyKey.delete().where(IdempotencyKey.created_at <= Param("until")))


class Idempotency:
    """Does work once for each key."""

    def __init__(self, db: Engine, clock: Clock) -> None:
        self.db = db
        self._clock = clock

    @atomic
    def once(
        self, actor: Actor, route: str, key: str, fingerprint: str, kind: type[T], work: Callable[[], T]
    ) -> tuple[T, bool]:
        """What `work` returns, or returned when the same request came before; and whether that is so.

        `route` and `fingerprint` say what is asked for: raises `KeyReused` when the key came with something else.
        A failure is not kept: the request may be repeated.
        """
        if not _KEY.fullmatch(key):
            raise ValidationFailed({"Idempotency-Key": ["must have 1 to 255 characters, all of printable ASCII."]})
        now = self._clock()
        scope = {"user": actor.user_id, "route": route, "key": key}
        claimed = CLAIM.one(self.db, **scope, fingerprint=fingerprint, created_at=now, until=now - KEPT)
        if claimed is None:
            return self._kept(scope, fingerprint, kind), True
        answer = work()
        ANSWER.run(self.db, id=claimed, answer=msgspec.json.encode(answer).decode())
        return answer, False

    @atomic
    def forget_expired(self) -> int:
        """Delete the keys that are over; how many they were."""
        return FORGET.run(self.db, until=self._clock() - KEPT)

    def _kept(self, scope: dict[str, object], fingerprint: str, kind: type[T]) -> T:
        found = FIND.one(self.db, **scope)
        assert found is not None, "what could not be claimed is there, and stays until this unit ends"
        before, answer = found
        if before != fingerprint:
            raise KeyReused
        return msgspec.json.decode(answer, type=kind)
