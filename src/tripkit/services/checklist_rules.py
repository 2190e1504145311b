"""What makes checklists and their entries right, beyond their types."""

from collections.abc import Container, Sequence
from typing import Any, Final

from tripkit.errors import ValidationFailed
from tripkit.schemas.checklists import EntryIn
from tripkit.services import validation

#: Mistakes of one request that are named.
_MOST_WRONG: Final = 10


def name(text: str) -> str:
    """A name, tidied; raises `ValidationFailed`."""
    return _line(text, "name")


def entry(values: dict[str, Any], travellers: Container[int | None]) -> dict[str, Any]:
    """The fields of an entry, tidied; who sees to it is one of these travellers. Raises `ValidationFailed`."""
    errors: dict[str, list[str]] = {}
    values = dict(values)
    try:
        values["text"] = _line(values["text"], "text")
    except ValidationFailed as failed:
        errors |= failed.errors
    if values["assignee"] is not None and values["assignee"] not in travellers:
        errors["assignee"] = [f"must be a traveller of the plan; {values['assignee']} is none. Add them first."]
    if errors:
        raise ValidationFailed(errors)
    return values


def entries(forms: Sequence[EntryIn], travellers: Container[int | None]) -> list[dict[str, Any]]:
    """The fields of new entries; raises `ValidationFailed` with what is wrong with each."""
    errors: dict[str, list[str]] = {}
    found = []
    for number, form in enumerate(forms):
        try:
            found.append(entry(validation.given(form), travellers))
        except ValidationFailed as failed:
            errors |= {f"entries[{number}].{field}": messages for field, messages in failed.errors.items()}
            if len(errors) >= _MOST_WRONG:
                break
    if errors:
        raise ValidationFailed(errors)
    return found


def texts(given: Sequence[str]) -> list[str]:
    """The entries of a template, tidied; raises `ValidationFailed`."""
    found, errors = [], []
    for number, text in enumerate(given):
        try:
            found.append(_line(text, "entries"))
        except ValidationFailed as failed:
            errors += [f"item {number} {message}" for message in failed.errors["entries"]]
    if errors:
        raise ValidationFailed({"entries": errors[:_MOST_WRONG]})
    return found


def _line(text: str, field: str) -> str:
    tidy = text.strip()
    if not tidy:
        raise ValidationFailed({field: ["must not be blank."]})
    if not validation.is_one_line(tidy):
        raise ValidationFailed({field: ["must be one line without control characters."]})
    return tidy
