"""`tripkit whoami`: for whom commands act."""

import typer

from tripkit.cli.command import Group, Json, Quiet, User, command
from tripkit.cli.context import connected
from tripkit.cli.output import Output

app = typer.Typer(cls=Group, add_completion=False, context_settings={"help_option_names": ["--help", "-h"]})


@command(app, "whoami", answer="schemas.users.UserOut", example="tripkit whoami --json")
def whoami(ctx: typer.Context, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Print the username of the account that commands act for; with --json all of the account."""
    out = Output(json=json, quiet=quiet)
    with connected(ctx, out, user) as backend:
        profile = backend.account.profile()
    out.text(profile.username, profile)
