"""`tripkit checklist template`: what checklists are started from."""

from typing import Annotated

import msgspec
import typer

from tripkit.cli import checklist, completion
from tripkit.cli.checklist import Called, Checklist
from tripkit.cli.command import Json, Quiet, User, Yes, command, group
from tripkit.cli.context import confirm, connected
from tripkit.cli.output import Column, Output, write_json
from tripkit.cli.plan_form import Name as Plan
from tripkit.errors import NotFound
from tripkit.schemas.checklist_templates import BuiltInTemplate, TemplateIn, TemplateOut, TemplatePatch

app = group("Keep templates of checklists.")
checklist.app.add_typer(app, name="template")

Template = Annotated[
    str,
    typer.Argument(
        metavar="TEMPLATE",
        help="Its number, or an unambiguous piece of its name.",
        autocompletion=completion.checklist_templates,
    ),
]


class Line(msgspec.Struct, frozen=True):
    """A template, as it is listed."""

    template: str
    name: str
    entries: int


_COLUMNS = (
    Column("Template", lambda line: line.template, whole=True),
    Column("Name", lambda line: line.name),
    Column("Entries", lambda line: str(line.entries), whole=True),
)


@command(app, "list", answer="schemas.checklist_templates.TemplateList", example="tripkit checklist template list")
def list_(ctx: typer.Context, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """List your templates, by their numbers, and those that come with tripkit.

    In a pipe, without header: number or key, name, how many entries it has.
    """
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        found = backend.checklist_templates.all()
    if out.json:
        write_json(found)
        return
    lines = [Line(str(each.id), each.name, len(each.entries)) for each in found.results]
    lines += [Line(each.key, each.name, len(each.entries)) for each in found.built_in]
    out.records(lines, Line.__struct_fields__, _COLUMNS, empty="")


@command(
    app,
    "show",
    answer="schemas.checklist_templates.TemplateOut | schemas.checklist_templates.BuiltInTemplate",
    example="tripkit checklist template show hiking",
)
def show(ctx: typer.Context, template: Template, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Show the entries of a template, one a line."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        key = backend.checklist_templates.resolve(template)
        if isinstance(key, int):
            found: TemplateOut | BuiltInTemplate = backend.checklist_templates.get(key)
        else:
            found = next(each for each in backend.checklist_templates.all().built_in if each.key == key)
    out.text("\n".join(found.entries), found)


@command(
    app,
    "new",
    answer="schemas.checklist_templates.TemplateOut",
    example="tripkit checklist template new 'Cabin bag' Passport Headphones",
)
def new(
    ctx: typer.Context,
    name: Called,
    entries: Annotated[list[str] | None, typer.Argument(metavar="ENTRY", help="What is on it, one or more.")] = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a template. In a pipe its number is printed."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    form = convert(TemplateIn, {"name": name, "entries": entries or []})
    with connected(ctx, out, user) as backend:
        made = backend.checklist_templates.create(form)
    out.done(made, f"Made template {_named(made)}.", created=True)


@command(
    app,
    "save",
    answer="schemas.checklist_templates.TemplateOut",
    example="tripkit checklist template save kyoto packing --name 'Two weeks in Asia'",
)
def save(
    ctx: typer.Context,
    plan: Plan,
    checklist: Checklist,
    name: Annotated[str | None, typer.Option("--name", help="What to call it. Without one: as the checklist.")] = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a template of a checklist. In a pipe its number is printed."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        ref = {"plan_id": plan_id, "checklist_id": backend.checklists.resolve(plan_id, checklist)}
        made = backend.checklist_templates.create(convert(TemplateIn, {"name": name, "copy_of": ref}))
    out.done(made, f"Made template {_named(made)}.", created=True)


@command(
    app,
    "rename",
    answer="schemas.checklist_templates.TemplateOut",
    example="tripkit checklist template rename 'cabin bag' 'Hand luggage'",
)
def rename(
    ctx: typer.Context, template: Template, name: Called, user: User = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Give a template of yours another name."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    patch = convert(TemplatePatch, {"name": name}, text=True)
    with connected(ctx, out, user) as backend:
        template_id = _own(backend.checklist_templates.resolve(template))
        renamed = backend.checklist_templates.edit(template_id, patch)
    out.done(renamed, f"It is template {_named(renamed)} now.")


@command(
    app, "rm", answer="schemas.checklist_templates.TemplateOut", example="tripkit checklist template rm 'cabin bag'"
)
def rm(
    ctx: typer.Context,
    template: Template,
    yes: Yes = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Delete a template of yours for good. Checklists that were made from it stay."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        found = backend.checklist_templates.get(_own(backend.checklist_templates.resolve(template)))
        confirm(f"Delete template {_named(found)} for good?", yes=yes)
        deleted = backend.checklist_templates.delete(found.id, expected=found.version)
    out.done(deleted, f"Deleted template {_named(deleted)}.")


def _own(template: int | str) -> int:
    if isinstance(template, str):
        raise NotFound("template of yours called", f"{template}: that one comes with tripkit")
    return template


def _named(template: TemplateOut) -> str:
    return f'{template.id} "{template.name}"'
