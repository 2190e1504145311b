"""Currencies of ISO 4217."""

from functools import cache


def is_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 currency that money is held in."""
    return code in _codes()


@cache
def _codes() -> frozenset[str]:
    import iso4217  # parses its table when imported

    return frozenset(currency.code for currency in iso4217.Currency)
