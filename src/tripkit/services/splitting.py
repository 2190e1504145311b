"""What each person's share of a cost is. Shares always add up to the cost, to the smallest unit of its currency."""

from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeVar

from tripkit.errors import ValidationFailed
from tripkit.services import jsontext, money
from tripkit.services.money import Money

P = TypeVar("P", bound=Hashable)

MAX_WEIGHT: Final = Decimal(1_000_000)
MAX_WEIGHT_DECIMALS: Final = 6


def equally(cost: Money, people: Sequence[P], *, field: str = "shares") -> dict[P, Decimal]:
    """The same for each, who counts once; cents that are left over go to the first people, one each.

    Raises `ValidationFailed` without people.
    """
    return by_weight(cost, dict.fromkeys(people, Decimal(1)), field=field)


def by_weight(cost: Money, weights: Mapping[P, Decimal], *, field: str = "shares") -> dict[P, Decimal]:
    """To each by weight, such as nights or heads; raises `ValidationFailed` for weights that cannot be.

    Everybody gets what is theirs rounded down to the smallest unit. Units that are left over go one each to those
    who lost the most by it, and of equals to the first (the method of the largest remainder).
    """
    for person, weight in weights.items():
        if not weight.is_finite() or not 0 <= weight <= MAX_WEIGHT or weight != round(weight, MAX_WEIGHT_DECIMALS):
            raise _wrong(
                field,
                f"must be weights from 0 to {MAX_WEIGHT} with at most {MAX_WEIGHT_DECIMALS} decimals, "
                f"not {jsontext.shorten(weight)} as for {person}.",
            )
    # Counted in whole numbers, which is quick and exact.
    parts = {person: int(weight * 10**MAX_WEIGHT_DECIMALS) for person, weight in weights.items()}
    whole = sum(parts.values())
    if not whole:
        raise _wrong(field, "must have somebody with more than nothing.")
    count = money.units(cost.amount, cost.currency)
    given = {person: part * count // whole for person, part in parts.items()}
    by_loss = sorted(parts, key=lambda person: -(parts[person] * count % whole))
    for person in by_loss[: count - sum(given.values())]:
        given[person] += 1
    return {person: money.in_units(units, cost.currency) for person, units in given.items()}


def exactly(cost: Money, shares: Mapping[P, Decimal], *, field: str = "shares") -> dict[P, Decimal]:
    """The shares as they are given; raises `ValidationFailed` unless they add up to the cost."""
    given = {person: money.checked(share, cost.currency, field=field) for person, share in shares.items()}
    if not given:
        raise _wrong(field, "must have somebody.")
    if missing := cost.amount - sum(given.values()):
        problem = f"{missing} {cost.currency} too little" if missing > 0 else f"{-missing} {cost.currency} too much"
        raise _wrong(field, f"must add up to {cost.amount} {cost.currency}; they are {problem}.")
    return given


def _wrong(field: str, message: str) -> ValidationFailed:
    return ValidationFailed({field: [message]})
