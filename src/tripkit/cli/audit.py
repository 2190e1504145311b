"""`tripkit audit`: what was done with accounts, and what was refused, for whoever runs this machine."""

import sys
from contextlib import nullcontext, suppress
from datetime import date, datetime, time
from typing import Annotated, Any

import msgspec
import typer

from tripkit.cli.command import Json, Quiet, command, group
from tripkit.cli.context import opened
from tripkit.cli.files import ToFile, Written, new_file
from tripkit.cli.output import PROBLEMS_FOUND, Column, Output, moment, plain
from tripkit.cli.progress import counted
from tripkit.errors import ValidationFailed
from tripkit.schemas.audit import AuditEntry, AuditQuery
from tripkit.services.jsontext import check_strings, shorten
from tripkit.services.policy import OPERATOR

app = group("Read and check the audit trail.", local=True)

Who = Annotated[
    str | None,
    typer.Option("--who", metavar="USER", help="Done by or about them: address, username or number (0: commands)."),
]
Event = Annotated[str | None, typer.Option("--event", help="Only this event, like user.deleted.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="Not before this date, or time like 2027-04-01T09:30:00Z.")
]

_COLUMNS = (
    Column("#", lambda entry: str(entry.id), whole=True),
    Column("When", lambda entry: moment(entry.at), whole=True),
    Column("Event", lambda entry: entry.event, whole=True),
    Column("Refused", lambda entry: entry.refused),
    Column("By", lambda entry: _who(entry.actor), whole=True),
    Column("About", lambda entry: _who(entry.subject), whole=True),
    Column("From", lambda entry: entry.client, from_width=100),
    Column("Details", lambda entry: "" if plain(entry.details) == "{}" else plain(entry.details), from_width=120),
)


@command(app, "list", answer="schemas.audit.AuditEntry[]", example="tripkit audit list --who ada --since 2027-04-01")
def list_(
    ctx: typer.Context,
    who: Who = None,
    event: Event = None,
    since: Since = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most.")] = 20,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List what was recorded last, newest first. People are told by their numbers; 0 is whoever runs commands here.

    In a pipe, without header: number, when, event, why it was refused, by whom, about whom, through what, from where,
    request, details.
    """
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        found = tripkit.audit_trail.page(OPERATOR, _query(tripkit, who, event, since, limit=limit)).results
    out.records(found, AuditEntry.__struct_fields__, _COLUMNS, empty="There is nothing of that kind.")


@command(app, "verify", answer="schemas.audit.AuditCheck", example="tripkit audit verify")
def verify(ctx: typer.Context, json: Json = False, quiet: Quiet = False) -> None:
    """Say whether every row is as it was recorded, or else which is the first that is not (exit code 6)."""
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit, counted(out, "Rows") as more:
        found = tripkit.audit_trail.verify(OPERATOR, more)
    if not found.ok and not out.json:
        out.warn(f"tripkit: {found.problem} The {_rows(found.rows)} before are as they were recorded.")
    else:
        out.text(f"{_rows(found.rows)}, all as they were recorded.", found)
    if not found.ok:
        raise typer.Exit(PROBLEMS_FOUND)


@command(app, "export", answer="cli.files.Written", example="tripkit audit export --output audit.jsonl")
def export(
    ctx: typer.Context,
    who: Who = None,
    event: Event = None,
    since: Since = None,
    output: ToFile = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the trail, oldest first, as one JSON object a line, each with its link in the chain."""
    out = Output(json=json, quiet=quiet)
    count = 0
    with opened(ctx, out) as tripkit:
        query = _query(tripkit, who, event, since)
        with (
            new_file(output) if output else nullcontext(sys.stdout.buffer) as lines,
            counted(out, "Rows") as more,
        ):
            for count, row in enumerate(tripkit.audit_trail.each(OPERATOR, query), 1):  # noqa: B007  told below
                lines.write(msgspec.json.encode(row) + b"\n")
                more(1)
            lines.flush()
    out.tell(f"Wrote {_rows(count)}.")
    if output:
        out.text(str(output), Written(str(output), count))


def _query(tripkit: Any, who: str | None, event: str | None, since: str | None, *, limit: int = 20) -> AuditQuery:
    """The filters. Whoever has no account any more is named by number."""
    check_strings([each for each in (who, event) if each is not None], "An option")
    number = int(who) if who and who.isascii() and who.isdecimal() and len(who) < 19 else None
    if who is not None and number is None:
        number = tripkit.administration.find(OPERATOR, who).id
    return AuditQuery(user=number, event=event, since=None if since is None else _moment(since), limit=limit)


def _moment(text: str) -> datetime:
    """A date, whose beginning on this machine is meant, or a time with its offset."""
    with suppress(ValueError):
        if len(text) == len("2027-04-01"):
            return datetime.combine(date.fromisoformat(text), time()).astimezone()
        if (found := datetime.fromisoformat(text)).tzinfo:
            return found
    wanted = "must be a date like 2027-04-01, or a time like 2027-04-01T09:30:00Z"
    raise ValidationFailed({"since": [f"{wanted}, not {shorten(text)}."]})


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"


def _who(number: int | None) -> str:
    return "" if number is None else "operator" if number == 0 else str(number)
