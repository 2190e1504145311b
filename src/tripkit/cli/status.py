"""`tripkit status`: where commands work, as whom, and why there."""

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
import typer

from tripkit.cli.command import Group, Json, Quiet, User, command
from tripkit.cli.context import acting, invocation
from tripkit.cli.output import Output
from tripkit.cli.servers import LOCAL, Server, chosen, logins_of
from tripkit.errors import Forbidden, InsufficientScope, NotAuthenticated, TripkitError
from tripkit.schemas.contract import API

if TYPE_CHECKING:
    from tripkit.config import Settings

app = typer.Typer(cls=Group, add_completion=False, context_settings={"help_option_names": ["--help", "-h"]})


class Status(msgspec.Struct):
    """Where commands work."""

    server: str
    chosen_by: str
    account: str | None
    #: Of a server: whether it is there, and its API. `ok` or what is wrong.
    state: str
    credential: str | None
    #: Other servers to which this person is signed in.
    others: list[str]


@command(app, "status", answer="cli.status.Status", example="tripkit status")
def status(ctx: typer.Context, user: User = None, json: Json = False, quiet: Quiet = False) -> None:
    """Show where commands work (on which server, or on the local database), who says so, and as whom.

    The exit code is 1 when a server cannot be used, and 4 when you are not signed in there.
    """
    out = Output(json=json, quiet=quiet)
    config = invocation(ctx).config
    choice = chosen(ctx, config)
    logins = logins_of(config.settings)
    found = Status(LOCAL, choice.origin, None, "ok", None, [])
    found.others = [each for each in logins.all() if choice.server is None or each != choice.server.url]
    error: TripkitError | None = None
    try:
        if choice.server is None:
            with acting(ctx, out, user) as (tripkit, actor):
                found.account, found.state = actor.username, f"ok ({tripkit.db.name})"
        else:
            _look(found, choice.server, config.settings, out, user)
    except TripkitError as caught:
        error, found.state = caught, str(caught)
    out.record(found)
    if error is not None:
        raise typer.Exit(4 if isinstance(error, NotAuthenticated | Forbidden) else 1)


def _look(found: Status, server: Server, settings: "Settings", out: Output, user: str | None) -> None:
    from tripkit.cli.remote import connected_to

    login = logins_of(settings).all().get(server.url)
    found.server = server.url
    found.account = login.username if login else None
    if server.token:
        found.credential = "an API token of the settings"
    elif login:
        what = "an API token" if login.is_api_token else "a session"
        found.credential = f"{what}, in {'a file' if login.secret else 'the keyring of the system'}"
    with connected_to(server, settings, out, user) as backend:
        api = backend.client.api
        age = "" if api == API else f", {'newer' if api > API else 'older'} than this tripkit's {API[0]}.{API[1]}"
        with suppress(InsufficientScope):  # an API token may be good, and not say whose it is
            found.account = backend.account.profile().username
        found.state = f"ok (API {api[0]}.{api[1]}{age})"
