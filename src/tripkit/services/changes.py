"""The log of what was changed in plans: it grows with each change, by as much as that changes."""

from typing import Any, Final

import msgspec

from tripkit.database import Command, Engine, params
from tripkit.models import Change
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
APPEND: Final = Command(lambda: Change.insert(params(*_WRITTEN)))


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
