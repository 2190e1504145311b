"""What the options of `tripkit plan` say, as the fields of a plan, and what is said of plans."""

from typing import Annotated, Any

import typer

from tripkit.cli import completion
from tripkit.cli.plan_data import read_data
from tripkit.cli.standard_input import from_stdin
from tripkit.schemas.plans import PlanOut

Name = Annotated[
    str,
    typer.Argument(
        metavar="PLAN", help="Its number, or an unambiguous piece of its title.", autocompletion=completion.plans
    ),
]
Destination = Annotated[str | None, typer.Option("--destination", help="Where to.")]
Description = Annotated[
    str | None, typer.Option("--description", help="Text of any length; - reads it from standard input.")
]
Start = Annotated[
    str | None, typer.Option("--start-date", metavar="DATE", help="First day: 2027-04-01, fri, +3d, 1 apr.")
]
End = Annotated[str | None, typer.Option("--end-date", metavar="DATE", help="Last day; +3d counts from --start-date.")]
Budget = Annotated[str | None, typer.Option("--budget", metavar="AMOUNT", help="Like 1250.00.")]
Currency = Annotated[
    str | None,
    typer.Option("--currency", metavar="CODE", help="ISO 4217 code, like EUR.", autocompletion=completion.currencies),
]
Status = Annotated[
    str | None,
    typer.Option("--status", help="draft, published or archived.", autocompletion=completion.statuses),
]
Tags = Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="May be given several times.")]
Timezone = Annotated[
    str | None,
    typer.Option("--timezone", metavar="ZONE", help="Like Europe/Lisbon.", autocompletion=completion.timezones),
]
Data = Annotated[
    str | None, typer.Option("--data", metavar="JSON|@FILE|-", help="A JSON object: as text, from a file, or piped in.")
]

_NULLABLE = ("start_date", "end_date", "budget", "timezone")


def given(**values: Any) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in values.items() if value not in (None, False)}


def fields(**options: Any) -> dict[str, Any]:
    """The fields that were given, with the empty values that clear one."""
    values = from_stdin(given(**options), ("description",), also=options.get("plan_data") == "-")
    for name in _NULLABLE:
        if values.get(name) == "":
            values[name] = None
    if values.get("tags") == [""]:
        values["tags"] = []
    if "plan_data" in values:
        values["plan_data"] = read_data(values["plan_data"])
    return values


def named(plan: PlanOut) -> str:
    """`7 "Kyoto in April"`."""
    return f'{plan.id} "{plan.title}"'
