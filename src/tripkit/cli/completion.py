"""What the shell completes. Nothing here may fail or print: no completion is better than a broken prompt."""

from contextlib import suppress
from typing import Any, get_args

from tripkit.schemas.plans import Ordering, Status

#: Titles that are offered at once.
_SHOWN = 100


def statuses(incomplete: str) -> list[str]:
    """The statuses of plans."""
    return [name for name in get_args(Status) if name.startswith(incomplete)]


def orderings(incomplete: str) -> list[str]:
    """The orders of lists of plans."""
    return [name for name in get_args(Ordering) if name.startswith(incomplete)]


def timezones(incomplete: str) -> list[str]:
    """IANA time zones."""
    from zoneinfo import available_timezones

    return sorted(name for name in available_timezones() if name.startswith(incomplete))


def plans(ctx: Any, incomplete: str) -> list[tuple[str, str]]:
    """The numbers of the acting user's plans, with their titles."""
    from tripkit.bootstrap import database_path
    from tripkit.cli.context import Invocation, acting
    from tripkit.cli.output import Output, cell
    from tripkit.config import POSTGRES_SCHEMES
    from tripkit.schemas.plans import PlanQuery

    found: list[tuple[str, str]] = []
    with suppress(Exception):
        ctx.obj = Invocation(ctx.find_root().params.get("config"))
        # Completing neither makes nor upgrades a database.
        settings = ctx.obj.load().settings
        if settings.database.url.startswith(POSTGRES_SCHEMES) or database_path(settings).exists():
            with acting(ctx, Output(quiet=True), ctx.params.get("user"), upgrade=False) as (tripkit, actor):
                page = tripkit.plans.page(actor, PlanQuery(limit=_SHOWN))
                found = [(str(plan.id), cell(plan.title)) for plan in page.results]
    return [each for each in found if each[0].startswith(incomplete)]
