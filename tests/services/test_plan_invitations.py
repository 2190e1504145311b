"""Invitations to plans: by mail, for an address, and for nobody who only claims it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from tripkit.bootstrap import Tripkit
from tripkit.errors import Conflict, InvalidToken, NotFound
from tripkit.mail.base import Message
from tripkit.schemas.administration import InvitationIn, InviteIn
from tripkit.schemas.members import MemberIn, MemberOut, MemberPatch
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor, Client, ResetIn, UserPatch
from tripkit.services.outbox import WAITING
from tripkit.services.plan_members import LIFETIME
from tripkit.services.policy import OPERATOR

CLIENT = Client("192.0.2.7", "tests", "request-7")
GRACE = "grace@example.org"


@pytest.fixture
def owner(tripkit: Tripkit, ada: Actor) -> Actor:
    tripkit.administration.verify(OPERATOR, ada.user_id)
    return msgspec.structs.replace(ada, is_verified=True)


@pytest.fixture
def plan(owner: Actor, make_plan: Callable[..., PlanOut]) -> PlanOut:
    return make_plan(owner)


@pytest.fixture
def invite(tripkit: Tripkit, owner: Actor, plan: PlanOut) -> Callable[..., MemberOut]:
    """Invite an address into the plan of Ada."""

    def invite(email: str = GRACE, role: Any = "viewer") -> MemberOut:
        return tripkit.plan_members.invite(owner, plan.id, MemberIn(role, UNSET, email))

    return invite


@pytest.fixture
def mailed(tripkit: Tripkit) -> Callable[[str], list[Message]]:
    """The mail of a kind that waits to be sent, in order."""

    def mailed(kind: str) -> list[Message]:
        found = [msgspec.json.decode(each[1], type=Message) for each in WAITING.all(tripkit.db)]
        return [each for each in found if each.kind == kind]

    return mailed


@pytest.fixture
def token(mailed: Any) -> Callable[..., str]:
    """The token in the last mail of a kind."""

    def token(kind: str = "plan_invitation") -> str:
        return re.search(r"\?token=([\w-]+)", mailed(kind)[-1].text)[1]  # type: ignore[index]

    return token


def role(tripkit: Tripkit, actor: Actor | int, plan: PlanOut) -> str | None:
    if isinstance(actor, int):
        actor = Actor(actor, "")
    try:
        return tripkit.plans.get(actor, plan.id).role
    except NotFound:
        return None


# --- inviting -------------------------------------------------------------------------------------------------------


def test_an_invitation_is_mailed_and_listed_and_opens_nothing(
    tripkit: Tripkit, owner: Actor, plan: PlanOut, invite: Any, mailed: Any, clock: Any
) -> None:
    made = invite("Grace@Example.org", "editor")
    assert made == MemberOut(
        made.id, "invited", "editor", None, "Grace@example.org", "ada", clock.now, clock.now + LIFETIME, None
    )
    assert tripkit.plan_members.all(owner, plan.id) == [made]
    [mail] = mailed("plan_invitation")
    assert mail.to == "Grace@example.org"
    assert "ada invites you" in mail.subject
    assert "Kyoto" in mail.text
    assert "/account/plan-invitation?token=" in mail.text
    assert "within 14 days" in " ".join(mail.text.split())


@pytest.mark.parametrize("known", ["nobody", "unverified", "verified", "disabled", "member"])
def test_what_is_answered_does_not_tell_whether_an_account_has_the_address(
    tripkit: Tripkit, owner: Actor, plan: PlanOut, invite: Any, make_user: Any, mailed: Any, known: str
) -> None:
    if known != "nobody":
        grace = make_user("grace")
        if known != "unverified":
            tripkit.administration.verify(OPERATOR, grace.user_id)
        if known == "disabled":
            tripkit.administration.set_active(OPERATOR, grace.user_id, active=False)
        if known == "member":
            tripkit.plan_members.invite(owner, plan.id, MemberIn(username="grace"))
    made = msgspec.structs.replace(invite(), id=1)
    assert msgspec.structs.astuple(made)[:6] == (1, "invited", "viewer", None, GRACE, "ada")
    assert tripkit.plan_members.all(owner, plan.id)[-1].username is None
    assert [each.to for each in mailed("plan_invitation")] == [GRACE]


def test_an_address_is_invited_once_until_the_invitation_is_over(
    tripkit: Tripkit, owner: Actor, plan: PlanOut, invite: Any, mailed: Any, clock: Any
) -> None:
    first = invite()
    with pytest.raises(Conflict, match="invited to this plan already"):
        invite("GRACE@example.org")
    tripkit.plan_members.remove(owner, plan.id, first.id)
    invite()
    clock.advance(days=14)
    assert tripkit.plan_members.all(owner, plan.id) == []
    invite()
    assert len(mailed("plan_invitation")) == 3
    assert tripkit.db.execute("SELECT count(*) FROM plan_members").fetchone()[0] == 1


def test_two_invitations_at_once_are_one(tripkit: Tripkit, invite: Any, mailed: Any, in_threads: Any) -> None:
    outcomes = in_threads(4, invite, tripkit.db)
    assert sorted(type(each).__name__ for each in outcomes) == ["Conflict"] * 3 + ["MemberOut"]
    assert len(mailed("plan_invitation")) == 1


# --- accepting ------------------------------------------------------------------------------------------------------


def test_who_has_verified_the_address_sees_the_invitation_and_accepts(
    tripkit: Tripkit, owner: Actor, plan: PlanOut, invite: Any, make_user: Any
) -> None:
    grace = make_user("grace")
    tripkit.administration.verify(OPERATOR, grace.user_id)
    made = invite(role="editor")
    [waiting] = tripkit.plan_invitations.of(grace)
    assert (waiting.id, waiting.plan_id, waiting.title, waiting.owner, waiting.role) == (
        made.id, plan.id, "Kyoto", "ada", "editor",
    )  # fmt: skip
    assert role(tripkit, grace, plan) is None
    assert tripkit.plan_invitations.accept(grace, waiting.id).role == "editor"
    assert tripkit.plan_invitations.of(grace) == []
    [member] = tripkit.plan_members.all(owner, plan.id)
    assert (member.id, member.status, member.username, member.email) == (made.id, "member", "grace", None)
    assert tripkit.plans.get(owner, plan.id).version == plan.version + 2


def test_an_address_that_is_only_claimed_opens_nothing(
    tripkit: Tripkit, plan: PlanOut, invite: Any, make_user: Any, token: Any
) -> None:
    made = invite()
    impostor = make_user("impostor")
    tripkit.administration.edit(OPERATOR, impostor.user_id, UserPatch(email=GRACE))
    assert tripkit.plan_invitations.of(impostor) == []
    for work in (tripkit.plan_invitations.accept, tripkit.plan_invitations.decline):
        with pytest.raises(NotFound):
            work(impostor, made.id)
    # ... not even when the mailbox's owner follows the link.
    with pytest.raises(Conflict, match="No account has confirmed the address"):
        tripkit.plan_invitations.accept_mailed(token(), CLIENT)
    assert role(tripkit, impostor, plan) is None


def test_nobody_accepts_what_is_for_another_address(tripkit: Tripkit, plan: PlanOut, invite: Any, bob: Actor) -> None:
    tripkit.administration.verify(OPERATOR, bob.user_id)
    made = invite()
    for work in (tripkit.plan_invitations.accept, tripkit.plan_invitations.decline):
        with pytest.raises(NotFound):
            work(bob, made.id)


def test_an_invitation_is_declined(tripkit: Tripkit, owner: Actor, plan: PlanOut, invite: Any, make_user: Any) -> None:
    grace = make_user("grace")
    tripkit.administration.verify(OPERATOR, grace.user_id)
    made = invite()
    tripkit.plan_invitations.decline(grace, made.id)
    assert tripkit.plan_members.all(owner, plan.id) == tripkit.plan_invitations.of(grace) == []
    with pytest.raises(NotFound):
        tripkit.plan_invitations.accept(grace, made.id)


def test_the_link_lets_in_the_account_of_the_address_once(
    tripkit: Tripkit, plan: PlanOut, invite: Any, make_user: Any, token: Any
) -> None:
    grace = make_user("grace")
    tripkit.administration.verify(OPERATOR, grace.user_id)
    invite(role="editor")
    link = token()
    assert tripkit.plan_invitations.peek(link).title == "Kyoto"
    assert role(tripkit, grace, plan) is None
    tripkit.plan_invitations.accept_mailed(link, CLIENT)
    assert role(tripkit, grace, plan) == "editor"
    for work in (tripkit.plan_invitations.peek, lambda link: tripkit.plan_invitations.accept_mailed(link, CLIENT)):
        with pytest.raises(InvalidToken, match="Ask for another"):
            work(link)


@pytest.mark.parametrize("ended", ["removed", "expired", "trashed", "declined", "owner deleted"])
def test_what_has_ended_is_not_accepted(
    tripkit: Tripkit, owner: Actor, plan: PlanOut, invite: Any, make_user: Any, token: Any, clock: Any, ended: str
) -> None:
    grace = make_user("grace")
    tripkit.administration.verify(OPERATOR, grace.user_id)
    made, link = invite(), token()
    match ended:
        case "removed":
            tripkit.plan_members.remove(owner, plan.id, made.id)
        case "expired":
            clock.advance(days=14)
        case "trashed":
            tripkit.plans.trash(owner, plan.id)
        case "declined":
            tripkit.plan_invitations.decline(grace, made.id)
        case "owner deleted":
            tripkit.administration.delete(OPERATOR, owner.user_id)
    assert tripkit.plan_invitations.of(grace) == []
    with pytest.raises(NotFound):
        tripkit.plan_invitations.accept(grace, made.id)
    with pytest.raises(InvalidToken):
        tripkit.plan_invitations.accept_mailed(link, CLIENT)
    tripkit.plan_invitations.bind(grace.user_id)
    assert role(tripkit, grace, plan) is None


def test_a_member_who_is_invited_as_well_stays_what_they_are(
    tripkit: Tripkit, owner: Actor, plan: PlanOut, invite: Any, make_user: Any
) -> None:
    grace = make_user("grace")
    tripkit.administration.verify(OPERATOR, grace.user_id)
    made = invite(role="editor")
    member = tripkit.plan_members.invite(owner, plan.id, MemberIn(username="grace"))
    assert tripkit.plan_invitations.accept(grace, made.id).role == "viewer"
    assert tripkit.plan_members.all(owner, plan.id) == [member]


def test_the_role_may_change_before_it_is_accepted(
    tripkit: Tripkit, owner: Actor, plan: PlanOut, invite: Any, make_user: Any
) -> None:
    made = invite(role="editor")
    assert tripkit.plan_members.set_role(owner, plan.id, made.id, MemberPatch("viewer")).status == "invited"
    grace = make_user("grace")
    tripkit.administration.verify(OPERATOR, grace.user_id)
    assert role(tripkit, grace, plan) == "viewer"


# --- whoever verifies the address later -----------------------------------------------------------------------------


def _by_link(tripkit: Tripkit, make_user: Any, token: Any) -> int:
    grace = make_user("grace")
    tripkit.email_verification.verify(token("verify_email"), CLIENT)
    return int(grace.user_id)


def _by_reset(tripkit: Tripkit, make_user: Any, token: Any) -> int:
    grace = make_user("grace")
    tripkit.password_reset.request(GRACE, CLIENT)
    new = "an entirely new phrase"
    tripkit.password_reset.confirm(ResetIn(token("reset_password"), new, new), CLIENT)
    return int(grace.user_id)


def _by_invitation(tripkit: Tripkit, make_user: Any, token: Any) -> int:
    invited = tripkit.invitations.invite(OPERATOR, InviteIn(GRACE))
    new = "an entirely new phrase"
    tripkit.invitations.accept(InvitationIn(invited.token, new, new), CLIENT)
    return invited.user.id


def _by_change(tripkit: Tripkit, make_user: Any, token: Any) -> int:
    grace = make_user("gracie")
    tripkit.email_change.request(grace, GRACE)
    tripkit.email_change.confirm(token("confirm_new_email"), CLIENT)
    return int(grace.user_id)


def _by_administrator(tripkit: Tripkit, make_user: Any, token: Any) -> int:
    grace = make_user("grace")
    tripkit.administration.verify(OPERATOR, grace.user_id)
    return int(grace.user_id)


@pytest.mark.parametrize("way", [_by_link, _by_reset, _by_invitation, _by_change, _by_administrator])
def test_who_verifies_the_address_later_is_let_in_then(
    tripkit: Tripkit,
    owner: Actor,
    plan: PlanOut,
    make_plan: Any,
    invite: Any,
    make_user: Any,
    token: Any,
    way: Callable[..., int],
) -> None:
    other = make_plan(owner, title="Nara")
    tripkit.plan_members.invite(owner, other.id, MemberIn("viewer", UNSET, GRACE))
    tripkit.plan_members.invite(owner, other.id, MemberIn("viewer", UNSET, "somebody.else@example.org"))
    made = invite("GRACE@Example.Org", "editor")
    user_id = way(tripkit, make_user, token)
    assert (role(tripkit, user_id, plan), role(tripkit, user_id, other)) == ("editor", "viewer")
    [member] = tripkit.plan_members.all(owner, plan.id)
    assert (member.id, member.status, member.email) == (made.id, "member", None)
    assert [each.status for each in tripkit.plan_members.all(owner, other.id)] == ["member", "invited"]


def test_signing_up_with_the_address_lets_nobody_in(
    tripkit: Tripkit, plan: PlanOut, invite: Any, make_user: Any
) -> None:
    invite()
    assert role(tripkit, make_user("grace"), plan) is None


def test_an_invitation_lasts_for_the_time_that_the_mail_says(
    tripkit: Tripkit, plan: PlanOut, invite: Any, make_user: Any, clock: Any
) -> None:
    invite()
    clock.now += LIFETIME - timedelta(seconds=1)
    grace = make_user("grace")
    clock.advance(seconds=1)
    tripkit.administration.verify(OPERATOR, grace.user_id)
    assert role(tripkit, grace, plan) is None


def test_a_link_raced_by_its_removal_opens_or_is_gone(
    tripkit: Tripkit, owner: Actor, plan: PlanOut, invite: Any, make_user: Any, token: Any, in_threads: Any
) -> None:
    grace = make_user("grace")
    tripkit.administration.verify(OPERATOR, grace.user_id)
    for _ in range(5):
        made, link = invite(), token()
        work: list[Callable[[], Any]] = [
            lambda made=made: tripkit.plan_members.remove(owner, plan.id, made.id),
            lambda link=link: tripkit.plan_invitations.accept_mailed(link, CLIENT),
        ]
        outcomes = in_threads(2, lambda work=work: work.pop()(), tripkit.db)
        failed = [each for each in outcomes if isinstance(each, Exception)]
        assert all(isinstance(each, NotFound | InvalidToken) for each in failed), failed
        # The removal wins in the end: either it came first, or it put the member out.
        assert role(tripkit, grace, plan) is None
        assert tripkit.plan_members.all(owner, plan.id) == []
