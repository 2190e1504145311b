"""Checklists: their rules, order, sizes, versions, moves and the trash."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import Ambiguous, Conflict, InvalidInput, NotFound, StaleVersion, ValidationFailed
from tripkit.schemas.checklist_templates import TemplateIn
from tripkit.schemas.checklists import (
    ChecklistIn,
    ChecklistMove,
    ChecklistOut,
    ChecklistPatch,
    ChecklistQuery,
    ChecklistRef,
    EntriesIn,
    EntriesMark,
    EntryIn,
    EntryMove,
    EntryPatch,
)
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.travellers import TravellerIn
from tripkit.schemas.users import Actor
from tripkit.services import packing
from tripkit.services.checklist_entries import ChecklistEntries
from tripkit.services.checklists import Checklists

MakePlan = Callable[..., PlanOut]


@pytest.fixture
def checklists(tripkit: Tripkit) -> Checklists:
    return tripkit.checklists


@pytest.fixture
def entries(tripkit: Tripkit) -> ChecklistEntries:
    return tripkit.checklist_entries


@pytest.fixture
def plan(make_plan: MakePlan, ada: Actor) -> PlanOut:
    return make_plan(ada)


@pytest.fixture
def make(checklists: Checklists, ada: Actor, plan: PlanOut) -> Callable[..., ChecklistOut]:
    """`make("Packing", "Passport", "Tent")`: a checklist in Ada's plan."""

    def create(name: str, *texts: str, to: PlanOut = plan) -> ChecklistOut:
        return checklists.create(ada, to.id, ChecklistIn(name=name, entries=[EntryIn(text) for text in texts]))

    return create


@pytest.fixture
def texts(checklists: Checklists, ada: Actor) -> Callable[[ChecklistOut], list[str]]:
    def read(checklist: ChecklistOut) -> list[str]:
        return [entry.text for entry in checklists.get(ada, checklist.plan_id, checklist.id).entries]

    return read


@pytest.fixture
def names(checklists: Checklists, ada: Actor, plan: PlanOut) -> Callable[..., list[str]]:
    def read(of: PlanOut = plan, *, trashed: bool = False) -> list[str]:
        return [each.name for each in checklists.of_plan(ada, of.id, ChecklistQuery(trashed)).checklists]

    return read


