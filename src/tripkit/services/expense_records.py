"""Expenses between the database and the records that come out: their columns, and everybody's share."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Raw
from peewee import JOIN

from tripkit.database import Engine, Param, Statement
from tripkit.models import Expense, Item
from tripkit.schemas.expenses import ExpenseKind, ExpenseOut, Payment, PaymentOut, Share, ShareOut, Split
from tripkit.services import money, splitting
from tripkit.services.money import Money

#: What a write may change.
WRITTEN: Final = (
    Expense.item,
    Expense.title,
    Expense.kind,
    Expense.notes,
    Expense.date,
    Expense.amount,
    Expense.currency,
    Expense.paid_by,
    Expense.split,
    Expense.shared_by,
    Expense.version,
    Expense.updated_at,
    Expense.trashed_at,
)
#: The item last, since it may have gone to another plan.
COLUMNS: Final = (Expense.id, Expense.plan, Expense.created_at, *WRITTEN[1:], Item.id)
#: For queries of `COLUMNS`.
JOINED: Final = (Item, JOIN.LEFT_OUTER, (Expense.item == Item.id) & (Expense.plan == Item.plan))
_payments: Final = msgspec.json.Decoder(list[Payment])
_shares: Final = msgspec.json.Decoder(list[Share])


def _with_people(expense_id: int, title: str, paid_by: Raw, shared_by: Raw) -> tuple[int, str, set[int]]:
    payers = {each.traveller_id for each in _payments.decode(paid_by)}
    return expense_id, title, payers | {each.traveller_id for each in _shares.decode(shared_by)}


PEOPLE: Final = Statement(
    lambda: (
        Expense.select(Expense.id, Expense.title, Expense.paid_by, Expense.shared_by)
        .where(Expense.plan == Param("plan"))
        .order_by(Expense.id)
    ),
    record=_with_people,
)


def read(
    expense_id: int,
    plan_id: int,
    created_at: datetime,
    title: str,
    kind: ExpenseKind,
    notes: str,
    day: date,
    amount: Decimal,
    currency: str,
    paid_by: Raw,
    split: Split,
    shared_by: Raw,
    version: int,
    updated_at: datetime,
    trashed_at: datetime | None,
    item_id: int | None,
) -> ExpenseOut:
    """A row of `COLUMNS`."""
    cost = Money(money.trimmed(amount, currency), currency)
    people = _shares.decode(shared_by)
    due = shares(cost, split, {each.traveller_id: each for each in people})
    return ExpenseOut(
        id=expense_id,
        plan_id=plan_id,
        title=title,
        date=day,
        amount=cost.amount,
        currency=currency,
        paid_by=[PaymentOut(each.traveller_id, each.amount or Decimal(0)) for each in _payments.decode(paid_by)],
        split=split,
        shared_by=[ShareOut(each.traveller_id, each.weight, due[each.traveller_id]) for each in people],
        kind=kind,
        item_id=item_id,
        notes=notes,
        version=version,
        created_at=created_at,
        updated_at=updated_at,
        trashed_at=trashed_at,
    )


def shares(cost: Money, split: Split, people: dict[Any, Share]) -> dict[Any, Decimal]:
    """What each share amounts to; raises `ValidationFailed` for shares that do not fit the cost."""
    if split == "exact":
        given = {person: each.amount or Decimal(0) for person, each in people.items()}
        return splitting.exactly(cost, given, field="shared_by")
    if split == "shares":
        weights = {person: each.weight or Decimal(0) for person, each in people.items()}
        return splitting.by_weight(cost, weights, field="shared_by")
    return splitting.equally(cost, list(people), field="shared_by")


def stored(values: dict[str, Any]) -> dict[str, Any]:
    """The fields of an expense that `expense_rules` has checked, as the columns take them."""
    columns = {name: value for name, value in values.items() if name != "item_id"}
    columns["item"] = values["item_id"]
    for name in ("paid_by", "shared_by"):
        columns[name] = msgspec.json.encode(values[name]).decode()
    return columns


def naming(db: Engine, plan_id: int, traveller_id: int) -> list[tuple[int, str]]:
    """Numbers and titles of the expenses of a plan in which a traveller has a part, also of those in the trash."""
    return [(number, title) for number, title, people in PEOPLE.all(db, plan=plan_id) if traveller_id in people]
