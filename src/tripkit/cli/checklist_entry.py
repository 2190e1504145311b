"""`tripkit checklist add|check|uncheck|edit|rm`: the entries of checklists."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tripkit.cli import completion
from tripkit.cli.backend import kept_for
from tripkit.cli.checklist import Checklist, app, named
from tripkit.cli.command import DryRun, Json, Quiet, User, command
from tripkit.cli.context import connected
from tripkit.cli.output import Output, write_json
from tripkit.cli.plan_form import Name as Plan
from tripkit.cli.standard_input import lines
from tripkit.errors import InvalidInput, ValidationFailed
from tripkit.schemas.checklists import EntriesIn, EntriesMark, EntryMove, EntryOut, EntryPatch

if TYPE_CHECKING:
    from tripkit.cli.backend import Backend

Entry = Annotated[
    str,
    typer.Argument(
        metavar="ENTRY", help="Its number, or an unambiguous piece of its text.", autocompletion=completion.entries
    ),
]
Entries = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ENTRY",
        help="Its number, or an unambiguous piece of its text; several one after the other.",
        autocompletion=completion.entries,
    ),
]
Every = Annotated[bool, typer.Option("--all", help="Every entry.")]
For = Annotated[
    str | None,
    typer.Option(
        "--for", metavar="TRAVELLER", help="Who sees to it: a traveller.", autocompletion=completion.travellers
    ),
]


@command(
    app,
    "add",
    answer="schemas.checklists.EntryOut[]",
    example="tripkit checklist add kyoto packing Umbrella 'Power bank' --for ada",
)
def add(
    ctx: typer.Context,
    plan: Plan,
    checklist: Checklist,
    texts: Annotated[
        list[str],
        typer.Argument(metavar="TEXT", help="What to think of, one or more; - reads lines from standard input."),
    ],
    assignee: For = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add entries to a checklist. In a pipe their numbers are printed."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id, checklist_id = _find(backend, plan, checklist)
        who = None if assignee is None else backend.travellers.resolve(plan_id, assignee)
        form = convert(EntriesIn, {"entries": [{"text": text, "assignee": who} for text in lines(texts)]})
        made = backend.checklist_entries.add(plan_id, checklist_id, form).entries
    out.tell(f"Added {', '.join(_told(each) for each in made)}.")
    out.tell_undo()
    if out.json:
        write_json(made)
    else:
        out.numbers(made)


@command(app, "check", answer="schemas.checklists.EntryOut[]", example="tripkit checklist check kyoto packing passport")
def check(
    ctx: typer.Context,
    plan: Plan,
    checklist: Checklist,
    entries: Entries = None,
    every: Every = False,
    dry_run: DryRun = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check entries off."""
    _mark(ctx, plan, checklist, entries, user, Output(json=json, quiet=quiet), every=every, dry_run=dry_run, done=True)


