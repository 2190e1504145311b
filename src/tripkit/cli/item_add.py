"""`tripkit item add`: an item from options or from answers on a terminal, or many of them from JSON."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer

from tripkit.cli import completion, item_form
from tripkit.cli.asking import NoInput, Question, can_ask, filled
from tripkit.cli.command import DryRun, Json, Quiet, User, command
from tripkit.cli.context import connected
from tripkit.cli.item import app
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
from tripkit.cli.item_table import told
from tripkit.cli.output import Output, write_json
from tripkit.cli.standard_input import STDIN, objects
from tripkit.errors import Ambiguous, InvalidInput, NotFound, ValidationFailed
from tripkit.schemas.items import TRANSPORT, ItemIn, ItemOut, ItemsIn

if TYPE_CHECKING:
    from tripkit.cli.backend import Backend


def _travels(fields: dict[str, Any]) -> bool:
    return fields.get("kind") in TRANSPORT


def _stays(fields: dict[str, Any]) -> bool:
    return not _travels(fields)


_QUESTIONS: Final = (
    Question("plan", "In which plan"),
    Question("title", "What to call it"),
    Question("kind", "Kind", default="activity"),
    Question("place", "Where (or nothing)", default="", when=_stays),
    Question("place", "From, like LHR (or nothing)", default="", when=_travels),
    Question("to", "To, like NRT (or nothing)", default="", when=_travels),
    Question("start", "Start, like 2027-04-01 09:30, or fri 9:30 (or nothing)", default=""),
    Question("end", "End, like 11:00, or +3d from the start (or nothing)", default=""),
)


@command(
    app,
    "add",
    answer="schemas.items.ItemOut | schemas.items.ItemOut[] | schemas.items.ItemIn[]",
    example="tripkit item add kyoto 'Flight to Tokyo' --kind flight --from LHR --to NRT "
    "--start '2027-04-01 13:00' --end '2027-04-02 09:30' --cost 812.50 --currency GBP",
)
def add(
    ctx: typer.Context,
    plan: Annotated[
        str | None,
        typer.Argument(
            metavar="PLAN", help="Its number, or an unambiguous piece of its title.", autocompletion=completion.plans
        ),
    ] = None,
    title: Annotated[
        str | None,
        typer.Argument(metavar="TITLE", help="What to call it; - reads items from standard input, as JSON."),
    ] = None,
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
    dry_run: DryRun = False,
    no_input: NoInput = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add an item to a plan; on a terminal, what is missing is asked for. In a pipe its number is printed.

    With - many are added, all of them or none: from a JSON array, or an object a line, with the fields that
    `item list --json` prints.
    """
    out = Output(json=json, quiet=quiet)
    options = item_form.given(
        title=title, kind=kind, start=start, start_zone=start_zone, end=end, end_zone=end_zone, place=place,
        from_=from_, to=to, address=address, lat=lat, lon=lon, country=country, cost=cost, currency=currency,
        booking_reference=booking_reference, status=status, notes=notes,
    )  # fmt: skip
    asks = (plan is None or title is None) and can_ask(no_input=no_input or dry_run)
    if not asks and (missing := [name for name, given in (("PLAN", plan), ("TITLE", title)) if given is None]):
        raise ValidationFailed({name: ["is required."] for name in missing})
    if title == STDIN and len(options) > 1:
        raise InvalidInput("All of the items is read from standard input: give no fields beside the -.")
    with item_form.named_by_option():
        forms = [] if asks else _from_json() if title == STDIN else [_form(out, options)]
        with connected(ctx, out, user) as backend:
            if asks:
                _ask(out, backend, options | item_form.given(plan=plan))
                return
            assert plan is not None
            plan_id = backend.plans.resolve(plan)
            if dry_run:
                _try(out, backend, plan_id, forms)
                return
            if title == STDIN:
                made = backend.items.create_many(plan_id, forms).items
            else:
                made = [backend.items.create(plan_id, forms[0])]
    _tell(out, made, many=title == STDIN)


def _ask(out: Output, backend: "Backend", options: dict[str, Any]) -> None:
    def make(answered: dict[str, Any]) -> ItemOut:
        named = answered.pop("plan")
        try:
            plan_id = backend.plans.resolve(named)
        except (NotFound, Ambiguous) as unknown:
            raise ValidationFailed({"plan": [str(unknown)]}) from None
        with item_form.named_by_option():
            return backend.items.create(plan_id, _form(out, answered))

    questions = [each for each in _QUESTIONS if each.field not in options]
    _tell(out, [filled(questions, options, make)], many=False)


def _try(out: Output, backend: "Backend", plan_id: int, forms: list[ItemIn]) -> None:
    """Say what would be added, by the same rules."""
    from tripkit.services import item_places, item_rules, validation

    plan = backend.plans.get(plan_id)
    errors: dict[str, list[str]] = {}
    for number, form in enumerate(forms):
        try:
            item_rules.checked(validation.given(item_places.complete(form).form), plan)
        except ValidationFailed as failed:
            before = f"items[{number}]." if len(forms) > 1 else ""
            errors |= {f"{before}{name}": found for name, found in failed.errors.items()}
    if errors:
        raise ValidationFailed(errors)
    if out.json:
        write_json(forms)
    for form in forms:
        at = f" ({form.start.replace('T', ' ')})" if form.start else ""
        out.tell(f'This would be added: {form.kind} "{form.title}"{at}.')


def _form(out: Output, options: dict[str, Any]) -> ItemIn:
    from tripkit.services.validation import convert

    names = ("start", "start_zone", "end", "end_zone")
    read = dict(zip(names, times(out, *(options.get(name) for name in names)), strict=True))
    return convert(ItemIn, item_form.fields(**options | item_form.given(**read)), text=True)


def _from_json() -> list[ItemIn]:
    from tripkit.services import validation

    made_by_tripkit = set(ItemOut.__struct_fields__) - set(ItemIn.__struct_fields__)
    rows = [{name: value for name, value in row.items() if name not in made_by_tripkit} for row in objects("items")]
    return validation.decode(ItemsIn, msgspec.json.encode({"items": rows})).items


def _tell(out: Output, made: list[ItemOut], *, many: bool) -> None:
    if not many:
        out.done(made[0], f"Added {told(made[0])}.", created=True, undo=True)
        tell_what_is_special(out, made[0])
        return
    out.tell(f"Added {len(made)} item{'' if len(made) == 1 else 's'}.")
    out.tell_undo()
    if out.json:
        write_json(made)
    else:
        out.numbers(made)
