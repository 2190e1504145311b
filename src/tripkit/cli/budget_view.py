"""The money of a plan on a terminal: a bar for each category, and how much of the budget is left."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tripkit.cli.looks import sign
from tripkit.schemas.money import Sum, Totals

if TYPE_CHECKING:
    from rich.console import RenderableType

_SHORTEST: Final = 8
_LONGEST: Final = 40
#: From this width on there is room for the amounts in other currencies.
_OTHERS_FROM: Final = 70


def view(found: Totals, width: int) -> "Iterator[RenderableType]":
    """Bars that share one scale: the budget, or where that is less or none, what is planned and spent."""
    from rich.table import Table
    from rich.text import Text

    whole = max(found.budget or Decimal(0), found.total.amount or Decimal(0), *_amounts(found), Decimal(0))
    room = max(_SHORTEST, min(_LONGEST, width - 44))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold", style="dim")
    others = _others if width >= _OTHERS_FROM else lambda _each, _currency: ""
    for name, each in found.by_kind.items():
        rest = found.remaining_by_kind.get(name)
        style = "red" if rest is not None and rest < 0 else "cyan"
        amount = _amount(each, found.currency)
        table.add_row(name, _bar(each, whole, room, style), amount, _said(rest, others(each, found.currency)))
    table.add_row("")
    for name, style in (("expenses", "magenta"), ("spent", "green"), ("planned", "yellow"), ("total", "bold")):
        each = getattr(found, name)
        if name == "expenses" and not each.by_currency:
            continue
        table.add_row(
            Text(name, style="bold"), _bar(each, whole, room, style), _amount(each, found.currency),
            others(each, found.currency),
        )  # fmt: skip
    if found.budget is not None:
        table.add_row(Text("budget", style="bold"), _line(found.budget, whole, room, "blue"), _of(found.budget, found))
    if found.remaining is not None:
        left = Text(_of(found.remaining, found), style="red" if found.remaining < 0 else "green")
        table.add_row(Text("left" if found.remaining >= 0 else "too much", style="bold"), "", left)
    yield table


def _said(left: Decimal | None, others: str) -> str:
    """What is left of the budget of a kind, and its amounts in other currencies."""
    if left is None:
        return others
    return "; ".join(filter(None, (f"{left} left" if left >= 0 else f"{-left} too much", others)))


def _amounts(found: Totals) -> Iterator[Decimal]:
    yield from (each.amount for each in found.by_kind.values() if each.amount is not None)


def _amount(each: Sum, currency: str) -> str:
    return f"{each.amount} {currency}" if each.amount is not None else "?"


def _of(amount: Decimal, found: Totals) -> str:
    return f"{amount} {found.currency}"


def _others(each: Sum, currency: str) -> str:
    """The currencies that it was in, unless that is the plan's alone."""
    if set(each.by_currency) <= {currency}:
        return ""
    return ", ".join(f"{amount} {code}" for code, amount in each.by_currency.items())


def _bar(each: Sum, whole: Decimal, room: int, style: str) -> "RenderableType":
    return "" if each.amount is None else _line(each.amount, whole, room, style)


def _line(amount: Decimal, whole: Decimal, room: int, style: str) -> "RenderableType":
    from rich.text import Text

    filled = int(room * amount / whole) if whole else 0
    filled = max(filled, 1) if amount else filled
    return Text(sign("█") * filled, style=style).append(sign("░") * (room - filled), style="dim")
