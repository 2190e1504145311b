"""`tripkit traveller`: who comes along."""

from typing import Annotated

import typer

from tripkit.cli import completion
from tripkit.cli.command import Json, Quiet, User, command, group
from tripkit.cli.context import connected
from tripkit.cli.output import Column, Output
from tripkit.cli.plan_form import Name as Plan
from tripkit.schemas.travellers import TravellerIn

app = group("Say who comes along.")

Traveller = Annotated[
    str,
    typer.Argument(
        metavar="TRAVELLER",
        help="Their number, or an unambiguous piece of their name.",
        autocompletion=completion.travellers,
    ),
]
Called = Annotated[str, typer.Argument(metavar="NAME", help="What they are called. They need no account.")]

_FIELDS = ("id", "name")
_COLUMNS = (
    Column("#", lambda each: str(each.id), whole=True),
    Column("Name", lambda each: each.name),
)


@command(app, "add", answer="schemas.travellers.TravellerOut", example="tripkit traveller add kyoto Ada")
def add(
    ctx: typer.Context, plan: Plan, name: Called, user: User = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Add somebody who comes along. In a pipe their number is printed."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    form = convert(TravellerIn, {"name": name}, text=True)
    with connected(ctx, out, user) as backend:
        made = backend.travellers.create(backend.plans.resolve(plan), form)
    out.done(made, f"{made.name} comes along.", created=True, undo=True)


@command(app, "list", answer="schemas.travellers.TravellerOut[]", example="tripkit traveller list kyoto")
def list_(ctx: typer.Context, plan: Plan, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """List who comes along. In a pipe, without header: number, name."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        found = backend.travellers.of_plan(backend.plans.resolve(plan)).travellers
    out.records(found, _FIELDS, _COLUMNS, empty="Nobody is in this plan yet: `tripkit traveller add` adds somebody.")


@command(
    app, "rename", answer="schemas.travellers.TravellerOut", example="tripkit traveller rename kyoto ada 'Ada Lovelace'"
)
def rename(
    ctx: typer.Context,
    plan: Plan,
    traveller: Traveller,
    name: Called,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Give a traveller another name."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    form = convert(TravellerIn, {"name": name}, text=True)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        renamed = backend.travellers.rename(plan_id, backend.travellers.resolve(plan_id, traveller), form)
    out.done(renamed, f"Traveller {renamed.id} is called {renamed.name} now.", undo=True)


@command(app, "rm", answer="schemas.travellers.TravellerOut", example="tripkit traveller rm kyoto ada")
def rm(
    ctx: typer.Context,
    plan: Plan,
    traveller: Traveller,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Remove a traveller whom no expense names."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        gone = backend.travellers.delete(plan_id, backend.travellers.resolve(plan_id, traveller))
    out.done(gone, f"{gone.name} does not come along any more.", undo=True)
