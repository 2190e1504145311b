"""`tripkit checklist`: what has to be thought of for a plan."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tripkit.cli import completion
from tripkit.cli.command import DryRun, Json, Quiet, User, command, group
from tripkit.cli.context import connected
from tripkit.cli.output import Column, Output, write_json
from tripkit.cli.plan_form import Name as Plan
from tripkit.cli.standard_input import lines
from tripkit.errors import InvalidInput
from tripkit.schemas.checklist_templates import BuiltInTemplate, TemplateIn, TemplateOut
from tripkit.schemas.checklists import ChecklistIn, ChecklistMove, ChecklistOut, ChecklistPatch, ChecklistQuery

app = group("Keep checklists: packing, shopping, what to do before leaving.")

Checklist = Annotated[
    str,
    typer.Argument(
        metavar="CHECKLIST",
        help="Its number, or an unambiguous piece of its name.",
        autocompletion=completion.checklists,
    ),
]
Called = Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")]
IfVersion = Annotated[
    int | None, typer.Option("--if-version", metavar="NUMBER", help="Only if the checklist is at this version still.")
]

_FIELDS = ("id", "name", "done", "total")
_COLUMNS = (
    Column("#", lambda each: str(each.id), whole=True),
    Column("Name", lambda each: each.name),
    Column("Done", lambda each: f"{each.done} of {each.total}", whole=True),
)


if TYPE_CHECKING:
    from tripkit.cli.backend import Backend


class Line(msgspec.Struct, frozen=True):
    """An entry, as it is shown."""

    id: int
    done: bool
    text: str
    assignee: str


_LINE_FIELDS = ("id", "done", "text", "assignee")
_LINE_COLUMNS = (
    Column("#", lambda line: str(line.id), whole=True),
    Column("", lambda line: "[x]" if line.done else "[ ]", whole=True),
    Column("What", lambda line: line.text),
    Column("Who", lambda line: line.assignee),
)


@command(
    app,
    "new",
    answer="schemas.checklists.ChecklistOut | schemas.checklist_templates.TemplateIn",
    example="tripkit checklist new kyoto Packing Passport 'Rail pass'",
)
def new(
    ctx: typer.Context,
    plan: Plan,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="What to call it. Without one: as the template is called.")
    ] = None,
    entries: Annotated[
        list[str] | None,
        typer.Argument(metavar="ENTRY", help="What is on it, one or more; - reads lines from standard input."),
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(
            "--template",
            "-t",
            metavar="TEMPLATE",
            help="Start from this template: its number, its name, or one that comes with tripkit, like beach.",
            autocompletion=completion.checklist_templates,
        ),
    ] = None,
    dry_run: DryRun = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a checklist, also from a template. In a pipe its number is printed."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    if name is None and template is None:
        raise InvalidInput(
            "Say what to call it, as in `tripkit checklist new kyoto Packing`, or give --template "
            "(`tripkit checklist template list` shows which there are)."
        )
    fields = {"name": name, "entries": [{"text": text} for text in lines(entries)]}
    form = convert(ChecklistIn, fields)
    with connected(ctx, out, user) as backend:
        if template is not None:
            found = backend.checklist_templates.resolve(template)
            source = {"template_id": found} if isinstance(found, int) else {"template": found}
            form = msgspec.structs.replace(form, **source)
        plan_id = backend.plans.resolve(plan)
        if dry_run:
            _try(out, backend, form)
            return
        made = backend.checklists.create(plan_id, form)
    out.done(made, f"Made checklist {named(made)} with {_count(made.total)}.", created=True, undo=True)


@command(app, "list", answer="schemas.checklists.ChecklistOut[]", example="tripkit checklist list kyoto")
def list_(
    ctx: typer.Context,
    plan: Plan,
    trashed: Annotated[bool, typer.Option("--trashed", help="The trash, and not the checklists in use.")] = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List the checklists of a plan.

    In a pipe, without header: number, name, how many entries are done, how many there are.
    """
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        found = backend.checklists.of_plan(plan_id, ChecklistQuery(trashed)).checklists
    nothing = "There is no checklist in this plan yet: `tripkit checklist new` makes one."
    out.records(found, _FIELDS, _COLUMNS, empty="The trash is empty." if trashed else nothing)


