"""Money in other currencies, by the rates of a plan."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

import msgspec

from tripkit.errors import ValidationFailed
from tripkit.services import currencies, jsontext, money
from tripkit.services.money import Money

#: `rates["EUR", "JPY"]` is how many yen one euro is.
Rates = Mapping[tuple[str, str], Decimal]
MIN_RATE: Final = Decimal("1E-9")
MAX_RATE: Final = Decimal("1E+9")
MAX_DECIMALS: Final = 12


class Total(msgspec.Struct, frozen=True):
    """Sums by currency, and their one sum in `currency`, if a rate is known for each of them."""

    by_currency: dict[str, Decimal]
    currency: str
    amount: Decimal | None
    #: The currencies that have no rate.
    missing: list[str]


def checked(rate: Decimal, base: str, quote: str, *, field: str = "rate") -> Decimal:
    """A rate, how many `quote` one `base` is; raises `ValidationFailed` with all that is wrong."""
    errors = {
        name: [currencies.refusal(code)]
        for name, code in (("base", base), ("quote", quote))
        if not currencies.is_currency(code)
    }
    if base == quote:
        errors["quote"] = [f"must be another currency than {base}."]
    if not rate.is_finite() or not MIN_RATE <= rate <= MAX_RATE:
        errors[field] = [f"must be from {MIN_RATE:f} to {MAX_RATE:f}, not {jsontext.shorten(rate)}."]
    elif rate != round(rate, MAX_DECIMALS):
        errors[field] = [f"must have at most {MAX_DECIMALS} decimals, not {jsontext.shorten(rate)}."]
    if errors:
        raise ValidationFailed(errors)
    return rate


def find(base: str, quote: str, rates: Rates) -> Fraction | None:
    """How many `quote` one `base` is, exactly; None where no rates lead from one to the other.

    A rate counts in both directions; where both are given each is taken as it is. Where there is neither, the fewest
    steps over other currencies are taken, and of equally few those that come first in the alphabet.
    """
    reached = {base: Fraction(1)}
    edge = [base]
    while edge and quote not in reached:
        found: dict[str, Fraction] = {}
        for code in edge:
            for other, rate in _rates_of(code, rates):
                if other not in reached:
                    found.setdefault(other, reached[code] * rate)
        reached |= found
        edge = sorted(found)
    return reached.get(quote)


def convert(amount: Money, currency: str, rates: Rates) -> Money | None:
    """The same in another currency, rounded once to its decimals; None without a rate."""
    rate = find(amount.currency, currency, rates)
    return None if rate is None else Money(money.rounded(Fraction(amount.amount) * rate, currency), currency)


def total(amounts: Iterable[Money], currency: str, rates: Rates) -> Total:
    """The sum of each currency, and of all of them in `currency`: each sum is converted and rounded once."""
    sums = money.totals(amounts)
    converted = {code: convert(Money(amount, code), currency, rates) for code, amount in sums.items()}
    missing = [code for code, each in converted.items() if each is None]
    whole = money.rounded(sum(Fraction(each.amount) for each in converted.values() if each) + Fraction(0), currency)
    return Total(sums, currency, None if missing else whole, missing)


def _rates_of(code: str, rates: Rates) -> list[tuple[str, Fraction]]:
    """The currencies that one step leads to from `code`, with their rates. A rate as given is before one reversed."""
    given = [(quote, Fraction(rate)) for (base, quote), rate in rates.items() if base == code]
    reversed_ = [(base, 1 / Fraction(rate)) for (base, quote), rate in rates.items() if quote == code]
    return given + reversed_
