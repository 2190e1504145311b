"""A plan gets another owner: it is offered to a member, who accepts. Whoever owned it is an editor then."""

from datetime import datetime
from typing import Final

from tripkit.database import Command, Engine, Param, Statement, atomic, params, row
from tripkit.errors import NotFound, ValidationFailed
from tripkit.models import Plan, PlanMember, User
from tripkit.schemas.members import SharingOut, TransferIn
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.services import access_changes
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock
from tripkit.services.plan_members import PlanMembers
from tripkit.services.plans import Plans

_IN_PLAN: Final = PlanMember.plan == Param("plan")
_OFFERED: Final = _IN_PLAN & PlanMember.offered_at.is_null(False)
CANDIDATE = Statement(
    lambda: (
        PlanMember.select(PlanMember.id, User.id, User.username)
        .join(User, on=(PlanMember.user == User.id))
        .where(_IN_PLAN & (User.username_key == Param("username_key")) & User.is_active)
    ),
    record=row,
)
OFFER = Command(lambda: PlanMember.update(params(PlanMember.offered_at)).where(PlanMember.id == Param("id")))
OFFERED = Statement(
    lambda: (
        PlanMember.select(PlanMember.id, User.id, User.username)
        .join(User, on=(PlanMember.user == User.id))
        .where(_OFFERED)
    ),
    record=row,
)
WITHDRAW = Command(lambda: PlanMember.update({PlanMember.offered_at: None}).where(_OFFERED))
#: The member who accepts gives the place in the plan to whoever owned it.
SWAP = Command(
    lambda: PlanMember.update(
        {
            PlanMember.user: Plan.select(Plan.owner).where(Plan.id == Param("plan")),
            PlanMember.role: "editor",
            PlanMember.invited_by: None,
            PlanMember.offered_at: None,
            PlanMember.created_at: Param("now"),
        }
    ).where(_OFFERED & (PlanMember.user == Param("user")))
)
OWNER = Statement(lambda: Plan.select(Plan.owner).where(Plan.id == Param("plan")), record=int)
SET_OWNER = Command(lambda: Plan.update({Plan.owner: Param("user")}).where(Plan.id == Param("plan")))


class PlanTransfer:
    """Offers plans, and hands them over."""

    def __init__(self, db: Engine, plans: Plans, members: PlanMembers, audit: Audit, clock: Clock) -> None:
        self.db = db
        self._plans, self._members, self._audit, self._clock = plans, members, audit, clock

    @atomic
    def offer(self, actor: Actor, plan_id: int, form: TransferIn) -> SharingOut:
        """Offer a plan to a member; an earlier offer is worth nothing any more."""
        plan = self._plans.to_write(actor, plan_id, action="transfer")
        found = CANDIDATE.one(self.db, plan=plan.id, username_key=form.username.casefold())
        if found is None:
            raise ValidationFailed({"username": ["is not a member of this plan who could own it. Invite them first."]})
        member_id, user_id, _ = found
        WITHDRAW.run(self.db, plan=plan.id)
        OFFER.run(self.db, id=member_id, offered_at=self._clock())
        self._plans.touch(actor, plan, "access.offer", access_changes.offer(user_id, offered=True))
        self._audit.record(Event.PLAN_OFFERED, actor, subject=user_id, plan=plan.id)
        return self._members.sharing(actor, plan_id)

    @atomic
    def withdraw(self, actor: Actor, plan_id: int) -> None:
        """Take an offer back, or decline the one that was made to the actor. Raises `NotFound` when there is none."""
        plan = self._plans.to_write(actor, plan_id, action="take_over")
        found = OFFERED.one(self.db, plan=plan.id)
        if found is None or (plan.role != "owner" and found[1] != actor.user_id):
            raise NotFound("offer of the plan", plan_id)
        WITHDRAW.run(self.db, plan=plan.id)
        self._plans.touch(actor, plan, "access.withdraw", access_changes.offer(found[1], offered=False))

    @atomic
    def accept(self, actor: Actor, plan_id: int) -> PlanOut:
        """Own a plan that was offered to the actor. Raises `NotFound` when it was not, or is not any more."""
        plan = self._plans.to_write(actor, plan_id, action="take_over")
        now: datetime = self._clock()
        owner_id = OWNER.one(self.db, plan=plan.id) or 0
        if not SWAP.run(self.db, plan=plan.id, user=actor.user_id, now=now):
            raise NotFound("offer of the plan", plan_id)
        SET_OWNER.run(self.db, plan=plan.id, user=actor.user_id)
        owner = access_changes.owner(plan.id, owner_id, actor.user_id)
        self._plans.touch(actor, plan, "access.transfer", owner)
        self._audit.record(Event.PLAN_TRANSFERRED, actor, plan=plan.id)
        return self._plans.get(actor, plan_id)
