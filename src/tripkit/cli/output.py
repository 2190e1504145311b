"""The one place that says how things are shown: records as tables, tab-separated lines or JSON, and errors as messages.

On a terminal people get tables. In a pipe programs get tab-separated lines without a header, in which control
characters are replaced, or with `--json` exactly what is stored. Everything that is not the answer goes to standard
error. Rich is imported on a terminal only, since it is slow to load.
"""

import re
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tripkit import errors
from tripkit.cli import looks

if TYPE_CHECKING:
    from rich.console import RenderableType

#: The first class that fits gives the exit code; anything else is 1.
_EXIT_CODES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (errors.InvalidInput, 2),
    (errors.NotFound, 3),
    (errors.NotAuthenticated, 4),
    (errors.Forbidden, 4),
    (errors.Conflict, 5),
    (errors.StaleVersion, 5),
    (errors.Ambiguous, 5),
)
#: A check did its work and found problems.
PROBLEMS_FOUND: Final = 6
#: Control characters, marks that turn the direction of text, and halves of surrogate pairs.
_UNSAFE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAKS: Final = re.compile("\r\n|[\t\n\r\u2028\u2029]")
_C1: Final = re.compile("[\x7f-\x9f]")


#: Set for the whole run by `--fields` and `--format`: what shows an answer, given its JSON.
shown_by: "Callable[[bytes], None] | None" = None


class Column(msgspec.Struct, frozen=True):
    """A column of a table on a terminal."""

    header: str
    cell: Callable[[Any], str]
    from_width: int = 0
    """Only shown on terminals this wide."""
    below: int = 0
    """Only shown on terminals narrower than this, if it is not 0."""
    whole: bool = False
    """Never shortened."""
    wraps: bool = False
    """Takes as many lines as it needs, and is not shortened."""
    marks: Callable[[Any], Sequence[tuple[int, int]]] | None = None
    """What to set off in the cell: start and end of each part, in characters."""


class Output:
    """How one command shows its answer."""

    def __init__(self, *, json: bool = False, quiet: bool = False) -> None:
        self.json, self.quiet = json or shown_by is not None, quiet
        #: The setting `cli.hints`, once that is known.
        self.hints = True

    def tell(self, message: str) -> None:
        """Say what was done, unless told to be quiet."""
        if not self.quiet:
            self.warn(message)

    def warn(self, message: str) -> None:
        """Say what has to be known."""
        print(safe(message), file=sys.stderr)

    def tell_undo(self) -> None:
        """Remind somebody at a terminal that they can go back."""
        if self.hints and sys.stderr is not None and sys.stderr.isatty():
            self.tell("`tripkit undo` takes it back.")

    @property
    def is_for_people(self) -> bool:
        """Whether the answer is looked at, and not read by a program."""
        return not self.json and is_terminal()

    def view(self, draw: Callable[[int], "Iterable[RenderableType]"]) -> None:
        """What `draw` makes for a screen of so many columns; for people only."""
        looks.show(*draw(looks.console().width))

    def heading(self, lines: Sequence[str]) -> None:
        """What people read above a table; programs do without."""
        if not self.json and is_terminal():
            write(safe("".join(f"{line}\n" for line in lines)))

    def records(self, found: Sequence[Any], fields: Sequence[str], columns: Sequence[Column], *, empty: str) -> None:
        """A list: an array in JSON, `fields` in tab-separated lines, `columns` in a table."""
        if self.json:
            write_json(found)
        elif not is_terminal():
            write("".join("\t".join(cell(getattr(each, name)) for name in fields) + "\n" for each in found))
        elif found:
            print_table(found, columns)
        else:
            self.tell(empty)

    def record(self, record: Any) -> None:
        """One thing: an object in JSON, otherwise a line for each field."""
        fields = {name: getattr(record, name) for name in record.__struct_fields__}
        if self.json:
            write_json(record)
        elif is_terminal():
            _print_fields({name.capitalize().replace("_", " "): value for name, value in fields.items()})
        else:
            write("".join(f"{name}\t{cell(value)}\n" for name, value in fields.items()))

    def done(self, record: Any, message: str, *, created: bool = False, undo: bool = False) -> None:
        """Something was changed. What was created is named by its number in a pipe, so that a script can go on.

        `undo`: `tripkit undo` takes it back.
        """
        self.tell(message)
        if undo:
            self.tell_undo()
        if self.json:
            write_json(record)
        elif created:
            self.numbers([record])

    def numbers(self, made: Sequence[Any]) -> None:
        """What was made, by number, one a line; on a terminal the message has said it."""
        if self.quiet or not is_terminal():
            write("".join(f"{each.id}\n" for each in made))

    def text(self, text: str, value: Any) -> None:
        """A plain answer, and what it is in JSON."""
        if self.json:
            write_json(value)
        else:
            write(safe(text) + "\n")


