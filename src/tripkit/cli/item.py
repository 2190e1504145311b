"""`tripkit item`: what fills a plan."""

from typing import Annotated, Any

import typer

from tripkit.cli import completion, item_form
from tripkit.cli.backend import kept_for
from tripkit.cli.command import Json, Quiet, User, command, group
from tripkit.cli.context import connected, invocation
from tripkit.cli.dates import Dates
from tripkit.cli.item_options import (
    Address,
    Cost,
    Country,
    Currency,
    End,
    EndZone,
    From,
    Kind,
    Lat,
    Lon,
    Notes,
    PlaceName,
    Reference,
    Start,
    Status,
    To,
    Zone,
    tell_what_is_special,
    times,
)
from tripkit.cli.item_table import COLUMNS, FIELDS, told
from tripkit.cli.output import Output
from tripkit.cli.plan_form import Name as Plan
from tripkit.errors import InvalidInput
from tripkit.schemas.items import ItemMove, ItemOut, ItemPatch, ItemQuery

app = group("Fill plans: with flights, nights, meals, and the rest.")

from tripkit.cli import item_add  # noqa: E402, F401  its command comes first

Item = Annotated[
    str,
    typer.Argument(
        metavar="ITEM", help="Its number, or an unambiguous piece of its title.", autocompletion=completion.items
    ),
]
IfVersion = Annotated[
    int | None, typer.Option("--if-version", metavar="NUMBER", help="Only if the item is at this version still.")
]


