"""`tripkit plan`: travel plans of the acting user."""

from typing import Annotated, Any

import typer

from tripkit.cli import completion, publishing
from tripkit.cli.backend import kept_for
from tripkit.cli.command import DryRun, Json, Quiet, User, Yes, command, group
from tripkit.cli.context import connected, invocation
from tripkit.cli.dates import Dates
from tripkit.cli.output import Column, Output, moment, plain
from tripkit.cli.plan_data import read_data
from tripkit.cli.plan_form import (
    Budget,
    Currency,
    Data,
    Description,
    Destination,
    End,
    Name,
    Start,
    Status,
    Tags,
    Timezone,
    fields,
    given,
    named,
)
from tripkit.cli.progress import counted
from tripkit.errors import InvalidInput
from tripkit.schemas.items import ItemQuery
from tripkit.schemas.plans import PlanIn, PlanOut, PlanPatch, PlanQuery

app = group("Make, find and change travel plans.")

from tripkit.cli import plan_new  # noqa: E402, F401  its command comes first; see also the end

_FIELDS = (
    "id", "title", "destination", "start_date", "end_date", "budget", "currency", "status", "tags", "updated_at",
    "user", "role",
)  # fmt: skip
_COLUMNS = (
    Column("#", lambda plan: str(plan.id), whole=True),
    Column("Title", lambda plan: plan.title),
    Column("Destination", lambda plan: plan.destination, from_width=60),
    Column("Dates", lambda plan: _dates(plan), whole=True),
    Column("Budget", lambda plan: f"{plan.budget} {plan.currency}" if plan.budget is not None else "", from_width=100),
    Column("Status", lambda plan: plan.status, whole=True),
    Column("Owner", lambda plan: plan.user, from_width=120),
    Column("Tags", lambda plan: plain(plan.tags), from_width=120),
    Column("Changed", lambda plan: moment(plan.updated_at), from_width=140, whole=True),
)


