"""What all commands share: how they are declared, how their options are named in errors, and the common options."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from tripkit.errors import Taken, ValidationFailed

F = TypeVar("F", bound=Callable[..., Any])

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but the answer.")]
User = Annotated[
    str | None, typer.Option("--user", "-u", metavar="EMAIL|USERNAME", help="Act for this account.", show_default=False)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


class Command(TyperCommand):
    """A command whose parameters bear the names of the fields they fill, so that errors can name the option."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, and `--help`."""
        return quickened(super().get_params(ctx))

    def invoke(self, ctx: Any) -> Any:
        """Run it; a wrong field is reported under the name of its option."""
        try:
            return super().invoke(ctx)
        except (ValidationFailed, Taken) as failed:
            options = {(param.name or "").rstrip("_"): _label(param) for param in self.params}
            raise type(failed)({options.get(name, name): found for name, found in failed.errors.items()}) from failed


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


def group(summary: str) -> typer.Typer:
    """An application for commands that belong together."""
    return typer.Typer(
        cls=Group,
        help=summary,
        no_args_is_help=True,
        add_completion=False,
        context_settings={"help_option_names": ["--help", "-h"]},
        callback=lambda: None,
    )


def command(app: typer.Typer, name: str, *, example: str) -> Callable[[F], F]:
    """Declare a command, with an example for its help."""
    return app.command(name, cls=Command, epilog=f"Example: {example}")
