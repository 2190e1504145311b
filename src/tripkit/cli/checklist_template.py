"""`tripkit checklist template`: what checklists are started from."""

from typing import Annotated

import msgspec
import typer

from tripkit.cli import checklist, completion
from tripkit.cli.checklist import Called, Checklist
from tripkit.cli.command import Json, Quiet, User, Yes, command, group
from tripkit.cli.context import acting, confirm
from tripkit.cli.output import Column, Output, write_json
from tripkit.cli.plan import Name as Plan
from tripkit.errors import NotFound
from tripkit.schemas.checklist_templates import BuiltInTemplate, TemplateIn, TemplateOut, TemplatePatch

app = group("Keep templates of checklists.", local=True)
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


@command(app, "list", example="tripkit checklist template list")
def list_(ctx: typer.Context, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """List your templates, by their numbers, and those that come with tripkit.

    In a pipe, without header: number or key, name, how many entries it has.
    """
    out = Output(json=json, quiet=quiet)
    with acting(ctx, out, user) as (tripkit, actor):
        found = tripkit.checklist_templates.all(actor)
    if out.json:
        write_json(found)
        return
    lines = [Line(str(each.id), each.name, len(each.entries)) for each in found.results]
    lines += [Line(each.key, each.name, len(each.entries)) for each in found.built_in]
    out.records(lines, Line.__struct_fields__, _COLUMNS, empty="")


@command(app, "show", example="tripkit checklist template show hiking")
def show(ctx: typer.Context, template: Template, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Show the entries of a template, one a line."""
    from tripkit.services import packing

    out = Output(json=json, quiet=quiet)
    with acting(ctx, out, user) as (tripkit, actor):
        key = tripkit.checklist_templates.resolve(actor, template)
        found: TemplateOut | BuiltInTemplate = (
            tripkit.checklist_templates.get(actor, key) if isinstance(key, int) else packing.template(key)
        )
    out.text("\n".join(found.entries), found)


@command(app, "new", example="tripkit checklist template new 'Cabin bag' Passport Headphones")
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
    with acting(ctx, out, user) as (tripkit, actor):
        made = tripkit.checklist_templates.create(actor, form)
    out.done(made, f"Made template {_named(made)}.", created=True)


@command(app, "save", example="tripkit checklist template save kyoto packing --name 'Two weeks in Asia'")
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
    with acting(ctx, out, user) as (tripkit, actor):
        plan_id = tripkit.plans.resolve(actor, plan)
        ref = {"plan_id": plan_id, "checklist_id": tripkit.checklists.resolve(actor, plan_id, checklist)}
        made = tripkit.checklist_templates.create(actor, convert(TemplateIn, {"name": name, "copy_of": ref}))
    out.done(made, f"Made template {_named(made)}.", created=True)


@command(app, "rename", example="tripkit checklist template rename 'cabin bag' 'Hand luggage'")
def rename(
    ctx: typer.Context, template: Template, name: Called, user: User = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Give a template of yours another name."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    patch = convert(TemplatePatch, {"name": name}, text=True)
    with acting(ctx, out, user) as (tripkit, actor):
        template_id = _own(tripkit.checklist_templates.resolve(actor, template))
        renamed = tripkit.checklist_templates.edit(actor, template_id, patch)
    out.done(renamed, f"It is template {_named(renamed)} now.")


@command(app, "rm", example="tripkit checklist template rm 'cabin bag'")
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
    with acting(ctx, out, user) as (tripkit, actor):
        found = tripkit.checklist_templates.get(actor, _own(tripkit.checklist_templates.resolve(actor, template)))
        confirm(f"Delete template {_named(found)} for good?", yes=yes)
        deleted = tripkit.checklist_templates.delete(actor, found.id, expected=found.version)
    out.done(deleted, f"Deleted template {_named(deleted)}.")


def _own(template: int | str) -> int:
    if isinstance(template, str):
        raise NotFound("template of yours called", f"{template}: that one comes with tripkit")
    return template


def _named(template: TemplateOut) -> str:
    return f'{template.id} "{template.name}"'