@command(
    app,
    "list",
    answer="schemas.plans.PlanOut[]",
    example="tripkit plan list --status draft --from 2027-01-01 --ordering start_date",
)
def list_(
    ctx: typer.Context,
    role: Annotated[
        str | None,
        typer.Option(
            "--role", help="Plans to which you are just this: owner, editor or viewer.", autocompletion=completion.roles
        ),
    ] = None,
    status: Status = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Plans that bear this tag.")] = None,
    country: Annotated[
        str | None,
        typer.Option("--country", metavar="CODE", help="Plans to this country, or with an item there, like JP."),
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Plans that are still on at this date or later.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Plans that begin at this date or earlier.")
    ] = None,
    trashed: Annotated[bool, typer.Option("--trashed", help="The trash, and not the plans in use.")] = False,
    ordering: Annotated[
        str | None,
        typer.Option(
            "--ordering",
            metavar="FIELD",
            help="updated_at, created_at, start_date or title; with a leading - the other way round. "
            "Without it the last changed come first.",
            autocompletion=completion.orderings,
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Show this many, and not all.")] = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List plans.

    In a pipe, without header: number, title, destination, start, end, budget, currency, status, tags, last change,
    owner, your role.
    """
    import msgspec

    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    from_, to = Dates(out).period(from_, to)
    filters = given(role=role, status=status, tag=tag, country=country, to=to, trashed=trashed, ordering=ordering)
    filters |= given(**{"from": from_})
    query = convert(PlanQuery, filters, text=True)
    found: list[PlanOut] = []
    with connected(ctx, out, user) as backend, counted(out, "Plans", limit) as more:
        while True:
            left = 100 if limit is None else min(100, limit - len(found))
            page = backend.plans.page(msgspec.structs.replace(query, limit=left))
            found += page.results
            more(len(page.results))
            if page.cursor is None or len(found) == limit:
                break
            query = msgspec.structs.replace(query, cursor=page.cursor)
    nothing = "There is no such plan." if filters.keys() - {"trashed", "ordering"} else "There is no plan yet."
    out.records(found, _FIELDS, _COLUMNS, empty="The trash is empty." if trashed else nothing)


@command(
    app, "show", answer="schemas.plans.PlanOut | schemas.changes.VersionOut", example="tripkit plan show kyoto --month"
)
def show(
    ctx: typer.Context,
    plan: Name,
    at: Annotated[
        int | None,
        typer.Option("--at", metavar="VERSION", help="As it was then, with its items; in JSON with all that is in it."),
    ] = None,
    month: Annotated[bool, typer.Option("--month", help="Show a calendar of its months.")] = False,
    details: Annotated[bool, typer.Option("--details", help="Show every field of the plan, and not its days.")] = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show one plan, day by day. In a pipe each line is a field, a tab and its value."""
    from tripkit.cli import month_view, timeline_view

    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        if at is not None:
            plan_history.show_version(out, backend.history.version(plan_id, at))
            return
        found = backend.plans.get(plan_id)
        if details or not out.is_for_people:
            out.record(found)
            return
        days = backend.items.by_day(plan_id, ItemQuery()).days
        findings = [] if month else backend.checks.check(plan_id).findings
    if month:
        out.view(lambda width: month_view.view(found, days, width))
    else:
        out.view(lambda width: timeline_view.view(found, days, findings, width))


@command(
    app, "set", answer="schemas.plans.PlanOut", example="tripkit plan set kyoto --start-date 2027-04-03 --budget ''"
)
def set_(
    ctx: typer.Context,
    plan: Name,
    title: Annotated[str | None, typer.Option("--title", help="What to call it.")] = None,
    destination: Destination = None,
    description: Description = None,
    start_date: Start = None,
    end_date: End = None,
    budget: Budget = None,
    currency: Currency = None,
    status: Status = None,
    tags: Tags = None,
    timezone: Timezone = None,
    plan_data: Data = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Take --data as a merge patch (RFC 7396), and not as the whole.")
    ] = False,
    if_version: Annotated[
        int | None, typer.Option("--if-version", metavar="NUMBER", help="Only if the plan is at this version still.")
    ] = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Change fields of a plan; what is not named stays. An empty value clears dates, budget, time zone and tags."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    start_date, end_date = Dates(out).period(start_date, end_date)
    changes = fields(
        title=title, destination=destination, description=description, start_date=start_date, end_date=end_date,
        budget=budget, currency=currency, status=status, tags=tags, timezone=timezone, plan_data=plan_data,
    )  # fmt: skip
    if not changes:
        raise InvalidInput("Nothing to change: name a field, such as --title. `tripkit plan set --help` lists them.")
    if merge and plan_data is None:
        raise InvalidInput("--merge says how to take --data: give that as well.")
    patch = convert(PlanPatch, changes, text=True)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        changed = backend.plans.edit(plan_id, patch, expected=if_version, merge=merge)
    out.done(changed, f"Changed plan {named(changed)}: it is at version {changed.version} now.", undo=status is None)
    if status is not None:
        publishing.tell_if_public(out, changed)


@command(app, "edit", answer="schemas.plans.PlanOut", example="EDITOR='code --wait' tripkit plan edit kyoto")
def edit(ctx: typer.Context, plan: Name, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Change a plan in your editor, as a TOML document. What you type is never lost."""
    from tripkit.cli import documents, editor
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        known = backend.plans.get(backend.plans.resolve(plan))

        def apply(values: dict[str, Any]) -> PlanOut:
            fields = documents.read(values, documents.PLAN, known)
            fields["plan_data"] = read_data(str(fields["plan_data"]))
            fields["start_date"], fields["end_date"] = Dates(out).period(fields["start_date"], fields["end_date"])
            return backend.plans.replace(known.id, convert(PlanIn, fields, text=True), expected=known.version)

        text = documents.write(known, documents.PLAN, f"Plan {named(known)}.")
        changed = editor.edit(text, f"plan-{known.id}", invocation(ctx).drafts, out, apply)
    if changed is not None:
        out.done(
            changed,
            f"Changed plan {named(changed)}: it is at version {changed.version} now.",
            undo=changed.status == known.status,
        )
        if changed.status != known.status:
            publishing.tell_if_public(out, changed)


@command(app, "rm", answer="schemas.plans.PlanOut", example="tripkit plan rm kyoto")
def rm(ctx: typer.Context, plan: Name, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Put a plan into the trash, from where it can be restored."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        trashed = backend.plans.trash(backend.plans.resolve(plan))
        within = kept_for(backend)
    out.done(
        trashed,
        f"Put plan {named(trashed)} into the trash. `tripkit plan restore {trashed.id}` brings it back{within}.",
    )


@command(
    app,
    "restore",
    answer="schemas.plans.PlanOut | schemas.changes.ChangeOut | schemas.changes.Difference",
    example="tripkit plan restore 7",
)
def restore(
    ctx: typer.Context,
    plan: Annotated[
        str,
        typer.Argument(metavar="PLAN", help="Its number, or a piece of its title (see `plan list --trashed`)."),
    ],
    version: Annotated[
        int | None,
        typer.Option(
            "--version", metavar="NUMBER", help="Make a plan that is in use what it was then (see `plan log`)."
        ),
    ] = None,
    dry_run: DryRun = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take a plan out of the trash; or, with --version, make it what it was."""
    out = Output(json=json, quiet=quiet)
    if dry_run and version is None:
        raise InvalidInput("--dry-run shows what --version would change: give that as well.")
    with connected(ctx, out, user) as backend:
        if version is not None:
            plan_id = backend.plans.resolve(plan)
            if dry_run:
                newest = backend.plans.get(plan_id).version
                plan_history.show_difference(out, backend.history.difference(plan_id, newest, version))
                return
            change = backend.history.restore(plan_id, version)
            message = f"Plan {plan_id} is what it was at version {version}, and at version {change.version} now."
            out.done(change, message)
            return
        restored = backend.plans.restore(backend.plans.resolve(plan, trashed=True))
    out.done(restored, f"Restored plan {named(restored)}.")
    publishing.tell_if_public(out, restored)


@command(app, "archive", answer="schemas.plans.PlanOut", example="tripkit plan archive kyoto")
def archive(ctx: typer.Context, plan: Name, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Mark a plan as archived."""
    _set_status(ctx, plan, "archived", user, Output(json=json, quiet=quiet))


@command(app, "publish", answer="schemas.plans.PlanOut", example="tripkit plan publish kyoto")
def publish(
    ctx: typer.Context, plan: Name, yes: Yes = False, user: User = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Show a plan to everybody, in the gallery: all of it but costs, budget, booking references and data.

    On a terminal it says what that is, and asks before.
    """
    _set_status(ctx, plan, "published", user, Output(json=json, quiet=quiet), yes=yes)


def _set_status(
    ctx: typer.Context, plan: str, status: Any, user: str | None, out: Output, *, yes: bool = False
) -> None:
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        if status == "published":
            publishing.ask_before(out, backend.plans.get(plan_id), yes=yes)
        changed = backend.plans.edit(plan_id, PlanPatch(status=status))
    out.done(changed, f"Plan {named(changed)} is {status} now.")
    publishing.tell_if_public(out, changed)


def _dates(plan: PlanOut) -> str:
    start, end = plan.start_date, plan.end_date
    if start and end and start.year == end.year:
        return f"{start} – {end:%m-%d}"
    return f"{start or '…'} – {end or '…'}" if start or end else ""


# Their commands are declared on `app`.
from tripkit.cli import plan_balances, plan_check, plan_copy, plan_history, plan_money, plan_share  # noqa: E402, F401
