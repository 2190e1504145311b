"""What `--fields` and `--format` make of an answer: they choose from what `--json` would print."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from string import Formatter
from typing import Any, Final

import msgspec

from tripkit.cli import output
from tripkit.cli.answers import names
from tripkit.cli.output import Column, cell, plain, write
from tripkit.errors import InvalidInput, ValidationFailed

_WIDTH: Final = re.compile(r"[<>^]?\d{1,3}", re.ASCII)
_ESCAPES: Final = {"\\t": "\t", "\\n": "\n"}
Row = dict[str, msgspec.Raw]


class Shape:
    """Fields, or a template, and how an answer looks by them."""

    def __init__(self, answer: str, fields: str | None, template: str | None, *, json: bool) -> None:
        if fields is not None and template is not None:
            raise InvalidInput("Give --fields or --format, and not both.")
        if template is not None and json:
            raise InvalidInput("--format says what is printed: leave --json out.")
        self._json = json
        self._fields = _listed(fields) if fields is not None else []
        self._template = list(_parsed(template)) if template is not None else None
        option = "--fields" if fields is not None else "--format"
        wanted = self._fields or [name for _, name, _ in self._template or () if name]
        _check(option, wanted, names(answer))

    def show(self, encoded: bytes) -> None:
        """Print the answer, of which this is the JSON."""
        many = encoded.startswith(b"[")
        rows = msgspec.json.decode(encoded, type=list[Row]) if many else [msgspec.json.decode(encoded, type=Row)]
        if self._template is not None:
            write("".join(f"{self._filled(row)}\n" for row in rows))
        elif self._json:
            chosen = [{name: _at(row, name) for name in self._fields} for row in rows]
            write(msgspec.json.encode(chosen if many else chosen[0]).decode() + "\n")
        elif output.is_terminal():
            output.print_table(rows, [Column(name, partial(_text, path=name)) for name in self._fields])
        else:
            write("".join("\t".join(cell(_text(row, name)) for name in self._fields) + "\n" for row in rows))

    def _filled(self, row: Row) -> str:
        found = ""
        for literal, name, spec in self._template or ():
            found += literal
            if name:
                found += format(cell(_text(row, name)), spec)
        return found


def _listed(fields: str) -> list[str]:
    return [name.strip() for name in fields.split(",")]


def _parsed(template: str) -> Iterator[tuple[str, str, str]]:
    """Text, the field after it, and how wide that is."""
    try:
        found = list(Formatter().parse(template))
    except ValueError as error:
        raise _unreadable(f"{error}. A brace of the text is written twice") from None
    for literal, name, spec, conversion in found:
        if name == "" or conversion or (spec and not _WIDTH.fullmatch(spec)):
            raise _unreadable("a field is written as {title}, or with a width as {title:20}")
        for typed, meant in _ESCAPES.items():
            literal = literal.replace(typed, meant)
        yield literal, name or "", spec or ""


def _unreadable(why: str) -> ValidationFailed:
    return ValidationFailed({"--format": [f"cannot be read: {why}."]})


def _check(option: str, wanted: Sequence[str], known: Sequence[str]) -> None:
    unknown = [name for name in wanted if name.partition(".")[0] not in known]
    if unknown:
        raise ValidationFailed({option: [f'there is no field "{unknown[0]}" here. There are {", ".join(known)}.']})


def _at(row: Row, path: str) -> msgspec.Raw | None:
    """A field, or one inside of it: `place.name`."""
    found: Any = row
    for name in path.split("."):
        if isinstance(found, msgspec.Raw):
            if not bytes(found).lstrip().startswith(b"{"):
                return None
            found = msgspec.json.decode(found, type=Row)
        found = found.get(name)
        if found is None:
            return None
    assert isinstance(found, msgspec.Raw)
    return found


def _text(row: Row, path: str) -> str:
    found = _at(row, path)
    if found is None:
        return ""
    value: Any = msgspec.json.decode(found)
    if isinstance(value, list):
        return plain([each if isinstance(each, str) else msgspec.json.encode(each).decode() for each in value])
    return bytes(found).decode() if isinstance(value, dict | float) else plain(value)
