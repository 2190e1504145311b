"""Currencies of ISO 4217."""

from functools import cache


def is_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 currency that money is held in: gold (XAU) and test codes (XTS) are not."""
    return code in _decimals()


def decimals(code: str) -> int:
    """The decimals of a currency that `is_currency` knows: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _decimals()[code]


@cache
def _decimals() -> dict[str, int]:
    """The codes of list one with their minor units. What has none is no money."""
    import iso4217  # parses its table when imported

    return {currency.code: currency.exponent for currency in iso4217.Currency if currency.exponent is not None}
