"""What is taken back besides items: travellers, expenses, checklists with their entries, and what refers to each."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import Conflict, NewerChange
from tripkit.schemas.changes import ChangeQuery, VersionOut
from tripkit.schemas.checklists import ChecklistIn, ChecklistMove, EntriesIn, EntryIn, EntryPatch
from tripkit.schemas.expenses import ExpenseIn, ExpenseOut, ExpensePatch, Payment
from tripkit.schemas.items import ItemIn, ItemMove
from tripkit.schemas.plan_copies import PlanCopyIn
from tripkit.schemas.plans import PlanOut, PlanPatch
from tripkit.schemas.travellers import TravellerIn, TravellerOut
from tripkit.schemas.users import Actor
from tripkit.services.item_places import complete

from ..conftest import FakeClock


@pytest.fixture
def plan(make_plan: Callable[..., PlanOut], ada: Actor) -> PlanOut:
    return make_plan(ada)


@pytest.fixture
def now(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[[], VersionOut]:
    """The plan as it is, with all that is in it."""
    return lambda: tripkit.history.version(ada, plan.id, tripkit.plans.get(ada, plan.id).version)


@pytest.fixture
def undo(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[..., Any]:
    return lambda version=None: tripkit.history.undo(ada, plan.id, version)


@pytest.fixture
def bring(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[[str], TravellerOut]:
    return lambda name: tripkit.travellers.create(ada, plan.id, TravellerIn(name))


@pytest.fixture
def spend(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[..., ExpenseOut]:
    """`spend(eve, "12.50")`."""

    def pay(by: TravellerOut, amount: str, **fields: Any) -> ExpenseOut:
        form = ExpenseIn("Dinner", date(2027, 4, 1), Decimal(amount), [Payment(by.id)], **fields)
        return tripkit.expenses.create(ada, plan.id, form)

    return pay


def test_expenses_come_back_as_they_were(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, now: Any, undo: Any, bring: Any, spend: Any, clock: FakeClock
) -> None:
    eve, _ = bring("Eve"), bring("Finn")
    expense = spend(eve, "12.50")
    tripkit.expenses.edit(ada, plan.id, expense.id, ExpensePatch(amount=Decimal(20)))
    undo()
    assert now().expenses[0].amount == Decimal("12.50")
    tripkit.expenses.trash(ada, plan.id, expense.id)
    clock.advance(days=31)
    assert tripkit.expenses.purge() == 1
    undo()
    [back] = now().expenses
    assert (back.id, back.paid_by, back.shared_by) == (expense.id, expense.paid_by, expense.shared_by)


def test_an_expense_finds_its_item_again(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, now: Any, undo: Any, bring: Any, spend: Any, clock: FakeClock
) -> None:
    dinner = tripkit.items.create(ada, plan.id, complete(ItemIn(title="Dinner")))
    expense = spend(bring("Eve"), "12.50", item_id=dinner.id)
    tripkit.items.trash(ada, plan.id, dinner.id)
    clock.advance(days=31)
    tripkit.items.purge()
    assert now().expenses[0].item_id is None
    undo()
    assert tripkit.expenses.get(ada, plan.id, expense.id).item_id == dinner.id


def test_an_expense_follows_the_copy_of_its_item(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, now: Any, bring: Any, spend: Any, make_plan: Any
) -> None:
    dinner = tripkit.items.create(ada, plan.id, complete(ItemIn(title="Dinner")))
    expense = spend(bring("Eve"), "12.50", item_id=dinner.id)
    tripkit.expenses.trash(ada, plan.id, expense.id)
    tripkit.items.move(ada, plan.id, dinner.id, ItemMove(plan_id=make_plan(ada).id))
    tripkit.history.restore(ada, plan.id, 4)
    whole = now()
    assert whole.expenses[0].item_id == whole.items[0].id != dinner.id


def test_whoever_has_a_part_in_something_is_not_undone(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, undo: Any, bring: Any, spend: Any
) -> None:
    eve = bring("Eve")
    expense = spend(eve, "12.50")
    tripkit.expenses.trash(ada, plan.id, expense.id)
    with pytest.raises(Conflict, match='has a part in "Dinner", perhaps in the trash'):
        undo(2)
    finn = bring("Finn")
    entries = [EntryIn("Passport", assignee=finn.id)]
    tripkit.checklists.create(ada, plan.id, ChecklistIn(name="Packing", entries=entries))
    with pytest.raises(Conflict, match='has a part in "Passport"'):
        undo(5)


def test_an_expense_of_somebody_who_is_gone_does_not_come_back(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, undo: Any, bring: Any, spend: Any, clock: FakeClock
) -> None:
    eve = bring("Eve")
    expense = spend(eve, "12.50")
    tripkit.expenses.trash(ada, plan.id, expense.id)
    clock.advance(days=31)
    tripkit.expenses.purge()
    tripkit.travellers.delete(ada, plan.id, eve.id)
    with pytest.raises(Conflict, match="would not fit to what is newer"):
        undo(4)
    undo(5)
    undo(4)
    assert tripkit.expenses.get(ada, plan.id, expense.id).paid_by[0].traveller_id == eve.id


def test_restore_takes_travellers_away_and_brings_them_back(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, now: Any, undo: Any, bring: Any, spend: Any
) -> None:
    eve = bring("Eve")
    spend(eve, "12.50")
    tripkit.checklists.create(ada, plan.id, ChecklistIn(name="Packing", entries=[EntryIn("Map", assignee=eve.id)]))
    before = now()
    tripkit.history.restore(ada, plan.id, 1)
    gone = now()
    assert (gone.travellers, gone.expenses, gone.checklists) == ([], [], [])
    undo()
    assert [each.id for each in now().expenses] == [each.id for each in before.expenses]
    assert now().travellers == before.travellers
    assert now().checklists[0].entries[0].assignee == eve.id


def test_names_change_hands(tripkit: Tripkit, ada: Actor, plan: PlanOut, now: Any, undo: Any, bring: Any) -> None:
    eve, finn = bring("Eve"), bring("Finn")
    for traveller, name in ((eve, "Third"), (finn, "Eve"), (eve, "Finn")):
        tripkit.travellers.rename(ada, plan.id, traveller.id, TravellerIn(name))
    tripkit.history.restore(ada, plan.id, 3)
    assert [(each.id, each.name) for each in now().travellers] == [(eve.id, "Eve"), (finn.id, "Finn")]
    tripkit.travellers.delete(ada, plan.id, eve.id)
    bring("Eve")
    with pytest.raises(Conflict, match='another traveller called "Eve"'):
        undo(8)


def test_a_checklist_comes_back_with_its_entries(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, now: Any, undo: Any, clock: FakeClock
) -> None:
    entries = [EntryIn("Passport"), EntryIn("Map", done=True)]
    made = tripkit.checklists.create(ada, plan.id, ChecklistIn(name="Packing", entries=entries))
    tripkit.checklists.trash(ada, plan.id, made.id)
    clock.advance(days=31)
    assert tripkit.checklists.purge() == 1
    assert undo().summary == 'Took back version 3: added "Packing".'
    [back] = now().checklists
    assert (back.id, back.name, back.done, back.total) == (made.id, "Packing", 1, 2)
    assert [entry.id for entry in back.entries] == [entry.id for entry in made.entries]


def test_entries_are_undone_one_by_one_and_their_list_counts_it(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, now: Any, undo: Any
) -> None:
    made = tripkit.checklists.create(
        ada, plan.id, ChecklistIn(name="Packing", entries=[EntryIn("Passport"), EntryIn("Map")])
    )
    passport, card = (entry.id for entry in made.entries)
    tripkit.checklist_entries.edit(ada, plan.id, made.id, passport, EntryPatch(done=True))
    tripkit.checklist_entries.edit(ada, plan.id, made.id, card, EntryPatch(text="Chart"))
    assert undo(3).summary == 'Took back version 3: changed done of "Passport".'
    [found] = now().checklists
    assert [(entry.text, entry.done) for entry in found.entries] == [("Passport", False), ("Chart", False)]
    assert found.version == 4, "an ETag from before is stale"


def test_a_list_to_which_something_was_added_since_is_not_undone(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, now: Any, undo: Any
) -> None:
    made = tripkit.checklists.create(ada, plan.id, ChecklistIn(name="Packing"))
    tripkit.checklist_entries.add(ada, plan.id, made.id, EntriesIn([EntryIn("Passport")]))
    with pytest.raises(Conflict, match="no checklist for some entry"):
        undo(2)
    tripkit.checklists.trash(ada, plan.id, made.id)
    with pytest.raises(NewerChange):
        undo(3)
    assert now().checklists == []


def test_a_list_that_went_to_another_plan_is_moved_back_by_hand(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, undo: Any, make_plan: Any
) -> None:
    made = tripkit.checklists.create(ada, plan.id, ChecklistIn(name="Packing"))
    tripkit.checklists.move(ada, plan.id, made.id, ChecklistMove(plan_id=make_plan(ada).id))
    with pytest.raises(Conflict, match='moved "Packing" between two plans'):
        undo(3)


def test_the_first_version_of_a_copy_is_all_that_was_copied(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, bring: Any
) -> None:
    bring("Eve")
    tripkit.items.create(ada, plan.id, complete(ItemIn(title="Dinner")))
    tripkit.checklists.create(ada, plan.id, ChecklistIn(name="Packing", entries=[EntryIn("Passport")]))
    copy = tripkit.plan_copies.copy(ada, plan.id, PlanCopyIn()).plan
    tripkit.plans.edit(ada, copy.id, PlanPatch(title="Other"))
    [item] = tripkit.items.all(tripkit.plans.get(ada, copy.id))
    tripkit.items.trash(ada, copy.id, item.id)
    was = tripkit.history.version(ada, copy.id, 1)
    assert (was.plan.title, was.items[0].title) == ("Kyoto (copy)", "Dinner")
    assert (was.travellers[0].name, was.checklists[0].entries[0].text) == ("Eve", "Passport")
    assert [each.version for each in tripkit.history.page(ada, copy.id, ChangeQuery()).results] == [3, 2, 1]
