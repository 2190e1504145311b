"""The root command. What is below it is imported when it is run, so that `tripkit --help` is quick."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand

from tripkit import __version__
from tripkit.cli import looks, output
from tripkit.cli.command import Group
from tripkit.cli.context import Invocation

#: Each is a module beside this one, with its Typer application in `app`.
COMMANDS: Final = {
    "init": "Set tripkit up on this machine.",
    "plan": "Make, find and change travel plans.",
    "item": "Fill plans: with flights, nights, meals, and the rest.",
    "link": "Share plans with people who have no account.",
    "traveller": "Say who comes along.",
    "expense": "Share what travellers pay for each other.",
    "search": "Find plans and items by their words.",
    "agenda": "See what happens when, in all plans.",
    "checklist": "Keep checklists: packing, shopping, what to do before leaving.",
    "undo": "Take back what you did last.",
    "login": "Sign in to a server, so that commands work there.",
    "logout": "Sign out of a server.",
    "whoami": "Print for whom commands act.",
    "status": "Show where commands work, as whom, and why there.",
    "user": "Administer the accounts.",
    "token": "Make, list and revoke API tokens.",
    "factor": "Set up and remove second factors.",
    "serve": "Run the API server.",
    "audit": "Read and check the audit trail.",
    "ratelimit": "See what the rate limits count, and let somebody in again.",
    "db": "Look after the database.",
    "mail": "Try out sending mail, and see what waits.",
    "oauth": "Look after sign-in providers.",
    "config": "Look at the settings, and start a configuration file.",
    "help": "Explain dates, output, undo and more.",
}


class Root(Group):
    """Loads a command when it is called, and says what went wrong in one line."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, summary in COMMANDS.items():
            self.add_command(TyperCommand(name=name, help=summary))  # stands in for it in help and completion

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The real command instead of the stand-in."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            command = typer.main.get_command(import_module(f"tripkit.cli.{name}").app)
            command.name = name
        return name, command, rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a failure becomes a message and an exit code."""
        try:
            return super().invoke(ctx)
        except (typer.TyperException, typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as error:  # the one place where nothing may pass
            raise typer.Exit(output.failure(error, debug=bool(ctx.params.get("debug")))) from None

    def main(self, *args: Any, **settings: Any) -> Any:
        """Run, and exit with the code that says how it went."""
        settings["standalone_mode"] = False
        looks.fit_charset()
        try:
            code = super().main(*args, **settings)
        except typer.TyperException as error:
            code = output.usage(error)
        except typer.Abort as aborted:
            code = output.aborted(aborted)
        sys.exit(code or 0)


app = typer.Typer(
    name="tripkit",
    cls=Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        output.write(f"tripkit {__version__}\n")
        raise typer.Exit


@app.callback(
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage or value, 3 not found, 4 not permitted, 5 conflict, "
    "6 a check found something."
)
def tripkit(
    ctx: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Read the settings from this file.")
    ] = None,
    color: Annotated[
        str, typer.Option("--color", metavar="WHEN", help="auto, always or never. NO_COLOR is heeded as well.")
    ] = "auto",
    debug: Annotated[  # noqa: ARG001  read where failures are caught
        bool, typer.Option("--debug", help="Show the traceback of a failure.")
    ] = False,
    version: Annotated[  # noqa: ARG001  done by its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A self-hosted travel planner: one command line, one API server, one file of data."""
    looks.color = looks.color_of(color)
    ctx.obj = Invocation(config)
