"""`tripkit plan log`, `diff` and `undo`: what was done with a plan, and the ways back."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from tripkit.cli.command import DryRun, Json, Quiet, User, command
from tripkit.cli.context import connected
from tripkit.cli.item_table import COLUMNS as ITEM_COLUMNS
from tripkit.cli.item_table import FIELDS as ITEM_FIELDS
from tripkit.cli.output import Column, Output, is_terminal, moment, plain, write_json
from tripkit.cli.plan import app
from tripkit.cli.plan_form import Name
from tripkit.cli.progress import counted
from tripkit.errors import Conflict
from tripkit.schemas.changes import ChangedPart, ChangeOut, ChangeQuery, Difference, VersionOut

if TYPE_CHECKING:
    from tripkit.cli.backend import Backend

_FIELDS = ("version", "at", "user", "via", "action", "summary")
_COLUMNS = (
    Column("Version", lambda change: str(change.version), whole=True),
    Column("When", lambda change: moment(change.at), whole=True),
    Column("Who", lambda change: change.user or "", whole=True),
    Column("Through", lambda change: change.via, from_width=120, whole=True),
    Column("What", lambda change: change.summary),
)


class Line(msgspec.Struct, frozen=True):
    """One field that differs."""

    part: str
    id: int
    label: str
    what: str
    field: str = ""
    before: str = ""
    after: str = ""


_LINE_COLUMNS = (
    Column("Where", lambda line: f'{line.part} {line.id} "{line.label}"' if line.part != "plan" else "plan"),
    Column("What", lambda line: line.what, whole=True),
    Column("Field", lambda line: line.field, whole=True),
    Column("Before", lambda line: line.before),
    Column("After", lambda line: line.after),
)


@command(app, "log", answer="schemas.changes.ChangeOut[]", example="tripkit plan log kyoto --limit 10")
def log(
    ctx: typer.Context,
    plan: Name,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Show this many, and not all.")] = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List what was done with a plan, newest first.

    In a pipe, without header: version, time, who, through what, kind of change, and one sentence about it.
    """
    out = Output(json=json, quiet=quiet)
    found: list[ChangeOut] = []
    query = ChangeQuery()
    with connected(ctx, out, user) as backend, counted(out, "Changes", limit) as more:
        plan_id = backend.plans.resolve(plan)
        while True:
            left = 100 if limit is None else min(100, limit - len(found))
            page = backend.history.page(plan_id, msgspec.structs.replace(query, limit=left))
            found += page.results
            more(len(page.results))
            if page.cursor is None or len(found) == limit:
                break
            query = ChangeQuery(cursor=page.cursor)
    out.records(found, _FIELDS, _COLUMNS, empty="Nothing is known about how this plan came to be.")


@command(app, "diff", answer="schemas.changes.Difference", example="tripkit plan diff kyoto 3 5")
def diff(
    ctx: typer.Context,
    plan: Name,
    before: Annotated[
        int | None, typer.Argument(metavar="FROM", help="A version. Without one: that before the last change.")
    ] = None,
    after: Annotated[
        int | None, typer.Argument(metavar="TO", help="Another version. Without one: the plan as it is.")
    ] = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show what is different between two versions of a plan.

    In a pipe, without header: part, its number, its name, what became of it, field, before, after.
    """
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        if before is None:
            before = max(1, backend.plans.get(plan_id).version - 1)
        found = backend.history.difference(plan_id, before, after)
    show_difference(out, found)


@command(
    app, "undo", answer="schemas.changes.ChangeOut | schemas.changes.Difference", example="tripkit plan undo kyoto"
)
def undo(
    ctx: typer.Context,
    plan: Name,
    version: Annotated[
        int | None,
        typer.Option(
            "--version", metavar="NUMBER", help="Take back the change that made this version (see `plan log`)."
        ),
    ] = None,
    dry_run: DryRun = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take back your last change of a plan, or another one.

    What was changed since in other places stays. To take back an undo does again what it took back.
    """
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        if dry_run:
            version = version or _last(backend, plan_id)
            show_difference(out, backend.history.difference(plan_id, version, max(1, version - 1)))
            return
        change = backend.history.undo(plan_id, version)
    out.done(
        change,
        f"{change.summary} The plan is at version {change.version} now; "
        f"`tripkit plan undo {plan_id} --version {change.version}` does it again.",
    )


def _last(backend: "Backend", plan_id: int) -> int:
    """The version that the last change of whoever acts made."""
    from tripkit.cli.undo import last_of

    who = backend.username or backend.account.profile().username
    change = last_of(backend, backend.plans.get(plan_id), who, None)
    if change is None:
        raise Conflict("You have changed nothing in this plan that could be taken back.")
    return change.version


def show_difference(out: Output, found: Difference) -> None:
    """What two versions differ in, or what going back would change."""
    if out.json:
        write_json(found)
    else:
        empty = f"Versions {found.before} and {found.after} are the same."
        out.records(list(_lines(found)), Line.__struct_fields__, _LINE_COLUMNS, empty=empty)


def show_version(out: Output, found: VersionOut) -> None:
    """A whole plan as it was."""
    if out.json:
        write_json(found)
        return
    out.record(found.plan)
    if found.items and is_terminal():
        out.records(found.items, ITEM_FIELDS, ITEM_COLUMNS, empty="")


def _lines(found: Difference) -> Iterator[Line]:
    for part in found.parts:
        line = Line(part.part, part.id, part.label, part.what)
        yield from _fields(line, part) if part.fields else [line]


def _fields(line: Line, part: ChangedPart) -> Iterator[Line]:
    for each in part.fields:
        before, after = (_text(value) for value in (each.before, each.after))
        if each.at is not None:
            before, after = f"…{before}…", f"…{after}…"
        yield msgspec.structs.replace(line, field=each.name, before=before, after=after)


def _text(value: msgspec.Raw) -> str:
    found: Any = msgspec.json.decode(value)
    return plain(value if isinstance(found, dict) else found)
