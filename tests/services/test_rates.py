"""Money is converted by known rates, rounded once, and there is no total that leaves something out."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.errors import ValidationFailed
from tripkit.services import money, rates
from tripkit.services.money import Money, read

RATES = {
    ("EUR", "JPY"): Decimal("162.5"),
    ("USD", "JPY"): Decimal("150"),
    ("EUR", "KWD"): Decimal("0.333"),
}


def converted(text: str, currency: str, known: rates.Rates = RATES) -> str | None:
    found = rates.convert(read(text), currency, known)
    return None if found is None else f"{found.amount} {found.currency}"


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        ("10 EUR", "EUR", "10.00 EUR"),
        ("10 EUR", "JPY", "1625 JPY"),
        ("1625 JPY", "EUR", "10.00 EUR"),
        ("0.01 EUR", "JPY", "2 JPY"),  # 1.625
        ("1 JPY", "EUR", "0.01 EUR"),  # 0.00615…
        ("10 EUR", "KWD", "3.330 KWD"),
        ("1 KWD", "EUR", "3.00 EUR"),  # 3.003…
        ("3 USD", "EUR", "2.77 EUR"),  # over yen: 450 / 162.5 = 2.7692…
        ("1 KWD", "USD", "3.25 USD"),  # over euros and yen: 162.5 / 0.333 / 150 = 3.2532…
        ("0 USD", "EUR", "0.00 EUR"),
        ("10 EUR", "GBP", None),
        ("10 GBP", "EUR", None),
    ],
)
def test_money_is_converted_and_rounded_once(text: str, currency: str, expected: str | None) -> None:
    assert converted(text, currency) == expected


def test_half_a_cent_is_rounded_up_in_both_directions_of_a_rate() -> None:
    known = {("EUR", "USD"): Decimal(8)}
    assert converted("0.04 USD", "EUR", known) == "0.01 EUR", "0.005"
    assert converted("0.03 USD", "EUR", known) == "0.00 EUR"


def test_a_rate_as_given_is_before_one_that_is_reversed_and_a_step_before_two() -> None:
    known = {
        ("EUR", "USD"): Decimal(2),
        ("USD", "EUR"): Decimal(4),
        ("USD", "GBP"): Decimal(1),
        ("EUR", "GBP"): Decimal(9),
    }
    assert converted("1 EUR", "USD", known) == "2.00 USD"
    assert converted("1 USD", "EUR", known) == "4.00 EUR"
    assert converted("1 EUR", "GBP", known) == "9.00 GBP"


def test_of_ways_of_the_same_length_the_first_in_the_alphabet_is_taken() -> None:
    known = {
        ("EUR", "USD"): Decimal(1), ("USD", "JPY"): Decimal(100),
        ("EUR", "CHF"): Decimal(1), ("CHF", "JPY"): Decimal(200),
    }  # fmt: skip
    assert converted("1 EUR", "JPY", known) == "200 JPY"
    assert converted("1 EUR", "JPY", dict(reversed(known.items()))) == "200 JPY"


# --- totals ---------------------------------------------------------------------------------------------------------


def test_a_total_adds_the_sums_of_currencies() -> None:
    amounts = [read(text) for text in ("10 EUR", "0.50 EUR", "1000 JPY", "5 USD")]
    total = rates.total(amounts, "EUR", RATES)
    assert total.by_currency == {"EUR": Decimal("10.50"), "JPY": Decimal(1000), "USD": Decimal("5.00")}
    assert (str(total.amount), total.currency, total.missing) == ("21.27", "EUR", [])  # 10.50 + 6.15 + 4.62


def test_sums_are_converted_and_not_each_amount() -> None:
    total = rates.total([read("1 JPY")] * 1000, "EUR", RATES)
    assert str(total.amount) == "6.15"


def test_there_is_no_total_while_a_rate_is_missing() -> None:
    total = rates.total([read("10 EUR"), read("3 GBP"), read("100 THB")], "EUR", RATES)
    assert total.amount is None
    assert total.missing == ["GBP", "THB"]
    assert total.by_currency == {"EUR": Decimal("10.00"), "GBP": Decimal("3.00"), "THB": Decimal("100.00")}


def test_a_currency_that_is_not_used_needs_no_rate() -> None:
    assert rates.total([read("3 GBP")], "GBP", {}).amount == Decimal("3.00")
    empty = rates.total([], "JPY", {})
    assert (str(empty.amount), empty.by_currency, empty.missing) == ("0", {}, [])


# --- rates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", ["162.5", "0.000000001", "1000000000", "0.123456789012", "1E+2"])
def test_rates_within_measure_are_taken(rate: str) -> None:
    assert rates.checked(Decimal(rate), "EUR", "JPY") == Decimal(rate)


BOUNDS = "must be from 0.000000001 to 1000000000, not "


@pytest.mark.parametrize(
    ("rate", "base", "quote", "errors"),
    [
        ("0", "EUR", "JPY", {"rate": [BOUNDS + '"0".']}),
        ("-1", "EUR", "JPY", {"rate": [BOUNDS + '"-1".']}),
        ("NaN", "EUR", "JPY", {"rate": [BOUNDS + '"NaN".']}),
        ("sNaN", "EUR", "JPY", {"rate": [BOUNDS + '"sNaN".']}),
        ("Infinity", "EUR", "JPY", {"rate": [BOUNDS + '"Infinity".']}),
        ("1e30", "EUR", "JPY", {"rate": [BOUNDS + '"1E+30".']}),
        ("1e-999999999", "EUR", "JPY", {"rate": [BOUNDS + '"1E-999999999".']}),
        ("1.0000000000001", "EUR", "JPY", {"rate": ['must have at most 12 decimals, not "1.0000000000001".']}),
        ("1", "EUR", "EUR", {"quote": ["must be another currency than EUR."]}),
        (
            "0", "XAU", "x", {
                "base": ['must be an ISO 4217 code such as EUR, not "XAU".'],
                "quote": ['must be an ISO 4217 code such as EUR, not "x".'],
                "rate": [BOUNDS + '"0".'],
            },
        ),
    ],
)  # fmt: skip
def test_rates_that_cannot_be_are_refused(rate: str, base: str, quote: str, errors: dict[str, list[str]]) -> None:
    with pytest.raises(ValidationFailed) as failed:
        rates.checked(Decimal(rate), base, quote)
    assert failed.value.errors == errors


CODES = ["EUR", "JPY", "KWD", "USD", "GBP"]
RATE = st.decimals(Decimal("0.0001"), Decimal(10_000), places=6, allow_nan=False).filter(bool)
TABLES = st.dictionaries(st.permutations(CODES).map(lambda codes: (codes[0], codes[1])), RATE, max_size=6)


@given(table=TABLES, base=st.sampled_from(CODES), quote=st.sampled_from(CODES))
def test_a_rate_there_is_one_back_and_its_way_is_made_of_known_rates(
    table: dict[tuple[str, str], Decimal], base: str, quote: str
) -> None:
    there, back = rates.find(base, quote, table), rates.find(quote, base, table)
    assert (there is None) == (back is None)
    reachable = {base}
    for _ in CODES:
        reachable |= {other for pair in table for code, other in (pair, pair[::-1]) if code in reachable}
    assert (there is not None) == (quote in reachable)
    if (base, quote) in table and base != quote:
        assert there == Fraction(table[base, quote])


@given(
    table=TABLES,
    amounts=st.lists(
        st.builds(
            lambda units, code: Money(money.in_units(units, code), code), st.integers(0, 10**9), st.sampled_from(CODES)
        ),
        max_size=10,
    ),
)
def test_a_total_is_within_half_a_unit_for_each_currency(
    table: dict[tuple[str, str], Decimal], amounts: list[Money]
) -> None:
    total = rates.total(amounts, "EUR", table)
    known = {code: rates.find(code, "EUR", table) for code in total.by_currency}
    assert total.missing == [code for code, rate in known.items() if rate is None]
    assert (total.amount is None) == bool(total.missing)
    if total.amount is not None:
        exact = sum(Fraction(each.amount) * (known[each.currency] or 0) for each in amounts)
        assert abs(Fraction(total.amount) - exact) <= Fraction(1, 200) * len(known)
