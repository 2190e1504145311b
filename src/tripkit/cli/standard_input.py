"""What is piped in where an option or an argument is `-`."""

import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from tripkit.errors import InvalidInput, Malformed, ValidationFailed

STDIN = "-"


def read(what: str) -> bytes:
    """All of standard input; `what` is what it should be."""
    if sys.stdin is None:
        raise InvalidInput(f"There is no standard input to read {what} from.")
    if sys.stdin.isatty():
        print(f"Reading {what} from standard input; Ctrl-D ends it.", file=sys.stderr)
    return sys.stdin.buffer.read()


def from_stdin(fields: dict[str, Any], texts: Sequence[str], *, also: bool = False) -> dict[str, Any]:
    """The fields, with the text that is piped in instead of `-`; only one of them can have it (or what is `also`)."""
    asking = [name for name in texts if fields.get(name) == STDIN]
    if len(asking) + also > 1:
        raise InvalidInput("Standard input is read once: only one option can be -.")
    for name in asking:
        try:
            text = read("the text").decode()
        except UnicodeDecodeError:
            raise ValidationFailed({name: ["is not UTF-8 on standard input."]}) from None
        fields = fields | {name: text.removesuffix("\n").removesuffix("\r")}
    return fields


def lines(texts: list[str] | None) -> list[str]:
    """The texts, with one for each line of standard input instead of `-`."""
    found = list(texts or [])
    if found.count(STDIN) > 1:
        raise InvalidInput("Standard input is read once: give one - only.")
    if STDIN in found:
        at = found.index(STDIN)
        try:
            piped = read("a line for each entry").decode()
        except UnicodeDecodeError:
            raise InvalidInput("Standard input is not UTF-8.") from None
        found[at : at + 1] = [line.strip() for line in piped.splitlines() if line.strip()]
    return found


def objects(what: str) -> list[dict[str, msgspec.Raw]]:
    """JSON objects: an array of them, one alone, or one a line; raises `InvalidInput`."""
    from tripkit.services import jsontext

    text = read(what)
    try:
        if text.lstrip().startswith(b"["):
            jsontext.check(text)
            return msgspec.json.decode(text, type=list[dict[str, msgspec.Raw]])
        try:
            jsontext.check(text)
            return [msgspec.json.decode(text, type=dict[str, msgspec.Raw])]
        except Malformed:
            lines = [line for line in text.splitlines() if line.strip()]
            if len(lines) < 2:
                raise
            return [_line(line) for line in lines]
    except Malformed as malformed:
        raise InvalidInput(f"Standard input cannot be used. {str(malformed).replace('The body', 'It')}") from None
    except msgspec.ValidationError:
        raise InvalidInput("Standard input has to be a JSON object, or an array of them.") from None


def _line(line: bytes) -> dict[str, msgspec.Raw]:
    from tripkit.services import jsontext

    jsontext.check(line)
    return msgspec.json.decode(line, type=dict[str, msgspec.Raw])
