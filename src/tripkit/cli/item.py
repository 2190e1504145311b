"""`tripkit item`: what fills a plan."""

from typing import Annotated, Any

import typer

from tripkit.cli import completion, item_form
from tripkit.cli.backend import kept_for
from tripkit.cli.command import Json, Quiet, User, command, group
from tripkit.cli.context import connected, invocation
from tripkit.cli.dates import Dates
from tripkit.cli.item_table import COLUMNS, FIELDS, told
from tripkit.cli.output import Output, plain
from tripkit.cli.plan import Name as Plan
from tripkit.errors import InvalidInput
from tripkit.schemas.items import ItemIn, ItemMove, ItemOut, ItemPatch, ItemQuery

app = group("Fill plans: with flights, nights, meals, and the rest.")

Item = Annotated[
    str,
    typer.Argument(
        metavar="ITEM", help="Its number, or an unambiguous piece of its title.", autocompletion=completion.items
    ),
]
Kind = Annotated[
    str | None,
    typer.Option(
        "--kind",
        "-k",
        help="flight, train, bus, ferry, car, lodging, food, activity, note or other.",
        autocompletion=completion.kinds,
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        "--start",
        metavar="TIME",
        help="What clocks show: 2027-04-01, '2027-04-01 09:30', 'fri 9:30', +3d, '1 apr 14:00 Asia/Tokyo'.",
    ),
]
Zone = Annotated[
    str | None,
    typer.Option(
        "--zone",
        metavar="ZONE",
        help="Time zone of the start. Without it: that of the place.",
        autocompletion=completion.timezones,
    ),
]
End = Annotated[
    str | None,
    typer.Option("--end", metavar="TIME", help="As --start; a time of day alone, and +3d, count from the start."),
]
EndZone = Annotated[
    str | None,
    typer.Option(
        "--end-zone",
        metavar="ZONE",
        help="Time zone of the end. Without it: that of --to, or of the start.",
        autocompletion=completion.timezones,
    ),
]
PlaceName = Annotated[
    str | None,
    typer.Option("--place", metavar="NAME", help="Where: Kyoto, or NRT.", autocompletion=completion.places),
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="NAME", help="Where a transport begins.", autocompletion=completion.places),
]
To = Annotated[
    str | None, typer.Option("--to", metavar="NAME", help="Where a transport ends.", autocompletion=completion.places)
]
Address = Annotated[str | None, typer.Option("--address", help="Of the place.")]
Lat = Annotated[str | None, typer.Option("--lat", metavar="DEGREES", help="Latitude of the place, -90 to 90.")]
Lon = Annotated[str | None, typer.Option("--lon", metavar="DEGREES", help="Longitude of the place, -180 to 180.")]
Country = Annotated[str | None, typer.Option("--country", metavar="CODE", help="Of the place, like JP.")]
Cost = Annotated[str | None, typer.Option("--cost", metavar="AMOUNT", help="Like 12.50.")]
Currency = Annotated[
    str | None, typer.Option("--currency", metavar="CODE", help="Of the cost. Without it: that of the plan.")
]
Reference = Annotated[str | None, typer.Option("--reference", metavar="CODE", help="Booking reference.")]
Status = Annotated[
    str | None,
    typer.Option("--status", help="idea, planned, booked or done.", autocompletion=completion.item_statuses),
]
Notes = Annotated[str | None, typer.Option("--notes", help="Text of any length.")]
IfVersion = Annotated[
    int | None, typer.Option("--if-version", metavar="NUMBER", help="Only if the item is at this version still.")
]


@command(
    app,
    "add",
    answer="schemas.items.ItemOut",
    example="tripkit item add kyoto 'Flight to Tokyo' --kind flight --from LHR --to NRT "
    "--start '2027-04-01 13:00' --end '2027-04-02 09:30' --cost 812.50 --currency GBP",
)
def add(
    ctx: typer.Context,
    plan: Plan,
    title: Annotated[str, typer.Argument(help="What to call it.")],
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
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add an item to a plan. In a pipe its number is printed."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    start, start_zone, end, end_zone = _times(out, start, start_zone, end, end_zone)
    fields = item_form.fields(
        title=title, kind=kind, start=start, start_zone=start_zone, end=end, end_zone=end_zone, place=place,
        from_=from_, to=to, address=address, lat=lat, lon=lon, country=country, cost=cost, currency=currency,
        booking_reference=booking_reference, status=status, notes=notes,
    )  # fmt: skip
    with item_form.named_by_option():
        form = convert(ItemIn, fields, text=True)
        with connected(ctx, out, user) as backend:
            item = backend.items.create(backend.plans.resolve(plan), form)
    out.done(item, f"Added {told(item)}.", created=True, undo=True)
    _tell_what_is_special(out, item)


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
        start, start_zone, end, end_zone = _times(out, start, start_zone, end, end_zone, known)
        options |= item_form.given(start=start, start_zone=start_zone, end=end, end_zone=end_zone)
        patch = convert(ItemPatch, item_form.fields(known.place, **options), text=True)
        # What was read is what is changed.
        expected = known.version if if_version is None else if_version
        changed = backend.items.edit(plan_id, known.id, patch, expected=expected)
    out.done(changed, f"Changed {told(changed)}: it is at version {changed.version} now.", undo=True)
    _tell_what_is_special(out, changed)


def _edit_document(ctx: typer.Context, out: Output, plan: str, item: str, user: str | None) -> None:
    from tripkit.cli import documents, editor
    from tripkit.services.validation import convert

    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        known = backend.items.get(plan_id, backend.items.resolve(plan_id, item))

        def apply(values: dict[str, Any]) -> ItemOut:
            fields = documents.read(values, documents.ITEM, known)
            times = _times(out, fields["start"], fields["start_zone"], fields["end"], fields["end_zone"], known)
            fields |= dict(zip(("start", "start_zone", "end", "end_zone"), times, strict=True))
            return backend.items.edit(plan_id, known.id, convert(ItemPatch, fields, text=True), expected=known.version)

        text = documents.write(known, documents.ITEM, f"{told(known).capitalize()}.")
        changed = editor.edit(text, f"item-{known.id}", invocation(ctx).drafts, out, apply)
    if changed is not None:
        out.done(changed, f"Changed {told(changed)}: it is at version {changed.version} now.", undo=True)
        _tell_what_is_special(out, changed)


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
    _tell_what_is_special(out, moved)


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


def _times(
    out: Output,
    start: str | None,
    start_zone: str | None,
    end: str | None,
    end_zone: str | None,
    known: ItemOut | None = None,
) -> tuple[str | None, str | None, str | None, str | None]:
    """What the options say of both times; of an item that is there already, an end may count from its start."""
    dates = Dates(out)
    start, start_zone = dates.time("start", start, start_zone)
    end, end_zone = dates.time("end", end, end_zone, since=start or (known.start if known else None))
    return start, start_zone, end, end_zone


def _tell_what_is_special(out: Output, item: ItemOut) -> None:
    """What was filled in, to be looked at, and what clocks do at its times."""
    for each, fields in (("place", item.place), ("end_place", item.end_place)):
        if fields and any(name.startswith(f"{each}.") for name in item.filled_in):
            out.tell(f"Took this for the place: {plain(fields)}.")
    if "start_zone" in item.filled_in:
        out.tell(f"Took the start to be in {item.start_zone}.")
    for warning in item.warnings:
        out.warn(warning)
