"""Who else is in a plan: letting people in, changing what they may, putting them out, and leaving.

By username somebody is a member at once: usernames are no secret. By address somebody is invited, whether an account
has it or not, so that nobody can find out: see `plan_invitations`, which also lets them in.
"""

from datetime import datetime, timedelta
from typing import Any, Final

import peewee
from msgspec import UNSET

from tripkit.config import Settings
from tripkit.database import Command, Engine, Param, Statement, atomic, params
from tripkit.errors import Conflict, NotFound, ValidationFailed
from tripkit.mail import messages
from tripkit.models import PlanMember, User
from tripkit.schemas.members import MemberIn, MemberOut, MemberPatch, SharingOut
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.services import access_changes, addresses, names, policy, share_links
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock
from tripkit.services.links import Links, Page
from tripkit.services.one_time_tokens import new_secret
from tripkit.services.outbox import Outbox
from tripkit.services.parts import Part
from tripkit.services.plans import Plans

#: How long an invitation is good for.
LIFETIME: Final = timedelta(days=14)
_IN_PLAN: Final = PlanMember.plan == Param("plan")
_THIS: Final = _IN_PLAN & (PlanMember.id == Param("id"))


def _members(*conditions: peewee.Expression) -> peewee.Query:
    inviter = User.alias()
    found = PlanMember.select(
        PlanMember.id,
        PlanMember.role,
        User.username,
        PlanMember.email,
        inviter.username,
        PlanMember.created_at,
        PlanMember.expires_at,
        PlanMember.offered_at,
    )
    found = found.left_outer_join(User, on=(PlanMember.user == User.id)).switch(PlanMember)
    found = found.left_outer_join(inviter, on=(PlanMember.invited_by == inviter.id))
    return found.where(*conditions, PlanMember.expires_at.is_null() | (PlanMember.expires_at > Param("now")))


def _read(
    member_id: int,
    role: Any,
    username: str | None,
    email: str | None,
    invited_by: str | None,
    created_at: datetime,
    expires_at: datetime | None,
    offered_at: datetime | None,
) -> MemberOut:
    status: Any = "invited" if username is None else "member"
    return MemberOut(member_id, status, role, username, email, invited_by, created_at, expires_at, offered_at)


ALL = Statement(lambda: _members(_IN_PLAN).order_by(PlanMember.id), record=_read)
ONE = Statement(lambda: _members(_THIS), record=_read)
ADD = Statement(
    lambda: PlanMember.insert(
        params(
            PlanMember.plan,
            PlanMember.user,
            PlanMember.role,
            PlanMember.invited_by,
            PlanMember.created_at,
            PlanMember.email,
            PlanMember.email_key,
            PlanMember.digest,
            PlanMember.expires_at,
        )
    ).returning(PlanMember.id),
    record=int,
)
SET_ROLE = Command(lambda: PlanMember.update(params(PlanMember.role)).where(_THIS))
REMOVE: Statement[int | None] = Statement(
    lambda: PlanMember.delete().where(_THIS).returning(PlanMember.user), record=lambda user_id: user_id
)
LEAVE = Command(lambda: PlanMember.delete().where(_IN_PLAN & (PlanMember.user == Param("user"))))
USER_OF: Statement[int | None] = Statement(
    lambda: PlanMember.select(PlanMember.user).where(_THIS), record=lambda user_id: user_id
)
FORGET_EXPIRED = Command(lambda: PlanMember.delete().where(_IN_PLAN & (PlanMember.expires_at <= Param("now"))))
ACCOUNT = Statement(
    lambda: User.select(User.id).where((User.username_key == Param("username_key")) & User.is_active), record=int
)
OWN_ADDRESS = Statement(lambda: User.select(User.email_key).where(User.id == Param("id")), record=str)


