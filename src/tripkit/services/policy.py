"""Who may do what: the only place that decides it. What is not allowed here is refused."""

from typing import Final

from tripkit.errors import Forbidden, NotFound
from tripkit.schemas.users import Actor

#: Whoever runs commands on the machine of the database: may administer accounts, owns no plans.
OPERATOR: Final = Actor(user_id=0, username="operator", is_admin=True)


def require_admin(actor: Actor) -> None:
    """Only administrators, and the operator, administer accounts."""
    if not actor.is_admin:
        raise Forbidden("Only an administrator may do this.")


def require_plan_access(actor: Actor, plan_id: int, owner_id: int) -> None:
    """Only its owner knows of a plan: to everybody else it does not exist."""
    if actor.user_id != owner_id:
        raise NotFound("plan", plan_id)
