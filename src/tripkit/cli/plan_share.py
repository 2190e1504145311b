"""`tripkit plan share` and its like: who else is in a plan, and who owns it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tripkit.cli import completion
from tripkit.cli.command import Json, Quiet, User, command
from tripkit.cli.context import connected
from tripkit.cli.output import Column, Output, moment
from tripkit.cli.plan import app
from tripkit.cli.plan_form import Name
from tripkit.errors import InvalidInput, NotFound
from tripkit.schemas.members import MemberIn, MemberOut, MemberPatch, TransferIn
from tripkit.schemas.sharing import Role

if TYPE_CHECKING:
    from tripkit.cli.backend import Backend

Who = Annotated[str, typer.Argument(metavar="WHO", help="A username, or an email address.")]
Invitation = Annotated[int, typer.Argument(metavar="INVITATION", help="Its number (see `plan invitations`).")]

_FIELDS = ("id", "status", "role", "username", "email", "invited_by", "created_at", "expires_at", "offered_at")
_COLUMNS = (
    Column("#", lambda member: str(member.id), whole=True),
    Column("Who", lambda member: member.username or member.email),
    Column("Role", lambda member: member.role, whole=True),
    Column("", lambda member: _note(member), whole=True),
    Column("Since", lambda member: moment(member.created_at), from_width=80, whole=True),
    Column("Let in by", lambda member: member.invited_by or "", from_width=100),
)
_INVITATION_COLUMNS = (
    Column("#", lambda invitation: str(invitation.id), whole=True),
    Column("Plan", lambda invitation: invitation.title),
    Column("Of", lambda invitation: invitation.owner),
    Column("Role", lambda invitation: invitation.role, whole=True),
    Column("Until", lambda invitation: moment(invitation.expires_at), whole=True),
)


@command(app, "share", answer="schemas.members.MemberOut", example="tripkit plan share kyoto bob --role editor")
def share(
    ctx: typer.Context,
    plan: Name,
    who: Who,
    role: Annotated[
        str, typer.Option("--role", help="viewer or editor.", autocompletion=completion.member_roles)
    ] = "viewer",
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Let somebody into a plan, or change what they may in it.

    Who is named by username is a member at once. An email address is sent an invitation, which is good for 14 days.
    """
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    form = convert(MemberIn, {"role": role, "email" if "@" in who else "username": who}, text=True)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        known = _known(backend, plan_id, who)
        if known is None:
            made = backend.plan_members.invite(plan_id, form)
        else:
            made = backend.plan_members.set_role(plan_id, known, MemberPatch(form.role))
    if made.status == "member":
        out.done(made, f"{made.username} is {_a(made.role)} of plan {plan_id} now.", created=known is None)
    else:
        told = f"{made.email} is invited to plan {plan_id} as {_a(made.role)}."
        out.done(made, told, created=known is None)


@command(app, "unshare", answer="schemas.members.SharingOut", example="tripkit plan unshare kyoto bob")
def unshare(
    ctx: typer.Context, plan: Name, who: Who, user: User = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Put a member out of a plan, or take an invitation back; at once."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        backend.plan_members.remove(plan_id, backend.plan_members.resolve(plan_id, who))
        left = backend.plan_members.sharing(plan_id)
    out.done(left, f"{who} has no access to plan {plan_id} any more.")


@command(app, "members", answer="schemas.members.MemberOut[]", example="tripkit plan members kyoto --json")
def members(ctx: typer.Context, plan: Name, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """List who else is in a plan; its owner sees invitations as well.

    In a pipe, without header: number, member or invited, role, username, email address, let in by, since, until when
    an invitation is good, and since when the plan itself is offered.
    """
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        found = backend.plan_members.all(backend.plans.resolve(plan))
    out.records(found, _FIELDS, _COLUMNS, empty="Nobody else is in this plan.")


@command(app, "leave", answer="schemas.plans.PlanOut", example="tripkit plan leave kyoto")
def leave(ctx: typer.Context, plan: Name, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Leave a plan of somebody else."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        before = backend.plans.get(backend.plans.resolve(plan))
        backend.plan_members.leave(before.id)
    out.done(before, f'You left plan {before.id} "{before.title}". {before.user} may let you in again.')


@command(
    app,
    "transfer",
    answer="schemas.members.SharingOut | schemas.plans.PlanOut",
    example="tripkit plan transfer kyoto bob",
)
def transfer(
    ctx: typer.Context,
    plan: Name,
    who: Annotated[
        str | None, typer.Argument(metavar="WHO", help="The username of the member who is to own it.")
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Own the plan that was offered to you.")] = False,
    decline: Annotated[
        bool, typer.Option("--decline", help="Decline the plan that was offered to you, or take your offer back.")
    ] = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Offer a plan to a member, who becomes its owner by accepting. Whoever owned it is an editor then."""
    out = Output(json=json, quiet=quiet)
    if [who is not None, accept, decline].count(True) != 1:
        raise InvalidInput("Say to whom to offer the plan, or --accept, or --decline.")
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        done: Any
        if who is not None:
            done = backend.plan_transfer.offer(plan_id, TransferIn(who))
            told = f"Plan {plan_id} is offered to {who}: `tripkit plan transfer {plan_id} --accept` accepts it."
        elif accept:
            done = backend.plan_transfer.accept(plan_id)
            told = f"Plan {plan_id} is yours now."
        else:
            backend.plan_transfer.withdraw(plan_id)
            done, told = backend.plan_members.sharing(plan_id), f"Plan {plan_id} is not offered any more."
    out.done(done, told)


@command(app, "invitations", answer="schemas.members.PlanInvitation[]", example="tripkit plan invitations")
def invitations(ctx: typer.Context, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """List the invitations to plans that wait for you, at the email address that you have confirmed.

    In a pipe, without header: number, number of the plan, title, owner, role, since, until.
    """
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        found = backend.plan_invitations.of()
    fields = ("id", "plan_id", "title", "owner", "role", "created_at", "expires_at")
    out.records(found, fields, _INVITATION_COLUMNS, empty="No invitation waits for you.")


@command(app, "join", answer="schemas.plans.PlanOut | schemas.members.PlanInvitation[]", example="tripkit plan join 7")
def join(
    ctx: typer.Context,
    invitation: Invitation,
    decline: Annotated[bool, typer.Option("--decline", help="Throw the invitation away.")] = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Accept an invitation to a plan, or decline it."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        if decline:
            backend.plan_invitations.decline(invitation)
            out.done(backend.plan_invitations.of(), f"Declined invitation {invitation}.")
        else:
            plan = backend.plan_invitations.accept(invitation)
            out.done(plan, f'Plan {plan.id} "{plan.title}" is among your plans now; you are {_a(plan.role)}.')


def _known(backend: "Backend", plan_id: int, who: str) -> int | None:
    """The number of who is in the plan, or invited, already."""
    try:
        return backend.plan_members.resolve(plan_id, who)
    except NotFound:
        return None


def _a(role: Role) -> str:
    return f"{'a' if role == 'viewer' else 'an'} {role}"


def _note(member: MemberOut) -> str:
    if member.expires_at is not None:
        return f"invited until {moment(member.expires_at)}"
    return "is offered the plan" if member.offered_at else ""