@command(app, "show", answer="schemas.checklists.ChecklistOut", example="tripkit checklist show kyoto packing --open")
def show(
    ctx: typer.Context,
    plan: Plan,
    checklist: Checklist,
    open_: Annotated[bool, typer.Option("--open", help="Only what is still to be done.")] = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show a checklist with its entries.

    In a pipe, without header: number of the entry, yes or no for done, text, who sees to it.
    """
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        found = backend.checklists.get(plan_id, backend.checklists.resolve(plan_id, checklist))
        people = {each.id: each.name for each in backend.travellers.of_plan(plan_id).travellers}
    shown = [each for each in found.entries if not (open_ and each.done)]
    if out.json:
        write_json(msgspec.structs.replace(found, entries=shown))
        return
    lines = [Line(each.id, each.done, each.text, people.get(each.assignee or 0, "")) for each in shown]
    out.records(lines, _LINE_FIELDS, _LINE_COLUMNS, empty="Everything is done." if found.total else "It is empty yet.")
    out.tell(f"{found.name}: {found.done} of {found.total} done.")


@command(
    app, "rename", answer="schemas.checklists.ChecklistOut", example="tripkit checklist rename kyoto packing Luggage"
)
def rename(
    ctx: typer.Context,
    plan: Plan,
    checklist: Checklist,
    name: Called,
    if_version: IfVersion = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Give a checklist another name."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    patch = convert(ChecklistPatch, {"name": name}, text=True)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        checklist_id = backend.checklists.resolve(plan_id, checklist)
        renamed = backend.checklists.edit(plan_id, checklist_id, patch, expected=if_version)
    out.done(renamed, f"It is checklist {named(renamed)} now.", undo=True)


@command(app, "mv", answer="schemas.checklists.ChecklistOut", example="tripkit checklist mv kyoto packing --position 1")
def mv(
    ctx: typer.Context,
    plan: Plan,
    checklist: Checklist,
    position: Annotated[
        str | None, typer.Option("--position", metavar="NUMBER", help="Its place among the checklists; 1 leads.")
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
    """Move a checklist to another position, or to another plan."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    if position is None and to_plan is None:
        raise InvalidInput("Say where to move it: --position or --to-plan.")
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        target = {"plan_id": backend.plans.resolve(to_plan)} if to_plan is not None else {}
        to = convert(ChecklistMove, ({"position": position} if position is not None else {}) | target, text=True)
        checklist_id = backend.checklists.resolve(plan_id, checklist)
        moved = backend.checklists.move(plan_id, checklist_id, to, expected=if_version)
    out.done(moved, f"Moved checklist {named(moved)}.", undo=to_plan is None)


@command(app, "copy", answer="schemas.checklists.ChecklistOut", example="tripkit checklist copy kyoto packing norway")
def copy(
    ctx: typer.Context,
    plan: Plan,
    checklist: Checklist,
    to_plan: Annotated[
        str,
        typer.Argument(metavar="TO_PLAN", help="The plan that gets the copy.", autocompletion=completion.plans),
    ],
    name: Annotated[str | None, typer.Option("--name", help="What to call the copy. Without one: the same.")] = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Copy a checklist into a plan, with nothing done yet. In a pipe the number of the copy is printed."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        ref = {"plan_id": plan_id, "checklist_id": backend.checklists.resolve(plan_id, checklist)}
        form = convert(ChecklistIn, {"name": name, "copy_of": ref})
        made = backend.checklists.create(backend.plans.resolve(to_plan), form)
    out.done(made, f"Made checklist {named(made)} with {_count(made.total)}.", created=True, undo=True)


@command(app, "restore", answer="schemas.checklists.ChecklistOut", example="tripkit checklist restore kyoto packing")
def restore(
    ctx: typer.Context,
    plan: Plan,
    checklist: Annotated[
        str,
        typer.Argument(
            metavar="CHECKLIST", help="Its number, or a piece of its name (see `checklist list --trashed`)."
        ),
    ],
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take a checklist out of the trash."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        checklist_id = backend.checklists.resolve(plan_id, checklist, trashed=True)
        restored = backend.checklists.restore(plan_id, checklist_id)
    out.done(restored, f"Restored checklist {named(restored)}.", undo=True)


def _try(out: Output, backend: "Backend", form: ChecklistIn) -> None:
    """Say what would be made, with everything that a template brings."""
    name, texts = form.name, [entry.text for entry in form.entries]
    source: TemplateOut | BuiltInTemplate | None = None
    if form.template_id is not None:
        source = backend.checklist_templates.get(form.template_id)
    elif form.template is not None:
        source = next(each for each in backend.checklist_templates.all().built_in if each.key == form.template)
    if source is not None:
        name, texts = name or source.name, [*source.entries, *texts]
    would = TemplateIn(name, entries=texts)
    out.done(would, f'This would be made: checklist "{name}" with {_count(len(texts))}.')


def named(checklist: ChecklistOut) -> str:
    """`7 "Packing"`."""
    return f'{checklist.id} "{checklist.name}"'


def _count(number: int) -> str:
    return f"{number} {'entry' if number == 1 else 'entries'}"


from tripkit.cli import checklist_entry, checklist_template  # noqa: E402, F401  as `plan` does
