"""`tripkit plan new`: a plan from options, from answers on a terminal, or from JSON."""

from typing import Annotated, Any, Final

import typer

from tripkit.cli import publishing
from tripkit.cli.asking import NoInput, Question, can_ask, filled
from tripkit.cli.command import Json, Quiet, User, command
from tripkit.cli.context import connected
from tripkit.cli.dates import Dates
from tripkit.cli.output import Output
from tripkit.cli.plan import app
from tripkit.cli.plan_form import (
    Budget,
    Currency,
    Data,
    Description,
    Destination,
    End,
    Start,
    Status,
    Tags,
    Timezone,
    fields,
    given,
    named,
)
from tripkit.cli.standard_input import STDIN, objects
from tripkit.errors import InvalidInput, ValidationFailed
from tripkit.schemas.plans import PlanIn, PlanOut

_QUESTIONS: Final = (
    Question("title", "What to call it"),
    Question("destination", "Where to"),
    Question("start_date", "First day, like 2027-04-01, fri or +3w (or nothing)", default=""),
    Question("end_date", "Last day, like +3d from the first (or nothing)", default=""),
)


@command(
    app,
    "new",
    answer="schemas.plans.PlanOut",
    example="tripkit plan new 'Kyoto in April' Kyoto --start-date 2027-04-01",
)
def new(
    ctx: typer.Context,
    title: Annotated[
        str | None,
        typer.Argument(metavar="TITLE", help="What to call it; - reads all of it from standard input, as JSON."),
    ] = None,
    destination: Annotated[
        str | None, typer.Argument(metavar="DESTINATION", help="Where to. It may also be given as --destination.")
    ] = None,
    destination_option: Destination = None,
    description: Description = None,
    start_date: Start = None,
    end_date: End = None,
    budget: Budget = None,
    currency: Currency = None,
    status: Status = None,
    tags: Tags = None,
    timezone: Timezone = None,
    plan_data: Data = None,
    no_input: NoInput = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a plan; on a terminal, what is missing is asked for. In a pipe its number is printed."""
    out = Output(json=json, quiet=quiet)
    if destination is not None and destination_option is not None:
        raise ValidationFailed({"destination": ["is the same as --destination. Give one of them."]})
    options = given(
        title=title, destination=destination_option if destination is None else destination, description=description,
        start_date=start_date, end_date=end_date, budget=budget, currency=currency, status=status, tags=tags,
        timezone=timezone, plan_data=plan_data,
    )  # fmt: skip
    if title == STDIN:
        form = _from_json(options)
    elif not {"title", "destination"} <= options.keys() and can_ask(no_input=no_input):
        form = None
    else:
        form = _form(out, options)
    with connected(ctx, out, user) as backend:
        if form is not None:
            plan = backend.plans.create(form)
        else:
            questions = [each for each in _QUESTIONS if each.field not in options]
            plan = filled(questions, options, lambda answered: backend.plans.create(_form(out, answered)))
    out.done(plan, f"Made plan {named(plan)}.", created=True, undo=True)
    publishing.tell_if_public(out, plan)


def _form(out: Output, options: dict[str, Any]) -> PlanIn:
    from tripkit.services.validation import convert

    start, end = Dates(out).period(options.get("start_date"), options.get("end_date"))
    values = fields(**options | given(start_date=start, end_date=end))
    try:
        return convert(PlanIn, values, text=True)
    except ValidationFailed as failed:
        if "destination" not in values:
            failed.errors["destination"] = ["is required: say where to, as in `tripkit plan new 'In April' Kyoto`."]
        raise


def _from_json(options: dict[str, Any]) -> PlanIn:
    """A plan as JSON, also as `plan show --json` prints one."""
    import msgspec

    from tripkit.services import validation

    if len(options) > 1:
        raise InvalidInput("All of the plan is read from standard input: give no fields beside the -.")
    found = objects("a plan")
    if len(found) != 1:
        raise InvalidInput("One plan is made at a time: standard input has to be one JSON object.")
    made_by_tripkit = set(PlanOut.__struct_fields__) - set(PlanIn.__struct_fields__)
    values = {name: value for name, value in found[0].items() if name not in made_by_tripkit}
    return validation.decode(PlanIn, msgspec.json.encode(values))
