"""`tripkit mail`: whether mail can be sent, and what waits."""

from typing import Annotated

import msgspec
import typer

from tripkit.cli.command import Json, Quiet, command, group
from tripkit.cli.context import opened
from tripkit.cli.output import Column, Output, moment
from tripkit.services.policy import OPERATOR

app = group("Try out sending mail, and see what waits.", local=True)

_FIELDS = ("id", "to", "kind", "written_at", "next_try", "attempts", "problem")
_COLUMNS = (
    Column("#", lambda mail: str(mail.id), whole=True),
    Column("To", lambda mail: mail.to),
    Column("Kind", lambda mail: mail.kind, whole=True),
    Column("Written", lambda mail: moment(mail.written_at), from_width=100, whole=True),
    Column("Next try", lambda mail: moment(mail.next_try), whole=True),
    Column("Tries", lambda mail: str(mail.attempts), whole=True),
    Column("Problem", lambda mail: mail.problem),
)


class Tested(msgspec.Struct, frozen=True):
    """A test message that was accepted."""

    to: str
    backend: str


@command(app, "test", answer="cli.mail.Tested", example="tripkit mail test ada@example.org")
def send_test(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where to send it.")],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Send a test message now, and say whether the mail server took it, or why not."""
    from tripkit.services.jsontext import check_strings

    check_strings(email, "ADDRESS")
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out, upgrade=False) as tripkit:
        tripkit.outbox.send_test(OPERATOR, email)
        mail = tripkit.settings.mail
    if mail.backend == "console":
        done = "Nothing was sent: mail.backend is console, which prints mail. To send it, set mail.backend to smtp."
    else:
        done = f"{mail.host} took the message to {email}. If it does not arrive, look among the spam."
    out.done(Tested(email, mail.backend), done)


@command(app, "queue", answer="schemas.outbox.WaitingMail[]", example="tripkit mail queue")
def queue(ctx: typer.Context, json: Json = False, quiet: Quiet = False) -> None:
    """List the mail that waits to be sent, without what it says, and why the last try failed.

    In a pipe, without header: number, recipient, kind, written, next try, tries, problem.
    """
    out = Output(json=json, quiet=quiet)
    with opened(ctx, out) as tripkit:
        found = tripkit.outbox.waiting(OPERATOR)
    out.records(found, _FIELDS, _COLUMNS, empty="No mail waits.")
