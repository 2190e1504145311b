"""Currencies of ISO 4217 and their decimals."""

import pytest

from tripkit.services import currencies


@pytest.mark.parametrize(
    ("code", "decimals"),
    [
        ("EUR", 2),
        ("USD", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("VND", 0),
        ("ISK", 0),
        ("CLP", 0),
        ("KWD", 3),
        ("TND", 3),
        ("CLF", 4),
    ],
)
def test_a_currency_has_as_many_decimals_as_iso_4217_says(code: str, decimals: int) -> None:
    assert currencies.is_currency(code)
    assert currencies.decimals(code) == decimals


@pytest.mark.parametrize("code", ["", "eur", "EURO", "€", "XYZ", "XAU", "XTS", "XXX", "DEM"])
def test_gold_tests_and_what_is_gone_are_no_currencies(code: str) -> None:
    assert not currencies.is_currency(code)
