"""Who owes whom after expenses were shared, in one currency, and the fewest transfers that settle it."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final, Generic, TypeVar

import msgspec

from tripkit.services import currencies, money, rates
from tripkit.services.rates import Rates

P = TypeVar("P", bound=Hashable)

#: Among so many people, after those that cancel out in pairs, the fewest transfers are found by trying everything.
MAX_EXACT: Final = 12


class Transfer(msgspec.Struct, Generic[P], frozen=True):
    """What one person pays another."""

    payer: P
    payee: P
    amount: Decimal


class Account(msgspec.Struct, frozen=True):
    """What somebody has paid, and their share of what everybody has."""

    paid: Decimal = Decimal(0)
    share: Decimal = Decimal(0)

    @property
    def balance(self) -> Decimal:
        """What they have paid for others, less what others have paid for them."""
        return self.paid - self.share


def accounts(expenses: Iterable[tuple[Mapping[P, Decimal], Mapping[P, Decimal]]]) -> dict[P, Account]:
    """The account of each person; the sum of all balances is 0.

    An expense is what each person paid of it, and what is the share of each; both add up to the same. All expenses are
    in one currency.
    """
    paid: dict[P, Decimal] = {}
    due: dict[P, Decimal] = {}
    for payments, shares in expenses:
        for sums, parts in ((paid, payments), (due, shares)):
            for person, amount in parts.items():
                sums[person] = sums.get(person, Decimal(0)) + amount
    return {person: Account(paid.get(person, Decimal(0)), due.get(person, Decimal(0))) for person in paid | due}


def combined(balances: Mapping[str, Mapping[P, Decimal]], currency: str, known: Rates) -> dict[P, Decimal]:
    """Balances in several currencies as one in `currency`, for each person; the sum of all is 0 still.

    Each is converted exactly and rounded down to the smallest unit of the currency. Units that are missing then go one
    each to those who lost the most by it. Raises `LookupError` for a currency without a rate.
    """
    exact: dict[P, Fraction] = {}
    for code, amounts in balances.items():
        rate = rates.find(code, currency, known)
        if rate is None:
            raise LookupError(f"there is no rate from {code} to {currency}")
        for person, amount in amounts.items():
            exact[person] = exact.get(person, Fraction(0)) + Fraction(amount) * rate
    due = {person: amount * 10 ** currencies.decimals(currency) for person, amount in exact.items()}
    given = {person: floor(units) for person, units in due.items()}
    by_loss = sorted(due, key=lambda person: given[person] - due[person])
    for person in by_loss[: -sum(given.values())]:
        given[person] += 1
    return {person: money.in_units(units, currency) for person, units in given.items()}


def transfers(balances: Mapping[P, Decimal], currency: str) -> list[Transfer[P]]:
    """The transfers that bring every balance to 0, as few as can be. Raises `ValueError` unless the balances sum to 0.

    As few as can be for up to `MAX_EXACT` people, without those whose balances cancel out in pairs. Among more, the
    one who owes the most pays the one who is owed the most, again and again: that takes at least one transfer less
    than there are people, and may take more than needed.
    """
    open_balances = {person: units for person, amount in balances.items() if (units := money.units(amount, currency))}
    if sum(open_balances.values()):
        raise ValueError("balances that do not sum to 0 cannot be settled")
    return [
        Transfer(payer, payee, money.in_units(units, currency))
        for group in _groups(open_balances)
        for payer, payee, units in _settle(group)
    ]


def _groups(balances: Mapping[P, int]) -> Iterator[dict[P, int]]:
    """The people, parted into as many groups that settle among themselves as can be found.

    A group of n takes n - 1 transfers, so that each group saves one. Pairs can always be taken first: whatever
    groups two people were in who cancel out, what is left of these groups settles as well.
    """
    left = dict(balances)
    for person, units in balances.items():
        other = next((each for each in left if left[each] == -units), None)
        if person in left and other is not None:
            yield {person: left.pop(person), other: left.pop(other)}
    if len(left) > MAX_EXACT:
        yield left
        return
    people = list(left)
    for members in _partition(list(left.values())):
        yield {people[index]: left[people[index]] for index in members}


def _partition(amounts: list[int]) -> Iterator[list[int]]:
    """The indices of `amounts`, which sum to 0, in as many parts as can be that sum to 0 too.

    Dynamic programming over the subsets, which are bit masks: put in a line one after the other, the amounts of a
    subset reach a sum of 0 at most `best[subset]` times. Each time a part is complete.
    """
    subsets = 1 << len(amounts)
    sums, best = [0] * subsets, [0] * subsets
    for subset in range(1, subsets):
        lowest = (subset & -subset).bit_length() - 1
        sums[subset] = sums[subset & (subset - 1)] + amounts[lowest]
        best[subset] = max(best[subset ^ bit] for bit in _bits(subset)) + (sums[subset] == 0)
    left, part = subsets - 1, list[int]()
    while left:
        last = next(bit for bit in _bits(left) if best[left] == best[left ^ bit] + (sums[left] == 0))
        left ^= last
        part.append(last.bit_length() - 1)
        if sums[left] == 0:
            yield part
            part = []


def _bits(subset: int) -> Iterator[int]:
    while subset:
        yield subset & -subset
        subset &= subset - 1


def _settle(balances: Mapping[P, int]) -> Iterator[tuple[P, P, int]]:
    """Whoever owes the most pays whoever is owed the most, until nobody owes anything."""
    left = dict(balances)
    while any(left.values()):
        payer, payee = min(left, key=left.__getitem__), max(left, key=left.__getitem__)
        units = min(-left[payer], left[payee])
        left[payer] += units
        left[payee] -= units
        yield payer, payee, units
