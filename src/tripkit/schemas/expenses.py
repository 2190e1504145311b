"""What travellers pay for each other: what goes in and what comes out."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from tripkit.schemas.instants import Instant
from tripkit.schemas.items import Currency, Kind, Notes

#: Money that one traveller gives back to another: it changes balances, and costs nothing.
REPAYMENT: Final = "repayment"
ExpenseKind = Annotated[
    Literal[Kind, "repayment"],
    Meta(
        description="As of items; a repayment changes what travellers owe each other, and is in no total of the plan."
    ),
]
Split = Annotated[
    Literal["equal", "shares", "exact"],
    Meta(description="equal: the same for each. shares: by weight. exact: by amounts that add up to the whole."),
]

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Title = Annotated[str, Meta(min_length=1, max_length=200, examples=["Dinner"])]
Day = Annotated[date, Meta(description="The day on which it was paid.")]
Amount = Annotated[
    Decimal,
    Meta(
        description="As a decimal string (or a number), with no more decimals than its currency has.",
        examples=["48.50"],
    ),
]
Weight = Annotated[Decimal, Meta(description="Nights, heads or the like, for the split `shares`.", examples=["2"])]


class Payment(Struct, forbid_unknown_fields=True, frozen=True):
    """Who paid, and how much of it. The amount of somebody who paid alone may be left out."""

    traveller_id: Id
    amount: Amount | None = None


class Share(Struct, forbid_unknown_fields=True, frozen=True):
    """For whom it was paid: by weight with the split `shares`, with an amount with the split `exact`."""

    traveller_id: Id
    weight: Weight | None = None
    amount: Amount | None = None


PaidBy = Annotated[list[Payment], Meta(min_length=1, max_length=100)]
SharedBy = Annotated[
    list[Share], Meta(min_length=1, max_length=100, description="Without it: all travellers that the plan has now.")
]
ItemId = Annotated[Id, Meta(description="The item that was paid for: in totals the item's cost counts, and not this.")]


class ExpenseIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A new expense."""

    title: Title
    date: Day
    amount: Amount
    paid_by: PaidBy
    currency: Currency | None = None
    split: Split = "equal"
    shared_by: SharedBy | None = None
    kind: ExpenseKind = "other"
    item_id: ItemId | None = None
    notes: Notes = ""


class ExpensePatch(Struct, forbid_unknown_fields=True, frozen=True):
    """What to change in an expense; what is left out stays. Lists are replaced whole."""

    title: Title | UnsetType = UNSET
    date: Day | UnsetType = UNSET
    amount: Amount | UnsetType = UNSET
    paid_by: PaidBy | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    split: Split | UnsetType = UNSET
    shared_by: SharedBy | None | UnsetType = UNSET
    kind: ExpenseKind | UnsetType = UNSET
    item_id: ItemId | None | UnsetType = UNSET
    notes: Notes | UnsetType = UNSET


class PaymentOut(Struct, frozen=True):
    """Who paid, and how much of it."""

    traveller_id: int
    amount: Decimal


class ShareOut(Struct, frozen=True):
    """For whom it was paid, and what their share amounts to."""

    traveller_id: int
    weight: Decimal | None
    amount: Decimal


class ExpenseOut(Struct, frozen=True):
    """An expense."""

    id: int
    plan_id: int
    title: str
    date: date
    amount: Decimal
    currency: str
    paid_by: list[PaymentOut]
    split: Split
    shared_by: list[ShareOut]
    kind: ExpenseKind
    item_id: int | None
    notes: str
    version: int
    created_at: Instant
    updated_at: Instant
    trashed_at: Instant | None


class ExpenseQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Which expenses to list."""

    traveller_id: Annotated[Id, Meta(description="What they paid, or have a share of.")] | None = None
    item_id: Id | None = None
    kind: ExpenseKind | None = None
    trashed: Annotated[bool, Meta(description="The trash, and not the expenses in use.")] = False


class ExpenseList(Struct, frozen=True):
    """The expenses of a plan, by their days."""

    plan_id: int
    version: Annotated[int, Meta(description="Of the plan.")]
    expenses: list[ExpenseOut]
