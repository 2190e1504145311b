"""Amounts of money: in one currency, with as many decimals as it has. Never a float."""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

import msgspec

from tripkit.errors import ValidationFailed
from tripkit.services import currencies, jsontext

#: Below this every amount and sum of a plan is exact in the 28 digits that `Decimal` counts with.
MAX_AMOUNT: Final = Decimal(10**12)
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)


class Money(msgspec.Struct, frozen=True):
    """An amount that `checked` has passed, and the ISO 4217 code of its currency."""

    amount: Decimal
    currency: str


def read(text: str, *, currency: str | None = None, field: str = "cost") -> Money:
    """`12.50`, `12.50 EUR` or `EUR 12.50`; without a code the amount is in `currency`. Raises `ValidationFailed`."""
    words = text.split()
    codes = [word.upper() for word in words if re.fullmatch("[A-Za-z]{3}", word)]
    numbers = [word for word in words if _NUMBER.fullmatch(word)]
    code = codes[0] if codes else currency
    if len(numbers) != 1 or len(codes) + 1 != len(words) or len(codes) > 1:
        raise _wrong(field, f'must be an amount like "12.50 EUR" with a point, not {jsontext.shorten(text)}.')
    if code is None:
        raise _wrong(field, f'must say its currency, as in "{numbers[0]} EUR".')
    return Money(checked(Decimal(numbers[0]), code, field=field), code)


def checked(amount: Decimal, currency: str, *, field: str = "cost", currency_field: str = "currency") -> Decimal:
    """The amount with exactly the decimals of its currency; raises `ValidationFailed` where that would change it."""
    if not currencies.is_currency(currency):
        raise _wrong(currency_field, currencies.refusal(currency))
    if not amount.is_finite() or not 0 <= amount < MAX_AMOUNT:
        raise _wrong(field, f"must be from 0 to less than {MAX_AMOUNT:,f}, not {jsontext.shorten(amount)}.")
    count = currencies.decimals(currency)
    # Not by fractions: 1E-999999999 would be a long one.
    exact = abs(amount.quantize(Decimal(1).scaleb(-count), ROUND_HALF_UP))
    if exact != amount:
        allowed = "no decimals" if count == 0 else f"at most {count} decimals"
        raise _wrong(field, f"must have {allowed} in {currency}, not {jsontext.shorten(amount)}. Round it yourself.")
    return exact


def trimmed(amount: Decimal, currency: str) -> Decimal:
    """An amount that `checked` has passed, without zeros that a database has put behind it."""
    return amount.quantize(Decimal(1).scaleb(-currencies.decimals(currency)))


def rounded(amount: Fraction, currency: str) -> Decimal:
    """To the decimals of a currency; halves go away from zero (Regulation (EC) 1103/97, Article 5, for the euro)."""
    scaled = amount * 10 ** currencies.decimals(currency)
    nearest = int(abs(scaled) + Fraction(1, 2))
    return in_units(nearest if scaled >= 0 else -nearest, currency)


def units(amount: Decimal, currency: str) -> int:
    """The amount counted in the smallest unit of its currency: cents of euros, yen of yen.

    Raises `ValueError` for an amount between two units.
    """
    count: Fraction = Fraction(amount) * 10 ** currencies.decimals(currency)
    if count.denominator != 1:
        raise ValueError(f"{amount} {currency} has too many decimals")
    return count.numerator


def in_units(count: int, currency: str) -> Decimal:
    """The amount of so many of the smallest unit of a currency."""
    return Decimal(f"{count}E-{currencies.decimals(currency)}")


def totals(amounts: Iterable[Money]) -> dict[str, Decimal]:
    """The exact sum of each currency, by its code in alphabetical order."""
    sums: dict[str, Decimal] = {}
    for each in amounts:
        sums[each.currency] = sums.get(each.currency, Decimal(0)) + each.amount
    return dict(sorted(sums.items()))


def _wrong(field: str, message: str) -> ValidationFailed:
    return ValidationFailed({field: [message]})
