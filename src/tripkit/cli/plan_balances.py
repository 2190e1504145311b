"""`tripkit plan balances`: who owes whom."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import typer

from tripkit.cli import output
from tripkit.cli.command import Json, Quiet, User, command
from tripkit.cli.context import connected
from tripkit.cli.output import Column, Output, write, write_json
from tripkit.cli.plan import app
from tripkit.cli.plan_form import Name
from tripkit.schemas.balances import BalanceOut, Balances, TransferOut


class Line(msgspec.Struct, frozen=True):
    """A balance or a transfer, as one line."""

    of: str
    traveller: str
    to: str
    paid: str
    share: str
    amount: str
    currency: str


_BALANCES: Final = (
    Column("Traveller", lambda line: line.traveller),
    Column("Paid", lambda line: line.paid, whole=True),
    Column("Share", lambda line: line.share, whole=True),
    Column("Balance", lambda line: f"{line.amount} {line.currency}", whole=True),
)
_TOTALS: Final = (_BALANCES[0], Column("In all", _BALANCES[3].cell, whole=True))
_TRANSFERS: Final = (
    Column("To settle", lambda line: line.traveller),
    Column("pays", lambda line: line.to),
    Column("", lambda line: f"{line.amount} {line.currency}", whole=True),
)


@command(app, "balances", answer="schemas.balances.Balances", example="tripkit plan balances kyoto")
def balances(ctx: typer.Context, plan: Name, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Say who owes whom by the expenses of a plan, and the fewest transfers that settle it.

    A balance is what somebody paid for others, less what others paid for them. In a pipe, without header: `balance` or
    `transfer`, behind `total` where all currencies are one; traveller, who is paid, what was paid, share, amount,
    currency. Settle by the transfers of each currency, or by those of the total.
    """
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        found = backend.balances.balances(backend.plans.resolve(plan))
    if out.json:
        write_json(found)
    elif output.is_terminal():
        _show(out, found)
    else:
        out.records([*_by_currency(found), *_in_all(found)], Line.__struct_fields__, (), empty="")
    if found.missing:
        codes = ", ".join(found.missing)
        out.warn(
            f"There is no rate for {codes}, so there are no balances in {found.currency} alone. "
            f"`tripkit plan rate {found.plan_id} {found.currency} {found.missing[0]} RATE` sets one."
        )


def _show(out: Output, found: Balances) -> None:
    """Tables of all balances, and of the transfers that settle them: in one currency if that can be."""
    if not found.by_currency:
        out.tell("There is no expense in this plan yet: `tripkit expense add` adds one.")
        return
    lines = list(_by_currency(found))
    _table(out, lines, _BALANCES, "balance")
    if found.total is not None and list(found.by_currency) != [found.currency]:
        lines = list(_in_all(found))
        write("\n")
        _table(out, lines, _TOTALS, "total balance")
    write("\n")
    _table(out, lines, _TRANSFERS, "transfer", "total transfer")


def _table(out: Output, lines: Sequence[Line], columns: Sequence[Column], *names: str) -> None:
    out.records([each for each in lines if each.of in names], (), columns, empty="Nobody owes anything.")


def _by_currency(found: Balances) -> Iterator[Line]:
    for currency, of in found.by_currency.items():
        for each in of.accounts:
            yield Line("balance", each.name, "", str(each.paid), str(each.share), str(each.balance), currency)
        yield from _transfers("transfer", of.transfers, currency)


def _in_all(found: Balances) -> Iterator[Line]:
    if found.total is not None:
        each: BalanceOut
        for each in found.total.balances:
            yield Line("total balance", each.name, "", "", "", str(each.balance), found.currency)
        yield from _transfers("total transfer", found.total.transfers, found.currency)


def _transfers(name: str, found: Sequence[TransferOut], currency: str) -> Iterator[Line]:
    return (Line(name, each.payer, each.payee, "", "", str(each.amount), currency) for each in found)
