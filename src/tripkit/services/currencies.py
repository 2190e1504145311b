"""Currencies of ISO 4217."""

from difflib import get_close_matches
from functools import cache
from typing import Final

from tripkit.services import jsontext

#: The decimals of those that most plans have: the whole table takes longer to load than most commands take.
_USUAL: Final = {"AUD": 2, "CAD": 2, "CHF": 2, "CNY": 2, "EUR": 2, "GBP": 2, "JPY": 0, "SEK": 2, "USD": 2}
#: Of a currency that is no more, or never was one: what is kept in it can be read still.
_DECIMALS_OF_OTHERS: Final = 2
#: Longer texts are like no currency, and take time to compare.
_LONGEST: Final = 20


def is_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 currency that money is held in: gold (XAU) and test codes (XTS) are not."""
    return code in _USUAL or code in _decimals()


def decimals(code: str) -> int:
    """The decimals of a currency: 2 for EUR, 0 for JPY, 3 for KWD; 2 for one that `is_currency` does not know."""
    return _USUAL[code] if code in _USUAL else _decimals().get(code, _DECIMALS_OF_OTHERS)


def refusal(code: str) -> str:
    """Why `code` is refused as a currency, with what may have been meant."""
    near = suggestions(code)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"must be an ISO 4217 code such as EUR, not {jsontext.shorten(code)}.{hint}"


def suggestions(text: str) -> list[str]:
    """At most three currencies: those that are called so ("yen"), else those with a similar code."""
    if len(text) > _LONGEST:
        return []
    import iso4217

    wanted = text.strip().casefold()
    if wanted.upper() in {each.code for each in iso4217.Currency}:
        return []  # gold and the like: whoever writes it means it
    known = {code: name.casefold() for code, name in names().items()}
    called = [code for code, name in known.items() if wanted in name.split()]
    found = called or get_close_matches(wanted.upper(), known, n=10)
    return sorted(found, key=lambda code: code not in _USUAL)[:3]


def names() -> dict[str, str]:
    """Every currency that money is held in, by its code."""
    import iso4217

    return {each.code: each.currency_name for each in iso4217.Currency if is_currency(each.code)}


@cache
def _decimals() -> dict[str, int]:
    """The codes of list one with their minor units. What has none is no money."""
    import iso4217  # parses its table when imported

    return {currency.code: currency.exponent for currency in iso4217.Currency if currency.exponent is not None}
