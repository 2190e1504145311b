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


def test_what_is_known_without_the_table_is_what_the_table_says() -> None:
    assert {code: currencies._decimals()[code] for code in currencies._USUAL} == currencies._USUAL


def test_amounts_in_what_is_no_currency_any_more_have_two_decimals() -> None:
    assert currencies.decimals("ZZZ") == 2


@pytest.mark.parametrize(
    ("text", "meant"),
    [("YEN", ["JPY"]), ("EUO", ["EUR"]), ("won", ["KPW", "KRW"]), ("Krona", ["SEK", "ISK"]), ("GPB", "GBP"),
     ("pound", "GBP"), ("QQQ", []), ("XAU", []), ("xxx", []), ("", []), ("€", []), ("x" * 1000, [])],
)  # fmt: skip
def test_what_may_have_been_meant_is_suggested(text: str, meant: list[str] | str) -> None:
    found = currencies.suggestions(text)
    assert len(found) <= 3
    assert (found if isinstance(meant, list) else found[0]) == meant
