"""Settling leaves nobody owing a cent, in as few transfers as there can be."""

import time
from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.services import money, settlement, splitting
from tripkit.services.money import read
from tripkit.services.settlement import Account, Transfer, accounts, combined, transfers


def amounts(**balances: str) -> dict[str, Decimal]:
    return {person: Decimal(amount) for person, amount in balances.items()}


def balances(expenses: Iterable[tuple[Any, Any]]) -> dict[Any, Decimal]:
    """What `accounts` says of expenses that somebody paid alone: the payer, and the share of each."""
    found = accounts(({payer: sum(shares.values(), Decimal(0))}, shares) for payer, shares in expenses)
    return {person: account.balance for person, account in found.items()}


def shown(found: list[Transfer[str]]) -> list[str]:
    return [f"{each.payer} {each.payee} {each.amount}" for each in found]


def test_a_trip_of_three_is_balanced_and_settled() -> None:
    expenses = [
        ("ada", splitting.equally(read("90 EUR"), ["ada", "bob", "eve"])),
        ("bob", splitting.equally(read("10 EUR"), ["ada", "bob", "eve"])),
        ("eve", splitting.exactly(read("25.50 EUR"), amounts(bob="25.50"))),
    ]
    found = balances(expenses)
    assert found == amounts(ada="56.66", bob="-48.83", eve="-7.83")
    assert shown(transfers(found, "EUR")) == ["bob ada 48.83", "eve ada 7.83"]


def test_a_payer_without_a_share_is_owed_everything() -> None:
    assert balances([("ada", amounts(bob="5", eve="5"))]) == amounts(ada="10", bob="-5", eve="-5")
    assert balances([]) == {}


def test_several_pay_together() -> None:
    found = accounts([(amounts(ada="20", bob="10"), amounts(ada="10", bob="10", eve="10")), (amounts(eve="3"), {})])
    assert found == {
        "ada": Account(Decimal(20), Decimal(10)),
        "bob": Account(Decimal(10), Decimal(10)),
        "eve": Account(Decimal(3), Decimal(10)),
    }
    assert [account.balance for account in found.values()] == [10, 0, -7]


def test_balances_in_several_currencies_become_one_that_sums_to_0() -> None:
    known = {("EUR", "JPY"): Decimal(160)}
    # 667 yen are 4.16875 euros, 67 are 0.41875 and 600 are 3.75: rounded each on its own they would not sum to 0.
    yen = amounts(ada="-667", bob="67", eve="600")
    assert combined({"JPY": yen}, "EUR", known) == amounts(ada="-4.17", bob="0.42", eve="3.75")
    assert combined({"JPY": yen, "EUR": amounts(ada="6.66", bob="-6.66")}, "EUR", known) == amounts(
        ada="2.49", bob="-6.24", eve="3.75"
    )
    # A third of a yen is lost by each: the unit that is left over goes to the first.
    third = {("USD", "JPY"): Decimal(1)}
    odd = combined({"USD": amounts(ada="0.34", bob="0.33", eve="0.33", zoe="-1.00")}, "JPY", third)
    assert odd == amounts(ada="1", bob="0", eve="0", zoe="-1")
    assert combined({}, "EUR", {}) == {}
    with pytest.raises(LookupError, match="from JPY to EUR"):
        combined({"JPY": yen}, "EUR", {})


@given(
    units=st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9)), min_size=1, max_size=12),
    rate=st.decimals("0.000001", "10000", places=6),
)
def test_combined_balances_sum_to_0_and_nobody_loses_a_cent(units: list[tuple[int, int]], rate: Decimal) -> None:
    both = [*units, (-sum(one for one, _ in units), -sum(other for _, other in units))]
    euros = {person: money.in_units(each[0], "EUR") for person, each in enumerate(both)}
    yen = {person: money.in_units(each[1], "JPY") for person, each in enumerate(both)}
    found = combined({"EUR": euros, "JPY": yen}, "EUR", {("EUR", "JPY"): rate})
    assert sum(found.values()) == 0
    for person, amount in found.items():
        exact = Fraction(euros[person]) + Fraction(yen[person]) / Fraction(rate)
        assert abs(Fraction(amount) - exact) < Fraction(1, 100)
        assert exact or not amount, "who is even stays so"
    assert not any(settled(found, transfers(found, "EUR")).values())


