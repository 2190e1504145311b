"""`tripkit plan check`: what will not work in a plan."""

from typing import Annotated

import typer

from tripkit.cli import completion
from tripkit.cli.command import Json, Quiet, User, command
from tripkit.cli.context import connected
from tripkit.cli.output import PROBLEMS_FOUND, Column, Output, write_json
from tripkit.cli.plan import app
from tripkit.cli.plan_form import Name
from tripkit.errors import ValidationFailed
from tripkit.schemas.checks import CheckOut, Code, IgnoredIn

_COLUMNS = (
    Column("", lambda finding: finding.severity, whole=True),
    Column("Code", lambda finding: finding.code, whole=True, from_width=60),
    Column("What to do", lambda finding: f"{finding.message} {finding.remedy}", wraps=True),
)


@command(app, "check", answer="schemas.checks.CheckOut", example="tripkit plan check kyoto --ignore no-reference")
def check(
    ctx: typer.Context,
    plan: Name,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore",
            metavar="CODE",
            help="Ignore findings of this code in this plan from now on. May be given several times.",
            autocompletion=completion.findings,
        ),
    ] = None,
    heed: Annotated[
        list[str] | None,
        typer.Option(
            "--heed", metavar="CODE", help="Do not ignore this code any more.", autocompletion=completion.findings
        ),
    ] = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find what will not work in a plan, and say so with exit code 6.

    In a pipe, without header: severity, code, numbers of the items, what is found, and what to do about it.
    """
    out = Output(json=json, quiet=quiet)
    added, removed = _codes("ignore", ignore), _codes("heed", heed)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        found = backend.checks.check(plan_id)
        if added or removed:
            form = IgnoredIn([code for code in [*found.ignored_codes, *added] if code not in removed])
            found = backend.checks.ignore(plan_id, form, expected=found.version)
    _show(out, found)
    if not found.ok:
        raise typer.Exit(PROBLEMS_FOUND)


def _codes(option: str, given: list[str] | None) -> list[Code]:
    from tripkit.services.validation import convert

    try:
        return convert(IgnoredIn, {"codes": given or []}).codes
    except ValidationFailed as failed:
        raise ValidationFailed({option: failed.errors["codes"]}) from failed


def _show(out: Output, found: CheckOut) -> None:
    if out.json:
        write_json(found)
    else:
        fields = ("severity", "code", "items", "message", "remedy")
        out.records(found.findings, fields, _COLUMNS, empty="Nothing was found.")
    if found.ignored:
        out.tell(f"{found.ignored} more of {', '.join(found.ignored_codes)} are ignored in this plan.")
