"""Expenses as people read them: in a table, and in a sentence."""

from collections.abc import Mapping
from typing import Final

import msgspec

from tripkit.cli.output import Column
from tripkit.schemas.expenses import ExpenseOut
from tripkit.schemas.travellers import TravellerOut


class Line(msgspec.Struct, frozen=True):
    """An expense, with names instead of numbers."""

    id: int
    date: str
    title: str
    amount: str
    currency: str
    kind: str
    paid_by: str
    split: str
    shared_by: str
    item_id: int | None
    notes: str
    version: int


FIELDS: Final = Line.__struct_fields__[:-2]
COLUMNS: Final = (
    Column("#", lambda line: str(line.id), whole=True),
    Column("Date", lambda line: line.date, whole=True),
    Column("Title", lambda line: line.title),
    Column("Amount", lambda line: f"{line.amount} {line.currency}", whole=True),
    Column("Paid by", lambda line: line.paid_by),
    Column("Shared by", lambda line: line.shared_by),
    Column("Kind", lambda line: line.kind, whole=True, from_width=120),
    Column("Item", lambda line: "" if line.item_id is None else str(line.item_id), from_width=120, whole=True),
)


def line(expense: ExpenseOut, travellers: list[TravellerOut]) -> Line:
    """An expense, with the names of travellers."""
    names = {each.id: each.name for each in travellers}
    return Line(
        id=expense.id,
        date=expense.date.isoformat(),
        title=expense.title,
        amount=str(expense.amount),
        currency=expense.currency,
        kind=expense.kind,
        paid_by=", ".join(_paid(expense, names)),
        split=expense.split,
        shared_by=", ".join(f"{_name(each.traveller_id, names)} {each.amount}" for each in expense.shared_by),
        item_id=expense.item_id,
        notes=expense.notes,
        version=expense.version,
    )


def told(expense: ExpenseOut) -> str:
    """`expense 12 "Dinner" (48.50 EUR)`."""
    return f'expense {expense.id} "{expense.title}" ({expense.amount} {expense.currency})'


def _paid(expense: ExpenseOut, names: Mapping[int, str]) -> list[str]:
    if len(expense.paid_by) == 1:
        return [_name(expense.paid_by[0].traveller_id, names)]
    return [f"{_name(each.traveller_id, names)} {each.amount}" for each in expense.paid_by]


def _name(traveller_id: int, names: Mapping[int, str]) -> str:
    """By number, should somebody be gone whom the expense names still."""
    return names.get(traveller_id, f"({traveller_id})")
