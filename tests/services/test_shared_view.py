"""What strangers see of a plan: every field is shown, hidden by a redaction, or nobody's business."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain, combinations
from typing import Any, Final, get_args

import msgspec
import pytest
from msgspec import Raw

from tripkit.schemas.checklists import ChecklistOut, EntryOut
from tripkit.schemas.items import ItemDay, ItemOut, Place
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.shared import Redaction, SharedPlan
from tripkit.services import plan_money
from tripkit.services.shared_view import view

NOW: Final = datetime(2027, 1, 2, tzinfo=UTC)
D = Decimal

PLACE = Place("Kyoto", "1 Street", 35.0, 135.8, "JP", "Asia/Tokyo")
OTHER_PLACE = Place("Osaka", "2 Street", 34.7, 135.5, "KR", "Asia/Seoul")

#: Of each field: two values it may have, and what becomes of it.
SHOWN, PRIVATE, UNLESS_REDACTED = "shown", "private", "shown unless anything is redacted"
PLAN: dict[str, tuple[Any, Any, str]] = {
    "id": (1, 2, PRIVATE),
    "user": ("ada", "bob", "participants"),
    "role": ("owner", "viewer", PRIVATE),
    "title": ("Kyoto", "Osaka", SHOWN),
    "destination": ("Japan", "Korea", SHOWN),
    "description": ("quiet", "loud", "notes"),
    "start_date": (date(2027, 4, 1), date(2027, 4, 2), SHOWN),
    "end_date": (date(2027, 4, 9), None, SHOWN),
    "budget": (D("10.00"), D("20.00"), "costs"),
    "currency": ("EUR", "USD", "costs"),
    "status": ("draft", "published", PRIVATE),
    "plan_data": (Raw(b"{}"), Raw(b'{"a":1}'), UNLESS_REDACTED),
    "tags": (["a"], ["b"], SHOWN),
    "timezone": ("Asia/Tokyo", None, SHOWN),
    "version": (1, 2, PRIVATE),
    "created_at": (NOW, NOW + timedelta(1), PRIVATE),
    "updated_at": (NOW, NOW + timedelta(1), SHOWN),
    "trashed_at": (None, NOW, PRIVATE),
}
ITEM: dict[str, tuple[Any, Any, str]] = {
    "id": (1, 2, PRIVATE),
    "plan_id": (1, 2, PRIVATE),
    "uid": ("0d2cf4ba-0c52-4a0f-8a16-54cd9fb7a6dd", "1d2cf4ba-0c52-4a0f-8a16-54cd9fb7a6dd", SHOWN),
    "kind": ("flight", "train", SHOWN),
    "title": ("To Kyoto", "To Osaka", SHOWN),
    "notes": ("window", "aisle", "notes"),
    "start": ("2027-04-01T09:30", "2027-04-01T10:30", SHOWN),
    "start_zone": ("Asia/Tokyo", "Asia/Seoul", SHOWN),
    "end": ("2027-04-01T11:30", "2027-04-01T12:30", SHOWN),
    "end_zone": ("Asia/Tokyo", "Asia/Seoul", SHOWN),
    "place": (PLACE, OTHER_PLACE, SHOWN),
    "end_place": (PLACE, None, SHOWN),
    "cost": (D("12.50"), D("13.50"), "costs"),
    "currency": ("EUR", "USD", "costs"),
    "paid": (D("11.00"), D("12.00"), "costs"),
    "paid_currency": ("EUR", "USD", "costs"),
    "booking_reference": ("QX7F2K", "QX7F2L", "references"),
    "status": ("booked", "planned", SHOWN),
    "version": (1, 2, PRIVATE),
    "created_at": (NOW, NOW + timedelta(1), PRIVATE),
    "updated_at": (NOW, NOW + timedelta(1), PRIVATE),
    "trashed_at": (None, NOW, PRIVATE),
    "start_at": (NOW, NOW + timedelta(1), SHOWN),
    "end_at": (NOW, NOW + timedelta(1), SHOWN),
    "duration": (60, 120, SHOWN),
    "distance_km": (1.0, 2.0, SHOWN),
    "warnings": ([], ["comes twice"], SHOWN),
    "day": (1, 2, SHOWN),
    "end_day": (1, 2, SHOWN),
    "filled_in": ([], ["currency"], PRIVATE),
}
CHECKLIST: dict[str, tuple[Any, Any, str]] = {
    "id": (1, 2, PRIVATE),
    "plan_id": (1, 2, PRIVATE),
    "name": ("Packing", "Shopping", SHOWN),
    "version": (1, 2, PRIVATE),
    "created_at": (NOW, NOW + timedelta(1), PRIVATE),
    "updated_at": (NOW, NOW + timedelta(1), PRIVATE),
    "trashed_at": (None, NOW, PRIVATE),
    "done": (0, 1, PRIVATE),
    "total": (0, 1, PRIVATE),
    "entries": ([], [EntryOut(1, "Hat", False, None, 1, NOW, NOW)], SHOWN),
}
ENTRY: dict[str, tuple[Any, Any, str]] = {
    "id": (1, 2, PRIVATE),
    "text": ("Hat", "Coat", SHOWN),
    "done": (False, True, SHOWN),
    "assignee": (None, 1, PRIVATE),
    "version": (1, 2, PRIVATE),
    "created_at": (NOW, NOW + timedelta(1), PRIVATE),
    "updated_at": (NOW, NOW + timedelta(1), PRIVATE),
}
TABLES: Final = {PlanOut: PLAN, ItemOut: ITEM, ChecklistOut: CHECKLIST, EntryOut: ENTRY}
ALL_REDACTIONS: Final = get_args(Redaction)
SETS: Final = list(chain.from_iterable(combinations(ALL_REDACTIONS, count) for count in range(len(ALL_REDACTIONS) + 1)))


def of(kind: type, table: dict[str, tuple[Any, Any, str]], *others: str) -> Any:
    """A record of the first values, or of the second ones for `others`."""
    return kind(**{name: values[name in others] for name, values in table.items()})


def shown(plan: PlanOut, item: ItemOut, redactions: tuple[str, ...]) -> SharedPlan:
    totals = plan_money.totals(plan, [item], {("EUR", "USD"): D(2), ("USD", "EUR"): D("0.5")})
    return view(plan, [ItemDay(date(2027, 4, 1), 1, [item])], totals, redactions)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "table"), TABLES.items())
def test_it_is_decided_for_every_field_whether_it_is_shown(kind: Any, table: dict[str, Any]) -> None:
    assert kind.__struct_fields__ == tuple(table), "say here who may see the new field"


@pytest.mark.parametrize("redactions", SETS, ids=lambda redactions: "+".join(redactions) or "none")
@pytest.mark.parametrize(("which", "name"), [("plan", name) for name in PLAN] + [("item", name) for name in ITEM])
def test_what_is_hidden_makes_no_difference(which: str, name: str, redactions: tuple[str, ...]) -> None:
    plan, item = of(PlanOut, PLAN), of(ItemOut, ITEM)
    other_plan = of(PlanOut, PLAN, name) if which == "plan" else plan
    other_item = of(ItemOut, ITEM, name) if which == "item" else item
    what = (PLAN if which == "plan" else ITEM)[name][2]
    hidden = what == PRIVATE or what in redactions or (what == UNLESS_REDACTED and bool(redactions))
    same = shown(plan, item, redactions) == shown(other_plan, other_item, redactions)
    assert same == hidden


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in (ChecklistOut, EntryOut) for name in TABLES[kind]])
def test_of_checklists_what_there_is_to_do_is_shown_and_nobody_who_does_it(kind: Any, name: str) -> None:
    def found(*others: str) -> SharedPlan:
        entry = of(EntryOut, ENTRY, *(others if kind is EntryOut else ()))
        checklist = of(ChecklistOut, CHECKLIST, *(others if kind is ChecklistOut else ()))
        if kind is EntryOut:
            checklist = msgspec.structs.replace(checklist, entries=[entry])
        plan = of(PlanOut, PLAN)
        return view(plan, [], plan_money.totals(plan, [], {}), (), checklists=[checklist])

    assert (found() == found(name)) == (TABLES[kind][name][2] == PRIVATE)


@pytest.mark.parametrize("name", Place.__struct_fields__)
def test_all_there_is_to_a_place_is_shown(name: str) -> None:
    item = of(ItemOut, ITEM)
    other = msgspec.structs.replace(PLACE, **{name: getattr(OTHER_PLACE, name)})
    moved = msgspec.structs.replace(item, place=other)
    [found] = shown(of(PlanOut, PLAN), moved, ALL_REDACTIONS).days[0].items
    assert found.place == other


def test_redactions_are_named_once_and_in_order() -> None:
    plan, item = of(PlanOut, PLAN), of(ItemOut, ITEM)
    assert shown(plan, item, ("notes", "costs", "notes")).redactions == ["costs", "notes"]


def test_a_uid_from_a_file_may_be_a_secret_and_is_replaced_by_one_that_lasts() -> None:
    plan = of(PlanOut, PLAN)
    item = msgspec.structs.replace(of(ItemOut, ITEM), uid="QX7F2K@airline.example")
    later = msgspec.structs.replace(item, version=9, updated_at=NOW + timedelta(9))
    first, second = (shown(plan, each, ()).days[0].items[0].uid for each in (item, later))
    assert first == second
    assert "QX7F2K" not in first
    another = msgspec.structs.replace(item, id=2)
    assert shown(plan, another, ()).days[0].items[0].uid != first


def test_a_plan_without_items_is_shown() -> None:
    plan = of(PlanOut, PLAN)
    found = view(plan, [], plan_money.totals(plan, [], {}), ())
    assert (found.days, found.totals and found.totals.budget) == ([], D("10.00"))
