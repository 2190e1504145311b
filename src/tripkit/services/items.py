"""What fills plans: flights, nights, meals and whatever else has a time, a place or a cost.

Who may do what with an item is who may do it with its plan, and every write to an item is one to its plan.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import uuid4

import msgspec
from msgspec import UNSET
from peewee import fn

from tripkit.config import Settings
from tripkit.database import Command, Engine, Param, Statement, atomic, params, row
from tripkit.errors import Conflict, InvalidInput, NotFound, StaleVersion, ValidationFailed
from tripkit.models import Item
from tripkit.schemas.changes import ChangeAction
from tripkit.schemas.items import ItemDay, ItemIn, ItemList, ItemMove, ItemOut, ItemPatch, ItemQuery, ItemsOut
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.users import Actor
from tripkit.services import (
    item_records,
    item_rules,
    jsontext,
    names,
    parts,
    plan_settings,
    positions,
    rates,
    validation,
    wall_time,
)
from tripkit.services.clock import Clock
from tripkit.services.item_places import Draft
from tripkit.services.item_records import COLUMNS, WRITTEN, Entry
from tripkit.services.money import MAX_AMOUNT, Money
from tripkit.services.parts import Rows
from tripkit.services.plans import Plans
from tripkit.services.wall_time import WallTime

#: Items of one request that are looked at for what is wrong with them.
_MOST_WRONG: Final = 10
_IN_PLAN: Final = Item.plan == Param("plan")


def _of_plan(*, trashed: bool) -> Any:
    mine = _IN_PLAN & Item.trashed_at.is_null(not trashed)
    return Item.select(*COLUMNS).where(mine).order_by(Item.position, Item.id)


ALL = Statement(lambda: _of_plan(trashed=False), record=item_records.read)
TRASHED = Statement(lambda: _of_plan(trashed=True), record=item_records.read)
ONE = Statement(lambda: Item.select(*COLUMNS).where(_IN_PLAN & (Item.id == Param("id"))), record=item_records.read)
EXTENT = Statement(
    lambda: Item.select(fn.COUNT(Item.id), fn.COALESCE(fn.MAX(Item.position), 0.0)).where(
        _IN_PLAN & Item.trashed_at.is_null()
    ),
    record=row,
)
CREATE = Statement(lambda: Item.insert(params(*WRITTEN, Item.uid, Item.created_at)).returning(Item.id), record=int)
UPDATE = Command(lambda: Item.update(params(*WRITTEN)).where(Item.id == Param("id")))
TRASH = Command(
    lambda: Item.update(params(Item.version, Item.updated_at, Item.trashed_at)).where(Item.id == Param("id"))
)
PLACE = Command(lambda: Item.update(params(Item.position)).where(Item.id == Param("id")))
UID_IS_THERE = Statement(lambda: Item.select(Item.id).where(_IN_PLAN & (Item.uid == Param("uid"))), record=int)
PURGE = Command(lambda: Item.delete().where(Item.trashed_at < Param("before")))


class Items:
    """What people do with the items of their plans."""

    def __init__(self, db: Engine, plans: Plans, clock: Clock, settings: Settings) -> None:
        self.db = db
        self._plans, self._clock, self._settings = plans, clock, settings.plans

    def get(self, actor: Actor, plan_id: int, item_id: int) -> ItemOut:
        """One item; raises `NotFound`, also for one in the trash."""
        plan = self._plans.get(actor, plan_id)
        return item_records.numbered(self._find(plan, item_id), plan.start_date)

    def by_day(self, actor: Actor, plan_id: int, query: ItemQuery) -> ItemList:
        """The items of a plan, day by day in the order in which they are lived through."""
        plan = self._plans.get(actor, plan_id)
        found = (entry for entry in self._entries(plan, trashed=query.trashed) if _is_meant(entry, query))
        return ItemList(plan.id, plan.version, item_records.by_day(found, plan.start_date))

    def all(self, plan: PlanOut) -> list[ItemOut]:
        """Every item of a plan that the caller was given by `Plans`, in the order in which they are lived through."""
        return [item for day in self.days(plan) for item in day.items]

    def days(self, plan: PlanOut) -> list[ItemDay]:
        """As `all`, day by day."""
        return item_records.by_day(self._entries(plan), plan.start_date)

    def resolve(self, actor: Actor, plan_id: int, name: str, *, trashed: bool = False) -> int:
        """The id of the item that a person named by its number or an unambiguous piece of its title."""
        if (number := names.number(name)) is not None:
            return number
        entries = self._entries(self._plans.get(actor, plan_id), trashed=trashed)
        return names.pick("item", name, [(entry.item.id, entry.item.title) for entry in entries], trashed=trashed)

    @atomic
    def create(self, actor: Actor, plan_id: int, draft: Draft[ItemIn], *, expected: int | None = None) -> ItemOut:
        """A new item. `expected` is the version of the plan that the caller knows."""
        plan = self._plans.to_write(actor, plan_id, expected=expected)
        [item] = self._insert(actor, plan, [_checked(draft, plan)])
        return item

    @atomic
    def create_many(
        self, actor: Actor, plan_id: int, drafts: Sequence[Draft[ItemIn]], *, expected: int | None = None
    ) -> ItemsOut:
        """New items in this order: all of them, or none."""
        plan = self._plans.to_write(actor, plan_id, expected=expected)
        forms = []
        errors: dict[str, list[str]] = {}
        wrong = 0
        for number, draft in enumerate(drafts):
            try:
                forms.append(_checked(draft, plan))
            except ValidationFailed as failed:
                errors |= {f"items[{number}].{name}": found for name, found in failed.errors.items()}
                # To find what may have been meant takes time, for which all other units wait.
                if (wrong := wrong + 1) == _MOST_WRONG:
                    break
        if errors:
            raise ValidationFailed(errors)
        return ItemsOut(self._insert(actor, plan, forms))

    @atomic
    def edit(
        self, actor: Actor, plan_id: int, item_id: int, draft: Draft[ItemPatch], *, expected: int | None = None
    ) -> ItemOut:
        """Change the fields that were given. `expected` is the version of the item that the caller knows."""
        plan = self._plans.to_write(actor, plan_id)
        entry = self._find(plan, item_id, expected)
        changes = validation.given(draft.form)
        values, filled_in = item_rules.checked(item_rules.merged(_fields(entry.item), changes, plan), plan)
        was = parts.ITEM.rows(self.db, plan.id, item_id)
        self._write(plan, entry, values)
        self._plans.touch(actor, plan, "item.edit", was)
        return self._read(plan, item_id, draft.filled_in + filled_in)

    @atomic
    def move(self, actor: Actor, plan_id: int, item_id: int, to: ItemMove, *, expected: int | None = None) -> ItemOut:
        """Move an item to another day, to another position in it, or to another plan that the actor may write to."""
        if to == ItemMove():
            raise InvalidInput("Say where to move the item: day, position or plan_id.")
        target_id = plan_id if to.plan_id is UNSET else to.plan_id
        # In the same order for everybody, or two moves could wait for each other.
        plans = {each: self._plans.to_write(actor, each) for each in sorted({plan_id, target_id})}
        plan, target = plans[plan_id], plans[target_id]
        entry = self._find(plan, item_id, expected)
        day = {} if to.day is UNSET else _on_day(entry, to.day)
        values, filled_in = item_rules.checked(_fields(entry.item) | day, target)
        position = entry.position
        written = [parts.ITEM.rows(self.db, each, item_id) for each in plans]
        if target is not plan:
            position = self._room(target, 1) + 1
            self._refuse_twice(target, entry.item.uid)
        if to.position is not UNSET:
            position, others = self._position(target, entry, values["start"], to.position)
            written.append(others)
        self._write(target, entry, values, position=position)
        for each in plans.values():
            self._plans.touch(actor, each, "item.move", *(rows for rows in written if rows.plan_id == each.id))
        return self._read(target, item_id, filled_in)

    @atomic
    def trash(self, actor: Actor, plan_id: int, item_id: int, *, expected: int | None = None) -> ItemOut:
        """Put an item into the trash, and delete for good what has been there too long."""
        plan = self._plans.to_write(actor, plan_id)
        self._set_trashed(actor, plan, "item.trash", self._find(plan, item_id, expected))
        self.purge()
        return self._read(plan, item_id)

    @atomic
    def restore(self, actor: Actor, plan_id: int, item_id: int) -> ItemOut:
        """Take an item out of the trash."""
        plan = self._plans.to_write(actor, plan_id)
        entry = self._find(plan, item_id, trashed=True)
        self._room(plan, 1)
        self._set_trashed(actor, plan, "item.restore", entry)
        return self._read(plan, item_id)

    @atomic
    def purge(self) -> int:
        """Delete for good what has been in the trash for `plans.trash_days`; how many items that were."""
        return PURGE.run(self.db, before=self._clock() - timedelta(days=self._settings.trash_days))

    def _entries(self, plan: PlanOut, *, trashed: bool = False) -> list[Entry]:
        return (TRASHED if trashed else ALL).all(self.db, plan=plan.id)

    def _find(self, plan: PlanOut, item_id: int, expected: int | None = None, *, trashed: bool = False) -> Entry:
        entry = ONE.one(self.db, plan=plan.id, id=item_id)
        if entry is None or (entry.item.trashed_at is not None) != trashed:
            raise NotFound("item in the trash with the number" if trashed else "item", item_id)
        if expected is not None and entry.item.version != expected:
            raise StaleVersion("item", item_id, entry.item.version, item_records.numbered(entry, plan.start_date))
        return entry

    def _room(self, plan: PlanOut, count: int) -> float:
        """The last position; raises `Conflict` when the plan has no room for so many more."""
        found = EXTENT.one(self.db, plan=plan.id)
        assert found is not None
        there, last = found
        if there + count > self._settings.max_items:
            raise Conflict(
                f"A plan may have {self._settings.max_items} items; this one has {there}, and {count} more do not fit. "
                "Delete some, or part the trip into several plans."
            )
        return float(last)

    def _insert(self, actor: Actor, plan: PlanOut, forms: Sequence[tuple[dict[str, Any], list[str]]]) -> list[ItemOut]:
        """Keep fields that were checked as new items; the lists say what was filled in."""
        last, now = self._room(plan, len(forms)), self._clock()
        new = {"plan": plan.id, "version": 1, "created_at": now, "updated_at": now, "trashed_at": None}
        made = []
        for number, (values, filled_in) in enumerate(forms, 1):
            uid = values.pop("uid")
            if uid is not None:
                self._refuse_twice(plan, uid)
            columns = item_records.stored(values) | new | self._paid(plan, values)
            item_id = CREATE.one(self.db, **columns, uid=uid or str(uuid4()), position=last + number)
            made.append(self._read(plan, item_id or 0, filled_in))
        self._plans.touch(actor, plan, "item.create", parts.ITEM.new(plan.id, *(item.id for item in made)))
        return made

    def _write(self, plan: PlanOut, entry: Entry, values: dict[str, Any], **changes: Any) -> None:
        """Keep fields that were checked, in `plan`, and whatever else changes."""
        columns = item_records.stored(values) | {
            "plan": plan.id,
            "position": entry.position,
            **self._paid(plan, values, entry.item),
            "version": entry.item.version + 1,
            "updated_at": self._clock(),
            "trashed_at": entry.item.trashed_at,
        }
        UPDATE.run(self.db, **(columns | changes), id=entry.item.id)

    def _paid(self, plan: PlanOut, values: dict[str, Any], before: ItemOut | None = None) -> dict[str, Any]:
        """What is done is frozen at the rate of now, and stays so until its cost changes."""
        cost, currency = values["cost"], values["currency"]
        if cost is None or values["status"] != "done":
            return {"paid": None, "paid_currency": None}
        if before and before.paid is not None and (before.cost, before.currency) == (cost, currency):
            return {"paid": before.paid, "paid_currency": before.paid_currency}
        known = plan_settings.read(self.db, plan.id).by_pair if currency != plan.currency else {}
        paid = rates.convert(Money(cost, currency), plan.currency, known)
        if paid is None or paid.amount >= MAX_AMOUNT:  # by a rate that makes it more than can be kept
            return {"paid": None, "paid_currency": None}
        return {"paid": paid.amount, "paid_currency": paid.currency}

    def _read(self, plan: PlanOut, item_id: int, filled_in: list[str] | None = None) -> ItemOut:
        """An item as it was just written."""
        entry = ONE.one(self.db, plan=plan.id, id=item_id)
        assert entry is not None
        return item_records.numbered(entry, plan.start_date, filled_in)

    def _set_trashed(self, actor: Actor, plan: PlanOut, action: ChangeAction, entry: Entry) -> None:
        """Into the trash, or out of it."""
        # Not by `_write`: what is as it was when it was written need not be right by the rules of today.
        was, now = parts.ITEM.rows(self.db, plan.id, entry.item.id), self._clock()
        moment = now if action == "item.trash" else None
        TRASH.run(self.db, id=entry.item.id, version=entry.item.version + 1, updated_at=now, trashed_at=moment)
        self._plans.touch(actor, plan, action, was)

    def _refuse_twice(self, plan: PlanOut, uid: str) -> None:
        """Raise `Conflict` where the plan has this item already, as after an import."""
        if UID_IS_THERE.one(self.db, plan=plan.id, uid=uid) is not None:
            raise Conflict(f"The plan {plan.id} has the item {jsontext.shorten(uid)} already, perhaps in the trash.")

    def _position(self, plan: PlanOut, entry: Entry, start: WallTime | None, place: int) -> tuple[float, Rows]:
        """The position between those that start at the same time, as the item does in its new place; and which others
        had to be given new ones.
        """
        peers = [
            each
            for each in self._entries(plan)
            if each.item.id != entry.item.id and item_records.clock(each.start) == item_records.clock(start)
        ]
        others = parts.ITEM.new(plan.id)
        found = positions.at([each.position for each in peers], place)
        if found is None:
            others = parts.ITEM.rows(self.db, plan.id, *(each.item.id for each in peers))
            for number, each in enumerate(peers, 1):
                PLACE.run(self.db, id=each.item.id, position=float(number))
            found = positions.at([float(number) for number in range(1, len(peers) + 1)], place)
            assert found is not None
        return found, others


def _checked(draft: Draft[ItemIn], plan: PlanOut) -> tuple[dict[str, Any], list[str]]:
    values, filled_in = item_rules.checked(validation.given(draft.form), plan)
    return values, draft.filled_in + filled_in


def _fields(item: ItemOut) -> dict[str, Any]:
    """What a person may change of an item."""
    return {name: getattr(item, name) for name in ItemPatch.__struct_fields__}


def _on_day(entry: Entry, day: date) -> dict[str, str]:
    """The times of an item on another day: what clocks show stays."""
    if day.year not in wall_time.YEARS:
        years = wall_time.YEARS
        raise ValidationFailed({"day": [f"must be in a year from {years[0]} to {years[-1]}, not {day.year}."]})
    if entry.start is None:
        return {"start": str(day)}
    later = day - entry.start.day
    walls = (("start", entry.start), ("end", entry.end))
    return {name: str(msgspec.structs.replace(wall, day=wall.day + later)) for name, wall in walls if wall}


def _is_meant(entry: Entry, query: ItemQuery) -> bool:
    day = entry.start.day if entry.start else None
    return all(
        wanted is None or wanted == found
        for wanted, found in ((query.day, day), (query.kind, entry.item.kind), (query.status, entry.item.status))
    )
