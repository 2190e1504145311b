"""The log of changes: each says what is different, and nothing else."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tripkit.bootstrap import Tripkit
from tripkit.models import Change
from tripkit.schemas.expenses import ExpenseIn, ExpensePatch, Payment
from tripkit.schemas.items import ItemIn, ItemMove, ItemPatch
from tripkit.schemas.plans import PlanOut, PlanPatch
from tripkit.schemas.travellers import TravellerIn
from tripkit.schemas.users import Actor
from tripkit.services import parts
from tripkit.services.item_places import Draft, complete
from tripkit.services.parts import Part


@pytest.fixture
def plan(make_plan: Callable[..., PlanOut], ada: Actor) -> PlanOut:
    return make_plan(ada)


@pytest.fixture
def log(tripkit: Tripkit, plan: PlanOut) -> Callable[[], list[tuple[int, str, list[Part[Any]]]]]:
    """Every change of the plan."""

    def read() -> list[tuple[int, str, list[Part[Any]]]]:
        with tripkit.db.database.bind_ctx([Change]):
            found = Change.select().where(Change.plan == plan.id).order_by(Change.version)
            return [
                (each.version, each.action, msgspec.json.decode(each.parts, type=list[Part[Any]])) for each in found
            ]

    return read


def test_the_first_version_of_a_plan_is_not_recorded(log: Any) -> None:
    assert log() == []


def test_a_change_holds_the_fields_that_differ(tripkit: Tripkit, ada: Actor, plan: PlanOut, log: Any) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Kyoto in April", destination="Japan"))
    [(version, action, [part])] = log()
    assert (version, action) == (2, "plan.edit")
    assert part == Part("plan", plan.id, "Kyoto in April", {"title": "Kyoto"}, {"title": "Kyoto in April"})


def test_a_write_that_changes_nothing_is_recorded_without_parts(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, log: Any
) -> None:
    tripkit.plans.edit(ada, plan.id, PlanPatch(title="Kyoto"))
    assert log() == [(2, "plan.edit", [])]


def test_what_is_new_and_what_is_gone_is_recorded_whole(tripkit: Tripkit, ada: Actor, plan: PlanOut, log: Any) -> None:
    item = tripkit.items.create(ada, plan.id, complete(ItemIn(title="Nishiki market", kind="food")))
    tripkit.items.trash(ada, plan.id, item.id)
    [(_, _, [made]), (_, _, [trashed])] = log()
    assert (made.before, trashed.after) == (None, None)
    assert made.after["title"] == trashed.before["title"] == "Nishiki market"
    assert "place_lat" not in made.after, "what is empty is left out"
    tripkit.items.restore(ada, plan.id, item.id)
    assert log()[-1][2][0].before is None


def test_an_item_that_goes_to_another_plan_is_gone_here_and_new_there(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, log: Any, make_plan: Any
) -> None:
    elsewhere = make_plan(ada, title="Elsewhere")
    item = tripkit.items.create(ada, elsewhere.id, complete(ItemIn(title="Nishiki market")))
    tripkit.items.move(ada, elsewhere.id, item.id, ItemMove(plan_id=plan.id))
    [(_, action, [part])] = log()
    assert (action, part.before, part.after["title"]) == ("item.move", None, "Nishiki market")
    tripkit.items.move(ada, plan.id, item.id, ItemMove(plan_id=elsewhere.id))
    [_, (_, _, [part])] = log()
    assert (part.after, part.before["title"]) == (None, "Nishiki market")


def test_a_small_change_of_a_large_text_is_a_small_record(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> None:
    data = b'{"days":[' + b",".join(b'{"n":%d}' % number for number in range(20_000)) + b"]}"
    tripkit.plans.edit(ada, plan.id, PlanPatch(plan_data=msgspec.Raw(data), description="Wort " * 3000))
    tripkit.plans.edit(ada, plan.id, PlanPatch(plan_data=msgspec.Raw(data.replace(b'"n":777}', b'"n":"gone"}'))))
    with tripkit.db.database.bind_ctx([Change]):
        recorded = Change.get((Change.plan == plan.id) & (Change.version == 3)).parts
    assert len(recorded) < 200
    [part] = msgspec.json.decode(recorded, type=list[Part[msgspec.Raw]])
    row = parts.PLAN.row(tripkit.db, plan.id, plan.id)
    assert bytes(parts.PLAN.earlier(part, row)["plan_data"]) == data


def test_every_part_leads_from_after_to_before(tripkit: Tripkit, ada: Actor, plan: PlanOut, log: Any) -> None:
    item = tripkit.items.create(ada, plan.id, complete(ItemIn(title="Dinner", start="2027-04-01T19:30")))
    before = parts.ITEM.row(tripkit.db, plan.id, item.id)
    patch = ItemPatch(notes="ä" * 500, start="2027-04-02", cost=None, kind="food", booking_reference="X")
    tripkit.items.edit(ada, plan.id, item.id, Draft(patch, []))
    after = parts.ITEM.row(tripkit.db, plan.id, item.id)
    [_, (_, _, [part])] = log()
    part = msgspec.json.decode(msgspec.json.encode(part), type=Part[msgspec.Raw])
    assert parts.ITEM.earlier(part, after) == before != after


def test_travellers_and_expenses_are_recorded(tripkit: Tripkit, ada: Actor, plan: PlanOut, log: Any) -> None:
    zoe = tripkit.travellers.create(ada, plan.id, TravellerIn("Zoe"))
    tripkit.travellers.rename(ada, plan.id, zoe.id, TravellerIn("Zoë"))
    form = ExpenseIn("Tea", date(2027, 4, 2), Decimal(4), [Payment(zoe.id)])
    tea = tripkit.expenses.create(ada, plan.id, form)
    tripkit.expenses.edit(ada, plan.id, tea.id, ExpensePatch(amount=Decimal(5)))
    tripkit.expenses.trash(ada, plan.id, tea.id)
    tripkit.expenses.restore(ada, plan.id, tea.id)
    found = log()
    assert [action for _, action, _ in found] == [
        "traveller.create", "traveller.rename", "expense.create", "expense.edit", "expense.trash", "expense.restore",
    ]  # fmt: skip
    assert {(part.part, part.label) for _, _, parts_ in found[2:] for part in parts_} == {("expense", "Tea")}
    [renamed], [edited], [trashed] = found[1][2], found[3][2], found[4][2]
    assert (renamed.before, renamed.after) == ({"name": "Zoe"}, {"name": "Zoë"})
    assert edited.before is not None
    assert edited.before.keys() == {"amount", "paid_by", "version"}
    assert trashed.after is None