class PlanMembers:
    """Members of plans, and whom the owner invited."""

    def __init__(
        self,
        db: Engine,
        plans: Plans,
        outbox: Outbox,
        links: Links,
        audit: Audit,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self.db = db
        self._plans, self._outbox, self._links, self._audit = plans, outbox, links, audit
        self._clock, self._most = clock, settings.plans.max_members

    def sharing(self, actor: Actor, plan_id: int) -> SharingOut:
        """Who has access to a plan, and by which links."""
        plan = self._plans.get(actor, plan_id)
        links = share_links.of_plan(self.db, plan.id) if policy.may(plan.role, "see_links") else None
        return SharingOut(plan.id, plan.version, plan.user, self._of(plan), links)

    def all(self, actor: Actor, plan_id: int) -> list[MemberOut]:
        """Everybody in a plan but its owner; the owner sees invitations as well."""
        return self._of(self._plans.get(actor, plan_id))

    def resolve(self, actor: Actor, plan_id: int, who: str) -> int:
        """The number of the member or the invitation with this username or address; raises `NotFound`."""
        return names.member(who, self.all(actor, plan_id))

    @atomic
    def invite(self, actor: Actor, plan_id: int, form: MemberIn) -> MemberOut:
        """Let somebody into a plan, or invite them by mail. Raises `Conflict` for who is there already."""
        plan = self._plans.to_write(actor, plan_id, action="share")
        FORGET_EXPIRED.run(self.db, plan=plan.id, now=self._clock())
        there = self._of(plan)
        if len(there) >= self._most:
            raise Conflict(f"A plan may have {self._most} members and invitations. Remove one first.")
        if form.username is not UNSET and form.email is UNSET:
            member_id = self._admit(actor, plan, form.username, form, there)
        elif form.email is not UNSET and form.username is UNSET:
            member_id = self._mail(actor, plan, form.email, form, there)
        else:
            raise ValidationFailed({"username": ["or email has to be given: one of them, and not both."]})
        made = self._require(plan, member_id)
        self._plans.touch(actor, plan, "access.add" if made.username else "access.invite", self.part(plan, None, made))
        return made

    @atomic
    def set_role(self, actor: Actor, plan_id: int, member_id: int, form: MemberPatch) -> MemberOut:
        """Change what a member may, or will as soon as the invitation is accepted."""
        plan = self._plans.to_write(actor, plan_id, action="share")
        before = self._require(plan, member_id)
        SET_ROLE.run(self.db, plan=plan.id, id=member_id, role=form.role)
        after = self._require(plan, member_id)
        self._plans.touch(actor, plan, "access.role", self.part(plan, before, after))
        return after

    @atomic
    def remove(self, actor: Actor, plan_id: int, member_id: int) -> None:
        """Put a member out, or take an invitation back; at once."""
        plan = self._plans.to_write(actor, plan_id, action="share")
        before = self._require(plan, member_id)
        gone = self.part(plan, before, None)
        user_id = REMOVE.one(self.db, plan=plan.id, id=member_id)
        self._plans.touch(actor, plan, "access.remove", gone)
        if user_id is not None:
            self._audit.record(Event.MEMBER_REMOVED, actor, subject=user_id, plan=plan.id)

    @atomic
    def leave(self, actor: Actor, plan_id: int) -> None:
        """Be a member no more. Raises `Conflict` for the owner, without whom there would be no plan."""
        plan = self._plans.to_write(actor, plan_id, action="leave")
        if plan.role == "owner":
            raise Conflict("You own this plan, so you cannot leave it. Transfer it to a member first, or delete it.")
        LEAVE.run(self.db, plan=plan.id, user=actor.user_id)
        self._plans.touch(actor, plan, "access.leave", access_changes.member(actor.user_id, plan.role, None))
        self._audit.record(Event.MEMBER_LEFT, actor, plan=plan.id)

    def part(self, plan: PlanOut, before: MemberOut | None, after: MemberOut | None) -> Part[Any]:
        """What becomes of somebody who is there still, for the log of changes."""
        named = after or before
        assert named is not None
        was, now = (None if each is None else each.role for each in (before, after))
        user_id = USER_OF.one(self.db, plan=plan.id, id=named.id)
        if user_id is None:
            return access_changes.invitation(named.id, was, now)
        return access_changes.member(user_id, was, now)

    def _of(self, plan: PlanOut) -> list[MemberOut]:
        policy.require_plan_access(plan.id, plan.role, "see_members")
        found = ALL.all(self.db, plan=plan.id, now=self._clock())
        return found if policy.may(plan.role, "share") else [each for each in found if each.status == "member"]

    def _require(self, plan: PlanOut, member_id: int) -> MemberOut:
        found = ONE.one(self.db, plan=plan.id, id=member_id, now=self._clock())
        if found is None:
            raise NotFound("member", member_id)
        return found

    def _admit(self, actor: Actor, plan: PlanOut, username: str, form: MemberIn, there: list[MemberOut]) -> int:
        user_id = ACCOUNT.one(self.db, username_key=username.casefold())
        if user_id is None:
            raise ValidationFailed({"username": ["is nobody's here. Invite by email address who has no account yet."]})
        if user_id == actor.user_id:
            raise ValidationFailed({"username": ["is your own: you are the owner of this plan."]})
        for each in there:
            if each.username is not None and each.username.casefold() == username.casefold():
                raise Conflict(f"{each.username} is a member of this plan already, as {each.role}.")
        member_id = self._add(actor, plan, form, user=user_id)
        self._audit.record(Event.MEMBER_ADDED, actor, subject=user_id, plan=plan.id, role=form.role)
        return member_id

    def _mail(self, actor: Actor, plan: PlanOut, email: str, form: MemberIn, there: list[MemberOut]) -> int:
        policy.require_reachable(actor)
        shown, email_key = addresses.normalize(email)
        if email_key == OWN_ADDRESS.one(self.db, id=actor.user_id):
            raise ValidationFailed({"email": ["is your own: you are the owner of this plan."]})
        if any(each.email is not None and addresses.key(each.email) == email_key for each in there):
            raise Conflict(f"{shown} is invited to this plan already. To mail it again, take that back first.")
        token, digest = new_secret()
        until = self._clock() + LIFETIME
        member_id = self._add(actor, plan, form, email=shown, email_key=email_key, digest=digest, expires_at=until)
        link, hours = self._links.to(Page.PLAN_INVITATION, token), LIFETIME // timedelta(hours=1)
        message = messages.plan_invitation(shown, inviter=actor.username, title=plan.title, link=link, hours=hours)
        self._outbox.put(message, actor.user_id)
        self._audit.record(Event.MEMBER_INVITED, actor, plan=plan.id, role=form.role)
        return member_id

    def _add(self, actor: Actor, plan: PlanOut, form: MemberIn, **who: Any) -> int:
        nobody = dict.fromkeys(("user", "email", "email_key", "digest", "expires_at"))
        made = {"plan": plan.id, "role": form.role, "invited_by": actor.user_id, "created_at": self._clock()}
        return ADD.one(self.db, **nobody | made | who) or 0
