"""`tripkit db`: the schema of the database."""

import re
from typing import Annotated

import msgspec
import typer

from tripkit.cli.command import DryRun, Json, Quiet, Yes, command, group
from tripkit.cli.context import confirm, opened
from tripkit.cli.files import Written
from tripkit.cli.output import Column, Output
from tripkit.cli.progress import counted
from tripkit.errors import InvalidInput

app = group("Look after the database.", local=True)


class Steps(msgspec.Struct, frozen=True):
    """What an upgrade or a downgrade did."""

    steps: list[str]
    snapshot: str | None


class Reindexed(msgspec.Struct, frozen=True):
    """What the index of searches was made from."""

    plans: int


class Step(msgspec.Struct, frozen=True):
    """One migration, as it is in this database."""

    name: str
    state: str


@command(app, "upgrade", answer="cli.db.Steps", example="tripkit db upgrade")
def upgrade(ctx: typer.Context, dry_run: DryRun = False, json: Json = False, quiet: Quiet = False) -> None:
    """Create the database, or bring its schema up to date. A snapshot of the data is taken before."""
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out, upgrade=False) as tripkit:
        if dry_run:
            pending = [each.name for each in tripkit.migrations.status() if each.known and not each.applied]
            _report(
                out, pending, None, f"These would be run: {', '.join(pending)}." if pending else "Nothing is to do."
            )
            return
        steps, snapshot = tripkit.upgrade_database()
        done = f"Upgraded {tripkit.db.name} ({', '.join(steps)})." if steps else f"{tripkit.db.name} is up to date."
    _report(out, steps, snapshot, done)


@command(app, "downgrade", answer="cli.db.Steps", example="tripkit db downgrade 0001_initial --yes")
def downgrade(
    ctx: typer.Context,
    target: Annotated[
        str | None, typer.Argument(metavar="STEP", help="Go back through this step. Without it, the last one.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Revert the last step of the schema, and lose what it held. A snapshot of the data is taken before."""
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out, upgrade=False) as tripkit:
        steps = f"every step back through {target}" if target else "the last step"
        if dry_run:
            found = tripkit.to_downgrade(target)
            _report(out, found, None, f"These would be reverted: {', '.join(found)}." if found else "Nothing is to do.")
            return
        confirm(f"Revert {steps} of {tripkit.db.name}, and lose the data that it holds?", yes=yes)
        reverted, snapshot = tripkit.downgrade_database(target)
        done = f"Reverted {', '.join(reverted)}." if reverted else "There is nothing to revert."
    _report(out, reverted, snapshot, done)


@command(app, "status", answer="cli.db.Step[]", example="tripkit db status")
def status(ctx: typer.Context, json: Json = False, quiet: Quiet = False) -> None:
    """List the steps of the schema: applied, pending, or unknown to this version of tripkit."""
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out, upgrade=False) as tripkit:
        found = tripkit.migrations.status()
    steps = [
        Step(each.name, "unknown" if not each.known else "applied" if each.applied else "pending") for each in found
    ]
    columns = (Column("Step", lambda step: step.name, whole=True), Column("State", lambda step: step.state))
    out.records(steps, ("name", "state"), columns, empty="There are no steps.")
    if any(step.state == "unknown" for step in steps):
        out.warn("The database was upgraded by a newer tripkit. Install that version or a later one to work with it.")
    elif any(step.state == "pending" for step in steps):
        out.tell("Some steps are pending: `tripkit db upgrade` runs them.")


@command(app, "reindex", answer="cli.db.Reindexed", example="tripkit db reindex")
def reindex(ctx: typer.Context, json: Json = False, quiet: Quiet = False) -> None:
    """Make the index of searches anew. It keeps itself up: this is for a database that was mended by hand."""
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        tripkit.search_index.start_anew()
        count = 0
        with counted(out, "Plans") as more:
            for done in tripkit.search_index.catch_up_all():
                count += done
                more(done)
    out.done(Reindexed(count), f"Made the index of searches anew, from {count} plan{'' if count == 1 else 's'}.")


@command(app, "create", answer="cli.files.Written", example="tripkit db create 'add ratings'")
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What the step does, in a few words.")],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write an empty step into the source of tripkit, for its developers."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_ -]{0,60}", name):
        raise InvalidInput("NAME: must be letters, digits, spaces, underscores and hyphens, and begin with a letter.")
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out, upgrade=False) as tripkit:
        path = tripkit.migrations.create(name)
    out.text(str(path), Written(str(path)))


def _report(out: Output, steps: list[str], snapshot: object, done: str) -> None:
    where = f" A snapshot of the data from before is {snapshot}." if snapshot else ""
    out.done(Steps(steps, str(snapshot) if snapshot else None), done + where)
