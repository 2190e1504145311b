"""From JSON or plain values to input structs, with every message about every field."""

import re
import types
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, Final, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import UNSET, Raw, UnsetType

from tripkit.config.remedies import choices, parts
from tripkit.errors import Malformed, ValidationFailed
from tripkit.services import jsontext

T = TypeVar("T", bound=msgspec.Struct)

_NOT_ONE_LINE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_TYPE_NAMES: Final = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "date": "a date like 2027-04-01",
    "datetime": "a time like 2027-04-01T09:30:00Z",
    "decimal": 'a decimal like "12.50"',
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def decode(kind: type[T], body: bytes) -> T:
    """A JSON body as `kind`. Raises `Malformed`, or `ValidationFailed` with all that is wrong."""
    jsontext.check(body)
    try:
        form: T = _decoder(kind).decode(body)
        return form
    except msgspec.ValidationError:
        pass
    try:
        members = msgspec.json.decode(body, type=dict[str, Raw])
    except msgspec.ValidationError:
        raise Malformed(f"The body must be a JSON object, like {_example(kind)}.") from None
    raise ValidationFailed(
        _problems(kind, members, lambda raw, to: msgspec.json.decode(raw, type=to), _plain, strict=True)
    )


def check_period(first: date | None, last: date | None) -> None:
    """Raise `ValidationFailed` for a period that ends before it begins: nothing could ever be in it."""
    if first and last and last < first:
        raise ValidationFailed({"to": [f"must not be before from ({first}), as {last} is."]})


def convert(kind: type[T], values: Mapping[str, Any], *, text: bool = False) -> T:
    """Plain values as `kind`; with `text` they are strings, from a form, a query or a command line.

    Raises as `decode` does.
    """
    jsontext.check_strings(values)
    try:
        return msgspec.convert(values, kind, strict=not text)
    except msgspec.ValidationError:
        pass
    raise ValidationFailed(_problems_of_values(kind, values, strict=not text))


@cache
def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _problems_of_values(kind: type, values: Mapping[str, Any], *, strict: bool) -> dict[str, list[str]]:
    def convert_one(value: Any, to: Any) -> Any:
        return msgspec.convert(value, to, strict=strict)

    return _problems(kind, values, convert_one, lambda value: value, strict=strict)


def _problems(
    kind: type, members: Mapping[str, Any], convert_one: Any, plain: Any, *, strict: bool
) -> dict[str, list[str]]:
    """msgspec stops at the first error, so here each field is converted alone."""
    found: dict[str, list[str]] = {}
    known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name in members:
        if name not in known:
            found[name] = [f"is not a field of this; the fields are: {', '.join(known)}."]
    for name, field in known.items():
        if name not in members:
            if field.required:
                found[name] = ["is required."]
            continue
        try:
            convert_one(members[name], _without_unset(field.type))
        except msgspec.ValidationError as error:
            value = plain(members[name])
            inner = _inner_problems(field.type, value, name, strict=strict)
            found |= inner or {name: [_sentence(str(error), field.type, value)]}
    return found


def _inner_problems(kind: Any, value: Any, name: str, *, strict: bool) -> dict[str, list[str]]:
    """Those of the structs in a field, under names like `items[3].title`."""
    inner = next((part for part in parts(kind) if isinstance(part, type) and issubclass(part, msgspec.Struct)), None)
    if inner is None:
        return {}
    values = (
        {f"{name}[{index}]": each for index, each in enumerate(value)} if isinstance(value, list) else {name: value}
    )
    found: dict[str, list[str]] = {}
    for where, members in values.items():
        if isinstance(members, dict):
            problems = _problems_of_values(inner, members, strict=strict)
            found |= {f"{where}.{field}": messages for field, messages in problems.items()}
    return found


def _plain(raw: Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except msgspec.ValidationError:
        return bytes(raw).decode()  # it holds a number beyond all that Python counts with


def _without_unset(kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        return Union[tuple(part for part in get_args(kind) if part is not UnsetType)]  # noqa: UP007
    return kind


def _sentence(message: str, kind: Any, value: Any) -> str:
    """What msgspec says, as a person would: what is wrong with which value, and what to send instead."""
    where = re.search(r" - at `\$(.*)`$", message)
    message = message[: where.start()] if where else message
    item = f"item {where[1].strip('[].') or ''}".rstrip() + " " if where and where[1] else ""
    if where and (index := re.fullmatch(r"\[(\d+)\]", where[1])) and isinstance(value, list | tuple):
        value = value[int(index[1])]
    shown = "" if _is_secret(kind) else f", not {_show(value)}"
    if match := re.match(r"Expected `(?:str|array)` of length (<=|>=) (\d+)", message):
        unit = "characters" if "str" in message else "entries"
        if match[1] == ">=" and match[2] == "1":
            return f"{item}must not be empty."
        bound = "at most" if match[1] == "<=" else "at least"
        return f"{item}must have {bound} {match[2]} {unit} (it has {len(value)})."
    if match := re.match(r"Expected `\w+` (<=|>=) (\S+)", message):
        bound = "at most" if match[1] == "<=" else "at least"
        return f"{item}must be {bound} {match[2].removesuffix('.0')}{shown}."
    if message.startswith("Expected `str` matching"):
        return f"{item}must be {_description(kind) or 'text of another form'}{shown}."
    if message.startswith("Invalid enum value"):
        return f"{item}must be one of {', '.join(map(str, choices(kind)))}{shown}."
    if message.startswith("Invalid decimal"):
        return f"{item}must be {_TYPE_NAMES['decimal']}{shown}."
    if message.startswith(("Invalid RFC3339", "Invalid ISO")):
        return f"{item}must be {_TYPE_NAMES['date']}{shown}."
    if message.endswith("out of range"):
        return f"{item}must be a number within range{shown}."
    if match := re.match(r"Expected `([^`]+)`", message):
        wanted = " or ".join(_TYPE_NAMES.get(name, name) for name in match[1].split(" | "))
        return f"{item}must be {wanted}{shown}."
    return f"{item}is wrong: {message}."


def _is_secret(kind: Any) -> bool:
    return any(isinstance(part, msgspec.Meta) and (part.extra or {}).get("secret") for part in parts(kind))


def _description(kind: Any) -> str:
    found = [part.description for part in parts(kind) if isinstance(part, msgspec.Meta) and part.description]
    return found[0].rstrip(".") if found else ""


def _show(value: Any) -> str:
    if isinstance(value, str):
        return jsontext.shorten(value)
    if isinstance(value, int | float | bool | None):
        return jsontext.shorten(msgspec.json.encode(value).decode()).strip('"')
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "this"


def _example(kind: type) -> str:
    required = [field.encode_name for field in msgspec.structs.fields(kind) if field.required]
    return "{" + ", ".join(f'"{name}": …' for name in required) + "}"


def is_one_line(text: str) -> bool:
    """Whether `text` has no line breaks, control characters, or marks that turn the direction of what is around it.

    Other invisible characters are part of how languages and emoji are written: joiners, wide and unbreakable spaces.
    """
    return _NOT_ONE_LINE.search(text) is None


def given(patch: msgspec.Struct) -> dict[str, Any]:
    """The fields of a patch that were sent."""
    return {name: value for name in patch.__struct_fields__ if (value := getattr(patch, name)) is not UNSET}
