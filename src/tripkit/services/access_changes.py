"""Changes of who has access, as the log of a plan has them: by the numbers of people, whose names are looked up when it
is read. Of somebody whose account is gone no name is left.
"""

from typing import Any, Final

import msgspec
from msgspec import Raw

from tripkit.database import Engine, Param, Statement
from tripkit.models import User
from tripkit.schemas.sharing import Role
from tripkit.services.changes import Logged
from tripkit.services.parts import Part

MEMBER: Final = "member"
OWNER: Final = "owner"
NAME: Final = Statement(lambda: User.select(User.username).where(User.id == Param("id")), record=str)


def member(user_id: int, before: Role | None, after: Role | None) -> Part[Any]:
    """Somebody got a role, has another one, or none any more."""
    was, now = (None if role is None else {"role": role} for role in (before, after))
    return Part(MEMBER, user_id, "", was, now)


def invitation(invitation_id: int, before: Role | None, after: Role | None) -> Part[Any]:
    """Somebody was invited, or is not any more; to which address is nobody's business but the owner's."""
    was, now = (None if role is None else {"role": role} for role in (before, after))
    return Part("invitation", invitation_id, "", was, now)


def link(link_id: int, *, made: bool = False, gone: bool = False) -> Part[Any]:
    """A link was made, changed or revoked. Not everybody who reads the log may see more of it."""
    return Part("link", link_id, "", None if made else {}, None if gone else {})


def offer(user_id: int, *, offered: bool) -> Part[Any]:
    """The plan was offered to a member, or is not any more."""
    return Part(MEMBER, user_id, "", {"is_offered": not offered}, {"is_offered": offered})


def owner(plan_id: int, before: int, after: int) -> Part[Any]:
    """The plan has another owner."""
    return Part(OWNER, plan_id, "", {"owner": before}, {"owner": after})


def named(db: Engine, change: Logged) -> Logged:
    """A change with the names of the people that it is about."""
    if not change.action.startswith("access."):
        return change
    return msgspec.structs.replace(change, parts=[_named(db, part) for part in change.parts])


def first_owner(db: Engine, transfer: Logged) -> str | None:
    """The name of whoever had a plan before it was handed over."""
    [before] = [part.before for part in transfer.parts if part.part == OWNER]
    return _name(db, (before or {})["owner"])


def _named(db: Engine, part: Part[Raw]) -> Part[Raw]:
    if part.part == MEMBER:
        return msgspec.structs.replace(part, label=NAME.one(db, id=part.id) or "")
    if part.part == OWNER:
        before, after = (
            {"owner": Raw(msgspec.json.encode(_name(db, (of or {})["owner"])))} for of in (part.before, part.after)
        )
        return msgspec.structs.replace(part, before=before, after=after)
    return part


def _name(db: Engine, user_id: Raw) -> str | None:
    return NAME.one(db, id=msgspec.json.decode(user_id, type=int))
