"""`tripkit oauth`: sign-in providers, for whoever sets them up."""

import asyncio
from typing import Annotated

import typer

from tripkit.cli import output
from tripkit.cli.command import Json, Quiet, command, group
from tripkit.cli.context import invocation
from tripkit.cli.output import PROBLEMS_FOUND, Output
from tripkit.errors import NotFound

app = group("Look after sign-in providers.", local=True)


@command(app, "check", answer="oauth.base.ProviderFinding[]", example="tripkit oauth check google")
def check(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name in the settings: google for the section [oauth.google].")],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Look at all that has to be right to sign in with a provider (exit code 6 if something is wrong).

    In a pipe, without header: what was looked at, its state (ok, wrong or unknown), and what it is or why.
    """
    out = Output(json=json, quiet=quiet)
    settings = invocation(ctx).load().settings
    if name not in settings.oauth:
        raise NotFound("section in the settings called", f"[oauth.{name}]")

    from tripkit.oauth.providers import check as look
    from tripkit.services.clock import utc_now

    found = asyncio.run(look(name, settings.oauth[name], settings.server.public_url, utc_now))
    if output.is_terminal() and not out.json:  # not a table: nothing of a line may be cut off
        out.text("\n".join(f"{each.state:8} {each.check:13} {each.detail}" for each in found), None)
    else:
        out.records(found, ("check", "state", "detail"), (), empty="")
    if any(finding.state == "wrong" for finding in found):
        raise typer.Exit(PROBLEMS_FOUND)
