"""What all commands share: how they are declared, how their options are named in errors, and the common options."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from tripkit.cli.servers import OPTION
from tripkit.errors import InvalidInput, Taken, ValidationFailed

F = TypeVar("F", bound=Callable[..., Any])

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but the answer.")]
User = Annotated[
    str | None, typer.Option("--user", "-u", metavar="EMAIL|USERNAME", help="Act for this account.", show_default=False)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def _complete(ctx: Any, incomplete: str) -> list[str]:
    from tripkit.cli import completion  # which help does without

    return completion.servers(ctx, incomplete)


def _choose(ctx: typer.Context, server: str | None) -> None:
    if server is not None:
        ctx.meta[OPTION] = server


def _refuse(ctx: typer.Context, server: str | None) -> None:
    if server is not None and not ctx.resilient_parsing:
        raise InvalidInput(f"`{ctx.command_path}` does not work on a server: leave --server out.")


def _server(callback: Callable[..., None], *, hidden: bool) -> Any:
    """The option that says where a command works. The function of a command never sees it: see `cli/servers.py`."""
    option = typer.Option(
        "--server",
        metavar="URL|PROFILE",
        help="Work on this server, or with local on the database of this machine.",
        callback=callback,
        expose_value=False,
        autocompletion=_complete,
        hidden=hidden,
    )

    def declared(server: str | None = None) -> None: ...

    declared.__annotations__["server"] = Annotated[str | None, option]
    app = typer.Typer(add_completion=False)
    app.command()(declared)
    return typer.main.get_command(app).params[0]


_SERVER, _NO_SERVER = _server(_choose, hidden=False), _server(_refuse, hidden=True)


class LocalCommand(TyperCommand):
    """A command whose parameters bear the names of the fields they fill, so that errors can name the option.

    It works on this machine, and says so when a server is named.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, `--help`, and what says where it works."""
        found = super().get_params(ctx)
        return quickened(found if _SERVER in found else [*found, _NO_SERVER])

    def invoke(self, ctx: Any) -> Any:
        """Run it; a wrong field is reported under the name of its option."""
        try:
            return super().invoke(ctx)
        except (ValidationFailed, Taken) as failed:
            options = {(param.name or "").rstrip("_"): _label(param) for param in self.params}
            raise type(failed)({options.get(name, name): found for name, found in failed.errors.items()}) from failed


class Command(LocalCommand):
    """A command that works on a server as well."""

    def __init__(self, name: str | None, *, params: list[Any] | None = None, **settings: Any) -> None:
        super().__init__(name, params=[*(params or []), _SERVER], **settings)


def _label(param: Any) -> str:
    if param.param_type_name == "argument":
        return str(param.metavar or param.name.upper())
    return str(max(param.opts, key=len))


class _Text:
    """Stands in for Typer's conversion of a parameter where there is nothing to convert."""

    def __init__(self, param: Any) -> None:
        self._convert = param.get_runtime_param
        self._is_text = param.type_descriptor.annotation in (str, list[str])

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        if value is None:
            return () if param.multiple else None
        return value if self._is_text else self._convert().coerce(value, param=param, ctx=ctx)


def quickened(params: list[Any]) -> list[Any]:
    """The parameters, without Typer loading pydantic to read text: that takes longer than most commands do."""
    for param in params:
        if "get_runtime_param" not in vars(param):
            param.get_runtime_param = partial(_same, _Text(param))
    return params


def _same(text: _Text) -> _Text:
    return text


class Group(TyperGroup):
    """Commands that belong together."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, and `--help`."""
        return quickened(super().get_params(ctx))


class LocalGroup(Group):
    """Commands that work on this machine."""


def group(summary: str, *, local: bool = False) -> typer.Typer:
    """An application for commands that belong together, and that do not work on a server when they are `local`."""
    return typer.Typer(
        cls=LocalGroup if local else Group,
        help=summary,
        no_args_is_help=True,
        add_completion=False,
        context_settings={"help_option_names": ["--help", "-h"]},
        callback=lambda: None,
    )


def command(app: typer.Typer, name: str, *, example: str) -> Callable[[F], F]:
    """Declare a command, with an example for its help."""
    kind = LocalCommand if app.info.cls is LocalGroup else Command
    return app.command(name, cls=kind, epilog=f"Example: {example}")
