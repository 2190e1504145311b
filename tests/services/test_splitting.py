"""Shares of a cost add up to it, to the cent."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.errors import ValidationFailed
from tripkit.services import money
from tripkit.services.money import Money, read
from tripkit.services.splitting import by_weight, equally, exactly


def shown(shares: dict[str, Decimal]) -> dict[str, str]:
    return {person: str(share) for person, share in shares.items()}


@pytest.mark.parametrize(
    ("cost", "people", "shares"),
    [
        ("10 EUR", "abc", {"a": "3.34", "b": "3.33", "c": "3.33"}),
        ("10 EUR", "cab", {"c": "3.34", "a": "3.33", "b": "3.33"}),
        ("0.02 EUR", "abc", {"a": "0.01", "b": "0.01", "c": "0.00"}),
        ("10 EUR", "a", {"a": "10.00"}),
        ("10 EUR", "aab", {"a": "5.00", "b": "5.00"}),
        ("100 JPY", "abc", {"a": "34", "b": "33", "c": "33"}),
        ("1 KWD", "abc", {"a": "0.334", "b": "0.333", "c": "0.333"}),
        ("0 EUR", "ab", {"a": "0.00", "b": "0.00"}),
    ],
)
def test_an_equal_split_gives_what_is_left_over_to_the_first(cost: str, people: str, shares: dict[str, str]) -> None:
    assert shown(equally(read(cost), list(people))) == shares


@pytest.mark.parametrize(
    ("cost", "weights", "shares"),
    [
        ("100 EUR", {"a": 2, "b": 1, "c": 1}, {"a": "50.00", "b": "25.00", "c": "25.00"}),
        ("100 EUR", {"a": 1, "b": 2}, {"a": "33.33", "b": "66.67"}),  # b loses 0.0066…, a 0.0033…
        ("100 EUR", {"a": 0, "b": 1}, {"a": "0.00", "b": "100.00"}),
        ("0.01 EUR", {"a": 0, "b": 1, "c": 1}, {"a": "0.00", "b": "0.01", "c": "0.00"}),
        ("7 JPY", {"a": "1.5", "b": "2"}, {"a": "3", "b": "4"}),
        ("10 JPY", {"a": "0.000001", "b": "1000000"}, {"a": "0", "b": "10"}),
    ],
)
def test_a_split_by_weight_gives_what_is_left_over_to_who_loses_most(
    cost: str, weights: dict[str, float], shares: dict[str, str]
) -> None:
    assert shown(by_weight(read(cost), {who: Decimal(weight) for who, weight in weights.items()})) == shares


@pytest.mark.parametrize("weight", ["-1", "NaN", "Infinity", "1e30", "1e-999999999", "0.0000001", "1000001"])
def test_weights_that_cannot_be_are_refused(weight: str) -> None:
    with pytest.raises(ValidationFailed) as failed:
        by_weight(read("10 EUR"), {"ada": Decimal(1), "bob": Decimal(weight)}, field="split")
    assert failed.value.errors == {
        "split": [f'must be weights from 0 to 1000000 with at most 6 decimals, not "{Decimal(weight)}" as for bob.']
    }


@pytest.mark.parametrize("people", [{}, {"a": Decimal(0)}])
def test_nobody_pays_nothing(people: dict[str, Decimal]) -> None:
    with pytest.raises(ValidationFailed, match="must have somebody with more than nothing"):
        by_weight(read("10 EUR"), people)
    with pytest.raises(ValidationFailed, match="must have somebody"):
        equally(read("10 EUR"), [])
    with pytest.raises(ValidationFailed, match="must have somebody"):
        exactly(read("10 EUR"), {})


def test_exact_shares_are_taken_as_they_are() -> None:
    shares = {"a": Decimal("3.5"), "b": Decimal("6.50"), "c": Decimal(0)}
    assert shown(exactly(read("10 EUR"), shares)) == {"a": "3.50", "b": "6.50", "c": "0.00"}


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        (["3.33", "6.66"], "must add up to 10.00 EUR; they are 0.01 EUR too little."),
        (["3.33", "6.68"], "must add up to 10.00 EUR; they are 0.01 EUR too much."),
        (["10", "-0.01"], 'must be from 0 to less than 1,000,000,000,000, not "-0.01".'),
        (["3.333", "6.667"], 'must have at most 2 decimals in EUR, not "3.333". Round it yourself.'),
        (["NaN", "1"], 'must be from 0 to less than 1,000,000,000,000, not "NaN".'),
    ],
)
def test_exact_shares_that_do_not_match_are_refused(shares: list[str], message: str) -> None:
    with pytest.raises(ValidationFailed) as failed:
        exactly(read("10 EUR"), dict(zip("ab", map(Decimal, shares), strict=True)))
    assert failed.value.errors == {"shares": [message]}


COSTS = st.builds(
    lambda units, code: Money(money.in_units(units, code), code),
    st.integers(0, 10**7) | st.integers(0, 10**12 - 1),
    st.sampled_from(["EUR", "JPY", "KWD", "CLF"]),
)
WEIGHTS = st.decimals(0, 1_000_000, places=6, allow_nan=False) | st.integers(0, 5).map(Decimal)


@given(cost=COSTS, weights=st.lists(WEIGHTS, min_size=1, max_size=12).filter(any))
def test_shares_add_up_to_the_cost_and_nobody_is_a_cent_from_what_is_due(cost: Money, weights: list[Decimal]) -> None:
    shares = by_weight(cost, dict(enumerate(weights)))
    assert sum(shares.values()) == cost.amount
    assert list(shares) == list(range(len(weights)))
    for person, share in shares.items():
        due = Fraction(cost.amount) * Fraction(weights[person]) / sum(map(Fraction, weights))
        assert abs(money.units(share, cost.currency) - due * 10 ** -Decimal(cost.amount).as_tuple().exponent) < 1
        assert share == 0 or weights[person] > 0


@given(cost=COSTS, people=st.integers(1, 30))
def test_equal_shares_differ_by_one_unit_at_most_and_are_exact_shares(cost: Money, people: int) -> None:
    shares = equally(cost, list(range(people)))
    units = [money.units(share, cost.currency) for share in shares.values()]
    assert units == sorted(units, reverse=True)
    assert units[0] - units[-1] in (0, 1)
    assert exactly(cost, shares) == shares
