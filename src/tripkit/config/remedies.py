"""What a setting must be, said to whoever set it to something else; and how types are looked into for that."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import msgspec

_KINDS: Final = {"int": "a whole number", "bool": "true or false", "str": "text", "array": "a list of texts"}
_BOUNDS: Final = {">=": "of at least", "<=": "of at most"}


def remedy(kind: Any, message: str) -> str:
    """The sentence for what msgspec says of a value that is no `kind`: `it must be a whole number of at least 1`."""
    message = re.sub(r" - at `.*`$", "", message).replace("`", "")
    if words := choices(kind):
        return f"it must be one of {', '.join(words)}"
    if "regex" in message and (examples := [each for part in parts(kind) for each in _examples(part)]):
        return f"it must be like {examples[0]}"
    if found := re.fullmatch(r"Expected (\w+)(?:, got .+| (<=|>=) (\S+))", message):
        wanted, bound, limit = found.groups()
        return f"it must be {_KINDS.get(wanted, wanted)}{f' {_BOUNDS[bound]} {limit}' if bound else ''}"
    if found := re.fullmatch(r"Expected str of length (<=|>=) (\d+)", message):
        return f"it must have at {'most' if found[1] == '<=' else 'least'} {found[2]} characters"
    return f"{message[0].lower()}{message[1:]}"


def parts(kind: Any) -> Iterator[Any]:
    """The type and everything in it: annotations, members of unions, items of lists."""
    yield kind
    if get_origin(kind) is Annotated:
        yield from kind.__metadata__
        yield from parts(kind.__origin__)
    elif get_origin(kind) is not Literal:
        for part in get_args(kind):
            yield from parts(part)


def choices(kind: Any) -> tuple[Any, ...]:
    """The words of which it is one; none where it is free."""
    return next((get_args(part) for part in parts(kind) if get_origin(part) is Literal), ())


def _examples(part: Any) -> list[Any]:
    return part.examples or [] if isinstance(part, msgspec.Meta) else []
