"""Who owes whom."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

Balance = Annotated[
    Decimal, Meta(description="What they paid for others, less what others paid for them. All balances add up to 0.")
]


class AccountOut(Struct, frozen=True):
    """What a traveller has paid in one currency, and their share of what everybody has."""

    traveller_id: int
    name: str
    paid: Decimal
    share: Decimal
    balance: Balance


class BalanceOut(Struct, frozen=True):
    """What a traveller is owed, or owes where it is below zero."""

    traveller_id: int
    name: str
    balance: Balance


class TransferOut(Struct, frozen=True):
    """What one traveller pays another to settle."""

    payer_id: int
    payer: str
    payee_id: int
    payee: str
    amount: Decimal


class CurrencyBalances(Struct, frozen=True):
    """What travellers owe each other in one currency, and the fewest transfers that settle it."""

    accounts: list[AccountOut]
    transfers: list[TransferOut]


class TotalBalances(Struct, frozen=True):
    """What travellers owe each other in all, and the fewest transfers that settle it: instead of those by currency."""

    balances: list[BalanceOut]
    transfers: list[TransferOut]


class Balances(Struct, frozen=True):
    """What travellers owe each other."""

    plan_id: int
    version: Annotated[int, Meta(description="Of the plan.")]
    by_currency: dict[str, CurrencyBalances]
    currency: Annotated[str, Meta(description="Of the plan, and of `total`.")]
    total: Annotated[TotalBalances | None, Meta(description="Null without a rate for all of it.")]
    missing: Annotated[list[str], Meta(description="Currencies without a rate.")]
