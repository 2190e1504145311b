"""Who else is in a plan, and who is to own it."""

from typing import Final

from sanic import Request
from sanic.response import HTTPResponse

from tripkit.schemas.members import (
    MemberIn,
    MemberList,
    MemberOut,
    MemberPatch,
    PlanInvitationList,
    SharingOut,
    TransferIn,
)
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.server import limits
from tripkit.server.conditional import tagged
from tripkit.server.idempotency import IDEMPOTENT, write_once
from tripkit.server.routing import Resource, json_response

routes: Final = Resource("sharing", "/api/plans/{plan_id}/share")
invitations: Final = Resource("sharing", "/api/invitations")

_NEW: Final = {"plan_id": "$request.path.plan_id", "member_id": "$response.body#/id"}


@routes.get("/", scope="plans:read", answer=SharingOut)
async def get_sharing(request: Request, actor: Actor, plan_id: int) -> SharingOut:
    """See who has access to a plan."""
    ctx = request.app.ctx
    found: SharingOut = await ctx.bridge.read(ctx.tripkit.plan_members.sharing, actor, plan_id)
    return found


@routes.get("/members/", scope="plans:read", answer=MemberList)
async def list_members(request: Request, actor: Actor, plan_id: int) -> MemberList:
    """List the members of a plan. Its owner sees invitations as well."""
    ctx = request.app.ctx
    return MemberList(await ctx.bridge.read(ctx.tripkit.plan_members.all, actor, plan_id))


@routes.post(
    "/members/",
    scope="plans:write",
    body=MemberIn,
    answer=MemberOut,
    status=201,
    problems=(409,),
    headers=IDEMPOTENT,
    limits=limits.INVITE,
    links=dict.fromkeys(("change_member", "remove_member"), _NEW),
)
async def invite_member(request: Request, actor: Actor, plan_id: int, body: MemberIn) -> HTTPResponse:
    """Let somebody into a plan.

    By username somebody is a member at once. By email address somebody is invited by mail, whether an account has that
    address or not: who has confirmed it accepts, and who confirms it later is let in then. Your own address has to be
    confirmed for that.
    """
    ctx = request.app.ctx
    member, headers = await write_once(request, MemberOut, ctx.tripkit.plan_members.invite, actor, plan_id, body)
    return json_response(member, 201, {"location": f"{ctx.base_url}/api/plans/{plan_id}/share/members/", **headers})


@routes.delete("/members/me/", scope="plans:write", status=204, problems=(409,))
async def leave_plan(request: Request, actor: Actor, plan_id: int) -> None:
    """Leave a plan of somebody else."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.plan_members.leave, actor, plan_id)


@routes.patch("/members/{member_id}/", scope="plans:write", body=MemberPatch, answer=MemberOut)
async def change_member(request: Request, actor: Actor, plan_id: int, member_id: int, body: MemberPatch) -> MemberOut:
    """Give a member, or somebody who is invited, another role."""
    ctx = request.app.ctx
    member: MemberOut = await ctx.bridge.write(ctx.tripkit.plan_members.set_role, actor, plan_id, member_id, body)
    return member


@routes.delete("/members/{member_id}/", scope="plans:write", status=204)
async def remove_member(request: Request, actor: Actor, plan_id: int, member_id: int) -> None:
    """Put a member out of a plan, or take an invitation back. It acts at once."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.plan_members.remove, actor, plan_id, member_id)


@routes.post("/transfer/", scope="plans:write", body=TransferIn, answer=SharingOut, problems=(409,), headers=IDEMPOTENT)
async def offer_plan(request: Request, actor: Actor, plan_id: int, body: TransferIn) -> HTTPResponse:
    """Offer a plan to a member, who becomes its owner by accepting. An earlier offer ends."""
    ctx = request.app.ctx
    found, headers = await write_once(request, SharingOut, ctx.tripkit.plan_transfer.offer, actor, plan_id, body)
    return json_response(found, headers=headers)


@routes.delete("/transfer/", scope="plans:write", status=204)
async def withdraw_offer(request: Request, actor: Actor, plan_id: int) -> None:
    """Take the offer of a plan back, as its owner, or decline it, as the member it was made to."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.plan_transfer.withdraw, actor, plan_id)


@routes.post("/transfer/accept/", scope="plans:write", answer=PlanOut, problems=(409,), headers=IDEMPOTENT)
async def accept_plan(request: Request, actor: Actor, plan_id: int) -> HTTPResponse:
    """Own a plan that was offered to you. Whoever owned it is an editor then."""
    ctx = request.app.ctx
    plan, headers = await write_once(request, PlanOut, ctx.tripkit.plan_transfer.accept, actor, plan_id)
    return tagged(request, plan, headers=headers)


@invitations.get("/", scope="plans:read", answer=PlanInvitationList)
async def list_plan_invitations(request: Request, actor: Actor) -> PlanInvitationList:
    """List the invitations to plans that wait for you: those to the address that you have confirmed."""
    ctx = request.app.ctx
    return PlanInvitationList(await ctx.bridge.read(ctx.tripkit.plan_invitations.of, actor))


@invitations.post("/{invitation_id}/accept/", scope="plans:write", answer=PlanOut, problems=(409,), headers=IDEMPOTENT)
async def accept_plan_invitation(request: Request, actor: Actor, invitation_id: int) -> HTTPResponse:
    """Accept an invitation to a plan."""
    ctx = request.app.ctx
    accept = ctx.tripkit.plan_invitations.accept
    plan, headers = await write_once(request, PlanOut, accept, actor, invitation_id)
    return tagged(request, plan, headers=headers)


@invitations.delete("/{invitation_id}/", scope="plans:write", status=204)
async def decline_plan_invitation(request: Request, actor: Actor, invitation_id: int) -> None:
    """Decline an invitation to a plan."""
    ctx = request.app.ctx
    await ctx.bridge.write(ctx.tripkit.plan_invitations.decline, actor, invitation_id)
