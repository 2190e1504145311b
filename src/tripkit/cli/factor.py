"""`tripkit factor`: the second factor of the acting user."""

import sys
from typing import Annotated

import typer

from tripkit.cli.command import Json, Quiet, User, Yes, command, group
from tripkit.cli.context import acting, confirm
from tripkit.cli.output import Output, is_terminal, write
from tripkit.errors import InvalidInput, NotConfirmed
from tripkit.schemas.second_factor import RecoveryCodes, SecondFactorSetup
from tripkit.services.policy import OPERATOR

app = group("Set up and remove second factors.", local=True)

_TRIES = 3
_KEEP = "Keep these recovery codes. Each lets you in once, without the app. They are not shown again."


@command(app, "show", answer="schemas.second_factor.SecondFactorOut", example="tripkit factor show")
def show(ctx: typer.Context, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Show whether a code is needed to log in, and how many recovery codes are left."""
    out = Output(json=json, quiet=quiet)
    with acting(ctx, out, user) as (tripkit, actor):
        out.record(tripkit.second_factors.status(actor))


@command(app, "setup", answer="schemas.second_factor.SecondFactorSetup", example="tripkit factor setup --user ada")
def setup(ctx: typer.Context, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Set up an authenticator app: shows a QR code, and asks for a code of the app to confirm it.

    In a pipe it only prints the address for the app, and `tripkit factor confirm` takes the code.
    """
    out = Output(json=json, quiet=quiet)
    with acting(ctx, out, user) as (tripkit, actor):
        made = tripkit.second_factors.set_up(actor)
        if out.json or not (is_terminal() and sys.stdin.isatty()):
            out.tell("Nothing has changed yet: confirm it with a code of the app, by `tripkit factor confirm`.")
            out.text(made.uri, made)
            return
        _show_qr(made)
        for left in reversed(range(_TRIES)):
            try:
                codes = tripkit.second_factors.activate(actor, _prompt())
                break
            except NotConfirmed as wrong:
                if not left:
                    raise
                out.warn(f"The code {' '.join(wrong.errors['code'])}")
    _show_codes(out, actor.username, codes)


@command(app, "confirm", answer="schemas.second_factor.RecoveryCodes", example="tripkit factor confirm --user ada")
def confirm_(
    ctx: typer.Context,
    code_stdin: Annotated[
        bool, typer.Option("--code-stdin", help="Read the code from standard input, and do not ask for it.")
    ] = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Confirm an app with a code of it, and print ten recovery codes. From now on logging in needs a code."""
    out = Output(json=json, quiet=quiet)
    code = sys.stdin.readline() if code_stdin else _prompt()
    with acting(ctx, out, user) as (tripkit, actor):
        codes = tripkit.second_factors.activate(actor, code)
    _show_codes(out, actor.username, codes)


@command(app, "codes", answer="schemas.second_factor.RecoveryCodes", example="tripkit factor codes --user ada")
def renew(ctx: typer.Context, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Print ten new recovery codes. The earlier ones are worth nothing any more."""
    out = Output(json=json, quiet=quiet)
    with acting(ctx, out, user) as (tripkit, actor):
        codes = tripkit.second_factors.renew_recovery_codes(actor)
    out.tell(_KEEP)
    out.text("\n".join(codes.recovery_codes), codes)


@command(
    app, "remove", answer="schemas.second_factor.SecondFactorOut", example="tripkit factor remove --user ada --yes"
)
def remove(ctx: typer.Context, yes: Yes = False, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Remove the second factor, as when the app and the recovery codes are lost. The password is enough then."""
    out = Output(json=json, quiet=quiet)
    with acting(ctx, out, user) as (tripkit, actor):
        confirm(f"Let {actor.username} log in with the password alone?", yes=yes)
        tripkit.second_factors.remove(OPERATOR, actor.user_id)
        status = tripkit.second_factors.status(actor)
    out.done(status, f"Removed the second factor of {actor.username}.")


def _prompt() -> str:
    if not sys.stdin.isatty():
        raise InvalidInput("There is no terminal to ask for the code on: pipe it in, and say --code-stdin.")
    return str(typer.prompt("Code of the app", err=True))


def _show_qr(made: SecondFactorSetup) -> None:
    from tripkit.cli.qr import print_qr

    if (sys.stdout.encoding or "").lower().replace("-", "") == "utf8":
        print_qr(made.uri)
    write(f"Scan this with an authenticator app, or type in the secret: {made.secret}\n")


def _show_codes(out: Output, username: str, codes: RecoveryCodes) -> None:
    out.tell(f"{username} needs a code to log in now. {_KEEP}")
    out.text("\n".join(codes.recovery_codes), codes)
