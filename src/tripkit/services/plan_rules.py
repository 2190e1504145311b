"""What makes the fields of a plan right, beyond their types."""

from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Raw

from tripkit.errors import Malformed, ValidationFailed
from tripkit.services import currencies, destinations, jsontext, timezones, validation

MAX_BUDGET: Final = Decimal("99999999.99")
MAX_DATA_BYTES: Final = 256 * 1024
MAX_DATA_DEPTH: Final = 32
_CENT: Final = Decimal("0.01")


def checked(values: dict[str, Any], *, default_currency: str) -> dict[str, Any]:
    """The fields of a whole plan, tidied; raises `ValidationFailed` with every rule they break."""
    values = dict(values)
    errors: dict[str, list[str]] = {}
    for name in ("title", "destination"):
        values[name] = values[name].strip()
        if not values[name]:
            errors[name] = ["must not be blank."]
        elif not validation.is_one_line(values[name]):
            errors[name] = ["must be one line without control characters."]
    start, end = values["start_date"], values["end_date"]
    if start and end and start > end:
        errors["end_date"] = [f"must not be before start_date ({start}), as {end} is."]
    for name, check in (("budget", _budget), ("plan_data", _data)):
        try:
            values[name] = check(values[name])
        except ValidationFailed as failed:
            errors |= failed.errors
    currency = default_currency if values["currency"] is None else values["currency"]
    values["currency"] = currency.upper()
    if not currencies.is_currency(values["currency"]):
        errors["currency"] = [currencies.refusal(currency)]
    if values["timezone"] is not None:
        zone = timezones.canonical(values["timezone"])
        if zone is None:
            errors["timezone"] = [timezones.refusal(values["timezone"])]
        values["timezone"] = zone
    values["tags"] = _tags(values["tags"])
    if errors:
        raise ValidationFailed(errors)
    return values


def stored(values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a plan as its columns take them."""
    return values | {
        "plan_data": bytes(values["plan_data"]).decode(),
        "tags": msgspec.json.encode(values["tags"]).decode(),
        "destination_country": destinations.country(values["destination"]),
    }


def budget(value: Decimal) -> Decimal:
    """An amount with two decimals; raises `ValidationFailed` for what is none that can be kept."""
    if not value.is_finite() or not 0 <= value <= MAX_BUDGET:
        raise ValidationFailed({"budget": [f"must be from 0.00 to {MAX_BUDGET}, not {jsontext.shorten(value)}."]})
    exact = abs(value.quantize(_CENT))
    if exact != value:
        raise ValidationFailed(
            {"budget": [f"must have at most two decimals, not {jsontext.shorten(value)}. Round it yourself."]}
        )
    return exact


def _budget(value: Decimal | None) -> Decimal | None:
    return None if value is None else budget(value)


def _data(value: Raw) -> Raw:
    text = bytes(value).strip()
    if not text.startswith(b"{"):
        raise ValidationFailed({"plan_data": ["must be a JSON object."]})
    if len(text) > MAX_DATA_BYTES:
        raise ValidationFailed({"plan_data": [f"must be at most {MAX_DATA_BYTES} bytes of JSON; it has {len(text)}."]})
    try:
        jsontext.depth(text, limit=MAX_DATA_DEPTH)
    except Malformed:
        raise ValidationFailed(
            {"plan_data": [f"must nest at most {MAX_DATA_DEPTH} levels deep. Flatten it."]}
        ) from None
    return Raw(text)


def _tags(tags: list[str]) -> list[str]:
    """Without surrounding space, empty ones, and repetitions in other letter case; in the order they were sent."""
    found: dict[str, str] = {}
    for tag in tags:
        if tidy := tag.strip():
            found.setdefault(tidy.casefold(), tidy)
    return list(found.values())
