"""`tripkit config`: the settings in force, and where they come from."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from tripkit import config as settings
from tripkit.cli.command import Json, Quiet, command, group
from tripkit.cli.context import invocation
from tripkit.cli.files import Written
from tripkit.cli.output import PROBLEMS_FOUND, Column, Output, failure, plain
from tripkit.errors import Conflict

app = group("Look at the settings, and start a configuration file.", local=True)

MASK: Final = "********"
#: The password of `scheme://user:password@host`, up to the last @ (it may hold any other), and of `?password=…`.
_IN_URL: Final = re.compile(r"(?<=://)([^:/?#@]*):.*@|((?:password|sslpassword)=)[^&]*", re.IGNORECASE)


class Setting(msgspec.Struct, frozen=True):
    """One setting in force."""

    key: str
    value: Any
    source: str


class Checked(msgspec.Struct, frozen=True):
    """Whether the settings can be used, or what is wrong with them."""

    ok: bool
    problems: list[str]


class Found(msgspec.Struct, frozen=True):
    """Where settings are read from, or would be."""

    path: str
    exists: bool


_COLUMNS = (
    Column("Key", lambda setting: setting.key, whole=True),
    Column("Value", lambda setting: plain(setting.value)),
    Column("From", lambda setting: setting.source),
)


@command(app, "show", answer="cli.config.Setting[]", example="tripkit config show --json")
def show(ctx: typer.Context, json: Json = False, quiet: Quiet = False) -> None:
    """List all settings: key, value (secrets are masked), and where it comes from."""
    config = invocation(ctx).load()
    found = [
        Setting(option.key, masked(option, value), config.sources.get(option.key, "default"))
        for option, value in settings.in_force(config.settings)
    ]
    Output(json=json, quiet=quiet).records(found, ("key", "value", "source"), _COLUMNS, empty="")


@command(app, "check", answer="cli.config.Checked", example="tripkit --config tripkit.toml config check")
def check(ctx: typer.Context, json: Json = False, quiet: Quiet = False) -> None:
    """Say whether the settings can be used, or else all that is wrong with them (exit code 6)."""
    out = Output(json=json, quiet=quiet)
    try:
        invocation(ctx).load()
    except settings.ConfigError as error:
        if out.json:
            out.text("", Checked(False, list(error.problems)))
        else:
            failure(error)
        raise typer.Exit(PROBLEMS_FOUND) from None
    out.text("ok", Checked(True, []))


@command(app, "path", answer="cli.config.Found", example="tripkit config path")
def path(ctx: typer.Context, json: Json = False, quiet: Quiet = False) -> None:
    """Print the configuration file in use, or where it would be looked for."""
    out = Output(json=json, quiet=quiet)
    found = settings.find_file(invocation(ctx).config_file)
    shown = (found or settings.default_file()).absolute()
    if found is None:
        out.tell("There is no configuration file. This is where one would be read; `tripkit config init` writes it.")
    out.text(str(shown), Found(str(shown), found is not None))


@command(app, "init", answer="cli.files.Written", example="tripkit config init ./tripkit.toml")
def init(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH",
            help="Where to. Without it: --config, $TRIPKIT_CONFIG, or the configuration directory of this platform.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a configuration file in which every setting is explained and commented out. It replaces none."""
    from tripkit.config import document

    out = Output(json=json, quiet=quiet)
    named = os.environ.get("TRIPKIT_CONFIG")
    target = file or invocation(ctx).config_file or (Path(named) if named else settings.default_file())
    target = target.expanduser().absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Secrets may be written into it later.
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
            opened.write(document.render())
    except FileExistsError:
        raise Conflict(f"{target} is there already, and is left as it is.") from None
    out.tell("Wrote a configuration file in which every setting is explained.")
    out.text(str(target), Written(str(target)))


def masked(option: settings.Option, value: Any) -> Any:
    """The value as it may be shown: secrets as stars, and of the database's URL only the password."""
    if option.key == "database.url":
        return _IN_URL.sub(lambda found: f"{found[2]}{MASK}" if found[2] else f"{found[1]}:{MASK}@", value)
    if option.secret and value:
        return MASK if isinstance(value, str) else [MASK] * len(value)
    return str(value) if isinstance(value, Path) else value
