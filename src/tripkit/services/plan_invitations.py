"""Invitations to plans, from the side of who gets them.

An invitation is for an address. Only an account that has shown that the address is its own comes in by it: an address
is claimed by whoever writes it down. Whoever verifies one later is let in then (`bind`). Others accept: signed in, or
by the link in the mail, which opens nothing to an account of another address.
"""

from typing import Final

import peewee
from msgspec import Struct

from tripkit.database import Command, Engine, Param, Statement, atomic
from tripkit.errors import Conflict, InvalidToken, NotFound
from tripkit.models import Plan, PlanMember, User
from tripkit.schemas.members import MemberOut, MemberRole, PlanInvitation
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor, Client
from tripkit.services import access_changes
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock
from tripkit.services.one_time_tokens import digest_of
from tripkit.services.plan_members import ONE as MEMBER
from tripkit.services.plans import Plans

_OPEN: Final = PlanMember.user.is_null() & (PlanMember.expires_at > Param("now"))


def _invited(*columns: peewee.Node) -> peewee.ModelSelect:
    """Open invitations, with their plans and the owners of these."""
    found = PlanMember.select(PlanMember.id, Plan.id, Plan.title, User.username, PlanMember.role, *columns)
    found = found.join(Plan, on=(PlanMember.plan == Plan.id)).join(User, on=(Plan.owner == User.id))
    return found.where(_OPEN & Plan.trashed_at.is_null())


def _own_address() -> peewee.Query:
    own = User.alias()
    return own.select(own.email_key).where((own.id == Param("user")) & own.is_verified)


#: The invitations for the address that an account has verified, in the order in which plans are held.
FOR_ACCOUNT = Statement(
    lambda: (
        _invited(PlanMember.created_at, PlanMember.expires_at)
        .where(PlanMember.email_key == _own_address())
        .order_by(Plan.id)
    ),
    record=PlanInvitation,
)


class Mailed(Struct, frozen=True):
    """What a link in a mail invites to."""

    id: int
    plan_id: int
    title: str
    owner: str
    role: MemberRole
    email: str
    email_key: str


MAILED = Statement(
    lambda: _invited(PlanMember.email, PlanMember.email_key).where(PlanMember.digest == Param("digest")), record=Mailed
)
OF_ADDRESS = Statement(
    lambda: User.select(User.id).where((User.email_key == Param("email_key")) & User.is_verified & User.is_active),
    record=int,
)
HAS_ROLE = Statement(
    lambda: Plan.select(Plan.id).where(
        (Plan.id == Param("plan"))
        & (
            (Plan.owner == Param("user"))
            | Plan.id.in_(PlanMember.select(PlanMember.plan).where(PlanMember.user == Param("user")))
        )
    ),
    record=int,
)
BIND = Command(
    lambda: PlanMember.update(
        {
            PlanMember.user: Param("user"),
            PlanMember.email: None,
            PlanMember.email_key: None,
            PlanMember.digest: None,
            PlanMember.expires_at: None,
        }
    ).where(_OPEN & (PlanMember.id == Param("id")))
)
DROP = Command(lambda: PlanMember.delete().where(_OPEN & (PlanMember.id == Param("id"))))


class ByAddress(Actor, frozen=True):
    """Whoever has shown that an address is theirs: for that nobody has to sign in."""

    @property
    def via(self) -> str:
        return "address"


class PlanInvitations:
    """What people are invited to, and their coming in."""

    def __init__(self, db: Engine, plans: Plans, audit: Audit, clock: Clock) -> None:
        self.db = db
        self._plans, self._audit, self._clock = plans, audit, clock

    def of(self, actor: Actor) -> list[PlanInvitation]:
        """What waits for the actor: invitations for the address that the account has verified."""
        return FOR_ACCOUNT.all(self.db, user=actor.user_id, now=self._clock())

    @atomic
    def accept(self, actor: Actor, invitation_id: int) -> PlanOut:
        """Become a member; the plan."""
        plan_id = self._require(actor, invitation_id)
        self._admit(invitation_id, plan_id, actor)
        return self._plans.get(actor, plan_id)

    @atomic
    def decline(self, actor: Actor, invitation_id: int) -> None:
        """Throw an invitation away."""
        plan = self._plans.to_admit(self._require(actor, invitation_id))
        gone = access_changes.invitation(invitation_id, self._held(plan, invitation_id).role, None)
        DROP.run(self.db, id=invitation_id, now=self._clock())
        self._plans.touch(actor, plan, "access.decline", gone)

    @atomic
    def bind(self, user_id: int) -> None:
        """Let an account in wherever its address was invited, now that it has shown that the address is its own."""
        for invitation in FOR_ACCOUNT.all(self.db, user=user_id, now=self._clock()):
            self._admit(invitation.id, invitation.plan_id, ByAddress(user_id, ""))

    def peek(self, token: str) -> Mailed:
        """What a mailed token invites to; it stays good. Raises `InvalidToken`."""
        found = MAILED.one(self.db, digest=digest_of(token), now=self._clock())
        if found is None:
            raise InvalidToken("it is unknown, was used before, or has expired", "Ask for another invitation.")
        return found

    @atomic
    def accept_mailed(self, token: str, client: Client) -> Mailed:
        """Let in the account that has verified the address. Raises `InvalidToken`, and `Conflict` if there is none."""
        found = self.peek(token)
        user_id = OF_ADDRESS.one(self.db, email_key=found.email_key)
        if user_id is None:
            raise Conflict(
                f"No account has confirmed the address {found.email} yet. Sign up with it, or confirm it in your "
                "account: with that you are let in."
            )
        self._admit(found.id, found.plan_id, ByAddress(user_id, "", client=client))
        return found

    def _require(self, actor: Actor, invitation_id: int) -> int:
        """The plan of an invitation to the actor; others are told nothing of it."""
        for each in self.of(actor):
            if each.id == invitation_id:
                return each.plan_id
        raise NotFound("invitation", invitation_id)

    def _admit(self, invitation_id: int, plan_id: int, actor: Actor) -> None:
        """Turn an invitation into a member, unless the account has a role in the plan: that is the owner's word too."""
        plan = self._plans.to_admit(plan_id)
        invitation = self._held(plan, invitation_id)
        if HAS_ROLE.one(self.db, plan=plan.id, user=actor.user_id) is not None:
            DROP.run(self.db, id=invitation_id, now=self._clock())
            self._plans.touch(
                actor, plan, "access.join", access_changes.invitation(invitation_id, invitation.role, None)
            )
            return
        BIND.run(self.db, id=invitation_id, user=actor.user_id, now=self._clock())
        self._plans.touch(actor, plan, "access.join", access_changes.member(actor.user_id, None, invitation.role))
        self._audit.record(Event.MEMBER_JOINED, actor, plan=plan.id)

    def _held(self, plan: PlanOut, invitation_id: int) -> MemberOut:
        """An invitation to a plan that this unit holds; raises `NotFound` if it was taken back since it was found."""
        found = MEMBER.one(self.db, plan=plan.id, id=invitation_id, now=self._clock())
        if found is None or found.status != "invited":
            raise NotFound("invitation", invitation_id)
        return found
