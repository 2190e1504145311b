"""`tripkit logout`: the end of a sign-in to a server."""

from typing import Annotated

import msgspec
import typer

from tripkit.cli.command import Json, LocalGroup, Quiet, command
from tripkit.cli.context import invocation
from tripkit.cli.output import Output, write_json
from tripkit.cli.servers import chosen, logins_of, named
from tripkit.errors import NotAuthenticated, NotFound, TripkitError

app = typer.Typer(cls=LocalGroup, add_completion=False, context_settings={"help_option_names": ["--help", "-h"]})


class LoggedOut(msgspec.Struct, frozen=True):
    """A server that was left."""

    server: str
    username: str | None
    #: Whether the server knows of it.
    session_ended: bool


@command(app, "logout", answer="cli.logout.LoggedOut", example="tripkit logout https://trips.example.org")
def logout(
    ctx: typer.Context,
    url: Annotated[
        str | None,
        typer.Argument(metavar="URL", help="Address of the server, or a profile; without it the one commands use."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Sign out of a server: the session ends there, and the credential is forgotten here."""
    from tripkit.cli.remote import client_of

    out = Output(json=json, quiet=quiet)
    config = invocation(ctx).config
    server = named(config.settings, url, "URL", insecure=True) if url else chosen(ctx, config).server
    logins = logins_of(config.settings)
    known = logins.all()
    if server is None or server.url not in known:
        others = f" You are signed in to {', '.join(known)}." if known else ""
        raise NotFound("sign-in to", f"{server.url if server else 'a server'}.{others}".rstrip("."))
    login = known[server.url]
    ended = login.is_api_token
    if not login.is_api_token:
        try:
            with client_of(server, config.settings, kept=True) as client:
                client.account.log_out()
            ended = True
        except NotAuthenticated:
            ended = True  # it was over already
        except TripkitError as error:
            out.warn(str(error))
    with logins.locked():
        logins.forget(server.url)
    out.tell(f"Signed out of {server.url}.")
    if login.is_api_token:
        out.tell("The API token is good until it expires or is revoked (`tripkit token revoke`).")
    elif not ended:
        out.warn("The session could not be ended there: it lasts until it expires, or is ended on another device.")
    if out.json:
        write_json(LoggedOut(server.url, login.username or None, ended))
