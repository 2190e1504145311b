"""Balances of plans, worked out by hand, and the transfers that settle them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tripkit.bootstrap import Tripkit
from tripkit.schemas.balances import BalanceOut, Balances, CurrencyBalances, TransferOut
from tripkit.schemas.expenses import ExpenseIn, ExpenseOut, Payment, Share
from tripkit.schemas.money import Rate
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.travellers import TravellerIn
from tripkit.schemas.users import Actor

from ..conftest import on_sqlite

D = Decimal
NAMES = ("Ann", "Ben", "Cat", "Dan")


@pytest.fixture
def plan(make_plan: Callable[..., PlanOut], ada: Actor) -> PlanOut:
    return make_plan(ada, currency="EUR")


@pytest.fixture
def people(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> dict[str, int]:
    return {name: tripkit.travellers.create(ada, plan.id, TravellerIn(name)).id for name in NAMES}


@pytest.fixture
def pay(tripkit: Tripkit, ada: Actor, plan: PlanOut, people: dict[str, int]) -> Callable[..., ExpenseOut]:
    """`pay("30 EUR", "Ann", "Ann Ben")`: an expense that the first paid for the others."""

    def create(cost: str, payer: str, shared_by: str = "", **fields: Any) -> ExpenseOut:
        amount, currency = cost.split()
        shares = [Share(people[name]) for name in shared_by.split()] or None
        form = ExpenseIn(
            "x", date(2027, 4, 2), D(amount), [Payment(people[payer])], currency, shared_by=shares, **fields
        )
        return tripkit.expenses.create(ada, plan.id, form)

    return create


@pytest.fixture
def balances(tripkit: Tripkit, ada: Actor, plan: PlanOut, people: dict[str, int]) -> Callable[[], Balances]:
    return lambda: tripkit.balances.balances(ada, plan.id)


def accounts(found: CurrencyBalances) -> dict[str, tuple[str, str, str]]:
    return {each.name: (str(each.paid), str(each.share), str(each.balance)) for each in found.accounts}


def shown(found: list[TransferOut]) -> list[str]:
    return [f"{each.payer} {each.payee} {each.amount}" for each in found]


def left(found: list[BalanceOut], transfers: list[TransferOut]) -> list[Decimal]:
    """The balances after the transfers."""
    owed = {each.traveller_id: each.balance for each in found}
    for each in transfers:
        owed[each.payer_id] += each.amount
        owed[each.payee_id] -= each.amount
    return list(owed.values())


def test_without_expenses_nobody_owes_anything(balances: Any) -> None:
    found = balances()
    assert (found.by_currency, found.missing, found.currency) == ({}, [], "EUR")
    assert [(each.name, str(each.balance)) for each in found.total.balances] == [(name, "0.00") for name in NAMES]
    assert found.total.transfers == []


def test_balances_are_by_currency_and_in_all(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, pay: Any, balances: Any
) -> None:
    pay("90 EUR", "Ann", "Ann Ben Cat")
    pay("10 EUR", "Ben", "Ann Ben Cat")  # 3.34, 3.33, 3.33
    pay("1600 JPY", "Cat", "Ann Cat")
    found = balances()
    assert list(found.by_currency) == ["EUR", "JPY"]
    assert accounts(found.by_currency["EUR"]) == {
        "Ann": ("90.00", "33.34", "56.66"), "Ben": ("10.00", "33.33", "-23.33"), "Cat": ("0.00", "33.33", "-33.33"),
    }  # fmt: skip
    assert shown(found.by_currency["EUR"].transfers) == ["Cat Ann 33.33", "Ben Ann 23.33"]
    assert accounts(found.by_currency["JPY"]) == {"Ann": ("0", "800", "-800"), "Cat": ("1600", "800", "800")}
    assert shown(found.by_currency["JPY"].transfers) == ["Ann Cat 800"]
    assert (found.total, found.missing) == (None, ["JPY"]), "never a silent sum"
    tripkit.money.set_rate(ada, plan.id, Rate("EUR", "JPY", D(160)))
    found = balances()
    # 800 yen are 5 euros.
    assert {each.name: str(each.balance) for each in found.total.balances} == {
        "Ann": "51.66", "Ben": "-23.33", "Cat": "-28.33", "Dan": "0.00",
    }  # fmt: skip
    assert shown(found.total.transfers) == ["Cat Ann 28.33", "Ben Ann 23.33"]
    assert (found.missing, found.version) == ([], tripkit.plans.get(ada, plan.id).version)


def test_a_repayment_settles_and_costs_nothing(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, pay: Any, balances: Any
) -> None:
    pay("40 EUR", "Ann", "Ann Ben")
    assert shown(balances().total.transfers) == ["Ben Ann 20.00"]
    pay("20 EUR", "Ben", "Ann", kind="repayment")
    assert balances().total.transfers == []
    assert tripkit.money.totals(ada, plan.id).total.by_currency == {"EUR": D("40.00")}


def test_what_is_in_the_trash_does_not_count(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, pay: Any, balances: Any
) -> None:
    made = pay("40 EUR", "Ann")
    tripkit.expenses.trash(ada, plan.id, made.id)
    assert balances().by_currency == {}


def test_debts_around_a_circle_cancel_out(pay: Any, balances: Any) -> None:
    for payer, owes in (("Ann", "Ben"), ("Ben", "Cat"), ("Cat", "Ann")):
        pay("15 EUR", payer, owes)
    assert [str(each.balance) for each in balances().by_currency["EUR"].accounts] == ["0.00"] * 3
    assert balances().total.transfers == []


def test_whoever_is_gone_all_the_same_is_shown_by_number(
    tripkit: Tripkit, people: dict[str, int], pay: Any, balances: Any
) -> None:
    pay("40 EUR", "Ann", "Ann Ben")
    gone = f"DELETE FROM travellers WHERE id = {people['Ben']}"
    tripkit.db.unit(lambda: tripkit.db.execute(gone).close())
    assert shown(balances().total.transfers) == [f"({people['Ben']}) Ann 20.00"]


def test_a_constant_number_of_queries(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, pay: Any, balances: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tripkit.schemas.expenses import ExpenseQuery

    ran: list[str] = []
    execute = tripkit.db.execute

    def counted(sql: str, *args: Any) -> Any:
        ran.append(sql)
        return execute(sql, *args)

    def queries() -> list[int]:
        found = []
        for work in (
            balances,
            lambda: tripkit.money.totals(ada, plan.id),
            lambda: tripkit.expenses.of_plan(ada, plan.id, ExpenseQuery()),
            lambda: pay("1 EUR", "Ann"),
        ):
            ran.clear()
            work()
            found.append(len(ran))
        return found

    pay("1 EUR", "Ann")
    monkeypatch.setattr(tripkit.db, "execute", counted)
    few = queries()
    for _ in range(20):
        pay("1 EUR", "Ben")
    assert queries() == few
    assert few[:3] == [4, 4, 2]


@on_sqlite
@settings(max_examples=15)
@given(
    spent=st.lists(
        st.tuples(
            st.integers(1, 10**7),
            st.sampled_from(["EUR", "JPY", "KWD"]),
            st.sampled_from(NAMES),
            st.lists(st.sampled_from(NAMES), min_size=1, unique=True),
        ),
        min_size=1,
        max_size=8,
    ),
    rate=st.decimals("0.01", "1000", places=3),
)
def test_balances_sum_to_0_and_transfers_settle_them_to_the_cent(
    tripkit: Tripkit, ada: Actor, make_plan: Any, spent: list[tuple[int, str, str, list[str]]], rate: Decimal
) -> None:
    plan = make_plan(ada, currency="EUR")
    people = {name: tripkit.travellers.create(ada, plan.id, TravellerIn(name)).id for name in NAMES}
    for code in ("JPY", "KWD"):
        tripkit.money.set_rate(ada, plan.id, Rate("EUR", code, rate))
    for amount, currency, payer, names in spent:
        shares = [Share(people[name], D(number)) for number, name in enumerate(names, 1)]
        form = ExpenseIn("x", date(2027, 4, 2), D(amount), [Payment(people[payer])], currency, "shares", shares)
        tripkit.expenses.create(ada, plan.id, form)
    found = tripkit.balances.balances(ada, plan.id)
    assert found.total is not None
    for balances, transfers in (
        (found.total.balances, found.total.transfers),
        *((each.accounts, each.transfers) for each in found.by_currency.values()),
    ):
        assert sum(each.balance for each in balances) == 0
        assert not any(left(balances, transfers))
        assert len(transfers) < len(NAMES)
