"""JSON text as tripkit accepts it: stricter than most parsers, and lossless.

Refused, since they would be lost or could not be stored: duplicate keys (RFC 8259 leaves their meaning open), NaN and
Infinity, lone surrogates and NUL (Postgres cannot store them), and nesting beyond a bound.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tripkit.errors import Malformed

#: Nesting that any request body may have; `plan_data` has a tighter bound of its own.
MAX_DEPTH: Final = 64
_SUSPICIOUS: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
# The closing quote may be missing: without one the rest is taken, or each quote in it would be tried anew.
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


def check(text: bytes, *, max_depth: int = MAX_DEPTH) -> None:
    """Raise `Malformed`, with the place and the remedy, unless `text` is one acceptable JSON value."""
    try:
        depth(text, limit=max_depth)
        value = _decoder.decode(text.decode())
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8 (byte {error.start}). Send JSON in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise Malformed(
            f"The body is not JSON: {_reason(error)} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise _too_deep(max_depth) from None
    if _SUSPICIOUS.search(text):
        check_strings(value)


def depth(text: bytes, *, limit: int) -> int:
    """How deep the objects and arrays of `text` nest; raises `Malformed` beyond `limit`."""
    if (upper_bound := text.count(b"{") + text.count(b"[")) <= limit:
        return upper_bound
    deepest = now = 0
    for byte in _STRING.sub(b"", text):
        if byte in b"{[":
            now += 1
            deepest = max(deepest, now)
        elif byte in b"}]":
            now -= 1
    if deepest > limit:
        raise _too_deep(limit)
    return deepest


def merge(target: bytes, patch: bytes) -> bytes:
    """Apply an RFC 7396 merge patch. What the patch does not name keeps its exact text and order."""
    if patch[:1] != b"{":
        return patch
    merged: dict[str, msgspec.Raw] = _object(target) if target[:1] == b"{" else {}
    for name, value in _object(patch).items():
        text = bytes(value).strip()
        if text == b"null":
            merged.pop(name, None)
        else:
            merged[name] = msgspec.Raw(merge(bytes(merged.get(name, b"")).strip(), text))
    return msgspec.json.encode(merged)


_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise Malformed(f"The key {shorten(twice)} stands twice in one object. Send each key once.")
    return found


def _refuse_constant(name: str) -> None:
    raise Malformed(f"{name} is not JSON. Send a number, or null.")


def _text_of_number(text: str) -> str:
    return text


# Numbers stay text here: their value does not matter yet, and int() is slow on thousands of digits.
_decoder: Final = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=_text_of_number,
    parse_float=_text_of_number,
    parse_constant=_refuse_constant,
)


def check_strings(value: Any, where: str = "The body") -> None:
    """Raise `Malformed` when a text in `value` holds what no database of ours can store: NUL, half a surrogate pair.

    The message names the field and never shows the text, which may be a password.
    """
    if isinstance(value, str):
        if "\x00" in value:
            raise Malformed(f"{where} holds a NUL character. Remove it.")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Malformed(f"{where} holds half a surrogate pair. Send whole characters.") from None
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            check_strings(name, "A key")
            check_strings(inner, f"The field {shorten(name)}")
    elif isinstance(value, list | tuple):
        for inner in value:
            check_strings(inner, where)


def shorten(value: object, limit: int = 60) -> str:
    """`value` quoted for an error message, cut to `limit` characters, in printable ASCII where it must be."""
    text = value if isinstance(value, str) else str(value)
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return ascii(cut) if not cut.isprintable() else f'"{cut}"'


def _reason(error: json.JSONDecodeError) -> str:
    return error.msg[0].lower() + error.msg[1:]


def _too_deep(limit: int) -> Malformed:
    return Malformed(f"The JSON nests deeper than {limit} levels. Flatten it.")
