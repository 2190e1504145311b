"""What a command works with: the settings, the services on an open database, and who acts."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tripkit.cli import servers
from tripkit.cli.local import LocalBackend
from tripkit.cli.output import Output
from tripkit.errors import Ambiguous, InvalidInput, NotAuthenticated, NotFound, TripkitError

if TYPE_CHECKING:
    from tripkit.bootstrap import Tripkit
    from tripkit.cli.backend import Backend
    from tripkit.config import Config
    from tripkit.schemas.users import Actor


class Invocation:
    """One run of the program, with what its root options say."""

    def __init__(self, config_file: Path | None) -> None:
        self.config_file = config_file

    def load(self, overrides: Mapping[str, Any] | None = None) -> "Config":
        """The settings; raises `ConfigError`."""
        from tripkit import config

        return config.load(file=self.config_file, overrides=overrides)

    @cached_property
    def config(self) -> "Config":
        """The settings without overrides, read once; raises `ConfigError`."""
        return self.load()

    @property
    def drafts(self) -> Path:
        """Where what is being edited is kept until it has been saved."""
        return self.config.settings.data_dir / "drafts"


def invocation(ctx: typer.Context) -> Invocation:
    """The run that this command is a part of."""
    found = ctx.obj
    assert isinstance(found, Invocation)
    return found


@contextmanager
def opened(ctx: typer.Context, out: Output, *, upgrade: bool = True) -> Iterator["Tripkit"]:
    """The services on the configured database, which is created and upgraded first."""
    from tripkit.bootstrap import open_tripkit

    _say_where(ctx, out)
    tripkit = open_tripkit(invocation(ctx).config.settings)
    try:
        if upgrade:
            _upgrade(tripkit, out)
        yield tripkit
        _send_mail(tripkit, out)
    finally:
        tripkit.close()


@contextmanager
def acting(
    ctx: typer.Context, out: Output, user: str | None, *, upgrade: bool = True
) -> Iterator[tuple["Tripkit", "Actor"]]:
    """As `opened`, with the account that the command acts for."""
    with opened(ctx, out, upgrade=upgrade) as tripkit:
        yield tripkit, _actor(tripkit, user, out)


@contextmanager
def connected(
    ctx: typer.Context, out: Output, user: str | None, *, upgrade: bool = True, timeout: float | None = None
) -> Iterator["Backend"]:
    """What a command works on: the local database, or the server that was chosen (see `cli/servers.py`)."""
    config = invocation(ctx).config
    out.hints = config.settings.cli.hints
    server = servers.chosen(ctx, config).server
    if server is None:
        with acting(ctx, out, user, upgrade=upgrade) as (tripkit, actor):
            yield LocalBackend(tripkit, actor)
    else:
        from tripkit.cli.remote import connected_to

        with connected_to(server, config.settings, out, user, timeout=timeout) as backend:
            yield backend


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be undone; without a terminal only `--yes` will do."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInput("This cannot be undone, and there is no terminal to ask on: confirm it with --yes.")
    if not typer.confirm(question, err=True):
        raise typer.Abort


def _say_where(ctx: typer.Context, out: Output) -> None:
    """Nobody may think that a server was meant by a command which works on the local database only."""
    server = servers.chosen(ctx, invocation(ctx).config).server
    if server is None:
        return
    if servers.OPTION in ctx.meta:
        raise InvalidInput(f"`{ctx.command_path}` works on the local database only: leave --server out.")
    out.tell(f"This works on the local database, and not on {server.url}.")


def _upgrade(tripkit: "Tripkit", out: Output) -> None:
    steps, snapshot = tripkit.prepare_database()
    if snapshot:
        out.warn(f"Upgraded the database ({', '.join(steps)}). A snapshot of it from before is {snapshot}.")
    elif steps:
        out.tell(f"Created the database {tripkit.db.name}.")


def _send_mail(tripkit: "Tripkit", out: Output) -> None:
    """Send what the command put into the outbox, as no server may be running; what fails now is left to one."""
    if "outbox" not in vars(tripkit) or not tripkit.outbox.news.is_set():
        return
    try:
        for delivery in tripkit.outbox.deliver_due():
            if delivery.result == "sent":
                out.tell(f"Sent mail to {delivery.to}.")
            else:
                out.warn(f"The mail to {delivery.to} was not sent. {delivery.reason}")
        if tripkit.outbox.seconds_until_due() is not None:
            out.warn("Mail waits in the outbox, and is sent when `tripkit serve` runs. `tripkit mail queue` lists it.")
    except TripkitError as error:
        out.warn(f"Mail waits in the outbox, and is sent when `tripkit serve` runs. {error}")


def _actor(tripkit: "Tripkit", user: str | None, out: Output) -> "Actor":
    """Who acts: the option, the environment, the setting, or the only account there is."""
    from tripkit.services.jsontext import check_strings

    for name, origin in (
        (user, "--user"),
        (os.environ.get("TRIPKIT_USER"), "TRIPKIT_USER"),
        (tripkit.settings.cli.user, "the setting cli.user"),
    ):
        if name:
            check_strings(name, origin)
            try:
                return tripkit.actors.find(name)
            except NotFound:
                raise NotAuthenticated(
                    f'{origin} names nobody: there is no user "{name}". `tripkit user list` shows who there is.'
                ) from None
    try:
        return tripkit.actors.only()
    except NotFound:
        from tripkit.cli.init import walk_first

        if walk_first(tripkit, out):
            return tripkit.actors.only()
        raise NotAuthenticated(
            "There is no account yet: `tripkit init` makes one. To work on a server, `tripkit login URL`."
        ) from None
    except Ambiguous as several:
        names = [name for _, name in several.candidates]
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        raise NotAuthenticated(
            f"Several people have an account ({shown}): say who acts with --user, TRIPKIT_USER or the setting cli.user."
        ) from None