@pytest.mark.parametrize(
    ("owed", "expected"),
    [
        (amounts(), []),
        (amounts(a="0.00", b="0"), []),
        (amounts(a="5", b="-5"), ["b a 5.00"]),
        # Largest to largest alone would take four.
        (amounts(a="6", b="4", c="-4", d="-3", e="-3"), ["c b 4.00", "d a 3.00", "e a 3.00"]),
        # No pairs, but two groups: {a, c, d} and {b, e, f}.
        (amounts(a="7", b="11", c="-5", d="-2", e="-3", f="-8"), 4),
    ],
)
def test_the_fewest_transfers_are_found(owed: dict[str, Decimal], expected: list[str] | int) -> None:
    found = transfers(owed, "EUR")
    assert (len(found) if isinstance(expected, int) else shown(found)) == expected


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "33"), ("EUR", "33.00"), ("KWD", "33.000")])
def test_transfers_have_the_decimals_of_the_currency(currency: str, amount: str) -> None:
    assert shown(transfers(amounts(a="33", b="-33"), currency)) == [f"b a {amount}"]


def test_balances_that_do_not_sum_to_0_are_a_fault() -> None:
    with pytest.raises(ValueError, match="do not sum to 0"):
        transfers(amounts(a="5", b="-4.99"), "EUR")


def test_the_worst_case_and_many_people_are_quick() -> None:
    # Powers of two have no part that sums to 0, so that everything is tried in vain.
    worst = {person: Decimal(2**person) for person in range(settlement.MAX_EXACT - 1)}
    worst[-1] = -sum(worst.values(), Decimal(0))
    many = {person: Decimal(person * person % 997 + 1) for person in range(1_000)}
    many[-1] = -sum(many.values(), Decimal(0))
    began = time.perf_counter()
    assert len(transfers(worst, "EUR")) == settlement.MAX_EXACT - 1
    assert len(transfers(many, "EUR")) == 1_000
    assert time.perf_counter() - began < 2


def settled(owed: dict[int, Decimal], found: list[Transfer[int]]) -> dict[int, Decimal]:
    left = dict(owed)
    for each in found:
        left[each.payer] += each.amount
        left[each.payee] -= each.amount
    return left


@st.composite
def debts(draw: st.DrawFn, most: int, largest: int) -> dict[int, Decimal]:
    units = draw(st.lists(st.integers(-largest, largest), max_size=most - 1))
    return {person: money.in_units(count, "EUR") for person, count in enumerate([*units, -sum(units)])}


@given(owed=debts(40, 10**12) | debts(40, 10))
def test_transfers_settle_everything_and_are_fewer_than_the_people(owed: dict[int, Decimal]) -> None:
    found = transfers(owed, "EUR")
    assert not any(settled(owed, found).values())
    assert all(each.amount > 0 for each in found)
    assert len({(each.payer, each.payee) for each in found}) == len(found)
    assert len(found) <= max(0, sum(map(bool, owed.values())) - 1)
    assert all(owed[each.payer] < 0 < owed[each.payee] for each in found), "nobody passes money on"


def fewest(owed: tuple[int, ...]) -> int:
    """By trying every first transfer of one who owes to everybody who is owed."""

    @cache
    def search(left: tuple[int, ...]) -> int:
        left = tuple(sorted(filter(None, left)))
        if not left:
            return 0
        return 1 + min(search(rest) for rest in after_one_transfer(left))

    return search(owed)


def after_one_transfer(left: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    debt, *others = left  # sorted: the first owes the most
    for index, other in enumerate(others):
        if other > 0:
            yield (*others[:index], other + debt, *others[index + 1 :])


@given(owed=debts(7, 6))
def test_no_way_to_settle_takes_fewer_transfers(owed: dict[int, Decimal]) -> None:
    units = tuple(money.units(amount, "EUR") for amount in owed.values())
    assert len(transfers(owed, "EUR")) == fewest(units)


@given(
    expenses=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 10**6), st.lists(st.integers(0, 5), min_size=1, unique=True)),
        max_size=20,
    )
)
def test_balances_of_any_expenses_sum_to_0_and_are_settled(expenses: list[tuple[int, int, list[int]]]) -> None:
    shared = [
        (payer, splitting.equally(money.Money(money.in_units(units, "EUR"), "EUR"), people))
        for payer, units, people in expenses
    ]
    owed = balances(shared)
    assert sum(owed.values()) == 0
    assert not any(settled(owed, transfers(owed, "EUR")).values())
