"""The money of a plan: its exchange rates and totals."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from tripkit.schemas.plans import Budget

Code = Annotated[str, Meta(max_length=3, description="ISO 4217 code.", examples=["EUR"])]


class Rate(Struct, forbid_unknown_fields=True, frozen=True):
    """One `base` is `rate` `quote`."""

    base: Code
    quote: Code
    rate: Annotated[
        Decimal,
        Meta(description="As a decimal string (or a number), with at most 12 decimals.", examples=["162.5"]),
    ]


class RatesIn(Struct, forbid_unknown_fields=True, frozen=True):
    """All rates of a plan."""

    rates: Annotated[list[Rate], Meta(max_length=200)]


class RatesOut(Struct, frozen=True):
    """All rates of a plan."""

    plan_id: int
    version: Annotated[int, Meta(description="Of the plan.")]
    rates: list[Rate]


Budgets = Annotated[
    dict[str, Budget],
    Meta(
        description="What each kind of item may cost, in the currency of the plan. What is left out has no budget.",
        examples=[{"food": "500.00"}],
    ),
]


class BudgetsIn(Struct, forbid_unknown_fields=True, frozen=True):
    """The budgets of all kinds of items."""

    budgets: Budgets


class BudgetsOut(Struct, frozen=True):
    """The budgets of all kinds of items."""

    plan_id: int
    version: Annotated[int, Meta(description="Of the plan.")]
    currency: str
    budgets: Budgets


class Sum(Struct, frozen=True):
    """An amount for each currency, and all of it in the currency of the plan."""

    by_currency: dict[str, Decimal]
    amount: Annotated[Decimal | None, Meta(description="In the plan's currency; null without a rate for all of it.")]
    missing: Annotated[list[str], Meta(description="Currencies without a rate.")]


class Totals(Struct, frozen=True):
    """What a plan costs. Ideas are in no sum but their own."""

    plan_id: int
    version: Annotated[int, Meta(description="Of the plan.")]
    currency: Annotated[str, Meta(description="Of the plan, its budget and every `amount`.")]
    budget: Decimal | None
    total: Annotated[Sum, Meta(description="Planned and spent.")]
    planned: Annotated[Sum, Meta(description="Items that are planned.")]
    spent: Annotated[Sum, Meta(description="Items that are booked or done, and the expenses below.")]
    expenses: Annotated[Sum, Meta(description="Expenses that pay for no item whose cost is in the total already.")]
    remaining: Annotated[Decimal | None, Meta(description="The budget without the total; below zero it is exceeded.")]
    by_status: dict[str, Sum]
    by_kind: Annotated[dict[str, Sum], Meta(description="The total, by kind of item and expense.")]
    budgets: Annotated[dict[str, Decimal], Meta(description="What kinds of items may cost.")] = {}
    remaining_by_kind: Annotated[
        dict[str, Decimal | None],
        Meta(description="Each of these budgets without the sum of its kind; null without a rate for all of it."),
    ] = {}
