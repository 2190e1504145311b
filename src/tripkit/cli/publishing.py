"""What publishing a plan means, said before and after it is done."""

import sys

from tripkit.cli.context import confirm
from tripkit.cli.output import Output
from tripkit.schemas.plans import PlanOut


def ask_before(out: Output, plan: PlanOut, *, yes: bool) -> None:
    """Warn on a terminal of what everybody will see, and ask. Elsewhere, and to hide it again, nobody is asked."""
    if plan.status != "published" and not yes and sys.stdin.isatty():
        out.warn(f"Everybody will be able to read {_what(plan)}.")
        confirm(f'Publish plan {plan.id} "{plan.title}"?', yes=False)


def tell_if_public(out: Output, plan: PlanOut) -> None:
    """Say what publishing means, once it is done."""
    if plan.status == "published":
        out.tell(
            f"Everybody can read it in the gallery now, without an account: {_what(plan)}. "
            f"`tripkit plan set {plan.id} --status draft` hides it."
        )


def _what(plan: PlanOut) -> str:
    return (
        "title, destination, description, dates, time zone, tags, checklists, items with their notes, times and "
        f"places, and the username {plan.user}, but not costs, budget, booking references and data"
    )
