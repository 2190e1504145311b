"""Who may do what: the only place that decides it. What is not allowed here is refused."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, get_args

import peewee

from tripkit.database import Param
from tripkit.errors import (
    EmailNotVerified,
    Forbidden,
    InsufficientScope,
    NotFound,
    ReauthenticationRequired,
    SignupClosed,
)
from tripkit.models import Plan, PlanMember, ShareLink, User
from tripkit.schemas.api_tokens import Scope
from tripkit.schemas.sharing import Action, Role
from tripkit.schemas.users import Actor

#: Whoever runs commands on the machine of the database: may administer accounts, owns no plans.
OPERATOR: Final = Actor(user_id=0, username="operator", is_admin=True)
#: Who asks, in queries of plans, where it may be anybody: the number of no account.
NOBODY: Final = 0

#: The least role that may do something with a plan.
NEEDED: Final[Mapping[Action, Role]] = {
    "read": "viewer",
    "copy": "viewer",
    "see_members": "viewer",
    "leave": "viewer",
    "take_over": "viewer",
    "edit": "editor",
    "see_links": "editor",
    "share": "owner",
    "publish": "owner",
    "trash": "owner",
    "transfer": "owner",
}
_RANK: Final[Mapping[Role, int]] = {role: rank for rank, role in enumerate(get_args(Role))}

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


def require_export(actor: Actor, user_id: int) -> None:
    """Everybody may have what is kept about them. Of others only the operator may: administrators read no plans."""
    if actor.user_id not in (user_id, OPERATOR.user_id):
        raise Forbidden("Only you yourself, or whoever runs the machine, may export your data.")


def require_signup(mode: str, *, invited: bool = False) -> None:
    """Whether `security.signup` lets people make their own account. (Administrators always may, for somebody.)"""
    if mode == "closed":
        raise SignupClosed("Sign-up is closed here: administrators make all accounts (security.signup).")
    if mode == "invite" and not invited:
        raise SignupClosed("Only people who were invited can sign up here. Ask an administrator for an invitation.")


def require_session(actor: Actor) -> None:
    """Only somebody who has signed in themselves decides how else they may."""
    if actor.session_id is None:
        raise Forbidden("Sign in to do this: a token or a command may not.")


def require_verified(actor: Actor, *, required: bool) -> None:
    """With `security.require_verified`, whoever has not confirmed their address manages their account, no more."""
    if required and not actor.is_verified:
        raise EmailNotVerified


def require_reachable(actor: Actor) -> None:
    """Mail to strangers is sent for people alone who can be asked about it. Commands are run by the operator."""
    if actor.via != "command line" and not actor.is_verified:
        raise EmailNotVerified


def may(role: Role, action: Action) -> bool:
    """Whether somebody with this role in a plan may do this with it."""
    return _RANK[role] >= _RANK[NEEDED[action]]


def require_plan_access(plan_id: int, role: Role | None, action: Action) -> None:
    """Whoever has no role in a plan knows nothing of it: to them it does not exist."""
    if role is None:
        raise NotFound("plan", plan_id)
    if not may(role, action):
        raise Forbidden(f"This takes the role {NEEDED[action]} in the plan {plan_id}; yours is {role}.")


def is_readable() -> peewee.Expression:
    """In queries of plans: those that the user with the id in the parameter `user` may read, in the trash or not."""
    # Both halves by an index, on both databases, which an OR would not be.
    own, other = Plan.alias(), PlanMember.alias()
    owned = own.select(own.id).where(own.owner == Param("user"))
    return Plan.id.in_(owned.union_all(other.select(other.plan).where(other.user == Param("user"))))


def is_shared() -> peewee.Expression:
    """In queries of plans: those of others that the user with the id in the parameter `user` may read."""
    other = PlanMember.alias()
    return Plan.id.in_(other.select(other.plan).where(other.user == Param("user")))


def has_role() -> peewee.Expression:
    """As `is_readable`, for queries that find plans otherwise: it asks for each, and not for all that there are."""
    return role().is_null(False)


def role() -> peewee.Case:
    """In queries of plans: what the user with the id in the parameter `user` is to each, or null for nothing."""
    # An alias, for queries that know the table of members already.
    member = PlanMember.alias()
    given = member.select(member.role).where((member.plan == Plan.id) & (member.user == Param("user")))
    return peewee.Case(None, ((Plan.owner == Param("user"), "owner"),), given)


def is_public() -> peewee.Expression:
    """What everybody may read, in queries of plans and their owners: what people with an active account published."""
    return is_published() & User.is_active


def is_published() -> peewee.Expression:
    """Plans that are published and not in the trash, whoever owns them: the index of the gallery holds just these."""
    # The status stands in the SQL itself: a parameter could be anything, so the index would not be used.
    return peewee.ValueLiterals(Plan.status == "published") & Plan.trashed_at.is_null()


def is_linked() -> peewee.Expression:
    """What whoever has a link may read, in queries of links, their plans and owners, at the moment in `now`."""
    lasts = ShareLink.expires_at.is_null() | (ShareLink.expires_at > Param("now", ShareLink.expires_at))
    return ShareLink.enabled & lasts & Plan.trashed_at.is_null() & User.is_active


def require_links(*, allowed: bool) -> None:
    """Whether `server.public_links` lets people share plans with whoever has a link."""
    if not allowed:
        raise Forbidden("Links are switched off on this server (server.public_links).")


def require_publishing(*, allowed: bool) -> None:
    """Whether `plans.gallery` lets people publish plans."""
    if not allowed:
        raise Forbidden("The gallery is switched off on this server (plans.gallery), so nothing can be published.")
