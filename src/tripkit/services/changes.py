"""The log of what was changed in plans: it grows with each change, by as much as that changes."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
import peewee
from msgspec import Raw

from tripkit.database import Command, Engine, Param, Statement, params
from tripkit.models import Change, User
from tripkit.schemas.changes import ChangeAction
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.services.parts import Part, Rows

_WRITTEN: Final = (
    Change.plan,
    Change.version,
    Change.at,
    Change.before_at,
    Change.actor,
    Change.via,
    Change.action,
    Change.target,
    Change.parts,
)
_OF_PLAN: Final = Change.plan == Param("plan")
_decode: Final = msgspec.json.Decoder(list[Part[Raw]]).decode
#: Rows that are deleted in one unit, for which others wait.
_AT_ONCE: Final = 500


class Logged(msgspec.Struct, frozen=True):
    """A change as it is kept, with the name of whoever made it, if there is such an account."""

    version: int
    at: datetime
    before_at: datetime
    actor: int
    via: str
    action: ChangeAction
    target: int | None
    parts: list[Part[Raw]]
    user: str | None
    #: Of the parts, in bytes.
    size: int = 0


def _logged(*columns: Any) -> Logged:
    version, at, before_at, actor, via, action, target, parts, user = columns
    size = memoryview(parts).nbytes
    return Logged(version, at, before_at, actor, via, action, target, _decode(parts), user, size)


def _rows(*conditions: peewee.Expression) -> peewee.Query:
    found = Change.select(*_WRITTEN[1:], User.username).join(User, peewee.JOIN.LEFT_OUTER, on=(User.id == Change.actor))
    return found.where(_OF_PLAN, *conditions).order_by(Change.version.desc())


APPEND: Final = Command(lambda: Change.insert(params(*_WRITTEN)))
ONE: Final = Statement(lambda: _rows(Change.version == Param("version")), record=_logged)
FIRST_TRANSFER: Final = Statement(
    lambda: _rows(Change.action == "access.transfer").order_by(Change.version).limit(1), record=_logged
)
BEFORE: Final = Statement(lambda: _rows(Change.version < Param("version")), record=_logged)
AFTER: Final = Statement(lambda: _rows(Change.version > Param("version")), record=_logged)
NEXT: Final = Statement(
    lambda: _rows(Change.version > Param("version")).order_by(Change.version).limit(Param("limit")), record=_logged
)
LATEST: Final = Statement(lambda: Change.select(peewee.fn.COALESCE(peewee.fn.MAX(Change.id), 0)), record=int)
NEWS: Final = Statement(
    lambda: Change.select(Change.plan, Change.version).where(Change.id > Param("after")).order_by(Change.id),
    record=lambda plan, version: (plan, version),
)
HEADS: Final = Statement(
    lambda: (
        Change.select(Change.version, Change.actor, Change.target, Change.action)
        .where(_OF_PLAN)
        .order_by(Change.version.desc())
    ),
    record=lambda *columns: Head(*columns),
)
OLDEST: Final = Statement(
    lambda: Change.select(Change.version, Change.before_at).where(_OF_PLAN).order_by(Change.version).limit(1),
    record=lambda version, before_at: (version, before_at),
)
FORGET: Final = Command(
    lambda: Change.delete().where(
        Change.id.in_(Change.select(Change.id).where(Change.at < Param("until")).order_by(Change.at).limit(_AT_ONCE))
    )
)


class Head(msgspec.Struct, frozen=True):
    """What a change was, without what it changed."""

    version: int
    actor: int
    target: int | None
    action: ChangeAction


def record(
    db: Engine,
    actor: Actor,
    before: PlanOut,
    after: PlanOut,
    action: ChangeAction,
    written: tuple[Part[Any] | Rows | None, ...],
    target: int | None = None,
) -> None:
    """Append the change that made one version of a plan the next."""
    parts: list[Part[Any]] = []
    for each in written:
        if isinstance(each, Rows):
            parts += each.changed(db)
        elif each is not None:
            parts.append(each)
    APPEND.run(
        db,
        plan=after.id,
        version=after.version,
        at=after.updated_at,
        before_at=before.updated_at,
        actor=actor.user_id,
        via=actor.via,
        action=action,
        target=target,
        parts=msgspec.json.encode(parts).decode(),
    )


def since(db: Engine, plan: PlanOut, version: int) -> Iterator[Logged]:
    """The changes that made the plan of this version the present one, newest first."""
    return AFTER.each(db, plan=plan.id, version=version)


def forget(db: Engine, until: datetime) -> int:
    """Delete some of the changes from before a moment, the oldest first; how many those were."""
    return FORGET.run(db, until=until)
