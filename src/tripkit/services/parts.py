"""What a plan is made of: the tables whose rows are recorded when they change, and put back when that is undone.

A table gets a line in `PARTS`, parents before children. Whoever writes to it says which rows, and records what became
of them together with the new version of the plan:

    was = parts.ITEM.rows(db, plan.id, item_id)  # as they are before; `parts.ITEM.new(item_id)` after an insert
    UPDATE.run(...)
    plans.touch(actor, plan, "item.edit", was)

What is in the trash counts as gone, so it can be deleted from there for good and still be put back.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

import msgspec
import peewee
from msgspec import Raw

from tripkit.database import Engine, Param, Statement
from tripkit.database.fields import DateField, InstantField, JSONTextField, MoneyField, StringsField
from tripkit.models import Checklist, ChecklistEntry, Expense, Item, Model, Plan, PlanSettings, Traveller
from tripkit.services import money, splices
from tripkit.services.splices import Splice

#: The columns of a row by their names, without the plan it belongs to.
Row = dict[str, Any]
V = TypeVar("V")


class Part(msgspec.Struct, Generic[V], frozen=True, omit_defaults=True):
    """What became of one row: the columns that changed. Without a `before` it is new, without an `after` it is gone.

    Of a row that is new or gone all columns are there, but null and empty ones. Of a long text that changed, there is
    no more than what was cut out of it and put into it, in `spliced`.
    """

    part: str
    id: int
    #: What people call it.
    label: str = ""
    before: dict[str, V] | None = {}
    after: dict[str, V] | None = {}
    spliced: dict[str, Splice] = {}


class Rows(msgspec.Struct, frozen=True):
    """Rows of one kind that are written, as they were before."""

    kind: "Kind"
    plan_id: int
    before: Mapping[int, Row | None]

    def changed(self, db: Engine) -> list[Part[Any]]:
        """What became of them."""
        after = ((row_id, self.kind.row(db, self.plan_id, row_id)) for row_id in self.before)
        parts = [self.kind.part(row_id, self.before[row_id], row) for row_id, row in after]
        return [part for part in parts if part is not None]


class Kind(msgspec.Struct, frozen=True, dict=True, eq=False):
    """A table whose rows are parts of plans."""

    name: str
    table: type[Model]
    #: The columns that make a row what it is.
    columns: str
    #: The column with what people call a row.
    label: str = ""
    #: Which rows belong to the plan with the number `Param("plan")`, if that is not in their column `plan`.
    within: Callable[[], peewee.Expression] | None = None
    #: The column that rows are known by.
    key: str = "id"
    #: Columns that say nothing to people.
    hidden: str = ""
    #: The column that stays the same when a row gets another number.
    twin: str = ""
    #: The column that no two rows of a plan share.
    unique: str = ""
    #: Columns with the number of another row of the plan, and of which kind that is.
    refers: Mapping[str, str] = {}
    #: The column with the row whose version grows with that of this one.
    counted_by: str = ""
    #: How a row is brought to what it is on every database.
    tidy: Callable[[Row], Row] | None = None

    @cached_property
    def fields(self) -> dict[str, peewee.Field]:
        """The columns by name."""
        return {name: getattr(self.table, name) for name in self.columns.split()}

    def row(self, db: Engine, plan_id: int, row_id: int) -> Row | None:
        """One row of a plan; None where there is none."""
        found = self._one.one(db, plan=plan_id, key=row_id)
        return found[1] if found else None

    def all(self, db: Engine, plan_id: int) -> dict[int, Row]:
        """Every row of a plan."""
        return dict(self._all.all(db, plan=plan_id))

    def count(self, db: Engine, plan_id: int) -> int:
        """How many rows of a plan there are."""
        return self._count.one(db, plan=plan_id) or 0

    def rows(self, db: Engine, plan_id: int, *row_ids: int) -> Rows:
        """Rows that are going to be written."""
        return Rows(self, plan_id, {row_id: self.row(db, plan_id, row_id) for row_id in row_ids})

    def new(self, plan_id: int, *row_ids: int) -> Rows:
        """Rows that were just made."""
        return Rows(self, plan_id, dict.fromkeys(row_ids))

    def part(self, row_id: int, before: Row | None, after: Row | None) -> Part[Any] | None:
        """What is different between two states of a row; None if nothing is."""
        named = after or before
        label = str(named[self.label])[:200] if named and self.label else ""
        if before is None or after is None:
            return Part(self.name, row_id, label, _full(before), _full(after)) if named else None
        old, new, spliced = {}, {}, {}
        for name in self.fields:
            if before[name] != after[name]:
                if (splice := splices.between(before[name], after[name])) is not None:
                    spliced[name] = splice
                else:
                    old[name], new[name] = before[name], after[name]
        return Part(self.name, row_id, label, old, new, spliced) if old or spliced else None

    def earlier(self, part: Part[Raw], row: Row | None) -> Row | None:
        """What a row was before this part of a change, given what it was after it."""
        if part.before is None or (part.after is not None and row is None):
            return None
        if part.after is None or row is None:
            return {name: self.read(name, part.before.get(name)) for name in self.fields}
        old = {name: self.read(name, value) for name, value in part.before.items() if name in self.fields}
        return row | old | {name: splices.undone(row[name], each) for name, each in part.spliced.items()}

    def read(self, name: str, value: Raw | None) -> Any:
        """A column as it was recorded; what was left out was null or empty."""
        if value is None:
            return None if self.fields[name].null else ""
        if bytes(value) == b"null":
            return None
        return self._decoders[name].decode(value)

    @property
    def shown(self) -> set[str]:
        """The columns that people know."""
        return set(self.fields) - {"version", "created_at", "updated_at", *self.hidden.split()}

    @property
    def called(self) -> str:
        """The name as people say it."""
        return self.name.rpartition("_")[2]

    @property
    def belongs(self) -> peewee.Expression:
        """Which rows belong to the plan, the trash left out."""
        return self.of_plan() & self.table.trashed_at.is_null() if self.has_trash else self.of_plan()

    def of_plan(self) -> peewee.Expression:
        """Which rows belong to the plan, those in its trash as well."""
        return self.within() if self.within else self.table.plan == Param("plan")

    @property
    def has_trash(self) -> bool:
        """Whether what is deleted goes to the trash first. (The plan's own trash is not its history's.)"""
        return self.table is not Plan and hasattr(self.table, "trashed_at")

    @cached_property
    def _decoders(self) -> dict[str, msgspec.json.Decoder[Any]]:
        return {name: msgspec.json.Decoder(_type(field)) for name, field in self.fields.items()}

    @cached_property
    def _one(self) -> Statement[tuple[int, Row]]:
        key = getattr(self.table, self.key)
        return Statement(lambda: self._select().where(key == Param("key")), record=self._record)

    @cached_property
    def _all(self) -> Statement[tuple[int, Row]]:
        return Statement(self._select, record=self._record)

    @cached_property
    def _count(self) -> Statement[int]:
        return Statement(lambda: self.table.select(peewee.fn.COUNT(self.table.id)).where(self.belongs), record=int)

    def _select(self) -> peewee.Query:
        return self.table.select(getattr(self.table, self.key), *self.fields.values()).where(self.belongs)

    def _record(self, key: int, *columns: Any) -> tuple[int, Row]:
        row = dict(zip(self.fields, columns, strict=True))
        return key, self.tidy(row) if self.tidy else row


def _full(row: Row | None) -> Row | None:
    return None if row is None else {name: value for name, value in row.items() if value not in (None, "")}


def _type(field: peewee.Field) -> Any:
    """What a column holds, as it is read from JSON."""
    return next((kind for of, kind in _TYPES.items() if isinstance(field, of)), str)


_TYPES: Final[dict[type[peewee.Field], Any]] = {
    InstantField: datetime,
    DateField: date,
    MoneyField: Decimal,
    JSONTextField: Raw,
    StringsField: list[str],
    peewee.BooleanField: bool,
    peewee.DoubleField: float,
    peewee.IntegerField: int,
    peewee.ForeignKeyField: int,
}


def _trimmed(row: Row) -> Row:
    """Amounts with the decimals of their currencies: Postgres gives four of them back."""
    for amount, currency in (("cost", "currency"), ("paid", "paid_currency"), ("amount", "currency")):
        if row.get(amount) is not None and row[currency] is not None:
            row[amount] = money.trimmed(row[amount], row[currency])
    return row


PLAN: Final = Kind(
    "plan",
    Plan,
    "title destination description start_date end_date budget currency status plan_data tags timezone",
    label="title",
    within=lambda: Plan.id == Param("plan"),
)
ITEM: Final = Kind(
    "item",
    Item,
    "uid kind title notes start_date start_time start_zone end_date end_time end_zone place_name place_address "
    "place_lat place_lon place_country place_timezone end_place_name end_place_address end_place_lat end_place_lon "
    "end_place_country end_place_timezone cost currency paid paid_currency booking_reference status position version "
    "created_at updated_at",
    label="title",
    hidden="uid",
    twin="uid",
    tidy=_trimmed,
)
SETTINGS: Final = Kind("settings", PlanSettings, "rates ignored_checks budgets", key="plan")
TRAVELLER: Final = Kind(
    "traveller", Traveller, "name name_key created_at", label="name", hidden="name_key", unique="name_key"
)
EXPENSE: Final = Kind(
    "expense",
    Expense,
    "item title kind notes date amount currency paid_by split shared_by version created_at updated_at",
    label="title",
    refers={"item": "item"},
    tidy=_trimmed,
)
CHECKLIST: Final = Kind("checklist", Checklist, "name position version created_at updated_at", label="name")
CHECKLIST_ENTRY: Final = Kind(
    "checklist_entry",
    ChecklistEntry,
    "checklist text done assignee position version created_at updated_at",
    label="text",
    refers={"checklist": "checklist", "assignee": "traveller"},
    counted_by="checklist",
)

#: Everything that is recorded, parents before children.
PARTS: Final = {kind.name: kind for kind in (PLAN, SETTINGS, TRAVELLER, ITEM, EXPENSE, CHECKLIST, CHECKLIST_ENTRY)}
