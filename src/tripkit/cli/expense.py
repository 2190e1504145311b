"""`tripkit expense`: what travellers pay for each other."""

from typing import Annotated, Any

import typer

from tripkit.cli import completion, expense_form
from tripkit.cli.backend import kept_for
from tripkit.cli.command import Json, Quiet, User, command, group
from tripkit.cli.context import connected
from tripkit.cli.dates import Dates
from tripkit.cli.expense_table import COLUMNS, FIELDS, line, told
from tripkit.cli.output import Output, write_json
from tripkit.cli.plan_form import Name as Plan
from tripkit.errors import InvalidInput
from tripkit.schemas.expenses import ExpenseIn, ExpenseOut, ExpensePatch, ExpenseQuery

app = group("Share what travellers pay for each other.")

Expense = Annotated[
    str,
    typer.Argument(
        metavar="EXPENSE", help="Its number, or an unambiguous piece of its title.", autocompletion=completion.expenses
    ),
]
PaidBy = Annotated[
    list[str] | None,
    typer.Option(
        "--paid-by",
        metavar="NAME[=AMOUNT]",
        help="Who paid; with amounts, where several did. May be given several times.",
        autocompletion=completion.travellers,
    ),
]
For = Annotated[
    list[str] | None,
    typer.Option(
        "--for",
        metavar="NAME[=SHARE]",
        help="Who shares it, with a weight or an amount if --split asks for one. May be given several times. "
        "Without it: everybody.",
        autocompletion=completion.travellers,
    ),
]
Split = Annotated[
    str | None,
    typer.Option(
        "--split",
        help="equal: the same for each. shares: by weight (--for Ada=2). exact: by amounts (--for Ada=12.50).",
        autocompletion=completion.splits,
    ),
]
Currency = Annotated[
    str | None,
    typer.Option(
        "--currency",
        metavar="CODE",
        help="Of the amounts. Without it: that of the plan.",
        autocompletion=completion.currencies,
    ),
]
Day = Annotated[str | None, typer.Option("--date", metavar="DATE", help="When it was paid. Without it: today.")]
Kind = Annotated[
    str | None,
    typer.Option(
        "--kind",
        "-k",
        help="As of items, or repayment: that changes what travellers owe each other, and costs nothing.",
        autocompletion=completion.expense_kinds,
    ),
]
OfItem = Annotated[
    str | None,
    typer.Option("--item", metavar="ITEM", help="The item that was paid for.", autocompletion=completion.items),
]
Notes = Annotated[str | None, typer.Option("--notes", help="Text of any length.")]


@command(
    app,
    "add",
    answer="schemas.expenses.ExpenseOut",
    example="tripkit expense add kyoto Dinner 48.50 --paid-by ada --for ada --for bob",
)
def add(
    ctx: typer.Context,
    plan: Plan,
    title: Annotated[str, typer.Argument(help="What it was for.")],
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="Like 12.50.")],
    paid_by: PaidBy = None,
    shared_by: For = None,
    split: Split = None,
    currency: Currency = None,
    date: Day = None,
    kind: Kind = None,
    item_id: OfItem = None,
    notes: Notes = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add what travellers paid for each other. In a pipe its number is printed."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    options: dict[str, Any] = {
        "title": title, "amount": amount, "paid_by": paid_by, "shared_by": shared_by, "split": split,
        "currency": currency, "date": Dates(out).day(date) or expense_form.today(), "kind": kind, "item_id": item_id,
        "notes": notes,
    }  # fmt: skip
    with expense_form.named_by_option(), connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        form = convert(ExpenseIn, expense_form.fields(backend, plan_id, **options), text=True)
        made = backend.expenses.create(plan_id, form)
        told_shares = line(made, backend.travellers.of_plan(plan_id).travellers).shared_by
    out.done(made, f"Added {told(made)}: {told_shares}.", created=True, undo=True)


