"""What the options of `tripkit item` say, as the fields of an item, and back where something is wrong with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from tripkit.cli.standard_input import from_stdin
from tripkit.errors import ValidationFailed
from tripkit.schemas.items import Place

#: Of the first place; each is an option of its own.
_PLACE: Final = ("address", "lat", "lon", "country")
_EMPTIED: Final = ("start", "start_zone", "end", "end_zone", "cost", "currency")


def given(**options: Any) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def fields(known: Place | None = None, /, **options: Any) -> dict[str, Any]:
    """The fields that were given. `known` is the place as it was: what is not named of it stays."""
    rest = from_stdin(given(**options), ("notes",))
    named = {name: rest.pop(name) for name in ("place", "from_", "to") if name in rest}
    details = {name: rest.pop(name) for name in _PLACE if name in rest}
    if "place" in named and "from_" in named:
        raise ValidationFailed({"from": ["is the same as --place. Give one of them."]})
    values = {name: None if value == "" and name in _EMPTIED else value for name, value in rest.items()}
    if names := [named[name] for name in ("place", "from_") if name in named]:
        values["place"] = _place({"name": names[0]} | details)
    elif details:
        before = {} if known is None else {name: getattr(known, name) for name in known.__struct_fields__}
        values["place"] = _place(before | details)
    if "to" in named:
        values["end_place"] = _place({"name": named["to"]})
    return values


@contextmanager
def named_by_option() -> Iterator[None]:
    """Report a wrong field under the name of the option that gave it."""
    try:
        yield
    except ValidationFailed as failed:
        errors: dict[str, list[str]] = {}
        for name, messages in failed.errors.items():
            place, _, part = name.partition(".")
            if place == "end_place":
                name = "to"
            elif place == "place":
                name = part if part in _PLACE else "place"
            errors.setdefault(name, []).extend(messages)
        raise ValidationFailed(errors) from failed


def _place(values: dict[str, Any]) -> dict[str, Any] | None:
    found = {name: None if value == "" and name not in ("name", "address") else value for name, value in values.items()}
    return found if any(value not in (None, "") for value in found.values()) else None
