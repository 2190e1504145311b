"""Members of plans: who lets them in, what they may, and that it ends at once."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import msgspec
import pytest
from msgspec import UNSET

from tripkit.bootstrap import Tripkit
from tripkit.errors import Conflict, EmailNotVerified, Forbidden, NotFound, TripkitError, ValidationFailed
from tripkit.models import Change
from tripkit.schemas.changes import ChangeQuery
from tripkit.schemas.items import ItemIn, ItemMove
from tripkit.schemas.members import MemberIn, MemberOut, MemberPatch, TransferIn
from tripkit.schemas.plans import PlanOut, PlanPatch, PlanQuery
from tripkit.schemas.sharing import Action, Role
from tripkit.schemas.users import Actor, UserPatch
from tripkit.services import policy
from tripkit.services.item_places import complete
from tripkit.services.parts import Part
from tripkit.services.policy import OPERATOR

MakePlan = Callable[..., PlanOut]


@pytest.fixture
def plan(ada: Actor, make_plan: MakePlan) -> PlanOut:
    return make_plan(ada)


@pytest.fixture
def share(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[..., MemberOut]:
    """`share("bob", "editor")`: let somebody into the plan of Ada."""

    def share(username: str, role: Any = "viewer", plan_id: int = plan.id) -> MemberOut:
        return tripkit.plan_members.invite(ada, plan_id, MemberIn(role, username))

    return share


def titles(tripkit: Tripkit, actor: Actor, **query: Any) -> list[tuple[str, str]]:
    return [(each.title, each.role) for each in tripkit.plans.page(actor, PlanQuery(**query)).results]


# --- letting in -----------------------------------------------------------------------------------------------------


def test_somebody_is_let_in_by_username_at_once(
    tripkit: Tripkit, plan: PlanOut, bob: Actor, share: Any, clock: Any
) -> None:
    with pytest.raises(NotFound):
        tripkit.plans.get(bob, plan.id)
    made = share("BOB", "editor")
    assert made == MemberOut(made.id, "member", "editor", "bob", None, "ada", clock.now, None, None)
    seen = tripkit.plans.get(bob, plan.id)
    assert (seen.role, seen.user, seen.title) == ("editor", "ada", plan.title)
    assert tripkit.plan_members.all(bob, plan.id) == [made]


def test_whom_one_lets_in_counts_as_a_write_to_the_plan(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, bob: Actor, share: Any
) -> None:
    made = share("bob")
    tripkit.plan_members.set_role(ada, plan.id, made.id, MemberPatch("editor"))
    tripkit.plan_members.remove(ada, plan.id, made.id)
    assert tripkit.plans.get(ada, plan.id).version == plan.version + 3


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (MemberIn(), "username"),
        (MemberIn(username="bob", email="bob@example.org"), "username"),
        (MemberIn(username="nobody"), "username"),
        (MemberIn(username="ada"), "username"),
        (MemberIn(username="eve"), "username"),
        (MemberIn(email="ADA@example.org"), "email"),
        (MemberIn(email="no address"), "email"),
    ],
)
def test_what_is_wrong_is_named(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, make_user: Any, form: MemberIn, field: str
) -> None:
    tripkit.administration.set_active(OPERATOR, make_user("eve").user_id, active=False)
    tripkit.administration.verify(OPERATOR, ada.user_id)
    ada = msgspec.structs.replace(ada, is_verified=True)
    with pytest.raises(ValidationFailed) as failed:
        tripkit.plan_members.invite(ada, plan.id, form)
    assert list(failed.value.errors) == [field]
    assert tripkit.plan_members.all(ada, plan.id) == []
    assert tripkit.plans.get(ada, plan.id).version == plan.version


def test_nobody_is_let_in_twice(tripkit: Tripkit, ada: Actor, plan: PlanOut, bob: Actor, share: Any) -> None:
    share("bob")
    with pytest.raises(Conflict, match="member of this plan already, as viewer"):
        share("bob", "editor")
    assert tripkit.plans.get(bob, plan.id).role == "viewer"


def test_two_who_let_the_same_person_in_make_one_member(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, bob: Actor, share: Any, in_threads: Any
) -> None:
    outcomes = in_threads(4, lambda: share("bob"), tripkit.db)
    assert sorted(type(each).__name__ for each in outcomes) == ["Conflict"] * 3 + ["MemberOut"]
    assert len(tripkit.plan_members.all(ada, plan.id)) == 1


def test_a_plan_has_room_for_so_many(tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, share: Any) -> None:
    tripkit.plan_members._most = 1
    share("bob")
    with pytest.raises(Conflict, match="may have 1 members"):
        tripkit.plan_members.invite(ada, plan.id, MemberIn(username="nobody"))


# --- what they may --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_members_do_what_their_role_may_and_no_more(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, bob: Actor, make_user: Any, share: Any, role: str
) -> None:
    member, eve = share("bob", role), make_user("eve")
    tried: dict[str, Callable[[], Any]] = {
        "edit": lambda: tripkit.plans.edit(bob, plan.id, PlanPatch(title="Nara")),
        "item": lambda: tripkit.items.create(bob, plan.id, complete(ItemIn(title="Tea"))),
        "publish": lambda: tripkit.plans.edit(bob, plan.id, PlanPatch(status="published")),
        "trash": lambda: tripkit.plans.trash(bob, plan.id),
        "share": lambda: tripkit.plan_members.invite(bob, plan.id, MemberIn(username=eve.username)),
        "promote": lambda: tripkit.plan_members.set_role(bob, plan.id, member.id, MemberPatch("editor")),
        "remove": lambda: tripkit.plan_members.remove(bob, plan.id, member.id),
    }
    allowed = ("edit", "item") if role == "editor" else ()
    for name, work in tried.items():
        if name not in allowed:
            with pytest.raises(Forbidden, match=f"yours is {role}"):
                work()
        else:
            work()
    assert tripkit.plans.get(ada, plan.id).status == "draft"


def test_an_editor_may_archive_but_not_take_out_of_the_gallery(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, bob: Actor, share: Any
) -> None:
    share("bob", "editor")
    assert tripkit.plans.edit(bob, plan.id, PlanPatch(status="archived")).role == "editor"
    tripkit.plans.edit(ada, plan.id, PlanPatch(status="published"))
    with pytest.raises(Forbidden, match="takes the role owner"):
        tripkit.plans.edit(bob, plan.id, PlanPatch(status="draft"))
    assert tripkit.plans.edit(bob, plan.id, PlanPatch(title="Still public")).status == "published"


def test_an_item_is_moved_between_plans_by_who_may_write_to_both(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, bob: Actor, make_plan: MakePlan, share: Any
) -> None:
    share("bob", "viewer")
    own = make_plan(bob)
    item = tripkit.items.create(bob, own.id, complete(ItemIn(title="Tea")))
    with pytest.raises(Forbidden):
        tripkit.items.move(bob, own.id, item.id, ItemMove(plan_id=plan.id))
    theirs = tripkit.items.create(ada, plan.id, complete(ItemIn(title="Sake")))
    with pytest.raises(Forbidden):
        tripkit.items.move(bob, plan.id, theirs.id, ItemMove(plan_id=own.id))


# --- lists ----------------------------------------------------------------------------------------------------------


def test_lists_show_what_is_shared_with_the_role_in_one_order(
    tripkit: Tripkit, ada: Actor, bob: Actor, make_plan: MakePlan, share: Any, clock: Any
) -> None:
    plans = {}
    for number, (owner, title) in enumerate([(ada, "one"), (bob, "two"), (ada, "three"), (bob, "four"), (ada, "no")]):
        clock.advance(minutes=1)
        plans[title] = make_plan(owner, title=title, tags=["t"] if number % 2 else [])
    before = clock.now
    clock.now = plans["one"].created_at
    share("bob", "viewer", plans["one"].id)
    clock.now = plans["three"].created_at
    share("bob", "editor", plans["three"].id)
    clock.now = before
    everything = [("four", "owner"), ("three", "editor"), ("two", "owner"), ("one", "viewer")]
    assert titles(tripkit, bob) == everything
    assert titles(tripkit, bob, ordering="updated_at") == everything[::-1]
    assert titles(tripkit, bob, ordering="title") == sorted(everything)
    assert titles(tripkit, bob, role="owner") == [everything[0], everything[2]]
    assert titles(tripkit, bob, role="editor") == [("three", "editor")]
    assert titles(tripkit, bob, role="viewer") == [("one", "viewer")]
    assert titles(tripkit, bob, tag="t") == [("four", "owner"), ("two", "owner")]
    assert titles(tripkit, ada, role="editor") == []
    for limit in (1, 2, 3, 4):
        found, cursor = [], None
        while True:
            page = tripkit.plans.page(bob, PlanQuery(limit=limit, cursor=cursor))
            found += [(each.title, each.role) for each in page.results]
            if (cursor := page.cursor) is None:
                break
        assert found == everything


def test_plans_are_named_by_title_by_who_may_read_them(tripkit: Tripkit, bob: Actor, plan: PlanOut, share: Any) -> None:
    with pytest.raises(NotFound):
        tripkit.plans.resolve(bob, "kyoto")
    share("bob")
    assert tripkit.plans.resolve(bob, "kyoto") == plan.id


def test_the_trash_is_the_owners(tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, share: Any) -> None:
    share("bob", "editor")
    tripkit.plans.trash(ada, plan.id)
    assert titles(tripkit, bob) == titles(tripkit, bob, trashed=True) == []
    with pytest.raises(NotFound):
        tripkit.plans.get(bob, plan.id)
    with pytest.raises(NotFound):
        tripkit.plans.resolve(bob, plan.title, trashed=True)
    with pytest.raises(Forbidden):
        tripkit.plans.restore(bob, plan.id)
    tripkit.plans.restore(ada, plan.id)
    assert titles(tripkit, bob) == [(plan.title, "editor")]


# --- the end of it --------------------------------------------------------------------------------------------------


def test_who_is_removed_knows_nothing_of_the_plan_any_more(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, share: Any
) -> None:
    member = share("bob", "editor")
    tripkit.plan_members.remove(ada, plan.id, member.id)
    for work in (
        lambda: tripkit.plans.get(bob, plan.id),
        lambda: tripkit.plans.edit(bob, plan.id, PlanPatch(title="Mine")),
        lambda: tripkit.plan_members.all(bob, plan.id),
        lambda: tripkit.plan_members.leave(bob, plan.id),
        lambda: tripkit.plan_members.remove(ada, plan.id, member.id),
    ):
        with pytest.raises(NotFound):
            work()
    assert titles(tripkit, bob) == []


@pytest.fixture
def meanwhile(tripkit: Tripkit) -> Iterator[Callable[[Callable[[], Any]], None]]:
    """`meanwhile(work)`: somebody else has done this, and commits it while what follows waits for that."""
    pool = ThreadPoolExecutor(1)
    done = threading.Event()

    def start(work: Callable[[], Any]) -> None:
        def unit() -> None:
            work()
            done.set()
            time.sleep(0.2)

        pool.submit(lambda: (tripkit.db.unit(unit), tripkit.db.close()))
        assert done.wait(10)

    yield start
    pool.shutdown()


def test_a_write_that_waited_for_a_removal_is_refused(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, share: Any, meanwhile: Any
) -> None:
    member = share("bob", "editor")
    meanwhile(lambda: tripkit.plan_members.remove(ada, plan.id, member.id))
    with pytest.raises(NotFound):
        tripkit.plans.edit(bob, plan.id, PlanPatch(title="Mine"))
    assert tripkit.plans.get(ada, plan.id).title == plan.title


def test_a_write_that_waited_for_another_owner_is_that_of_an_editor(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, share: Any, meanwhile: Any
) -> None:
    share("bob")
    tripkit.plan_transfer.offer(ada, plan.id, TransferIn("bob"))
    meanwhile(lambda: tripkit.plan_transfer.accept(bob, plan.id))
    with pytest.raises(Forbidden, match="yours is editor"):
        tripkit.plans.trash(ada, plan.id)
    assert tripkit.plans.edit(ada, plan.id, PlanPatch(title="Ours")).user == "bob"


def test_members_leave_and_the_owner_cannot(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, share: Any
) -> None:
    share("bob")
    tripkit.plan_members.leave(bob, plan.id)
    with pytest.raises(NotFound):
        tripkit.plans.get(bob, plan.id)
    with pytest.raises(Conflict, match="Transfer it to a member first"):
        tripkit.plan_members.leave(ada, plan.id)


def test_a_member_of_another_plan_is_not_reached_through_ones_own(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, make_plan: MakePlan, make_user: Any, share: Any
) -> None:
    make_user("eve")
    member, own = share("eve"), make_plan(bob)
    for work in (
        lambda: tripkit.plan_members.remove(bob, own.id, member.id),
        lambda: tripkit.plan_members.set_role(bob, own.id, member.id, MemberPatch("editor")),
    ):
        with pytest.raises(NotFound):
            work()
    assert tripkit.plan_members.all(ada, plan.id) == [member]


def test_a_deleted_account_is_no_member_and_takes_its_plans_along(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, make_user: Any, share: Any
) -> None:
    share("bob")
    tripkit.administration.delete(OPERATOR, bob.user_id)
    assert tripkit.plan_members.all(ada, plan.id) == []
    eve = make_user("eve")
    share("eve")
    tripkit.administration.delete(OPERATOR, ada.user_id)
    with pytest.raises(NotFound):
        tripkit.plans.get(eve, plan.id)
    assert tripkit.db.execute("SELECT count(*) FROM plan_members").fetchone()[0] == 0


def test_a_member_stays_one_while_the_account_is_disabled(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, share: Any
) -> None:
    share("bob")
    tripkit.administration.set_active(OPERATOR, bob.user_id, active=False)
    assert [each.username for each in tripkit.plan_members.all(ada, plan.id)] == ["bob"]
    tripkit.administration.set_active(OPERATOR, ada.user_id, active=False)
    tripkit.administration.set_active(OPERATOR, bob.user_id, active=True)
    assert tripkit.plans.get(bob, plan.id).user == "ada"


# --- invitations by address -----------------------------------------------------------------------------------------


def test_mail_to_strangers_is_sent_for_who_can_be_reached(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> None:
    form = MemberIn("editor", UNSET, "grace@example.org")
    with pytest.raises(EmailNotVerified):
        tripkit.plan_members.invite(ada, plan.id, form)
    command = msgspec.structs.replace(ada, session_id=None)
    assert tripkit.plan_members.invite(command, plan.id, form).status == "invited"


def test_only_the_owner_sees_invitations(tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, share: Any) -> None:
    share("bob", "editor")
    owner = msgspec.structs.replace(ada, is_verified=True)
    tripkit.plan_members.invite(owner, plan.id, MemberIn(email="grace@example.org"))
    assert [each.email for each in tripkit.plan_members.all(ada, plan.id)] == [None, "grace@example.org"]
    assert [each.username for each in tripkit.plan_members.sharing(bob, plan.id).members] == ["bob"]


def test_members_and_invitations_are_named_by_username_or_address(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, share: Any
) -> None:
    member = share("bob")
    owner = msgspec.structs.replace(ada, is_verified=True)
    invited = tripkit.plan_members.invite(owner, plan.id, MemberIn(email="Grace@Example.org"))
    assert tripkit.plan_members.resolve(ada, plan.id, "Bob") == member.id
    assert tripkit.plan_members.resolve(ada, plan.id, "grace@EXAMPLE.org") == invited.id
    for unknown in ("nobody", "bob@example.org", ""):
        with pytest.raises(NotFound):
            tripkit.plan_members.resolve(ada, plan.id, unknown)


# --- the policy -----------------------------------------------------------------------------------------------------


def test_everything_that_can_be_done_is_in_the_table_and_for_each_role_as_documented() -> None:
    assert set(policy.NEEDED) == set(get_args(Action))
    may = {role: {action for action in get_args(Action) if policy.may(role, action)} for role in get_args(Role)}
    assert may["viewer"] == {"read", "copy", "see_members", "leave", "take_over"}
    assert may["editor"] == may["viewer"] | {"edit", "see_links"}
    assert may["owner"] == may["editor"] | {"share", "publish", "trash", "transfer"}


def test_who_has_no_role_is_told_nothing_whatever_they_want() -> None:
    for action in policy.NEEDED:
        with pytest.raises(NotFound):
            policy.require_plan_access(7, None, action)


def test_a_profile_that_changes_stays_a_member(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, share: Any
) -> None:
    share("bob")
    tripkit.administration.edit(OPERATOR, bob.user_id, UserPatch(username="robert", email="robert@example.org"))
    assert [each.username for each in tripkit.plan_members.all(ada, plan.id)] == ["robert"]
    assert tripkit.plans.get(bob, plan.id).role == "viewer"
    with pytest.raises(TripkitError):
        share("bob")


# --- the log of changes ---------------------------------------------------------------------------------------------


def test_who_has_access_is_a_part_of_the_log_which_names_no_address(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, share: Any
) -> None:
    member = share("bob")
    tripkit.plan_members.set_role(ada, plan.id, member.id, MemberPatch("editor"))
    tripkit.plan_transfer.offer(ada, plan.id, TransferIn("bob"))
    tripkit.plan_transfer.accept(bob, plan.id)
    tripkit.plan_members.leave(ada, plan.id)
    owner = msgspec.structs.replace(bob, session_id=None)
    tripkit.plan_members.invite(owner, plan.id, MemberIn(email="ada@example.org"))
    tripkit.administration.verify(OPERATOR, ada.user_id)
    tripkit.plan_members.remove(owner, plan.id, member.id + 1)
    with tripkit.db.database.bind_ctx([Change]):
        log = list(Change.select().where(Change.plan == plan.id).order_by(Change.version))
    found = [msgspec.json.decode(each.parts, type=list[Part[Any]])[0] for each in log]
    assert [(each.action, each.actor) for each in log] == [
        ("access.add", ada.user_id),
        ("access.role", ada.user_id),
        ("access.offer", ada.user_id),
        ("access.transfer", bob.user_id),
        ("access.leave", ada.user_id),
        ("access.invite", bob.user_id),
        ("access.join", ada.user_id),
        ("access.remove", bob.user_id),
    ]
    assert found == [
        Part("member", bob.user_id, "", None, {"role": "viewer"}),
        Part("member", bob.user_id, "", {"role": "viewer"}, {"role": "editor"}),
        Part("member", bob.user_id, "", {"is_offered": False}, {"is_offered": True}),
        Part("owner", plan.id, "", {"owner": ada.user_id}, {"owner": bob.user_id}),
        Part("member", ada.user_id, "", {"role": "editor"}, None),
        Part("invitation", member.id + 1, "", None, {"role": "viewer"}),
        Part("member", ada.user_id, "", None, {"role": "viewer"}),
        Part("member", ada.user_id, "", {"role": "viewer"}, None),
    ]
    shown = tripkit.history.page(owner, plan.id, ChangeQuery()).results
    assert [each.summary for each in shown] == [
        "Put ada out.",
        "Joined as viewer.",
        "Invited somebody as viewer.",
        "Left the plan.",
        "Took the plan over.",
        "Offered the plan to bob.",
        "Made bob editor.",
        "Let bob in as viewer.",
        "Made the plan.",
    ]
    assert shown[-1].user == "ada", "who owned it then"
    assert b"@" not in msgspec.json.encode(shown)
    for change in shown[:-1]:
        with pytest.raises(Conflict, match="about who has access"):
            tripkit.history.undo(owner, plan.id, change.version)
    tripkit.administration.delete(OPERATOR, ada.user_id)
    assert b"ada" not in msgspec.json.encode(tripkit.history.page(owner, plan.id, ChangeQuery()).results)
    assert [each.version for each in log] == list(range(2, 10))
