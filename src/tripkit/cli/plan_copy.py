"""`tripkit plan copy`: the same trip once more."""

from typing import Annotated

import typer

from tripkit.cli.command import Json, Quiet, User, command
from tripkit.cli.context import connected
from tripkit.cli.dates import Dates
from tripkit.cli.output import Output, write_json
from tripkit.cli.plan import app
from tripkit.cli.plan_form import Name
from tripkit.errors import InvalidInput
from tripkit.schemas.plan_copies import PlanCopyIn, PlanCopyOut


@command(app, "copy", answer="schemas.plan_copies.PlanCopyOut", example="tripkit plan copy 3 --start 2027-04-01")
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
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Copy a plan, also to another date. In a pipe the number of the copy is printed.

    Items, rates, ignored findings, travellers and checklists come along, and expenses do not. Local times stay.
    Nothing of the copy is booked, paid or done. Of a plan in the gallery, what everybody sees of it is copied.
    """
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    given = {"title": title, "start_date": Dates(out).day(start_date)}
    form = convert(PlanCopyIn, {name: value for name, value in given.items() if value is not None}, text=True)
    with connected(ctx, out, user) as backend:
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


def _number(plan: str) -> int:
    if not (plan.isascii() and plan.isdecimal() and len(plan) < 19):
        raise InvalidInput(f'With --published, name the plan by its number in the gallery, and not "{plan}".')
    return int(plan)


def _moved(copied: PlanCopyOut) -> str:
    if not copied.days:
        return ""
    count = abs(copied.days)
    return f", {count} day{'' if count == 1 else 's'} {'later' if copied.days > 0 else 'earlier'}"


def _contents(copied: PlanCopyOut) -> str:
    counts = ((copied.items, "item"), (copied.checklists, "checklist"))
    return " and ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
