"""Random sequences of edits by several people: every version is kept as it was, and every change can be taken back."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tripkit.bootstrap import Tripkit
from tripkit.errors import Conflict, NewerChange, NotFound, ValidationFailed
from tripkit.models import PlanMember
from tripkit.schemas.changes import VersionOut
from tripkit.schemas.checklists import (
    ChecklistIn,
    ChecklistMove,
    ChecklistPatch,
    EntriesIn,
    EntryIn,
    EntryMove,
    EntryPatch,
)
from tripkit.schemas.checks import IgnoredIn
from tripkit.schemas.expenses import ExpenseIn, ExpensePatch, Payment
from tripkit.schemas.items import ItemIn, ItemMove, ItemPatch, Place
from tripkit.schemas.money import BudgetsIn, Rate
from tripkit.schemas.plans import PlanIn, PlanPatch
from tripkit.schemas.travellers import TravellerIn
from tripkit.schemas.users import Actor
from tripkit.services.item_places import Draft

from ..conftest import SOAK, FakeClock

PEOPLE = st.integers(0, 2)
TITLES = st.sampled_from(["Dinner", "Train to Nara", "Kinkaku-ji", "金閣寺", 'a "quoted" one'])
TEXTS = st.one_of(
    st.just(""), st.sampled_from(["short", "Wort " * 60, "ä" * 300, "Wort " * 40 + "and " + "Wort " * 20])
)
DAYS = st.dates(date(2027, 4, 1), date(2027, 4, 5))
DATA = st.sampled_from(["{}", '{"km": 12.50}', '{"a": [' + "1, " * 200 + "2]}", '{"a": [' + "1, " * 150 + "3, 2]}"])
BUDGETS = st.sampled_from([None, Decimal(0), Decimal("1250.50")])
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
ZONES = st.sampled_from([None, "Asia/Tokyo", "Europe/Lisbon"])
PICK = st.integers(0, 10_000)


class Plan(RuleBasedStateMachine):
    """One plan, and what it was at each version."""

    def __init__(
        self, tripkit: Tripkit, people: Sequence[Actor], join: Callable[[int], None], clock: FakeClock
    ) -> None:
        super().__init__()
        self.tripkit, self.people, self.clock, self.join = tripkit, people, clock, join
        self.was: dict[int, VersionOut] = {}
        #: What was put into the trash: the service, and the number.
        self.trash: set[tuple[str, int]] = set()
        self.ways_back = (tripkit.history.undo, tripkit.history.restore)

    @initialize()
    def make(self) -> None:
        self.plan_id = self.tripkit.plans.create(self.people[0], PlanIn("Kyoto", "Japan")).id
        self.join(self.plan_id)
        self.look()

    # --- what people do ---------------------------------------------------------------------------------------------

    @rule(who=PEOPLE, title=TITLES, description=TEXTS, start=DAYS, data=DATA, tags=st.lists(TITLES, max_size=2))
    def edit(self, who: int, title: str, description: str, start: date, data: str, tags: list[str]) -> None:
        tags = [tag for tag in tags if '"' not in tag]
        patch = PlanPatch(
            title=title, description=description, start_date=start, plan_data=msgspec.Raw(data.encode()), tags=tags
        )
        self.do(self.tripkit.plans.edit, who, patch)

    @rule(who=PEOPLE, budget=BUDGETS, currency=CURRENCIES, zone=ZONES, end=DAYS, archived=st.booleans())
    def edit_the_rest(self, who: int, budget: Any, currency: str, zone: Any, end: date, archived: bool) -> None:
        patch = PlanPatch(
            destination=f"Nara, {currency}", budget=budget, currency=currency, timezone=zone, end_date=end,
            status="archived" if archived else "draft",
        )  # fmt: skip
        self.do(self.tripkit.plans.edit, who, patch)

    @rule(who=PEOPLE, titles=st.lists(TITLES, min_size=1, max_size=2), day=DAYS, notes=TEXTS)
    def add(self, who: int, titles: list[str], day: date, notes: str) -> None:
        place = Place("Kyoto", "", 35.01, 135.77, "JP", "Asia/Tokyo")
        forms = [ItemIn(title, start=f"{day}T19:30", notes=notes, place=place, cost=Decimal(12)) for title in titles]
        self.do(self.tripkit.items.create_many, who, [Draft(form, []) for form in forms])

    @precondition(lambda self: self.items)
    @rule(who=PEOPLE, which=PICK, title=TITLES, notes=TEXTS, done=st.booleans())
    def edit_item(self, who: int, which: int, title: str, notes: str, done: bool) -> None:
        patch = ItemPatch(title=title, notes=notes, status="done" if done else "planned", cost=Decimal("3.50"))
        self.do(self.tripkit.items.edit, who, self.pick(which), Draft(patch, []))

    @precondition(lambda self: self.items)
    @rule(who=PEOPLE, which=PICK, day=DAYS, position=st.integers(1, 3))
    def move(self, who: int, which: int, day: date, position: int) -> None:
        self.do(self.tripkit.items.move, who, self.pick(which), ItemMove(day=day, position=position))

    @precondition(lambda self: self.items)
    @rule(who=PEOPLE, which=PICK)
    def trash_item(self, who: int, which: int) -> None:
        number = self.pick(which)
        self.trash.add(("items", number))
        self.do(self.tripkit.items.trash, who, number)

    @rule(who=PEOPLE, rate=st.integers(1, 3))
    def set_rate(self, who: int, rate: int) -> None:
        self.do(self.tripkit.money.set_rate, who, Rate("EUR", "JPY", Decimal(rate)))

    @rule(who=PEOPLE, kinds=st.lists(st.sampled_from(["food", "train"]), unique=True), budget=BUDGETS)
    def set_budgets(self, who: int, kinds: Any, budget: Any) -> None:
        budgets = {kind: budget or Decimal(1) for kind in kinds}
        self.do(self.tripkit.money.replace_budgets, who, BudgetsIn(budgets))

    @rule(who=PEOPLE, codes=st.sampled_from([[], ["no-zone"], ["overlap", "no-zone"]]))
    def ignore(self, who: int, codes: Any) -> None:
        self.do(self.tripkit.checks.ignore, who, IgnoredIn(codes))

    @rule(who=PEOPLE, name=st.sampled_from(["Eve", "Finn", "Gil"]))
    def bring(self, who: int, name: str) -> None:
        self.do(self.tripkit.travellers.create, who, TravellerIn(name))

    @precondition(lambda self: self.now.travellers)
    @rule(who=PEOPLE, which=PICK, name=st.sampled_from(["Eve", "Finn", "Gil", "Hal"]), leaves=st.booleans())
    def rename_or_leave(self, who: int, which: int, name: str, leaves: bool) -> None:
        one = self.one_of(self.now.travellers, which)
        if leaves:
            self.do(self.tripkit.travellers.delete, who, one.id)
        else:
            self.do(self.tripkit.travellers.rename, who, one.id, TravellerIn(name))

    @precondition(lambda self: self.now.travellers)
    @rule(who=PEOPLE, which=PICK, title=TITLES, day=DAYS, amount=st.sampled_from(["12.50", "3"]), of_item=st.booleans())
    def spend(self, who: int, which: int, title: str, day: date, amount: str, of_item: bool) -> None:
        payer = Payment(self.one_of(self.now.travellers, which).id)
        item_id = self.pick(which) if of_item and self.items else None
        self.do(self.tripkit.expenses.create, who, ExpenseIn(title, day, Decimal(amount), [payer], item_id=item_id))

    @precondition(lambda self: self.now.expenses)
    @rule(who=PEOPLE, which=PICK, title=TITLES, notes=TEXTS, gone=st.booleans())
    def change_expense(self, who: int, which: int, title: str, notes: str, gone: bool) -> None:
        one = self.one_of(self.now.expenses, which)
        if gone:
            self.trash.add(("expenses", one.id))
            self.do(self.tripkit.expenses.trash, who, one.id)
        else:
            self.do(self.tripkit.expenses.edit, who, one.id, ExpensePatch(title=title, notes=notes))

    @rule(who=PEOPLE, name=TITLES, texts=st.lists(TITLES, max_size=3))
    def list_things(self, who: int, name: str, texts: list[str]) -> None:
        entries = [EntryIn(text) for text in texts]
        self.do(self.tripkit.checklists.create, who, ChecklistIn(name=name, entries=entries))

    @precondition(lambda self: self.now.checklists)
    @rule(who=PEOPLE, which=PICK, how=st.sampled_from(["rename", "trash", "move", "add"]), text=TITLES)
    def change_list(self, who: int, which: int, how: str, text: str) -> None:
        one, lists = self.one_of(self.now.checklists, which), self.tripkit.checklists
        if how == "add":
            someone = self.now.travellers[0].id if self.now.travellers else None
            self.do(self.tripkit.checklist_entries.add, who, one.id, EntriesIn([EntryIn(text, assignee=someone)]))
        elif how == "rename":
            self.do(lists.edit, who, one.id, ChecklistPatch(name=text))
        elif how == "move":
            self.do(lists.move, who, one.id, ChecklistMove(position=1))
        else:
            self.trash.add(("checklists", one.id))
            self.do(lists.trash, who, one.id)

    @precondition(lambda self: any(each.entries for each in self.now.checklists))
    @rule(who=PEOPLE, which=PICK, how=st.sampled_from(["done", "delete", "up", "elsewhere"]))
    def change_entry(self, who: int, which: int, how: str) -> None:
        entries = self.tripkit.checklist_entries
        of, one = self.one_of([(each, entry) for each in self.now.checklists for entry in each.entries], which)
        if how == "done":
            self.do(entries.edit, who, of.id, one.id, EntryPatch(done=not one.done))
        elif how == "delete":
            self.do(entries.delete, who, of.id, one.id)
        elif how == "up":
            self.do(entries.move, who, of.id, one.id, EntryMove(position=1))
        else:
            target = self.one_of(self.now.checklists, which // 7).id
            self.do(entries.move, who, of.id, one.id, EntryMove(checklist_id=target))

    @precondition(lambda self: self.trash)
    @rule(who=PEOPLE, which=PICK)
    def take_out_of_the_trash(self, who: int, which: int) -> None:
        service, number = self.one_of(sorted(self.trash), which)
        with suppress(NotFound):  # it is back by another way, or gone for good
            self.do(getattr(self.tripkit, service).restore, who, number)

    @rule()
    def empty_the_trash(self) -> None:
        self.clock.advance(days=31)
        for each in (self.tripkit.items, self.tripkit.expenses, self.tripkit.checklists):
            each.purge()

    # --- the ways back ----------------------------------------------------------------------------------------------

    @rule(which=PICK)
    def every_version_is_as_it_was(self, which: int) -> None:
        version = self.some_version(which)
        assert self.tripkit.history.version(self.people[0], self.plan_id, version) == self.was[version]

    @rule(who=PEOPLE, which=PICK)
    def restore(self, who: int, which: int) -> None:
        version = self.some_version(which)
        self.do(self.tripkit.history.restore, who, version)
        assert content(self.now) == content(self.was[version])

    @precondition(lambda self: len(self.was) > 1)
    @rule(who=PEOPLE)
    def undo_the_newest(self, who: int) -> None:
        newest = max(self.was)
        try:
            self.do(self.tripkit.history.undo, who, newest)
        except Conflict as refused:
            # It changed nothing; or somebody would go whom the trash names.
            if "in the trash" not in str(refused) and content(self.was[newest]) != content(self.was[newest - 1]):
                raise
            return
        assert content(self.now) == content(self.was[newest - 1])
        self.do(self.tripkit.history.undo, who, newest + 1)
        assert content(self.now) == content(self.was[newest])

    @rule(who=PEOPLE, which=PICK)
    def undo_any(self, who: int, which: int) -> None:
        version = self.some_version(which)
        before = self.now
        try:
            self.do(self.tripkit.history.undo, who, version)
        except Conflict:
            assert self.read() == before, "what is refused changes nothing"
            return
        self.do(self.tripkit.history.undo, who, max(self.was))
        assert content(self.now) == content(before)

    # --- what they stand on -----------------------------------------------------------------------------------------

    def do(self, method: Callable[..., Any], who: int, *arguments: Any) -> None:
        self.clock.advance(seconds=1)
        try:
            method(self.people[who], self.plan_id, *arguments)
        except (ValidationFailed, Conflict) as refused:
            if method in self.ways_back or isinstance(refused, NewerChange):
                raise
            return
        self.look()

    def look(self) -> None:
        self.now = self.read()
        assert self.now.version == max(self.was, default=0) + 1
        self.was[self.now.version] = self.now
        self.items = [item.id for item in self.now.items]

    def read(self) -> VersionOut:
        version = self.tripkit.plans.get(self.people[0], self.plan_id).version
        return self.tripkit.history.version(self.people[0], self.plan_id, version)

    def one_of(self, found: Sequence[Any], which: int) -> Any:
        return found[which % len(found)]

    def pick(self, which: int) -> int:
        return self.items[which % len(self.items)]

    def some_version(self, which: int) -> int:
        return 1 + which % len(self.was)

    def teardown(self) -> None:
        for version, was in self.was.items():
            assert self.tripkit.history.version(self.people[0], self.plan_id, version) == was


def content(found: VersionOut) -> Any:
    """What people wrote, without what counts how often."""
    plain = msgspec.json.decode(msgspec.json.encode(msgspec.structs.replace(found, at=found.plan.created_at)))

    def uncounted(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: uncounted(each) for name, each in value.items() if name not in ("version", "updated_at")}
        return [uncounted(each) for each in value] if isinstance(value, list) else value

    return uncounted(plain)


def test_every_version_is_kept_and_every_change_can_be_taken_back(
    tripkit: Tripkit, ada: Actor, bob: Actor, make_user: Callable[..., Actor], clock: FakeClock
) -> None:
    people = [ada, bob, make_user("cleo")]

    def join(plan_id: int) -> None:
        with tripkit.db.database.bind_ctx([PlanMember]):
            for actor in people[1:]:
                PlanMember.create(plan=plan_id, user=actor.user_id, role="editor", created_at=clock())

    examples = 1000 if SOAK else 25
    if tripkit.db.dialect != "sqlite":
        examples //= 5
    profile = settings(max_examples=examples, stateful_step_count=30 if SOAK else 20)
    run_state_machine_as_test(lambda: Plan(tripkit, people, join, clock), settings=profile)
