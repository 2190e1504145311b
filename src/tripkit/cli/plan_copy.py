"""`tripkit plan copy`: the same trip once more."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tripkit.cli.command import DryRun, Json, Quiet, User, command
from tripkit.cli.context import connected
from tripkit.cli.dates import Dates
from tripkit.cli.output import Output, write_json
from tripkit.cli.plan import app
from tripkit.cli.plan_form import Name
from tripkit.errors import InvalidInput
from tripkit.schemas.checklists import ChecklistQuery
from tripkit.schemas.items import ItemQuery
from tripkit.schemas.plan_copies import PlanCopyIn, PlanCopyOut

if TYPE_CHECKING:
    from tripkit.cli.backend import Backend


class Copied(msgspec.Struct, frozen=True):
    """What a copy would be."""

    title: str
    days: int
    items: int
    checklists: int


@command(
    app,
    "copy",
    answer="schemas.plan_copies.PlanCopyOut | cli.plan_copy.Copied",
    example="tripkit plan copy 3 --start 2027-04-01",
)
def copy(
    ctx: typer.Context,
    plan: Name,
    start_date: Annotated[
        str | None,
        typer.Option("--start", metavar="DATE", help="First day of the copy: all dates move by as many days."),
    ] = None,
    published: Annotated[
        bool, typer.Option("--published", help="PLAN is the number of a plan in the gallery, whoever made it.")
    ] = False,
    title: Annotated[
        str | None, typer.Option("--title", help="What to call it. Without one: as the plan, with (copy) after it.")
    ] = None,
    dry_run: DryRun = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Copy a plan, also to another date. In a pipe the number of the copy is printed.

    Items, rates, budgets, ignored findings, travellers and checklists come along, and expenses do not. Local times
    stay. Nothing of the copy is booked, paid or done. Of a plan in the gallery, what everybody sees of it is copied.
    """
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    given = {"title": title, "start_date": Dates(out).day(start_date)}
    form = convert(PlanCopyIn, {name: value for name, value in given.items() if value is not None}, text=True)
    if dry_run and published:
        raise InvalidInput("--dry-run is for plans that you are in: look at one of the gallery there.")
    with connected(ctx, out, user) as backend:
        if dry_run:
            _try(out, backend, backend.plans.resolve(plan), form)
            return
        if published:
            copied = backend.plan_copies.copy_published(_number(plan), form)
        else:
            copied = backend.plan_copies.copy(backend.plans.resolve(plan), form)
    out.tell(f'Made plan {copied.plan.id} "{copied.plan.title}"{_moved(copied)}: {_contents(copied)}.')
    out.tell_undo()
    for each in copied.warnings:
        out.warn(f'Item {each.item_id} "{each.title}": {each.message}')
    if out.json:
        write_json(copied)
    else:
        out.numbers([copied.plan])


def _try(out: Output, backend: "Backend", plan_id: int, form: PlanCopyIn) -> None:
    """Say what would be made."""
    from tripkit.services import plan_copies

    plan = backend.plans.get(plan_id)
    items = [item for day in backend.items.by_day(plan_id, ItemQuery()).days for item in day.items]
    checklists = backend.checklists.of_plan(plan_id, ChecklistQuery()).checklists
    begins = (date.fromisoformat(item.start[:10]) for item in items if item.start)
    days = plan_copies.distance(plan, begins, form.start_date).days
    would = Copied(plan_copies.title_of(plan.title, form), days, len(items), len(checklists))
    out.done(would, f'This would be made: plan "{would.title}"{_moved(would)}: {_contents(would)}.')


def _number(plan: str) -> int:
    if not (plan.isascii() and plan.isdecimal() and len(plan) < 19):
        raise InvalidInput(f'With --published, name the plan by its number in the gallery, and not "{plan}".')
    return int(plan)


def _moved(copied: "PlanCopyOut | Copied") -> str:
    if not copied.days:
        return ""
    count = abs(copied.days)
    return f", {count} day{'' if count == 1 else 's'} {'later' if copied.days > 0 else 'earlier'}"


def _contents(copied: "PlanCopyOut | Copied") -> str:
    counts = ((copied.items, "item"), (copied.checklists, "checklist"))
    return " and ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
