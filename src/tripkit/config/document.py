"""The commented configuration file, made from the options."""

import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec

from tripkit.config.options import NAMED, OPTIONS, Option, options_of
from tripkit.config.sections import Section, Settings

_HEAD = """\
# The configuration of tripkit. Every setting is listed with its default; uncomment what you change.
#
# Precedence: command line > environment > this file > defaults. The file is --config FILE, $TRIPKIT_CONFIG,
# ./tripkit.toml or tripkit.toml in the configuration directory of your platform (`tripkit config path`).
# [section] key is TRIPKIT_SECTION__KEY in the environment (lists are comma-separated there), and
# TRIPKIT_SECTION__KEY_FILE reads the value from a file, as is usual for secrets.
"""


def render() -> str:
    """The example file: every option, commented out, with what it means."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD.rstrip()
    for field in msgspec.structs.fields(Settings):
        if field.encode_name in OPTIONS:
            yield ""
            yield from _option(OPTIONS[field.encode_name], field.encode_name)
    for field in msgspec.structs.fields(Settings):
        if isinstance(field.default, Section):
            yield ""
            yield f"[{field.encode_name}]  # {type(field.default).__doc__}"
            for inner in msgspec.structs.fields(type(field.default)):
                yield ""
                yield from _option(OPTIONS[f"{field.encode_name}.{inner.encode_name}"], inner.encode_name)
    for section, kind in NAMED.items():
        yield ""
        yield from _wrapped(f"There may be several of the next section. {kind.__doc__}")
        yield f"#[{section}.NAME]"
        for key, option in options_of(section, "NAME").items():
            yield ""
            yield from _wrapped(option.description)
            yield f"#{key.rpartition('.')[2]} = {toml(option.default)}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 106, initial_indent="# ", subsequent_indent="# ")


def _option(option: Option, name: str) -> Iterator[str]:
    yield from _wrapped(option.description)
    yield f"# {name} = {toml(option.default)}"


def toml(value: Any) -> str:
    """A setting as a TOML value."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple | list):
        return "[" + ", ".join(toml(each) for each in value) + "]"
    text = "" if str(value) == "." else str(value)
    return msgspec.json.encode(text).decode()