@command(
    app, "uncheck", answer="schemas.checklists.EntryOut[]", example="tripkit checklist uncheck kyoto packing --all"
)
def uncheck(
    ctx: typer.Context,
    plan: Plan,
    checklist: Checklist,
    entries: Entries = None,
    every: Every = False,
    dry_run: DryRun = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say that entries are not done after all: `--all` packs once more."""
    _mark(ctx, plan, checklist, entries, user, Output(json=json, quiet=quiet), every=every, dry_run=dry_run, done=False)


@command(
    app,
    "edit",
    answer="schemas.checklists.EntryOut",
    example="tripkit checklist edit kyoto packing umbrella --text 'Two umbrellas' --for ada",
)
def edit(
    ctx: typer.Context,
    plan: Plan,
    checklist: Checklist,
    entry: Entry,
    text: Annotated[str | None, typer.Option("--text", help="What it says.")] = None,
    assignee: For = None,
    position: Annotated[
        str | None, typer.Option("--position", metavar="NUMBER", help="Its place in the checklist; 1 leads.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="CHECKLIST",
            help="Into another checklist of the plan.",
            autocompletion=completion.checklists,
        ),
    ] = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Change an entry, say who sees to it, or move it; an empty `--for` means nobody."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    if text is assignee is position is to is None:
        raise InvalidInput("Nothing to change: give --text, --for, --position or --to.")
    with connected(ctx, out, user) as backend:
        plan_id, checklist_id = _find(backend, plan, checklist)
        entry_id = backend.checklist_entries.resolve(plan_id, checklist_id, entry)
        fields: dict[str, Any] = {"text": text} if text is not None else {}
        if assignee is not None:
            fields |= {"assignee": backend.travellers.resolve(plan_id, assignee) if assignee else None}
        patch = convert(EntryPatch, fields)
        move: dict[str, Any] = {"position": position} if position is not None else {}
        if to is not None:
            move |= {"checklist_id": backend.checklists.resolve(plan_id, to)}
        where = convert(EntryMove, move, text=True)
        if fields:
            changed = backend.checklist_entries.edit(plan_id, checklist_id, entry_id, patch)
        if move:
            changed = backend.checklist_entries.move(plan_id, checklist_id, entry_id, where)
    out.done(changed, f"Changed {_told(changed)}.", undo=not (fields and move))


@command(
    app,
    "rm",
    answer="schemas.checklists.ChecklistOut | schemas.checklists.EntryOut[]",
    example="tripkit checklist rm kyoto packing umbrella",
)
def rm(
    ctx: typer.Context,
    plan: Plan,
    checklist: Checklist,
    entries: Entries = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Delete entries of a checklist; without any, put the whole of it into the trash, from where it can be restored."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id, checklist_id = _find(backend, plan, checklist)
        if entries:
            chosen = [backend.checklist_entries.resolve(plan_id, checklist_id, each) for each in entries]
            deleted = [backend.checklist_entries.delete(plan_id, checklist_id, each) for each in dict.fromkeys(chosen)]
        else:
            trashed = backend.checklists.trash(plan_id, checklist_id)
            within = kept_for(backend)
    if entries:
        out.tell(f"Deleted {', '.join(_told(each) for each in deleted)}.")
        if len(deleted) == 1:  # else each is a change of its own
            out.tell_undo()
        if out.json:
            write_json(deleted)
        return
    out.done(
        trashed,
        f"Put checklist {named(trashed)} into the trash. "
        f"`tripkit checklist restore {plan_id} {trashed.id}` brings it back{within}.",
    )


def _mark(
    ctx: typer.Context,
    plan: str,
    checklist: str,
    entries: list[str] | None,
    user: str | None,
    out: Output,
    *,
    every: bool,
    dry_run: bool,
    done: bool,
) -> None:
    if bool(entries) == every:
        raise ValidationFailed({"entries": ["name entries, or give --all."]})
    with connected(ctx, out, user) as backend:
        plan_id, checklist_id = _find(backend, plan, checklist)
        known = backend.checklists.get(plan_id, checklist_id)
        chosen = [backend.checklist_entries.resolve(plan_id, checklist_id, each) for each in entries or []]
        chosen += [each.id for each in known.entries if every and each.done != done]
        if dry_run:
            would = [each for each in known.entries if each.id in chosen]
            out.tell(f"{', '.join(_told(each) for each in would) or 'Nothing'} would be marked as {_state(done=done)}.")
            if out.json:
                write_json(would)
            return
        marked = []
        if chosen:
            form = EntriesMark(list(dict.fromkeys(chosen)), done)
            marked = backend.checklist_entries.mark(plan_id, checklist_id, form).entries
        found = backend.checklists.get(plan_id, checklist_id)
    if marked and not every:
        out.tell(f"{', '.join(_told(each) for each in marked)}: {_state(done=done)}.")
    out.tell(f"{found.name}: {found.done} of {found.total} done.")
    if marked:
        out.tell_undo()
    if out.json:
        write_json(marked)


def _state(*, done: bool) -> str:
    return "done" if done else "to be done"


def _find(backend: "Backend", plan: str, checklist: str) -> tuple[int, int]:
    """The numbers of a plan and a checklist in it."""
    plan_id = backend.plans.resolve(plan)
    return plan_id, backend.checklists.resolve(plan_id, checklist)


def _told(entry: EntryOut) -> str:
    return f'{entry.id} "{entry.text}"'