@command(app, "list", answer="schemas.items.ItemOut[]", example="tripkit item list kyoto --day 2027-04-02")
def list_(
    ctx: typer.Context,
    plan: Plan,
    day: Annotated[str | None, typer.Option("--day", metavar="DATE", help="Items that start that day.")] = None,
    kind: Kind = None,
    status: Status = None,
    trashed: Annotated[bool, typer.Option("--trashed", help="The trash, and not the items in use.")] = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List the items of a plan, in the order in which they are lived through.

    In a pipe, without header: number, day, start and its zone, end and its zone, kind, status, title, place, end place,
    cost, currency, booking reference.
    """
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    day = Dates(out).day(day)
    filters = item_form.given(day=day, kind=kind, status=status)
    query = convert(ItemQuery, filters | {"trashed": trashed}, text=True)
    with connected(ctx, out, user) as backend:
        found = backend.items.by_day(backend.plans.resolve(plan), query)
    nothing = "There is no such item." if filters else "There is no item in this plan yet."
    listed = [item for each in found.days for item in each.items]
    out.records(listed, FIELDS, COLUMNS, empty="The trash is empty." if trashed else nothing)


@command(app, "show", answer="schemas.items.ItemOut", example="tripkit item show kyoto 'flight to tokyo' --json")
def show(
    ctx: typer.Context, plan: Plan, item: Item, user: User = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Show one item whole. In a pipe each line is a field, a tab and its value."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        out.record(backend.items.get(plan_id, backend.items.resolve(plan_id, item)))


@command(
    app,
    "edit",
    answer="schemas.items.ItemOut",
    example="tripkit item edit kyoto 'flight to tokyo' --status booked --reference QX7F2K",
)
def edit(
    ctx: typer.Context,
    plan: Plan,
    item: Item,
    title: Annotated[str | None, typer.Option("--title", help="What to call it.")] = None,
    kind: Kind = None,
    start: Start = None,
    start_zone: Zone = None,
    end: End = None,
    end_zone: EndZone = None,
    place: PlaceName = None,
    from_: From = None,
    to: To = None,
    address: Address = None,
    lat: Lat = None,
    lon: Lon = None,
    country: Country = None,
    cost: Cost = None,
    currency: Currency = None,
    booking_reference: Reference = None,
    status: Status = None,
    notes: Notes = None,
    if_version: IfVersion = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Change fields of an item; what is not named stays. An empty value clears times, zones, places and the cost.

    Without any field, your editor is opened with all of them.
    """
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    options = item_form.given(
        title=title, kind=kind, start=start, start_zone=start_zone, end=end, end_zone=end_zone, place=place,
        from_=from_, to=to, address=address, lat=lat, lon=lon, country=country, cost=cost, currency=currency,
        booking_reference=booking_reference, status=status, notes=notes,
    )  # fmt: skip
    if not options:
        _edit_document(ctx, out, plan, item, user)
        return
    with item_form.named_by_option(), connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        known = backend.items.get(plan_id, backend.items.resolve(plan_id, item))
        start, start_zone, end, end_zone = times(out, start, start_zone, end, end_zone, known)
        options |= item_form.given(start=start, start_zone=start_zone, end=end, end_zone=end_zone)
        patch = convert(ItemPatch, item_form.fields(known.place, **options), text=True)
        # What was read is what is changed.
        expected = known.version if if_version is None else if_version
        changed = backend.items.edit(plan_id, known.id, patch, expected=expected)
    out.done(changed, f"Changed {told(changed)}: it is at version {changed.version} now.", undo=True)
    tell_what_is_special(out, changed, known)


def _edit_document(ctx: typer.Context, out: Output, plan: str, item: str, user: str | None) -> None:
    from tripkit.cli import documents, editor
    from tripkit.services.validation import convert

    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        known = backend.items.get(plan_id, backend.items.resolve(plan_id, item))

        def apply(values: dict[str, Any]) -> ItemOut:
            fields = documents.read(values, documents.ITEM, known)
            read = times(out, fields["start"], fields["start_zone"], fields["end"], fields["end_zone"], known)
            fields |= dict(zip(("start", "start_zone", "end", "end_zone"), read, strict=True))
            return backend.items.edit(plan_id, known.id, convert(ItemPatch, fields, text=True), expected=known.version)

        text = documents.write(known, documents.ITEM, f"This is {told(known)}.")
        changed = editor.edit(text, f"item-{known.id}", invocation(ctx).drafts, out, apply)
    if changed is not None:
        out.done(changed, f"Changed {told(changed)}: it is at version {changed.version} now.", undo=True)
        tell_what_is_special(out, changed, known)


@command(app, "mv", answer="schemas.items.ItemOut", example="tripkit item mv kyoto 'tea ceremony' --day 2027-04-03")
def mv(
    ctx: typer.Context,
    plan: Plan,
    item: Item,
    day: Annotated[
        str | None, typer.Option("--day", metavar="DATE", help="Start on this day, at the same local time.")
    ] = None,
    position: Annotated[
        str | None,
        typer.Option("--position", metavar="NUMBER", help="Its place among what starts at the same time; 1 leads."),
    ] = None,
    to_plan: Annotated[
        str | None,
        typer.Option("--to-plan", metavar="PLAN", help="Into another plan.", autocompletion=completion.plans),
    ] = None,
    if_version: IfVersion = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Move an item to another day, to another position in it, or to another plan."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    day = Dates(out).day(day)
    if day is None and position is None and to_plan is None:
        raise InvalidInput("Say where to move it: --day, --position or --to-plan.")
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        target = item_form.given(plan_id=backend.plans.resolve(to_plan)) if to_plan is not None else {}
        to = convert(ItemMove, item_form.given(day=day, position=position) | target, text=True)
        item_id = backend.items.resolve(plan_id, item)
        moved = backend.items.move(plan_id, item_id, to, expected=if_version)
    out.done(moved, f"Moved {told(moved)}.", undo=to_plan is None)
    tell_what_is_special(out, moved)


@command(app, "rm", answer="schemas.items.ItemOut", example="tripkit item rm kyoto 'tea ceremony'")
def rm(ctx: typer.Context, plan: Plan, item: Item, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Put an item into the trash, from where it can be restored."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        trashed = backend.items.trash(plan_id, backend.items.resolve(plan_id, item))
        within = kept_for(backend)
    out.done(
        trashed,
        f"Put {told(trashed)} into the trash. `tripkit item restore {plan_id} {trashed.id}` brings it back{within}.",
    )


@command(app, "restore", answer="schemas.items.ItemOut", example="tripkit item restore kyoto 12")
def restore(
    ctx: typer.Context,
    plan: Plan,
    item: Annotated[
        str,
        typer.Argument(metavar="ITEM", help="Its number, or a piece of its title (see `item list --trashed`)."),
    ],
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take an item out of the trash."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        restored = backend.items.restore(plan_id, backend.items.resolve(plan_id, item, trashed=True))
    out.done(restored, f"Restored {told(restored)}.", undo=True)
