"""What all commands share: how they are declared, how their options are named in errors, and the common options."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from tripkit.cli import output
from tripkit.cli.servers import OPTION
from tripkit.errors import InvalidInput, Taken, ValidationFailed

F = TypeVar("F", bound=Callable[..., Any])

#: Where a command finds what these options say.
_FIELDS: Final = "tripkit.fields"
_FORMAT: Final = "tripkit.format"

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but the answer.")]
User = Annotated[
    str | None, typer.Option("--user", "-u", metavar="EMAIL|USERNAME", help="Act for this account.", show_default=False)
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def _complete(ctx: Any, incomplete: str) -> list[str]:
    from tripkit.cli import completion  # which help does without

    return completion.servers(ctx, incomplete)


def _complete_fields(ctx: Any, incomplete: str) -> list[str]:
    from tripkit.cli.answers import names

    chosen, comma, typed = incomplete.rpartition(",")
    answer = getattr(ctx.command, "answer", "")
    return [f"{chosen}{comma}{name}" for name in names(answer) if name.startswith(typed)]


def _choose(ctx: typer.Context, server: str | None) -> None:
    if server is not None:
        ctx.meta[OPTION] = server


def _refuse(ctx: typer.Context, server: str | None) -> None:
    if server is not None and not ctx.resilient_parsing:
        raise InvalidInput(f"`{ctx.command_path}` does not work on a server: leave --server out.")


def _choose_fields(ctx: typer.Context, fields: str | None) -> None:
    ctx.meta[_FIELDS] = fields


def _choose_format(ctx: typer.Context, template: str | None) -> None:
    ctx.meta[_FORMAT] = template


def _option(*names: str, callback: Callable[..., Any], **settings: Any) -> Any:
    """An option that many commands have, and that their functions never see: its callback does what it does."""

    def declared(value: str | None = None) -> None: ...

    option = typer.Option(*names, callback=callback, expose_value=False, **settings)
    declared.__annotations__["value"] = Annotated[str | None, option]
    app = typer.Typer(add_completion=False)
    app.command()(declared)
    found = typer.main.get_command(app).params[0]
    found.name = names[0].removeprefix("--")
    return found


_WHERE: Final = {
    "metavar": "URL|PROFILE",
    "help": "Work on this server, or with local on the database of this machine.",
    "autocompletion": _complete,
}
_SERVER = _option("--server", callback=_choose, **_WHERE)
_NO_SERVER = _option("--server", callback=_refuse, hidden=True, **_WHERE)
_SHAPES: Final = (
    _option(
        "--fields",
        callback=_choose_fields,
        metavar="NAME,…",
        help="Print these fields of the JSON only, like id,title: in columns, or with --json as JSON.",
        autocompletion=_complete_fields,
    ),
    _option(
        "--format",
        callback=_choose_format,
        metavar="TEMPLATE",
        help="Print this line for each, with fields of the JSON in braces, like '{id} {title}'.",
    ),
)


class LocalCommand(TyperCommand):
    """A command whose parameters bear the names of the fields they fill, so that errors can name the option.

    It works on this machine, and says so when a server is named.
    """

    def __init__(self, name: str | None, *, params: list[Any] | None = None, **settings: Any) -> None:
        found = params or []
        #: What it prints with `--json`; see `cli/answers.py`.
        self.answer: str = getattr(settings["callback"], "answer", "")
        super().__init__(name, params=[*found, *(_SHAPES if self.answer else ())], **settings)

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, `--help`, and what says where it works."""
        found = super().get_params(ctx)
        return quickened(found if _SERVER in found else [*found, _NO_SERVER])

    def invoke(self, ctx: Any) -> Any:
        """Run it; a wrong field is reported under the name of its option."""
        output.shown_by = self._shown_by(ctx)
        try:
            return super().invoke(ctx)
        except (ValidationFailed, Taken) as failed:
            options = {(param.name or "").rstrip("_"): _label(param) for param in self.params}
            raise type(failed)({options.get(name, name): found for name, found in failed.errors.items()}) from failed

    def _shown_by(self, ctx: Any) -> Callable[[bytes], None] | None:
        fields, template = ctx.meta.get(_FIELDS), ctx.meta.get(_FORMAT)
        if fields is None and template is None:
            return None
        from tripkit.cli.shape import Shape

        return Shape(self.answer, fields, template, json=ctx.params["json"]).show


class Command(LocalCommand):
    """A command that works on a server as well."""

    def __init__(self, name: str | None, *, params: list[Any] | None = None, **settings: Any) -> None:
        super().__init__(name, params=[*(params or []), _SERVER], **settings)


def _label(param: Any) -> str:
    if param.param_type_name == "argument":
        return str(param.metavar or param.name.upper())
    return str(max(param.opts, key=len))


class _Plain:
    """Stands in for Typer's conversion of a parameter, for text and whole numbers."""

    def __init__(self, param: Any) -> None:
        self._convert = param.get_runtime_param
        described = param.type_descriptor
        self._is_text = described.annotation in (str, list[str])
        self._is_number = described.annotation is int
        self._least, self._most = described.parameter_info.min, described.parameter_info.max

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        if value is None:
            return () if param.multiple else None
        if self._is_text:
            return value
        if not self._is_number:
            return self._convert().coerce(value, param=param, ctx=ctx)
        number = self._number(str(value))
        if number is None:
            refusal = f"{str(value)[:40]!r} is not {self._wanted}."
            raise typer.BadParameter(refusal, ctx=ctx, param=param)
        return number

    def _number(self, text: str) -> int | None:
        if not (text.isascii() and text.removeprefix("-").isdecimal() and len(text) <= 1000):
            return None
        number = int(text)
        least = number if self._least is None else self._least
        most = number if self._most is None else self._most
        return number if least <= number <= most else None

    @property
    def _wanted(self) -> str:
        if self._least is not None and self._most is not None:
            return f"a whole number from {self._least} to {self._most}"
        return "a whole number" + (f" of at least {self._least}" if self._least is not None else "")


def quickened(params: list[Any]) -> list[Any]:
    """The parameters, without Typer loading pydantic for what is plain: that takes longer than most commands do."""
    for param in params:
        if "get_runtime_param" not in vars(param):
            param.get_runtime_param = partial(_same, _Plain(param))
    return params


def _same(plain: _Plain) -> _Plain:
    return plain


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


def command(app: typer.Typer, name: str, *, example: str, answer: str = "") -> Callable[[F], F]:
    """Declare a command, with an example for its help, and what it prints with `--json` (see `cli/answers.py`)."""
    kind = LocalCommand if app.info.cls is LocalGroup else Command
    declare = app.command(name, cls=kind, epilog=f"Example: {example}")

    def declared(function: F) -> F:
        function.answer = answer  # type: ignore[attr-defined]
        return declare(function)

    return declared
