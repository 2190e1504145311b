"""What was done with plans, and the ways back."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import Conflict, Forbidden, NewerChange, NotFound, StaleVersion, VersionUnknown
from tripkit.models import Change, PlanMember
from tripkit.schemas.changes import ChangeOut, ChangeQuery
from tripkit.schemas.checks import IgnoredIn
from tripkit.schemas.items import ItemIn, ItemMove, ItemOut, ItemPatch
from tripkit.schemas.money import Rate
from tripkit.schemas.plans import PlanOut, PlanPatch
from tripkit.schemas.users import Actor
from tripkit.services.item_places import Draft, complete
from tripkit.services.policy import OPERATOR

from ..conftest import FakeClock


@pytest.fixture
def plan(make_plan: Callable[..., PlanOut], ada: Actor) -> PlanOut:
    return make_plan(ada)


@pytest.fixture
def log(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[[], list[ChangeOut]]:
    """Every change of the plan, newest first."""
    return lambda: tripkit.history.page(ada, plan.id, ChangeQuery(limit=100)).results


@pytest.fixture
def add(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[..., ItemOut]:
    """`add("Dinner", start="2027-04-01")`."""
    return lambda title, **fields: tripkit.items.create(ada, plan.id, complete(ItemIn(title=title, **fields)))


@pytest.fixture
def edit(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[..., ItemOut]:
    """`edit(item, title="Supper")`."""

    def work(item: ItemOut, by: Actor = ada, **fields: Any) -> ItemOut:
        return tripkit.items.edit(by, plan.id, item.id, Draft(ItemPatch(**fields), []))

    return work


@pytest.fixture
def join(tripkit: Tripkit, plan: PlanOut) -> Callable[[Actor, str], None]:
    """`join(bob, "editor")`."""

    def member(actor: Actor, role: str) -> None:
        with tripkit.db.database.bind_ctx([PlanMember]):
            PlanMember.create(plan=plan.id, user=actor.user_id, role=role, created_at=tripkit.clock())

    return member


def titles(tripkit: Tripkit, actor: Actor, plan: PlanOut) -> list[str]:
    return [item.title for item in tripkit.items.all(tripkit.plans.get(actor, plan.id))]


# --- the log --------------------------------------------------------------------------------------------------------


def test_a_new_plan_was_made_and_nothing_else(plan: PlanOut, log: Any) -> None:
    [made] = log()
    assert (made.version, made.at, made.user, made.action) == (1, plan.created_at, "ada", "plan.create")
    assert (made.summary, made.parts) == ("Made the plan.", [])


def test_changes_say_who_when_through_what_and_which_fields(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, log: Any, add: Any, edit: Any, clock: FakeClock
) -> None:
    clock.advance(minutes=5)
    item = add("Dinner", place=None, start="2027-04-01T19:30")
    edit(item, title="Supper", notes="bring cash")
    tripkit.plans.edit(msgspec.structs.replace(ada, session_id=None), plan.id, PlanPatch(budget=Decimal("1200.00")))
    tripkit.money.set_rate(ada, plan.id, Rate("EUR", "JPY", Decimal(160)))
    tripkit.checks.ignore(ada, plan.id, IgnoredIn(["overlap"]))
    tripkit.items.trash(ada, plan.id, item.id)
    newest_first = log()
    assert [change.summary for change in newest_first] == [
        'Put "Supper" into the trash.',
        "Changed which findings are ignored.",
        "Changed the exchange rates.",
        "Changed budget of the plan.",
        'Changed title and notes of "Supper".',
        'Added "Dinner".',
        "Made the plan.",
    ]
    assert [change.via for change in newest_first[3:5]] == ["command line", "session"]
    assert newest_first[0].at == clock()
    [part] = newest_first[4].parts
    assert (part.part, part.id, part.label, part.what) == ("item", item.id, "Supper", "changed")
    assert [(field.name, bytes(field.before), bytes(field.after)) for field in part.fields] == [
        ("title", b'"Dinner"', b'"Supper"'),
        ("notes", b'""', b'"bring cash"'),
    ]
    [budget] = newest_first[3].parts[0].fields
    assert (bytes(budget.before), bytes(budget.after)) == (b"null", b'"1200.00"')


def test_of_a_long_text_the_piece_that_changed_is_shown(tripkit: Tripkit, ada: Actor, plan: PlanOut, log: Any) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(description="a" * 300 + "cat" + "z" * 300))
    tripkit.plans.edit(ada, plan.id, PlanPatch(description="a" * 300 + "dog" + "z" * 300))
    [field] = log()[0].parts[0].fields
    assert (field.name, field.at, bytes(field.before), bytes(field.after)) == ("description", 300, b'"cat"', b'"dog"')


def test_pages_lead_through_all_changes(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> None:
    for number in range(6):
        tripkit.plans.edit(ada, plan.id, PlanPatch(title=f"{number}"))
    found, query = [], ChangeQuery(limit=2)
    while True:
        page = tripkit.history.page(ada, plan.id, query)
        found += [change.version for change in page.results]
        if page.cursor is None:
            break
        query = ChangeQuery(limit=2, cursor=page.cursor)
    assert found == [7, 6, 5, 4, 3, 2, 1]


def test_who_left_is_a_number_no_more(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, log: Any, join: Any
) -> None:
    join(bob, "editor")
    tripkit.plans.edit(bob, plan.id, PlanPatch(title="Bob's title"))
    assert log()[0].user == "bob"
    tripkit.administration.delete(OPERATOR, bob.user_id)
    assert log()[0].user is None
    assert log()[0].summary == "Changed title of the plan."


def test_viewers_read_history_and_editors_go_back(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, join: Any
) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Other"))
    with pytest.raises(NotFound):
        tripkit.history.page(bob, plan.id, ChangeQuery())
    join(bob, "viewer")
    assert len(tripkit.history.page(bob, plan.id, ChangeQuery()).results) == 2
    assert tripkit.history.version(bob, plan.id, 1).plan.title == "Kyoto"
    for way in (tripkit.history.undo, tripkit.history.restore):
        with pytest.raises(Forbidden):
            way(bob, plan.id, 2)


def test_editors_may_take_back_what_others_did(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, join: Any
) -> None:
    join(bob, "editor")
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Other"))
    with pytest.raises(Conflict, match="You have changed nothing"):
        tripkit.history.undo(bob, plan.id)
    undone = tripkit.history.undo(bob, plan.id, 2)
    assert (undone.user, undone.action, undone.target) == ("bob", "history.undo", 2)
    assert tripkit.plans.get(ada, plan.id).title == "Kyoto"


# --- undo -----------------------------------------------------------------------------------------------------------


def test_undo_goes_back_through_ones_own_changes(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, join: Any
) -> None:
    join(bob, "editor")
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="One"))
    tripkit.plans.edit(bob, plan.id, PlanPatch(destination="Bob's"))
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Two"))
    assert tripkit.history.undo(ada, plan.id).target == 4
    assert tripkit.history.undo(ada, plan.id).target == 2
    found = tripkit.plans.get(ada, plan.id)
    assert (found.title, found.destination) == ("Kyoto", "Bob's")
    with pytest.raises(Conflict, match="You have changed nothing"):
        tripkit.history.undo(ada, plan.id)


def test_undo_of_an_undo_is_redo(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Other"))
    undone = tripkit.history.undo(ada, plan.id)
    redone = tripkit.history.undo(ada, plan.id, undone.version)
    assert (tripkit.plans.get(ada, plan.id).title, redone.version) == ("Other", 4)
    assert tripkit.history.undo(ada, plan.id).target == 2, "what was done again can be taken back again"


def test_what_was_changed_elsewhere_since_stays(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, edit: Any
) -> None:
    dinner, train = add("Dinner"), add("Train")
    edit(dinner, title="Supper", notes="cash")
    edit(train, title="Train to Nara")
    edit(dinner, booking_reference="X")
    tripkit.history.undo(ada, plan.id, 4)
    assert titles(tripkit, ada, plan) == ["Dinner", "Train to Nara"]
    assert tripkit.items.get(ada, plan.id, dinner.id).booking_reference == "X"


def test_something_newer_is_named_and_not_overwritten(
    tripkit: Tripkit, ada: Actor, bob: Actor, plan: PlanOut, add: Any, edit: Any, join: Any
) -> None:
    join(bob, "editor")
    dinner = add("Dinner")
    edit(dinner, title="Supper", notes="cash")
    edit(dinner, bob, title="Bob's supper")
    with pytest.raises(NewerChange) as refused:
        tripkit.history.undo(ada, plan.id, 3)
    assert refused.value.errors == {'title of "Supper"': ["was changed in version 4 by bob."]}
    assert (refused.value.version, refused.value.current) == (3, 4)
    assert tripkit.items.get(ada, plan.id, dinner.id).notes == "cash", "nothing of it is taken back"
    assert tripkit.plans.get(ada, plan.id).version == 4


def test_what_was_deleted_or_added_since_is_named(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, edit: Any
) -> None:
    dinner = add("Dinner")
    edit(dinner, title="Supper")
    with pytest.raises(NewerChange, match='"Dinner" was changed in version 3 by ada'):
        tripkit.history.undo(ada, plan.id, 2)
    tripkit.items.trash(ada, plan.id, dinner.id)
    with pytest.raises(NewerChange, match='"Supper" was changed in version 4 by ada'):
        tripkit.history.undo(ada, plan.id, 3)


def test_undo_brings_back_what_was_deleted_for_good(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, clock: FakeClock
) -> None:
    dinner = add("Dinner", start="2027-04-01T19:30", cost=Decimal("12.50"), currency="EUR")
    tripkit.items.trash(ada, plan.id, dinner.id)
    clock.advance(days=31)
    assert tripkit.items.purge() == 1
    tripkit.history.undo(ada, plan.id)
    found = tripkit.items.get(ada, plan.id, dinner.id)
    assert (found.uid, found.title, found.cost, found.start) == (dinner.uid, "Dinner", dinner.cost, dinner.start)
    assert found.version > dinner.version, "an ETag from before is stale"
    assert add("Breakfast").id > dinner.id, "and its number is given to nothing else"


def test_what_would_not_be_right_together_is_refused(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(start_date=date(2027, 4, 10)))
    tripkit.plans.edit(ada, plan.id, PlanPatch(start_date=date(2027, 4, 1)))
    tripkit.plans.edit(ada, plan.id, PlanPatch(end_date=date(2027, 4, 5)))
    with pytest.raises(Conflict, match="end_date: must not be before start_date"):
        tripkit.history.undo(ada, plan.id, 3)
    assert tripkit.plans.get(ada, plan.id).start_date == date(2027, 4, 1)


def test_items_beyond_what_a_plan_may_have_do_not_come_back(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any
) -> None:
    few = msgspec.structs.replace(tripkit.settings.plans, max_items=1)
    tripkit.history._settings = few
    dinner = add("Dinner")
    tripkit.items.trash(ada, plan.id, dinner.id)
    add("Supper")
    with pytest.raises(Conflict, match="1 items"):
        tripkit.history.undo(ada, plan.id, 3)
    assert titles(tripkit, ada, plan) == ["Supper"]


def test_what_no_undo_takes_back_is_said(tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, make_plan: Any) -> None:
    elsewhere = make_plan(ada, title="Elsewhere")
    dinner = add("Dinner")
    tripkit.items.move(ada, plan.id, dinner.id, ItemMove(plan_id=elsewhere.id))
    tripkit.plans.edit(ada, plan.id, PlanPatch(status="published"))
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Kyoto"))
    tripkit.plans.trash(ada, plan.id)
    tripkit.plans.restore(ada, plan.id)
    for version, reason in {
        1: "Version 1 is the plan as it was made",
        3: 'moved "Dinner" between two plans',
        4: "about publishing",
        5: "changed nothing",
        6: "about the trash",
        7: "about the trash",
    }.items():
        with pytest.raises(Conflict, match=reason) as refused:
            tripkit.history.undo(ada, plan.id, version)
        assert "name the version" not in str(refused.value)
    with pytest.raises(Conflict, match=r"Version 7 is about the trash.* To take back what was before it, name"):
        tripkit.history.undo(ada, plan.id)


@pytest.mark.parametrize("version", [-1, 0, 3, 2**63 - 1, 2**63, 10**30])
def test_versions_that_never_were_are_not_found(tripkit: Tripkit, ada: Actor, plan: PlanOut, version: int) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Other"))
    ways = (tripkit.history.undo, tripkit.history.restore, tripkit.history.version, tripkit.history.change)
    for way in ways:
        with pytest.raises(VersionUnknown, match="it is at version 2"):
            way(ada, plan.id, version)


def test_two_who_undo_the_same_at_once_do_it_once(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, in_threads: Callable[..., list[Any]]
) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Other"))
    outcomes = in_threads(4, lambda: tripkit.history.undo(ada, plan.id, 2), tripkit.db)
    assert sum(isinstance(each, ChangeOut) for each in outcomes) == 1
    refused = [each for each in outcomes if isinstance(each, Exception)]
    assert len(refused) == 3
    assert all(isinstance(each, Conflict) and "taken back already" in str(each) for each in refused)
    assert tripkit.plans.get(ada, plan.id).version == 3


def test_the_version_that_is_known_is_heeded(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Other"))
    for way in (tripkit.history.undo, tripkit.history.restore):
        with pytest.raises(StaleVersion):
            way(ada, plan.id, 2, expected=1)


# --- versions -------------------------------------------------------------------------------------------------------


def test_restore_makes_the_plan_what_it_was(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, edit: Any, clock: FakeClock
) -> None:
    dinner, train = add("Dinner", start="2027-04-01"), add("Train")
    tripkit.money.set_rate(ada, plan.id, Rate("EUR", "JPY", Decimal(160)))
    before = tripkit.history.version(ada, plan.id, 4)
    edit(dinner, title="Supper", kind="food")
    tripkit.items.trash(ada, plan.id, train.id)
    add("Museum")
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Osaka", tags=["spring"]))
    tripkit.money.forget_rate(ada, plan.id, "EUR", "JPY")
    clock.advance(days=31)
    tripkit.items.purge()
    restored = tripkit.history.restore(ada, plan.id, 4)
    assert (restored.version, restored.action, restored.target) == (10, "history.restore", 4)
    now = tripkit.history.version(ada, plan.id, 10)
    assert (now.plan.title, now.plan.tags, now.settings) == (before.plan.title, [], before.settings)
    assert [(item.id, item.uid, item.title, item.kind) for item in now.items] == [
        (item.id, item.uid, item.title, item.kind) for item in before.items
    ]
    assert [item.title for item in tripkit.history.version(ada, plan.id, 9).items] == ["Supper", "Museum"]
    tripkit.history.undo(ada, plan.id, 10)
    assert titles(tripkit, ada, plan) == ["Supper", "Museum"]


def test_restore_neither_publishes_nor_hides(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(status="published", title="Shown"))
    tripkit.plans.edit(ada, plan.id, PlanPatch(status="draft", title="Hidden"))
    tripkit.history.restore(ada, plan.id, 2)
    found = tripkit.plans.get(ada, plan.id)
    assert (found.title, found.status) == ("Shown", "draft")


def test_an_item_that_is_in_another_plan_now_is_restored_as_a_copy(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, make_plan: Any
) -> None:
    elsewhere = make_plan(ada, title="Elsewhere")
    dinner = add("Dinner")
    tripkit.items.move(ada, plan.id, dinner.id, ItemMove(plan_id=elsewhere.id))
    for _ in range(2):
        tripkit.history.restore(ada, plan.id, 2)
        [item] = tripkit.items.all(tripkit.plans.get(ada, plan.id))
        assert (item.title, item.uid) == ("Dinner", dinner.uid)
        assert item.id != dinner.id
        tripkit.history.restore(ada, plan.id, 1)
        assert titles(tripkit, ada, plan) == []
    assert titles(tripkit, ada, elsewhere) == ["Dinner"], "the other plan is left alone"


def test_a_difference_goes_both_ways(tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any) -> None:
    add("Dinner")
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Other"))
    there = tripkit.history.difference(ada, plan.id, 1)
    assert [(part.part, part.what) for part in there.parts] == [("plan", "changed"), ("item", "added")]
    back = tripkit.history.difference(ada, plan.id, 3, 1)
    assert [(part.part, part.what) for part in back.parts] == [("plan", "changed"), ("item", "removed")]
    assert tripkit.history.difference(ada, plan.id, 2, 2).parts == []


# --- how long it is kept --------------------------------------------------------------------------------------------


def test_old_changes_are_forgotten(tripkit: Tripkit, ada: Actor, plan: PlanOut, log: Any, clock: FakeClock) -> None:
    for number in range(3):
        tripkit.plans.edit(ada, plan.id, PlanPatch(title=f"{number}"))
        clock.advance(days=100)
    clock.advance(days=170)
    assert tripkit.history.forget_old() == 2
    assert [change.version for change in log()] == [4]
    assert tripkit.history.version(ada, plan.id, 3).plan.title == "1", "what is before the oldest change is known still"
    for way in (tripkit.history.version, tripkit.history.restore):
        with pytest.raises(VersionUnknown, match="its history begins at version 3"):
            way(ada, plan.id, 2)
    with pytest.raises(VersionUnknown, match="its history begins at version 3"):
        tripkit.history.undo(ada, plan.id, 2)


def test_with_no_days_all_is_kept(tripkit: Tripkit, ada: Actor, plan: PlanOut, log: Any, clock: FakeClock) -> None:
    tripkit.history._settings = msgspec.structs.replace(tripkit.settings.plans, history_days=0)
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Other"))
    clock.advance(days=10_000)
    assert tripkit.history.forget_old() == 0
    assert len(log()) == 2


def test_history_goes_with_the_plan(tripkit: Tripkit, ada: Actor, plan: PlanOut, clock: FakeClock) -> None:
    tripkit.plans.trash(ada, plan.id)
    clock.advance(days=31)
    assert tripkit.plans.purge() == 1
    with tripkit.db.database.bind_ctx([Change]):
        assert Change.select().count() == 0
