"""Whether the money is enough, and can be counted."""

from collections.abc import Iterator

from tripkit.schemas.checks import Finding
from tripkit.services.check_trip import Trip


def over_budget(trip: Trip) -> Iterator[Finding]:
    """What is planned and spent is more than the budget, of the plan or of a kind of items."""
    totals = trip.totals
    if totals.remaining is not None and totals.remaining < 0:
        costs = f"{totals.total.amount} {totals.currency}"
        message = f"The plan costs {costs}, which is {-totals.remaining} more than its budget of {totals.budget}."
        yield Finding("over-budget", "warning", [], message, "Leave something out, or raise the budget.")
    for kind, left in totals.remaining_by_kind.items():
        if left is not None and left < 0:
            costs = f"{totals.by_kind[kind].amount} {totals.currency}"
            message = f"All of {kind} costs {costs}, which is {-left} more than its budget of {totals.budgets[kind]}."
            yield Finding("over-budget", "warning", [], message, "Leave something out, or raise the budget.")


def no_rate(trip: Trip) -> Iterator[Finding]:
    """A currency has no rate to that of the plan."""
    for code in trip.totals.total.missing:
        ids = [item.id for item in trip.items if code in (item.currency, item.paid_currency)]
        message = f"There is no rate from {code} to {trip.totals.currency}, so the plan has no total."
        remedy = f"Set one: tripkit plan rate {trip.plan.id} {trip.totals.currency} {code} RATE."
        yield Finding("no-rate", "warning", ids, message, remedy)