def plain(value: Any) -> str:
    """A value as text that reads back."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, msgspec.Raw):
        return bytes(value).decode()
    if isinstance(value, list | tuple):
        return ", ".join(plain(each) for each in value)
    if isinstance(value, msgspec.Struct):
        parts = (getattr(value, name) for name in value.__struct_fields__)
        return ", ".join(plain(part) for part in parts if part not in (None, ""))
    return value.isoformat() if isinstance(value, date) else str(value)


def cell(value: Any) -> str:
    """A value as one cell of a tab-separated line."""
    return _BREAKS.sub(" ", safe(plain(value)))


def moment(value: datetime) -> str:
    """A moment as people on this machine tell it."""
    return value.astimezone().strftime("%Y-%m-%d %H:%M")


def safe(text: str) -> str:
    """`text` without what would steer a terminal; line breaks and tabs stay."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def is_terminal() -> bool:
    """Whether people look at the answer."""
    return sys.stdout is not None and sys.stdout.isatty()


def write(text: str) -> None:
    """To standard output, at once: a reader that has gone away is noticed here."""
    if sys.stdout is not None:
        charset = sys.stdout.encoding
        sys.stdout.write(text.encode(charset, "backslashreplace").decode(charset))
        sys.stdout.flush()


def write_json(value: Any) -> None:
    """One line of JSON. On a terminal C1 controls are escaped, which leaves the value the same."""
    encoded = msgspec.json.encode(value)
    if shown_by is not None:
        shown_by(encoded)
        return
    text = encoded.decode()
    if is_terminal():
        text = _C1.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    write(text + "\n")


def failure(error: Exception, *, debug: bool = False) -> int:
    """Say what went wrong; the exit code for it."""
    if debug:
        traceback.print_exception(error)
    for line in _explanation(error):
        print(safe(line), file=sys.stderr)
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1)


def usage(error: Any) -> int:
    """Say how the command was called wrongly; the exit code for it."""
    # Help that stands in for an error was printed already, and has no message.
    if message := error.format_message():
        print(safe(f"tripkit: {message}"), file=sys.stderr)
        if ctx := getattr(error, "ctx", None):
            print(f"Try `{ctx.command_path} --help`.", file=sys.stderr)
    return int(error.exit_code)


def aborted(abort: BaseException) -> int:
    """The exit code of a question that was not answered with yes; silent for Ctrl-C."""
    if isinstance(abort.__context__, KeyboardInterrupt):
        return 130
    print("Nothing was changed.", file=sys.stderr)
    return 1


def _explanation(error: Exception) -> list[str]:
    if isinstance(error, errors.ValidationFailed | errors.Taken):
        return [f"{name}: {message}" for name, messages in error.errors.items() for message in messages]
    if isinstance(error, errors.TripkitError):
        return [f"tripkit: {error}"]
    if problems := getattr(error, "problems", None):  # ConfigError, without importing it
        return [f"tripkit: {problem}" for problem in problems]
    if isinstance(error, OSError) and error.strerror:
        return [f"tripkit: {error.strerror}" + (f": {error.filename}" if error.filename else "")]
    return [f"tripkit: unexpected error: {type(error).__name__}: {error}; run with --debug"]


def print_table(found: Sequence[Any], columns: Sequence[Column]) -> None:
    """Records in columns, as many as the terminal has room for."""
    from rich.table import Table
    from rich.text import Text

    console = looks.console()
    columns = [
        column for column in columns if column.from_width <= console.width and not (0 < column.below <= console.width)
    ]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.header, no_wrap=column.whole)
    for each in found:
        # Text is taken as it is: a title may look like markup. It gives way to the columns that are shown whole.
        texts = [
            Text(
                _BREAKS.sub(" ", safe(column.cell(each))),
                no_wrap=not column.wraps,
                overflow="fold" if column.wraps else "ellipsis",
            )
            for column in columns
        ]
        for column, text in zip(columns, texts, strict=True):
            for start, end in column.marks(each) if column.marks else ():
                text.stylize("bold green", start, end)
        table.add_row(*texts)
    looks.show(table)


def _print_fields(fields: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields.items():
        table.add_row(name, Text(safe(_readable(value)).replace("\u2028", "\n")))
    looks.show(table)


def _readable(value: Any) -> str:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, msgspec.Raw):
        return msgspec.json.format(bytes(value), indent=2).decode()
    return plain(value)
