"""`tripkit plan rate` and `tripkit plan totals`: the money of a plan."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

import msgspec
import typer

from tripkit.cli import budget_view, completion
from tripkit.cli.command import Json, Quiet, User, command
from tripkit.cli.context import connected
from tripkit.cli.output import Column, Output, write_json
from tripkit.cli.plan import app
from tripkit.cli.plan_form import Name
from tripkit.errors import InvalidInput, NotFound
from tripkit.schemas.money import BudgetsIn, Rate, RatesOut, Sum, Totals

_RATE_COLUMNS = (
    Column("One", lambda each: each.base, whole=True),
    Column("is", lambda each: f"{each.rate:f}", whole=True),
    Column("", lambda each: each.quote, whole=True),
)


class CategoryBudget(msgspec.Struct, frozen=True):
    """What one kind of item may cost."""

    kind: str
    amount: Decimal
    currency: str


_BUDGET_COLUMNS = (
    Column("Kind", lambda each: each.kind, whole=True),
    Column("Budget", lambda each: f"{each.amount} {each.currency}", whole=True),
)


class Line(msgspec.Struct, frozen=True):
    """A sum, as one line."""

    of: str
    amounts: str
    total: str
    currency: str


_LINE_COLUMNS = (
    Column("", lambda line: line.of, whole=True),
    Column("Amounts", lambda line: line.amounts),
    Column("In all", lambda line: f"{line.total} {line.currency}" if line.total else "?", whole=True),
)


@command(app, "rate", answer="schemas.money.RatesOut", example="tripkit plan rate kyoto EUR JPY 162.5")
def rate(
    ctx: typer.Context,
    plan: Name,
    base: Annotated[
        str | None, typer.Argument(metavar="CURRENCY", help="One of this …", autocompletion=completion.currencies)
    ] = None,
    quote: Annotated[
        str | None, typer.Argument(metavar="OTHER", help="… in this one …", autocompletion=completion.currencies)
    ] = None,
    rate: Annotated[str | None, typer.Argument(metavar="RATE", help="… is so much.")] = None,
    rm: Annotated[bool, typer.Option("--rm", help="Forget the rate between both currencies.")] = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Set an exchange rate of a plan. Without a rate, list those it has."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    if (rate is None or rm) and (rate is not None or (quote is None) == rm or (base is None) != (quote is None)):
        raise InvalidInput("Give two currencies and a rate (EUR JPY 162.5), two currencies with --rm, or none.")
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        if base is None or quote is None:
            found = backend.money.rates(plan_id)
        elif rm:
            found = backend.money.forget_rate(plan_id, base, quote)
            out.tell(f"The plan has no rate between {base.upper()} and {quote.upper()} any more.")
            out.tell_undo()
        else:
            form = convert(Rate, {"base": base, "quote": quote, "rate": rate}, text=True)
            found = backend.money.set_rate(plan_id, form)
            out.tell(f"One {base.upper()} is {rate} {quote.upper()} in this plan now.")
            out.tell_undo()
    _show_rates(out, found, listed=base is None)


@command(app, "budget", answer="schemas.money.BudgetsOut", example="tripkit plan budget kyoto food 500")
def budget(
    ctx: typer.Context,
    plan: Name,
    kind: Annotated[
        str | None,
        typer.Argument(metavar="KIND", help="A kind of item, like food …", autocompletion=completion.kinds),
    ] = None,
    amount: Annotated[
        str | None, typer.Argument(metavar="AMOUNT", help="… may cost so much, in the currency of the plan.")
    ] = None,
    rm: Annotated[bool, typer.Option("--rm", help="Forget the budget of this kind.")] = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Set what all items of a kind may cost. Without an amount, list these budgets."""
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    if (amount is None or rm) and (amount is not None or (kind is None) == rm):
        raise InvalidInput("Give a kind and an amount (food 500), a kind with --rm, or none.")
    with connected(ctx, out, user) as backend:
        plan_id = backend.plans.resolve(plan)
        found = backend.money.budgets(plan_id)
        if kind is not None:
            budgets = {name: str(each) for name, each in found.budgets.items() if name != kind}
            if rm and len(budgets) == len(found.budgets):
                raise NotFound("budget in this plan for", kind)
            form = convert(BudgetsIn, {"budgets": budgets | ({} if amount is None else {kind: amount})}, text=True)
            found = backend.money.replace_budgets(plan_id, form, expected=found.version)
            out.tell(
                f"There is no budget for {kind} any more."
                if rm
                else f"All of {kind} may cost {amount} {found.currency}."
            )
            out.tell_undo()
    if out.json:
        write_json(found)
    elif kind is None:
        lines = [CategoryBudget(name, each, found.currency) for name, each in found.budgets.items()]
        out.records(lines, CategoryBudget.__struct_fields__, _BUDGET_COLUMNS, empty="No kind has a budget yet.")


@command(app, "totals", answer="schemas.money.Totals", example="tripkit plan totals kyoto")
def totals(ctx: typer.Context, plan: Name, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Add up what a plan costs, by status and by kind, against its budget.

    In a pipe, without header: what is added up, its amounts, and all of it in the currency of the plan if every rate
    is known.
    """
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        found = backend.money.totals(backend.plans.resolve(plan))
    if out.json:
        write_json(found)
    elif out.is_for_people:
        out.view(lambda width: budget_view.view(found, width))
    else:
        out.records(list(_lines(found)), Line.__struct_fields__, _LINE_COLUMNS, empty="")
    if found.total.missing:
        codes = ", ".join(found.total.missing)
        out.warn(
            f"There is no rate for {codes}, so there is no total in {found.currency}. "
            f"`tripkit plan rate {found.plan_id} {found.currency} {found.total.missing[0]} RATE` sets one."
        )
    elif found.remaining is not None and found.remaining < 0:
        out.warn(f"That is {-found.remaining} {found.currency} more than the budget.")


def _show_rates(out: Output, found: RatesOut, *, listed: bool) -> None:
    if out.json:
        write_json(found)
    elif listed:
        out.records(found.rates, Rate.__struct_fields__, _RATE_COLUMNS, empty="This plan has no rates yet.")


def _lines(found: Totals) -> Iterator[Line]:
    for name in ("total", "planned", "spent"):
        yield _line(name, getattr(found, name), found.currency)
    if found.expenses.by_currency:
        yield _line("expenses", found.expenses, found.currency)
    for kind, amount in found.budgets.items():
        yield Line(f"budget {kind}", "", str(amount), found.currency)
    for by in ("status", "kind"):
        for name, each in getattr(found, f"by_{by}").items():
            yield _line(f"{by} {name}", each, found.currency)
    if found.budget is not None:
        yield Line("budget", "", str(found.budget), found.currency)
        yield Line("remaining", "", "" if found.remaining is None else str(found.remaining), found.currency)


def _line(name: str, each: Sum, currency: str) -> Line:
    amounts = ", ".join(f"{amount} {code}" for code, amount in each.by_currency.items())
    return Line(name, amounts, "" if each.amount is None else str(each.amount), currency)
