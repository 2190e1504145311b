"""The value of `--data`: JSON as text, from a file, or piped in."""

import sys
from pathlib import Path

from msgspec import Raw

from tripkit.errors import Malformed, ValidationFailed
from tripkit.services import jsontext


def read_data(source: str) -> Raw:
    """The JSON that `source` is or names (`@FILE`, or `-` for standard input), checked and otherwise as it is."""
    text = _read(source).strip()
    try:
        jsontext.check(text)
    except Malformed as malformed:
        raise _wrong(str(malformed).removeprefix("The body ")) from None
    return Raw(text)


def _read(source: str) -> bytes:
    if source == "-":
        return sys.stdin.buffer.read()
    if not source.startswith("@"):
        return source.encode(errors="surrogateescape")  # the bytes of the argument, whatever they are
    try:
        return Path(source[1:]).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise _wrong(f"cannot read the file {source[1:]}: {reason}.") from None


def _wrong(message: str) -> ValidationFailed:
    return ValidationFailed({"plan_data": [message]})
