"""Whether the money is enough, and can be counted."""

from collections.abc import Iterator
from decimal import Decimal

from tripkit.schemas.checks import Finding
from tripkit.schemas.money import Sum
from tripkit.services.check_trip import Trip


def over_budget(trip: Trip) -> Iterator[Finding]:
    """What is planned and spent is more than the budget, of the plan or of a kind of items."""
    known, whole = trip.certain, trip.totals
    if known.budget is not None and known.remaining is not None and known.remaining < 0:
        yield _over("The plan", known.budget, -known.remaining, known.currency, whole.total)
    for kind, left in known.remaining_by_kind.items():
        if left is not None and left < 0:
            yield _over(f"All of {kind}", known.budgets[kind], -left, known.currency, whole.by_kind[kind])


def _over(what: str, budget: Decimal, by: Decimal, currency: str, whole: Sum) -> Finding:
    least = "at least " if whole.missing else ""
    message = f"{what} costs {least}{budget + by} {currency}, which is {by} more than its budget of {budget}."
    return Finding("over-budget", "warning", [], message, "Leave something out, or raise the budget.")


def no_rate(trip: Trip) -> Iterator[Finding]:
    """A currency has no rate to that of the plan."""
    for code in trip.totals.total.missing:
        ids = [item.id for item in trip.items if code in (item.currency, item.paid_currency)]
        message = f"There is no rate from {code} to {trip.totals.currency}, so the plan has no total."
        remedy = f"Set one: tripkit plan rate {trip.plan.id} {trip.totals.currency} {code} RATE."
        yield Finding("no-rate", "warning", ids, message, remedy)