@command(app, "list", answer="schemas.expenses.ExpenseOut[]", example="tripkit expense list kyoto --traveller ada")
def list_(
    ctx: typer.Context,
    plan: Plan,
    traveller: Annotated[
        str | None,
        typer.Option(
            "--traveller",
            metavar="NAME",
            help="What they paid, or have a share of.",
            autocompletion=completion.travellers,
        ),
    ] = None,
    item: OfItem = None,
    kind: Kind = None,
    trashed: Annotated[bool, typer.Option("--trashed", help="The trash, and not the expenses in use.")] = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List the expenses of a plan, by their days.

    In a pipe, without header: number, date, title, amount, currency, kind, who paid, how it is split, who shares it,
    number of the item.
    """
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        filters: dict[str, Any] = {} if kind is None else {"kind": kind}
        if traveller is not None:
            filters["traveller_id"] = backend.travellers.resolve(plan_id, traveller)
        if item is not None:
            filters["item_id"] = backend.items.resolve(plan_id, item)
        query = convert(ExpenseQuery, filters | {"trashed": trashed}, text=True)
        found = backend.expenses.of_plan(plan_id, query).expenses
        travellers = backend.travellers.of_plan(plan_id).travellers
    if out.json:
        write_json(found)
        return
    nothing = "There is no such expense." if filters else "There is no expense in this plan yet."
    lines = [line(each, travellers) for each in found]
    out.records(lines, FIELDS, COLUMNS, empty="The trash is empty." if trashed else nothing)


@command(app, "show", answer="schemas.expenses.ExpenseOut", example="tripkit expense show kyoto dinner")
def show(
    ctx: typer.Context, plan: Plan, expense: Expense, user: User = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Show one expense whole. In a pipe each line is a field, a tab and its value."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        found = backend.expenses.get(plan_id, backend.expenses.resolve(plan_id, expense))
        travellers = backend.travellers.of_plan(plan_id).travellers
    out.record(found if out.json else line(found, travellers))


@command(
    app,
    "edit",
    answer="schemas.expenses.ExpenseOut",
    example="tripkit expense edit kyoto dinner --split shares --for ada=2 --for bob=1",
)
def edit(
    ctx: typer.Context,
    plan: Plan,
    expense: Expense,
    title: Annotated[str | None, typer.Option("--title", help="What it was for.")] = None,
    amount: Annotated[str | None, typer.Option("--amount", help="Like 12.50.")] = None,
    paid_by: PaidBy = None,
    shared_by: For = None,
    split: Split = None,
    currency: Currency = None,
    date: Annotated[str | None, typer.Option("--date", metavar="DATE", help="When it was paid.")] = None,
    kind: Kind = None,
    item_id: OfItem = None,
    notes: Notes = None,
    if_version: Annotated[
        int | None, typer.Option("--if-version", metavar="NUMBER", help="Only if the expense is at this version still.")
    ] = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Change fields of an expense; what is not named stays. --for '' is for everybody, --item '' for no item."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    options: dict[str, Any] = {
        "title": title, "amount": amount, "paid_by": paid_by, "shared_by": shared_by, "split": split,
        "currency": currency, "date": Dates(out).day(date), "kind": kind, "item_id": item_id, "notes": notes,
    }  # fmt: skip
    if all(value is None for value in options.values()):
        raise InvalidInput("Nothing to change: name a field, such as --for. `tripkit expense edit --help` lists them.")
    with expense_form.named_by_option(), connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        known = backend.expenses.get(plan_id, backend.expenses.resolve(plan_id, expense))
        fields = expense_form.fields(backend, plan_id, known.split, **options)
        # What was read is what is changed.
        expected = known.version if if_version is None else if_version
        patch = convert(ExpensePatch, fields, text=True)
        changed = backend.expenses.edit(plan_id, known.id, patch, expected=expected)
    out.done(changed, f"Changed {told(changed)}: it is at version {changed.version} now.", undo=True)


@command(app, "rm", answer="schemas.expenses.ExpenseOut", example="tripkit expense rm kyoto dinner")
def rm(
    ctx: typer.Context, plan: Plan, expense: Expense, user: User = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Put an expense into the trash, from where it can be restored."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        trashed: ExpenseOut = backend.expenses.trash(plan_id, backend.expenses.resolve(plan_id, expense))
        within = kept_for(backend)
    out.done(
        trashed,
        f"Put {told(trashed)} into the trash. `tripkit expense restore {plan_id} {trashed.id}` brings it back{within}.",
    )


@command(app, "restore", answer="schemas.expenses.ExpenseOut", example="tripkit expense restore kyoto 12")
def restore(
    ctx: typer.Context,
    plan: Plan,
    expense: Annotated[
        str,
        typer.Argument(metavar="EXPENSE", help="Its number, or a piece of its title (see `expense list --trashed`)."),
    ],
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take an expense out of the trash."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        expense_id = backend.expenses.resolve(plan_id, expense, trashed=True)
        restored = backend.expenses.restore(plan_id, expense_id)
    out.done(restored, f"Restored {told(restored)}.", undo=True)