@pytest.fixture
def limit(checklists: Checklists, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def change(**settings: int) -> None:
        monkeypatch.setattr(checklists, "_settings", msgspec.structs.replace(checklists._settings, **settings))

    return change


def wrong(work: Callable[[], Any]) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as failed:
        work()
    return failed.value.errors


# --- making and reading ---------------------------------------------------------------------------------------------


def test_a_checklist_comes_back_with_its_entries_in_their_order(
    tripkit: Tripkit, checklists: Checklists, make: Any, ada: Actor, plan: PlanOut, clock: Any
) -> None:
    made = make("  Packing ", "Passport", " Tent ")
    assert (made.name, made.plan_id, made.version, made.trashed_at) == ("Packing", plan.id, 1, None)
    assert [(each.text, each.done, each.assignee, each.version) for each in made.entries] == [
        ("Passport", False, None, 1),
        ("Tent", False, None, 1),
    ]
    assert (made.done, made.total, made.created_at) == (0, 2, clock.now)
    assert checklists.get(ada, plan.id, made.id) == made
    found = checklists.of_plan(ada, plan.id, ChecklistQuery())
    assert (found.plan_id, found.version, found.checklists) == (plan.id, plan.version + 1, [made])
    assert tripkit.plans.get(ada, plan.id).version == plan.version + 1


@pytest.mark.parametrize("text", ["", " ", "\t", "a\nb", "a\x1bb", "\u202eabc", "\u2028"])
def test_names_and_texts_are_one_line_that_says_something(
    checklists: Checklists, entries: ChecklistEntries, make: Any, ada: Actor, plan: PlanOut, text: str
) -> None:
    made = make("Packing", "Passport")
    assert set(wrong(lambda: make(text))) == {"name"}
    assert set(wrong(lambda: make("x", "fine", text))) == {"entries[1].text"}
    assert set(wrong(lambda: checklists.edit(ada, plan.id, made.id, ChecklistPatch(name=text)))) == {"name"}
    patch = EntryPatch(text=text)
    assert set(wrong(lambda: entries.edit(ada, plan.id, made.id, made.entries[0].id, patch))) == {"text"}
    assert checklists.get(ada, plan.id, made.id) == made


def test_a_new_checklist_needs_a_name_or_something_to_be_made_from(
    checklists: Checklists, ada: Actor, plan: PlanOut
) -> None:
    assert set(wrong(lambda: checklists.create(ada, plan.id, ChecklistIn()))) == {"name"}
    two = ChecklistIn(template="beach", template_id=1)
    assert set(wrong(lambda: checklists.create(ada, plan.id, two))) == {"template_id"}
    unknown = wrong(lambda: checklists.create(ada, plan.id, ChecklistIn(template="moon")))
    assert "basics, beach, city" in unknown["template"][0]


def test_a_checklist_starts_from_a_template_of_tripkit(checklists: Checklists, ada: Actor, plan: PlanOut) -> None:
    made = checklists.create(ada, plan.id, ChecklistIn(template="hiking", entries=[EntryIn("Guidebook")]))
    assert made.name == "Hiking"
    assert [each.text for each in made.entries] == [*packing.template("hiking").entries, "Guidebook"]
    named = checklists.create(ada, plan.id, ChecklistIn(name="For the Alps", template="hiking"))
    assert (named.name, named.total) == ("For the Alps", made.total - 1)


def test_every_template_of_tripkit_can_be_applied(checklists: Checklists, ada: Actor, plan: PlanOut) -> None:
    assert {"beach", "city", "hiking", "winter", "business", "children"} <= set(packing.templates())
    for key, template in packing.templates().items():
        made = checklists.create(ada, plan.id, ChecklistIn(template=key))
        found = [each.text for each in made.entries]
        assert found == template.entries
        assert len(set(found)) == len(found) > 5, "each is there once"


def test_a_checklist_starts_from_a_template_of_ones_own(
    tripkit: Tripkit, checklists: Checklists, ada: Actor, bob: Actor, plan: PlanOut
) -> None:
    template = tripkit.checklist_templates.create(ada, TemplateIn(name="Mine", entries=["Umbrella"]))
    made = checklists.create(ada, plan.id, ChecklistIn(template_id=template.id))
    assert (made.name, [each.text for each in made.entries]) == ("Mine", ["Umbrella"])
    theirs = tripkit.checklist_templates.create(bob, TemplateIn(name="Theirs"))
    with pytest.raises(NotFound):
        checklists.create(ada, plan.id, ChecklistIn(template_id=theirs.id))


def test_a_copy_of_a_checklist_is_open_again_and_nobodys(
    tripkit: Tripkit, checklists: Checklists, make_plan: MakePlan, ada: Actor, plan: PlanOut
) -> None:
    eve = tripkit.travellers.create(ada, plan.id, TravellerIn(name="Eve"))
    form = ChecklistIn(name="Packing", entries=[EntryIn("Passport", done=True, assignee=eve.id), EntryIn("Tent")])
    made = checklists.create(ada, plan.id, form)
    assert (made.done, made.entries[0].assignee) == (1, eve.id)
    other = make_plan(ada, title="Norway")
    copied = checklists.create(ada, other.id, ChecklistIn(copy_of=ChecklistRef(plan.id, made.id)))
    assert (copied.name, copied.plan_id, copied.done) == ("Packing", other.id, 0)
    assert [(each.text, each.assignee) for each in copied.entries] == [("Passport", None), ("Tent", None)]
    assert checklists.get(ada, plan.id, made.id) == made


def test_nothing_of_others_is_read_or_written(
    checklists: Checklists,
    entries: ChecklistEntries,
    make: Any,
    make_plan: MakePlan,
    ada: Actor,
    bob: Actor,
    plan: PlanOut,
) -> None:
    made = make("Packing", "Passport")
    theirs = make_plan(bob)
    at = (plan.id, made.id)
    for work in (
        lambda: checklists.get(bob, *at),
        lambda: checklists.of_plan(bob, plan.id, ChecklistQuery()),
        lambda: checklists.create(bob, theirs.id, ChecklistIn(copy_of=ChecklistRef(*at))),
        lambda: checklists.edit(bob, *at, ChecklistPatch(name="x")),
        lambda: checklists.trash(bob, *at),
        lambda: checklists.move(bob, *at, ChecklistMove(plan_id=theirs.id)),
        lambda: checklists.move(ada, *at, ChecklistMove(plan_id=theirs.id)),
        lambda: entries.add(bob, *at, EntriesIn([EntryIn("x")])),
        lambda: entries.edit(bob, *at, made.entries[0].id, EntryPatch(done=True)),
        lambda: entries.delete(bob, *at, made.entries[0].id),
        # ... nor by way of a plan of one's own.
        lambda: checklists.get(bob, theirs.id, made.id),
        lambda: entries.delete(bob, theirs.id, made.id, made.entries[0].id),
    ):
        with pytest.raises(NotFound):
            work()
    assert checklists.get(ada, *at) == made
    assert checklists.of_plan(bob, theirs.id, ChecklistQuery()).checklists == []


# --- entries --------------------------------------------------------------------------------------------------------


def test_entries_are_added_at_the_end_all_or_none(
    checklists: Checklists, entries: ChecklistEntries, make: Any, texts: Any, ada: Actor, plan: PlanOut
) -> None:
    made = make("Packing", "Passport")
    added = entries.add(ada, plan.id, made.id, EntriesIn([EntryIn("Tent"), EntryIn("Rope", done=True)])).entries
    assert [(each.text, each.done) for each in added] == [("Tent", False), ("Rope", True)]
    assert texts(made) == ["Passport", "Tent", "Rope"]
    assert checklists.get(ada, plan.id, made.id).entries[1:] == added
    errors = wrong(lambda: entries.add(ada, plan.id, made.id, EntriesIn([EntryIn("Map"), EntryIn(" ")])))
    assert errors == {"entries[1].text": ["must not be blank."]}
    assert texts(made) == ["Passport", "Tent", "Rope"]


def test_checking_off_counts_up_the_versions_of_entry_checklist_and_plan(
    tripkit: Tripkit,
    checklists: Checklists,
    entries: ChecklistEntries,
    make: Any,
    ada: Actor,
    plan: PlanOut,
    clock: Any,
) -> None:
    made = make("Packing", "Passport", "Tent")
    before = tripkit.plans.get(ada, plan.id).version
    clock.advance(minutes=1)
    done = entries.edit(ada, plan.id, made.id, made.entries[0].id, EntryPatch(done=True), expected=1)
    assert (done.done, done.text, done.version, done.updated_at) == (True, "Passport", 2, clock.now)
    found = checklists.get(ada, plan.id, made.id)
    assert (found.version, found.done, found.total, found.updated_at) == (2, 1, 2, clock.now)
    assert found.entries == [done, made.entries[1]]
    assert tripkit.plans.get(ada, plan.id).version == before + 1
    with pytest.raises(StaleVersion):
        entries.edit(ada, plan.id, made.id, done.id, EntryPatch(done=False), expected=1)
    # Two people who check off different entries never stand in each other's way.
    entries.edit(ada, plan.id, made.id, made.entries[1].id, EntryPatch(done=True), expected=1)


def test_many_entries_are_checked_off_as_one_change(
    tripkit: Tripkit, checklists: Checklists, entries: ChecklistEntries, make: Any, ada: Actor, plan: PlanOut
) -> None:
    made = make("Packing", "Passport", "Tent", "Rope")
    first, second, third = (each.id for each in made.entries)
    entries.mark(ada, plan.id, made.id, EntriesMark([second], done=True))
    before = tripkit.plans.get(ada, plan.id).version
    marked = entries.mark(ada, plan.id, made.id, EntriesMark([third, second, first, third], done=True)).entries
    assert [(each.id, each.done, each.version) for each in marked] == [
        (third, True, 2),
        (second, True, 2),
        (first, True, 2),
    ]
    assert tripkit.plans.get(ada, plan.id).version == before + 1
    tripkit.history.undo(ada, plan.id)
    assert [each.done for each in checklists.get(ada, plan.id, made.id).entries] == [False, True, False]


def test_of_many_entries_all_are_checked_off_or_none(
    tripkit: Tripkit, checklists: Checklists, entries: ChecklistEntries, make: Any, ada: Actor, plan: PlanOut
) -> None:
    made = make("Packing", "Passport", "Tent")
    before = tripkit.plans.get(ada, plan.id).version
    with pytest.raises(NotFound):
        entries.mark(ada, plan.id, made.id, EntriesMark([made.entries[0].id, 99], done=True))
    assert checklists.get(ada, plan.id, made.id).done == 0
    entries.mark(ada, plan.id, made.id, EntriesMark([made.entries[0].id], done=False))
    assert tripkit.plans.get(ada, plan.id).version == before, "it is so already"


def test_an_entry_is_for_a_traveller_of_the_plan(
    tripkit: Tripkit, checklists: Checklists, entries: ChecklistEntries, make: Any, make_plan: MakePlan, ada: Actor,
    plan: PlanOut,
) -> None:  # fmt: skip
    made = make("Packing", "Passport")
    [passport] = made.entries
    eve = tripkit.travellers.create(ada, plan.id, TravellerIn(name="Eve"))
    elsewhere = tripkit.travellers.create(ada, make_plan(ada).id, TravellerIn(name="Eve"))
    assert entries.edit(ada, plan.id, made.id, passport.id, EntryPatch(assignee=eve.id)).assignee == eve.id
    refused = wrong(lambda: entries.edit(ada, plan.id, made.id, passport.id, EntryPatch(assignee=elsewhere.id)))
    assert "must be a traveller of the plan" in refused["assignee"][0]
    assert set(wrong(lambda: entries.add(ada, plan.id, made.id, EntriesIn([EntryIn("x", assignee=99)])))) == {
        "entries[0].assignee"
    }
    # What is not named stays, and null takes it back.
    assert entries.edit(ada, plan.id, made.id, passport.id, EntryPatch(done=True)).assignee == eve.id
    assert entries.edit(ada, plan.id, made.id, passport.id, EntryPatch(assignee=None)).assignee is None
    entries.edit(ada, plan.id, made.id, passport.id, EntryPatch(assignee=eve.id))
    tripkit.travellers.delete(ada, plan.id, eve.id)
    assert checklists.get(ada, plan.id, made.id).entries[0].assignee is None


def test_an_entry_is_deleted(
    entries: ChecklistEntries, checklists: Checklists, make: Any, texts: Any, ada: Actor, plan: PlanOut
) -> None:
    made = make("Packing", "Passport", "Tent")
    with pytest.raises(StaleVersion):
        entries.delete(ada, plan.id, made.id, made.entries[0].id, expected=7)
    assert entries.delete(ada, plan.id, made.id, made.entries[0].id) == made.entries[0]
    assert texts(made) == ["Tent"]
    assert checklists.get(ada, plan.id, made.id).version == 2
    with pytest.raises(NotFound):
        entries.delete(ada, plan.id, made.id, made.entries[0].id)


@pytest.mark.parametrize(
    ("which", "position", "order"),
    [(2, 1, "cabd"), (0, 2, "bacd"), (0, 4, "bcda"), (0, 99, "bcda"), (3, 1, "dabc"), (1, 2, "abcd")],
)
def test_an_entry_moves_to_a_position(
    entries: ChecklistEntries, make: Any, texts: Any, ada: Actor, plan: PlanOut, which: int, position: int, order: str
) -> None:
    made = make("Letters", *"abcd")
    entries.move(ada, plan.id, made.id, made.entries[which].id, EntryMove(position=position))
    assert texts(made) == list(order)


def test_there_is_room_for_any_number_of_moves(
    entries: ChecklistEntries, make: Any, texts: Any, ada: Actor, plan: PlanOut
) -> None:
    made = make("Letters", *"abc")
    for _ in range(40):  # each halves the gap, so that floats run out of numbers
        for each in made.entries[1:]:
            entries.move(ada, plan.id, made.id, each.id, EntryMove(position=2))
    assert texts(made) == list("acb")


def test_an_entry_moves_to_another_checklist_of_the_plan(
    entries: ChecklistEntries, make: Any, make_plan: MakePlan, texts: Any, ada: Actor, plan: PlanOut
) -> None:
    packing_list, shopping = make("Packing", "Passport", "Adapter"), make("Shopping", "Sunscreen", "Map")
    adapter = packing_list.entries[1].id
    moved = entries.move(ada, plan.id, packing_list.id, adapter, EntryMove(checklist_id=shopping.id, position=2))
    assert (moved.id, moved.version) == (adapter, 2)
    assert (texts(packing_list), texts(shopping)) == (["Passport"], ["Sunscreen", "Adapter", "Map"])
    elsewhere = make("Elsewhere", to=make_plan(ada))
    with pytest.raises(NotFound):
        entries.move(ada, plan.id, shopping.id, adapter, EntryMove(checklist_id=elsewhere.id))
    with pytest.raises(InvalidInput, match="position or checklist_id"):
        entries.move(ada, plan.id, shopping.id, adapter, EntryMove())


# --- checklists as a whole ------------------------------------------------------------------------------------------


def test_a_checklist_is_renamed(checklists: Checklists, make: Any, ada: Actor, plan: PlanOut) -> None:
    made = make("Packing", "Passport")
    renamed = checklists.edit(ada, plan.id, made.id, ChecklistPatch(name="Luggage"), expected=1)
    assert (renamed.name, renamed.version, renamed.entries) == ("Luggage", 2, made.entries)
    with pytest.raises(StaleVersion):
        checklists.edit(ada, plan.id, made.id, ChecklistPatch(name="Bags"), expected=1)
    assert checklists.get(ada, plan.id, made.id) == renamed


def test_checklists_are_ordered_by_hand(
    checklists: Checklists, make: Any, names: Any, ada: Actor, plan: PlanOut
) -> None:
    made = [make(name) for name in ("Packing", "Shopping", "Before leaving")]
    checklists.move(ada, plan.id, made[2].id, ChecklistMove(position=1))
    checklists.move(ada, plan.id, made[0].id, ChecklistMove(position=99))
    assert names() == ["Before leaving", "Shopping", "Packing"]
    with pytest.raises(InvalidInput, match="position or plan_id"):
        checklists.move(ada, plan.id, made[0].id, ChecklistMove())


def test_a_checklist_moves_to_another_plan_and_leaves_its_travellers(
    tripkit: Tripkit, checklists: Checklists, make: Any, make_plan: MakePlan, names: Any, ada: Actor, plan: PlanOut
) -> None:
    other = make_plan(ada, title="Norway")
    make("Shopping", to=other)
    eve = tripkit.travellers.create(ada, plan.id, TravellerIn(name="Eve"))
    form = ChecklistIn(name="Packing", entries=[EntryIn("Passport", done=True, assignee=eve.id)])
    made = checklists.create(ada, plan.id, form)
    moved = checklists.move(ada, plan.id, made.id, ChecklistMove(plan_id=other.id, position=1))
    assert (moved.name, moved.plan_id, moved.version) == ("Packing", other.id, 1)
    assert [(each.text, each.done, each.assignee) for each in moved.entries] == [("Passport", True, None)]
    assert (names(), names(other)) == ([], ["Packing", "Shopping"])
    with pytest.raises(NotFound):
        checklists.get(ada, plan.id, made.id)
    # What it was is in the trash of its plan, with everything.
    assert checklists.restore(ada, plan.id, made.id).entries == made.entries


def test_the_trash_keeps_a_checklist_for_its_days(
    checklists: Checklists, make: Any, names: Any, ada: Actor, plan: PlanOut, clock: Any
) -> None:
    made = make("Packing", "Passport")
    assert checklists.trash(ada, plan.id, made.id).trashed_at == clock.now
    assert (names(), names(trashed=True)) == ([], ["Packing"])
    for work in (
        lambda: checklists.get(ada, plan.id, made.id),
        lambda: checklists.trash(ada, plan.id, made.id),
        lambda: checklists.edit(ada, plan.id, made.id, ChecklistPatch(name="x")),
        lambda: checklists.create(ada, plan.id, ChecklistIn(copy_of=ChecklistRef(plan.id, made.id))),
    ):
        with pytest.raises(NotFound):
            work()
    restored = checklists.restore(ada, plan.id, made.id)
    assert (restored.trashed_at, restored.entries) == (None, made.entries)
    with pytest.raises(NotFound):
        checklists.restore(ada, plan.id, made.id)
    checklists.trash(ada, plan.id, made.id)
    [trashed] = checklists.of_plan(ada, plan.id, ChecklistQuery(trashed=True)).checklists
    assert [each.text for each in trashed.entries] == ["Passport"]
    clock.advance(days=29)
    assert checklists.purge() == 0
    clock.advance(days=2)
    assert checklists.purge() == 1
    assert names(trashed=True) == []


def test_entries_that_were_deleted_do_not_come_back_with_their_checklist(
    checklists: Checklists, entries: ChecklistEntries, make: Any, texts: Any, ada: Actor, plan: PlanOut, clock: Any
) -> None:
    made = make("Packing", "Passport", "Tent")
    entries.delete(ada, plan.id, made.id, made.entries[1].id)
    clock.advance(minutes=1)
    checklists.trash(ada, plan.id, made.id)
    checklists.restore(ada, plan.id, made.id)
    assert texts(made) == ["Passport"]


def test_every_write_is_recorded_with_the_rows_that_it_changed(
    tripkit: Tripkit, checklists: Checklists, entries: ChecklistEntries, make: Any, make_plan: MakePlan, ada: Actor,
    plan: PlanOut,
) -> None:  # fmt: skip
    eve = tripkit.travellers.create(ada, plan.id, TravellerIn(name="Eve"))
    made = make("Packing", "Passport", "Tent")
    passport, tent = (each.id for each in made.entries)
    shopping = make("Shopping")
    at = (ada, plan.id, made.id)
    entries.edit(*at, passport, EntryPatch(done=True, assignee=eve.id))
    entries.add(*at, EntriesIn([EntryIn("Rope")]))
    entries.move(*at, tent, EntryMove(position=1))
    entries.move(*at, tent, EntryMove(checklist_id=shopping.id))
    entries.delete(ada, plan.id, shopping.id, tent)
    tripkit.travellers.delete(ada, plan.id, eve.id)
    checklists.edit(*at, ChecklistPatch(name="Luggage"))
    checklists.move(*at, ChecklistMove(position=2))
    checklists.trash(*at)
    checklists.restore(*at)
    checklists.move(*at, ChecklistMove(plan_id=make_plan(ada).id))
    one, entry = f"checklist {made.id}", f"checklist_entry {passport}"
    rope = f"checklist_entry {tent + 1}"
    assert recorded(tripkit, plan) == [
        ("traveller.create", {f"traveller {eve.id}"}),
        ("checklist.create", {one, entry, f"checklist_entry {tent}"}),
        ("checklist.create", {f"checklist {shopping.id}"}),
        ("entry.edit", {entry, one}),
        ("entry.create", {rope, one}),
        ("entry.move", {f"checklist_entry {tent}", one}),
        ("entry.move", {f"checklist_entry {tent}", f"checklist {shopping.id}", one}),
        ("entry.delete", {f"checklist_entry {tent}", f"checklist {shopping.id}"}),
        ("traveller.delete", {f"traveller {eve.id}", entry}),
        ("checklist.edit", {one}),
        ("checklist.move", {one}),
        ("checklist.trash", {one, entry, rope}),
        ("checklist.restore", {one, entry, rope}),
        ("checklist.move", {one, entry, rope}),
    ]


def recorded(tripkit: Tripkit, plan: PlanOut) -> list[tuple[str, set[str]]]:
    """What was done with a plan, and to which rows."""
    found = tripkit.db.execute(f"SELECT action, parts FROM changes WHERE plan_id = {plan.id} ORDER BY version")
    return [
        (action, {f"{part['part']} {part['id']}" for part in msgspec.json.decode(parts)}) for action, parts in found
    ]


def test_there_is_room_for_so_many_and_no_more(
    checklists: Checklists, entries: ChecklistEntries, make: Any, make_plan: MakePlan, limit: Any, names: Any,
    texts: Any, ada: Actor, plan: PlanOut,
) -> None:  # fmt: skip
    limit(max_checklists=2, max_checklist_entries=3)
    first, full = make("First", "a", "b", "c"), make("Second", "d")
    with pytest.raises(Conflict, match="A plan may have 2 checklists"):
        make("Third")
    with pytest.raises(Conflict, match="may have 3 entries; this one has 3, and 1 more"):
        entries.add(ada, plan.id, first.id, EntriesIn([EntryIn("x")]))
    with pytest.raises(Conflict):
        entries.move(ada, plan.id, full.id, full.entries[0].id, EntryMove(checklist_id=first.id))
    other = make_plan(ada)
    with pytest.raises(Conflict):
        make("Long", *"abcd", to=other)
    assert names(other) == []
    checklists.trash(ada, plan.id, first.id)
    make("Third")
    with pytest.raises(Conflict):
        checklists.restore(ada, plan.id, first.id)
    elsewhere = make("Elsewhere", to=other)
    with pytest.raises(Conflict):
        checklists.move(ada, other.id, elsewhere.id, ChecklistMove(plan_id=plan.id))
    assert texts(full) == ["d"]


def test_checklists_and_entries_are_named_by_number_or_a_piece_of_their_text(
    checklists: Checklists, entries: ChecklistEntries, make: Any, ada: Actor, plan: PlanOut
) -> None:
    bags, packed = make("Packing", "Passport", "Passport of Eve", "Tent"), make("Packing for Eve")
    assert checklists.resolve(ada, plan.id, "packing") == bags.id
    assert checklists.resolve(ada, plan.id, "eve") == packed.id
    assert checklists.resolve(ada, plan.id, "77") == 77
    with pytest.raises(Ambiguous):
        checklists.resolve(ada, plan.id, "pack")
    assert entries.resolve(ada, plan.id, bags.id, "PASSPORT") == bags.entries[0].id
    with pytest.raises(Ambiguous):
        entries.resolve(ada, plan.id, bags.id, "pass")
    for nothing in ("passports", " "):
        with pytest.raises(NotFound):
            entries.resolve(ada, plan.id, bags.id, nothing)


def test_a_plan_in_the_trash_takes_its_checklists_with_it(
    tripkit: Tripkit, checklists: Checklists, make: Any, ada: Actor, plan: PlanOut
) -> None:
    made = make("Packing", "Passport")
    tripkit.plans.trash(ada, plan.id)
    with pytest.raises(NotFound):
        checklists.get(ada, plan.id, made.id)
    tripkit.plans.restore(ada, plan.id)
    assert checklists.get(ada, plan.id, made.id) == made


def test_all_checklists_take_three_queries(
    tripkit: Tripkit, checklists: Checklists, make: Any, ada: Actor, plan: PlanOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries: list[str] = []
    execute = tripkit.db.execute

    def counted(sql: str, arguments: Any = ()) -> Any:
        queries.append(sql)
        return execute(sql, arguments)

    total = 0
    for count in (1, 10, 300):
        make("Packing", *(f"entry {number}" for number in range(count)))
        total += count
        queries.clear()
        with monkeypatch.context() as patched:
            patched.setattr(tripkit.db, "execute", counted)
            found = checklists.of_plan(ada, plan.id, ChecklistQuery())
        assert sum(each.total for each in found.checklists) == total
        assert len(queries) == 3


def test_those_who_check_off_at_the_same_time_all_do(
    tripkit: Tripkit, checklists: Checklists, entries: ChecklistEntries, make: Any, ada: Actor, plan: PlanOut,
    in_threads: Any,
) -> None:  # fmt: skip
    made = make("Packing", *(f"entry {number}" for number in range(8)))
    left = [each.id for each in made.entries]
    in_threads(8, lambda: entries.edit(ada, plan.id, made.id, left.pop(), EntryPatch(done=True)), tripkit)
    found = checklists.get(ada, plan.id, made.id)
    assert (found.done, found.version) == (8, 9)
