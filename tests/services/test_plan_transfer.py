"""Plans that get another owner."""

from collections.abc import Callable
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import Forbidden, NotFound, ValidationFailed
from tripkit.schemas.audit import AuditQuery
from tripkit.schemas.members import MemberIn, MemberOut, TransferIn
from tripkit.schemas.plans import PlanOut, PlanQuery
from tripkit.schemas.users import Actor
from tripkit.services.policy import OPERATOR


@pytest.fixture
def plan(tripkit: Tripkit, ada: Actor, make_plan: Callable[..., PlanOut]) -> PlanOut:
    return make_plan(ada)


@pytest.fixture
def member(tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut) -> MemberOut:
    """Bob, who is a viewer of Ada's plan."""
    return tripkit.plan_members.invite(ada, plan.id, MemberIn(username="bob"))


def offer(tripkit: Tripkit, actor: Actor, plan: PlanOut, username: str = "bob") -> dict[str | None, bool]:
    found = tripkit.plan_transfer.offer(actor, plan.id, TransferIn(username))
    return {each.username: each.offered_at is not None for each in found.members}


def test_a_plan_is_handed_over_by_an_offer_and_its_acceptance(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, member: MemberOut
) -> None:
    assert offer(tripkit, ada, plan) == {"bob": True}
    assert (tripkit.plans.get(ada, plan.id).role, tripkit.plans.get(bob, plan.id).role) == ("owner", "viewer")
    taken = tripkit.plan_transfer.accept(bob, plan.id)
    assert (taken.role, taken.user, taken.version) == ("owner", "bob", plan.version + 3)
    assert tripkit.plans.get(ada, plan.id).role == "editor"
    [former] = tripkit.plan_members.all(bob, plan.id)
    assert (former.username, former.role, former.invited_by, former.offered_at) == ("ada", "editor", None, None)
    assert [each.role for each in tripkit.plans.page(bob, PlanQuery(role="owner")).results] == ["owner"]
    with pytest.raises(NotFound):
        tripkit.plan_transfer.accept(bob, plan.id)
    tripkit.plan_members.leave(ada, plan.id)
    with pytest.raises(NotFound):
        tripkit.plans.get(ada, plan.id)


def test_a_later_offer_ends_the_earlier(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, member: MemberOut, make_user: Any
) -> None:
    eve = make_user("eve")
    tripkit.plan_members.invite(ada, plan.id, MemberIn(username="eve"))
    offer(tripkit, ada, plan, "eve")
    assert offer(tripkit, ada, plan, "BOB") == {"bob": True, "eve": False}
    with pytest.raises(NotFound, match="no offer of the plan"):
        tripkit.plan_transfer.accept(eve, plan.id)


@pytest.mark.parametrize("username", ["ada", "eve", "nobody", "disabled"])
def test_it_is_offered_to_members_alone(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, member: MemberOut, make_user: Any, username: str
) -> None:
    make_user("eve")
    disabled = make_user("disabled")
    tripkit.plan_members.invite(ada, plan.id, MemberIn(username="disabled"))
    tripkit.administration.set_active(OPERATOR, disabled.user_id, active=False)
    with pytest.raises(ValidationFailed) as failed:
        offer(tripkit, ada, plan, username)
    assert list(failed.value.errors) == ["username"]


def test_who_is_not_the_owner_offers_nothing_and_withdraws_nothing_of_others(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, member: MemberOut, make_user: Any
) -> None:
    eve = make_user("eve")
    tripkit.plan_members.invite(ada, plan.id, MemberIn("editor", "eve"))
    with pytest.raises(Forbidden):
        offer(tripkit, eve, plan, "eve")
    offer(tripkit, ada, plan)
    with pytest.raises(NotFound):
        tripkit.plan_transfer.withdraw(eve, plan.id)
    assert tripkit.plan_transfer.accept(bob, plan.id).role == "owner"
    with pytest.raises(Forbidden):
        offer(tripkit, ada, plan, "eve")


@pytest.mark.parametrize("who", ["ada", "bob"])
def test_an_offer_is_taken_back_or_declined(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, member: MemberOut, who: str
) -> None:
    actor = {"ada": ada, "bob": bob}[who]
    with pytest.raises(NotFound):
        tripkit.plan_transfer.withdraw(actor, plan.id)
    offer(tripkit, ada, plan)
    tripkit.plan_transfer.withdraw(actor, plan.id)
    assert [each.offered_at for each in tripkit.plan_members.all(ada, plan.id)] == [None]
    with pytest.raises(NotFound):
        tripkit.plan_transfer.accept(bob, plan.id)


@pytest.mark.parametrize("ended", ["removed", "left", "trashed"])
def test_what_has_ended_is_not_accepted(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, member: MemberOut, ended: str
) -> None:
    offer(tripkit, ada, plan)
    if ended == "removed":
        tripkit.plan_members.remove(ada, plan.id, member.id)
    elif ended == "left":
        tripkit.plan_members.leave(bob, plan.id)
    else:
        tripkit.plans.trash(ada, plan.id)
    with pytest.raises(NotFound):
        tripkit.plan_transfer.accept(bob, plan.id)


def test_accepting_raced_by_removal_has_one_winner(
    tripkit: Tripkit, ada: Actor, bob: Actor, make_plan: Any, in_threads: Any
) -> None:
    for _ in range(6):
        plan = make_plan(ada)
        member = tripkit.plan_members.invite(ada, plan.id, MemberIn(username="bob"))
        offer(tripkit, ada, plan)
        work: list[Callable[[], Any]] = [
            lambda plan=plan, member=member: tripkit.plan_members.remove(ada, plan.id, member.id),
            lambda plan=plan: tripkit.plan_transfer.accept(bob, plan.id),
        ]
        outcomes = in_threads(2, lambda work=work: work.pop()(), tripkit.db)
        [failed] = [each for each in outcomes if isinstance(each, Exception)]
        if isinstance(failed, Forbidden):  # the plan is Bob's: Ada, an editor now, puts nobody out
            assert tripkit.plans.get(bob, plan.id).role == "owner"
            assert [each.username for each in tripkit.plan_members.all(bob, plan.id)] == ["ada"]
        else:  # Bob was put out first
            assert isinstance(failed, NotFound)
            assert tripkit.plans.get(ada, plan.id).role == "owner"
            assert tripkit.plan_members.all(ada, plan.id) == []


def test_it_is_recorded_with_numbers_alone(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, member: MemberOut
) -> None:
    offer(tripkit, ada, plan)
    tripkit.plan_transfer.accept(bob, plan.id)
    tripkit.plan_members.leave(ada, plan.id)
    found = tripkit.audit_trail.page(OPERATOR, AuditQuery(limit=4)).results[::-1]
    assert [(each.event, each.actor, each.subject) for each in found] == [
        ("member.added", ada.user_id, bob.user_id),
        ("plan.offered", ada.user_id, bob.user_id),
        ("plan.transferred", bob.user_id, bob.user_id),
        ("member.left", ada.user_id, ada.user_id),
    ]
    assert {bytes(each.details) for each in found[1:]} == {b'{"plan":%d}' % plan.id}
