"""Files that commands write: new ones, which only their owner may read."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import msgspec
import typer

from tripkit.cli import output
from tripkit.errors import Conflict, InvalidInput

ToFile = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where to; standard output without it. It replaces none."),
]


class Written(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that was written; of the audit trail with its number of rows."""

    path: str
    rows: int | None = None


def binary_output() -> IO[bytes]:
    """Standard output, for what is no text: a terminal is refused."""
    if output.is_terminal():
        raise InvalidInput("This is no text: say where to with --output FILE, or pipe it into a file.")
    return sys.stdout.buffer


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, which was not there before, and is not there after a failure."""
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        raise Conflict(f"{path} is there already, and is left as it is.") from None
    try:
        with file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise
