"""Who may do what: the only place that decides it. What is not allowed here is refused."""

from typing import Final

import peewee

from tripkit.errors import Forbidden, NotFound
from tripkit.models import Plan, User
from tripkit.schemas.users import Actor

#: Whoever runs commands on the machine of the database: may administer accounts, owns no plans.
OPERATOR: Final = Actor(user_id=0, username="operator", is_admin=True)


def require_admin(actor: Actor) -> None:
    """Only administrators, and the operator, administer accounts."""
    if not actor.is_admin:
        raise Forbidden("Only an administrator may do this.")


def require_session(actor: Actor) -> None:
    """Only somebody who has signed in themselves decides how else they may."""
    if actor.session_id is None:
        raise Forbidden("Sign in to do this: a token or a command may not.")


def require_plan_access(actor: Actor, plan_id: int, owner_id: int) -> None:
    """Only its owner knows of a plan: to everybody else it does not exist."""
    if actor.user_id != owner_id:
        raise NotFound("plan", plan_id)


def is_public() -> peewee.Expression:
    """What everybody may read, in queries of plans and their owners: what people with an active account published."""
    return is_published() & User.is_active


def is_published() -> peewee.Expression:
    """Plans that are published and not in the trash, whoever owns them: the index of the gallery holds just these."""
    # The status stands in the SQL itself: a parameter could be anything, so the index would not be used.
    return peewee.ValueLiterals(Plan.status == "published") & Plan.trashed_at.is_null()
