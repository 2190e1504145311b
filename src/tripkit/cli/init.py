"""`tripkit init`: from nothing to the first plan, in three answers."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tripkit.cli.asking import Question, can_ask, filled
from tripkit.cli.command import Json, LocalGroup, Quiet, command
from tripkit.cli.context import opened
from tripkit.cli.output import Output
from tripkit.cli.password import PasswordStdin, ask
from tripkit.errors import Conflict, InvalidInput
from tripkit.schemas.users import NewUser, UserOut
from tripkit.services.policy import OPERATOR

if TYPE_CHECKING:
    from tripkit.bootstrap import Tripkit

app = typer.Typer(cls=LocalGroup, add_completion=False, context_settings={"help_option_names": ["--help", "-h"]})

_WELCOME = """\
Welcome to tripkit. Your plans are kept in {name}.
They need an account, which is yours alone on this machine; its password is for signing in to a server on this database.
To work on a server of somebody else: Ctrl-C, and `tripkit login URL`."""
_NEXT = """\
`tripkit plan new` makes a plan, and `tripkit help` explains what commands share.
`tripkit --install-completion` teaches your shell, and `tripkit serve` shows your plans in a browser."""


@command(app, "init", answer="schemas.users.UserOut", example="tripkit init")
def init(
    ctx: typer.Context,
    email: Annotated[str | None, typer.Option("--email", help="Email address.")] = None,
    username: Annotated[
        str | None, typer.Option("--username", help="3 to 30 letters, digits, dots, underscores or hyphens.")
    ] = None,
    password_stdin: PasswordStdin = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Set tripkit up on this machine: make the database, and the first account, which is an administrator.

    On a terminal it asks for what is not given. Without any account, other commands begin with it by themselves.
    """
    out = Output(json=json, quiet=quiet)
    given = {name: value for name, value in (("email", email), ("username", username)) if value is not None}
    if not can_ask() and (len(given) < 2 or not password_stdin):
        raise InvalidInput("There is no terminal to ask on: give --email, --username and --password-stdin.")
    with opened(ctx, out) as tripkit:
        if there := tripkit.administration.everybody(OPERATOR, ""):
            raise Conflict(
                f"tripkit is set up already: {there[0].username} has an account. `tripkit user create` makes another."
            )
        if password_stdin:
            given["password"] = ask(stdin=True)
        made = walk(tripkit, out, given)
    out.done(made, f"Made the account {made.username} ({made.email}), an administrator.", created=True)
    out.tell(_NEXT)


def walk(tripkit: "Tripkit", out: Output, given: dict[str, str]) -> UserOut:
    """Ask for what is not given, and make the first account."""
    from tripkit.services.validation import convert

    def make(fields: dict[str, Any]) -> UserOut:
        form = convert(NewUser, fields | {"is_admin": True}, text=True)
        return tripkit.administration.create(OPERATOR, form)

    questions = [
        Question("email", "Email address"),
        Question("username", "Username"),
        Question("password", "Password", hidden=True),
    ]
    missing = [question for question in questions if question.field not in given]
    if missing:
        out.tell(_WELCOME.format(name=tripkit.db.name))
    return filled(missing, given, make)


def walk_first(tripkit: "Tripkit", out: Output) -> bool:
    """Where a command finds no account, and somebody is there to ask, begin with that; whether there is one now."""
    if out.quiet or out.json or not can_ask() or not sys.stdout.isatty():
        return False
    made = walk(tripkit, out, {})
    out.tell(f"Made the account {made.username}, an administrator. This goes on for it.")
    return True
