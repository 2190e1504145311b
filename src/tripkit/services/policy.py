"""Who may do what: the only place that decides it. What is not allowed here is refused."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from tripkit.errors import Forbidden, InsufficientScope, NotFound, ReauthenticationRequired
from tripkit.schemas.api_tokens import Scope
from tripkit.schemas.users import Actor

#: Whoever runs commands on the machine of the database: may administer accounts, owns no plans.
OPERATOR: Final = Actor(user_id=0, username="operator", is_admin=True)

#: How long a password or code that was given is good for.
RECENT: Final = timedelta(minutes=10)
#: Scopes that include another one.
_INCLUDED_IN: Final[Mapping[Scope, frozenset[Scope]]] = {"plans:read": frozenset({"plans:write"})}


def require_scope(actor: Actor, scope: Scope | None) -> None:
    """An API token may do what it was made for; what names no scope is closed to all of them."""
    if actor.scopes is None:
        return
    if scope is None or actor.scopes.isdisjoint({scope} | _INCLUDED_IN.get(scope, frozenset())):
        raise InsufficientScope(scope)


def refuse_api_tokens(actor: Actor) -> None:
    """A token can never change what its owner signs in with."""
    if actor.token_id is not None:
        raise InsufficientScope


def require_recent_authentication(actor: Actor, now: datetime) -> None:
    """Whoever found an open session may not take the account over. Commands ask for nothing."""
    refuse_api_tokens(actor)
    if actor.session_id is None:
        return
    if actor.authenticated_at is None or now - actor.authenticated_at >= RECENT:
        raise ReauthenticationRequired(RECENT // timedelta(minutes=1))


def require_admin(actor: Actor) -> None:
    """Only administrators, and the operator, administer accounts."""
    if not actor.is_admin:
        raise Forbidden("Only an administrator may do this.")


def require_plan_access(actor: Actor, plan_id: int, owner_id: int) -> None:
    """Only its owner knows of a plan: to everybody else it does not exist."""
    if actor.user_id != owner_id:
        raise NotFound("plan", plan_id)
