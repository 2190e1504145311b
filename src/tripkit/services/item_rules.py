"""What makes the fields of an item right, beyond their types."""

from decimal import Decimal
from typing import Any

import msgspec

from tripkit.errors import ValidationFailed
from tripkit.schemas.items import TRANSPORT, Place
from tripkit.schemas.plans import PlanOut
from tripkit.services import coordinates, countries, destinations, money, timezones, validation, wall_time
from tripkit.services.wall_time import WallTime


def checked(values: dict[str, Any], plan: PlanOut) -> tuple[dict[str, Any], list[str]]:
    """The fields of a whole item, tidied, with `start` and `end` read; and which of them were filled in.

    Raises `ValidationFailed` with every rule they break.
    """
    values = dict(values)
    errors: dict[str, list[str]] = {}
    filled_in: list[str] = []
    for check in (_texts, _places, _times, _cost):
        try:
            filled_in += check(values, plan)
        except ValidationFailed as failed:
            errors |= failed.errors
    if errors:
        raise ValidationFailed(errors)
    return values, filled_in


def merged(item: dict[str, Any], changes: dict[str, Any], plan: PlanOut) -> dict[str, Any]:
    """An item with changes. A zone that followed from the place follows from the new one."""
    values = item | changes
    for name in ("start", "end"):
        zone = f"{name}_zone"
        if zone not in changes and (values[name] is None or item[zone] == _implied(zone, item, plan)):
            values[zone] = None
    if values["cost"] is None and "currency" not in changes:
        values["currency"] = None
    return values


def _implied(name: str, values: dict[str, Any], plan: PlanOut) -> str | None:
    """The zone of a time whose zone nobody gave: that of the place, else of the plan for whatever stays in it."""
    moves = values["kind"] in TRANSPORT
    if name == "end_zone":
        there: Place | None = values["end_place"]
        return there.timezone if moves and there else values["start_zone"]
    here: Place | None = values["place"]
    return (here.timezone if here else None) or (None if moves else destinations.timezone(plan))


def _texts(values: dict[str, Any], _: PlanOut) -> list[str]:
    errors = {}
    for name in ("title", "booking_reference"):
        values[name] = values[name].strip()
        if not validation.is_one_line(values[name]):
            errors[name] = ["must be one line without control characters."]
    if not values["title"]:
        errors["title"] = ["must not be blank."]
    if not validation.is_one_line(values.get("uid") or ""):
        errors["uid"] = ["must be one line without control characters."]
    if errors:
        raise ValidationFailed(errors)
    return []


def _places(values: dict[str, Any], _: PlanOut) -> list[str]:
    errors: dict[str, list[str]] = {}
    for name in ("place", "end_place"):
        if values[name] is not None:
            try:
                values[name] = _place(values[name], name)
            except ValidationFailed as failed:
                errors |= failed.errors
                values[name] = None
    if values["end_place"] is not None and values["kind"] not in TRANSPORT:
        errors["end_place"] = [f"is only for {', '.join(TRANSPORT)}; this is of the kind {values['kind']}."]
    if errors:
        raise ValidationFailed(errors)
    return []


def _place(place: Place, name: str) -> Place | None:
    """Tidied; None for one that says nothing."""
    errors: dict[str, list[str]] = {}
    title = place.name.strip()
    if not validation.is_one_line(title):
        errors[f"{name}.name"] = ["must be one line without control characters."]
    country = place.country and countries.canonical(place.country)
    if place.country and country is None:
        errors[f"{name}.country"] = [countries.refusal(place.country)]
    zone = place.timezone and timezones.canonical(place.timezone)
    if place.timezone and zone is None:
        errors[f"{name}.timezone"] = [timezones.refusal(place.timezone)]
    point = None
    try:
        point = coordinates.checked(place.lat, place.lon, fields=(f"{name}.lat", f"{name}.lon"))
    except ValidationFailed as failed:
        errors |= failed.errors
    if errors:
        raise ValidationFailed(errors)
    lat, lon = point or (None, None)
    tidy = Place(title, place.address.strip(), lat, lon, country or None, zone or None)
    return None if tidy == Place() else tidy


def _times(values: dict[str, Any], plan: PlanOut) -> list[str]:
    errors: dict[str, list[str]] = {}
    filled_in: list[str] = []
    for name in ("start", "end"):
        zone = f"{name}_zone"
        if values[name] is None:
            if values[zone] is not None:
                errors[zone] = [f"is the zone of {name}: give that as well, or leave this out."]
            continue
        try:
            wall = wall_time.read(values[name], values[zone], field=name, zone_field=zone)
        except ValidationFailed as failed:
            errors |= failed.errors
            continue
        if wall.clock and wall.zone is None and (implied := _implied(zone, values, plan)):
            wall = msgspec.structs.replace(wall, zone=implied)
            filled_in.append(zone)
        values[name], values[zone] = wall, wall.zone
    if values["end"] is not None and values["start"] is None:
        errors["end"] = ["needs a start: give that as well."]
    if errors:
        raise ValidationFailed(errors)
    _in_order(values["start"], values["end"])
    return filled_in


def _in_order(start: WallTime | None, end: WallTime | None) -> None:
    if start and end:
        wall_time.check_order(start, end)


def _cost(values: dict[str, Any], plan: PlanOut) -> list[str]:
    cost: Decimal | None = values["cost"]
    if cost is None:
        if values["currency"] is not None:
            raise ValidationFailed({"currency": ["is that of the cost: give that as well, or leave this out."]})
        return []
    filled_in = ["currency"] if values["currency"] is None else []
    values["currency"] = (values["currency"] or plan.currency).upper()
    values["cost"] = money.checked(cost, values["currency"])
    return filled_in
