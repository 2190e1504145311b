"""What the options of `tripkit expense` say, as the fields of an expense, and back where something is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tripkit.errors import ValidationFailed
from tripkit.schemas.travellers import TravellerOut

if TYPE_CHECKING:
    from tripkit.cli.backend import Backend


def fields(backend: "Backend", plan_id: int, split_before: str | None = None, /, **options: Any) -> dict[str, Any]:
    """The fields that were given. `split_before` is the split as it was."""
    values = {name: value for name, value in options.items() if value is not None}
    travellers = backend.travellers.of_plan(plan_id).travellers
    if "item_id" in values:
        values["item_id"] = backend.items.resolve(plan_id, values["item_id"]) if values["item_id"] else None
    if "paid_by" in values:
        values["paid_by"] = _people(travellers, values["paid_by"], "amount")
    if "shared_by" in values:
        everybody = values["shared_by"] == [""]
        split = values.get("split", split_before) or "equal"
        values["shared_by"] = None if everybody else _shares(travellers, values["shared_by"], split)
    return values


def today() -> str:
    """The date on this machine."""
    return datetime.now().astimezone().date().isoformat()


@contextmanager
def named_by_option() -> Iterator[None]:
    """Report what is wrong in a list under the name of the option that gave it."""
    try:
        yield
    except ValidationFailed as failed:
        errors: dict[str, list[str]] = {}
        for name, messages in failed.errors.items():
            errors.setdefault(name.partition("[")[0], []).extend(messages)
        raise ValidationFailed(errors) from failed


def _shares(travellers: list[TravellerOut], given: list[str], split: str) -> list[dict[str, Any]]:
    if split == "equal" and any(_value(travellers, each)[1] for each in given):
        raise ValidationFailed({"split": ["must say what stands behind =: shares for weights, exact for amounts."]})
    return _people(travellers, given, "weight" if split == "shares" else "amount")


def _people(travellers: list[TravellerOut], given: list[str], value: str) -> list[dict[str, Any]]:
    """`Ada`, or `Ada=12.50`, as a number and what stands behind."""
    found = []
    for each in given:
        traveller_id, text = _value(travellers, each)
        found.append({"traveller_id": traveller_id} | ({value: text} if text else {}))
    return found


def _value(travellers: list[TravellerOut], given: str) -> tuple[int, str]:
    from tripkit.services.travellers import named

    name, separator, text = given.rpartition("=")
    is_name = any(each.name.casefold() == given.casefold() for each in travellers)
    return (named(travellers, given), "") if is_name or not separator else (named(travellers, name), text)
