"""Amounts keep the decimals of their currency, exactly, and nothing is added up that is not alike."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.errors import ValidationFailed
from tripkit.services import currencies, money
from tripkit.services.money import Money, checked, read

CURRENCIES = ["EUR", "JPY", "KWD", "CLF"]


def errors(text: str, currency: str | None = "EUR") -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as failed:
        read(text, currency=currency)
    return failed.value.errors


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("12.50", "12.50", "EUR"),
        ("12.5", "12.50", "EUR"),
        ("12", "12.00", "EUR"),
        ("12.50000", "12.50", "EUR"),
        ("0", "0.00", "EUR"),
        ("-0", "0.00", "EUR"),
        ("+3", "3.00", "EUR"),
        ("1200 JPY", "1200", "JPY"),
        ("1200.00 jpy", "1200", "JPY"),
        ("KWD 1.234", "1.234", "KWD"),
        ("  5   usd ", "5.00", "USD"),
        ("999999999999.99", "999999999999.99", "EUR"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(text: str, amount: str, currency: str) -> None:
    found = read(text, currency="EUR")
    assert (str(found.amount), found.currency) == (amount, currency)


AMOUNT = 'must be an amount like "12.50 EUR" with a point, not '
BOUNDS = "must be from 0 to less than 1,000,000,000,000, not "


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1.234 JPY", {"cost": ['must have no decimals in JPY, not "1.234". Round it yourself.']}),
        ("0.5 JPY", {"cost": ['must have no decimals in JPY, not "0.5". Round it yourself.']}),
        ("12.345", {"cost": ['must have at most 2 decimals in EUR, not "12.345". Round it yourself.']}),
        ("1.2345 KWD", {"cost": ['must have at most 3 decimals in KWD, not "1.2345". Round it yourself.']}),
        ("-5", {"cost": [BOUNDS + '"-5".']}),
        ("1000000000000", {"cost": [BOUNDS + '"1000000000000".']}),
        ("NaN", {"cost": [AMOUNT + '"NaN".']}),
        ("Infinity EUR", {"cost": [AMOUNT + '"Infinity EUR".']}),
        ("1e30", {"cost": [AMOUNT + '"1e30".']}),
        ("12,50 EUR", {"cost": [AMOUNT + '"12,50 EUR".']}),
        ("1_000", {"cost": [AMOUNT + '"1_000".']}),
        ("1 000 EUR", {"cost": [AMOUNT + '"1 000 EUR".']}),
        (".5", {"cost": [AMOUNT + '".5".']}),
        ("€5", {"cost": [AMOUNT + '"€5".']}),
        ("５", {"cost": [AMOUNT + '"５".']}),
        ("EUR", {"cost": [AMOUNT + '"EUR".']}),
        ("EUR 5 JPY", {"cost": [AMOUNT + '"EUR 5 JPY".']}),
        ("", {"cost": [AMOUNT + '"".']}),
        ("5 XYZ", {"currency": ['must be an ISO 4217 code such as EUR, not "XYZ".']}),
        ("5 XAU", {"currency": ['must be an ISO 4217 code such as EUR, not "XAU".']}),
    ],
)
def test_what_is_no_amount_is_refused_with_the_remedy(text: str, found: dict[str, list[str]]) -> None:
    assert errors(text) == found


def test_without_a_currency_it_has_to_be_said() -> None:
    assert errors("12.50", None) == {"cost": ['must say its currency, as in "12.50 EUR".']}


@pytest.mark.parametrize(
    "amount",
    [
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "1e30",
        "1E+999999",
        "1e-999999999",
        "-1",
        "-1e-30",
        "9" * 5000,
        "0." + "9" * 5000,
    ],
)
def test_numbers_beyond_all_measure_are_refused_at_once(amount: str) -> None:
    with pytest.raises(ValidationFailed) as failed:
        checked(Decimal(amount), "EUR", field="price")
    assert failed.value.errors.keys() == {"price"}
    assert len(failed.value.errors["price"][0]) < 160


@given(units=st.integers(0, 10**12 - 1), currency=st.sampled_from(CURRENCIES), zeros=st.integers(0, 5))
def test_what_is_written_is_read_again(units: int, currency: str, zeros: int) -> None:
    amount = money.in_units(units, currency)
    assert money.units(amount, currency) == units
    assert -int(amount.as_tuple().exponent) == currencies.decimals(currency)
    text = f"{amount}{'.' * ('.' not in str(amount))}{'0' * (zeros + 1)}"
    assert read(f"{text} {currency}") == Money(amount, currency)
    assert str(read(f"{text} {currency}").amount) == str(amount)


@given(text=st.text(max_size=20) | st.from_regex(r"[+-]?\d{0,15}\.?\d{0,6}( [A-Za-z]{3})?", fullmatch=True))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    try:
        found = read(text, currency="EUR")
    except ValidationFailed:
        assert errors(text).keys() <= {"cost", "currency"}
    else:
        assert 0 <= found.amount < money.MAX_AMOUNT
        assert read(f"{found.amount} {found.currency}") == found


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (Fraction(5, 1000), "EUR", "0.01"),
        (Fraction(49, 10_000), "EUR", "0.00"),
        (Fraction(-5, 1000), "EUR", "-0.01"),
        (Fraction(5, 2), "JPY", "3"),
        (Fraction(3, 2), "JPY", "2"),
        (Fraction(10, 3), "KWD", "3.333"),
        (Fraction(10**30), "EUR", "1" + "0" * 30 + ".00"),
    ],
)
def test_halves_are_rounded_away_from_zero(amount: Fraction, currency: str, expected: str) -> None:
    assert str(money.rounded(amount, currency)) == expected


AMOUNTS = st.builds(
    lambda units, currency: Money(money.in_units(units, currency), currency),
    st.integers(0, 10**15),
    st.sampled_from(CURRENCIES),
)


def test_an_amount_between_two_units_cannot_be_counted() -> None:
    with pytest.raises(ValueError, match="too many decimals"):
        money.units(Decimal("0.5"), "JPY")


@given(amounts=st.lists(AMOUNTS, max_size=20))
def test_totals_are_exact_and_by_currency(amounts: list[Money]) -> None:
    found = money.totals(amounts)
    assert list(found) == sorted({each.currency for each in amounts})
    for currency, total in found.items():
        alike = [money.units(each.amount, currency) for each in amounts if each.currency == currency]
        assert money.units(total, currency) == sum(alike)
