"""Plans and items as documents that people edit: TOML, with a comment that explains each field."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import msgspec

from tripkit.schemas.items import ItemOut, Place
from tripkit.schemas.plans import PlanOut

#: The fields that can be edited, and what they mean.
PLAN: Final = {
    "title": "What to call it.",
    "destination": "Where to.",
    "description": "Text of any length.",
    "start_date": "First day, like 2027-04-01, fri or 3 apr.",
    "end_date": "Last day, like the first; +3d counts from there.",
    "budget": 'Like "1250.00", in the currency of the plan.',
    "currency": "ISO 4217 code, like EUR.",
    "status": "draft, published (everybody can read it) or archived.",
    "tags": 'Like ["spring", "family"].',
    "timezone": "Like Europe/Lisbon.",
    "plan_data": "A JSON object, as text.",
}
ITEM: Final = {
    "title": "What to call it.",
    "kind": "flight, train, bus, ferry, car, lodging, food, activity, note or other.",
    "status": "idea, planned, booked or done.",
    "start": "What clocks show: 2027-04-01, or 2027-04-01 09:30.",
    "start_zone": "Like Asia/Tokyo. Without it: that of the place.",
    "end": "As the start.",
    "end_zone": "Without it: that of the end, or of the start.",
    "place": "Where it is; of a transport where it begins. With a new name, leave the rest out: it is looked up.",
    "end_place": "Of a transport where it ends.",
    "cost": 'Like "12.50".',
    "currency": "ISO 4217 code, like EUR.",
    "booking_reference": "Like QX7F2K.",
    "notes": "Text of any length.",
}
_PLACES: Final = ("place", "end_place")
#: What is looked up by the name of a place.
_LOOKED_UP: Final = ("lat", "lon", "country", "timezone")


def write(record: PlanOut | ItemOut, fields: dict[str, str], head: str) -> str:
    """The document; what has no value is there as a comment."""
    import tomlkit

    found = tomlkit.document()
    found.add(tomlkit.comment(f"{head} Save it and close the editor; what you leave out is cleared."))
    for name, meaning in fields.items():
        found.add(tomlkit.nl())
        found.add(tomlkit.comment(meaning))
        value = getattr(record, name)
        if name in _PLACES:
            _add_place(found, name, value)
        elif value in (None, "", []):
            found.add(tomlkit.comment(f"{name} ="))
        else:
            found.add(name, _item(value))
    return tomlkit.dumps(found)


def _add_place(found: Any, name: str, place: Place | None) -> None:
    import tomlkit

    if place is None:
        found.add(tomlkit.comment(f"{name}.name ="))
        return
    for part in Place.__struct_fields__:
        value = getattr(place, part)
        if value not in (None, ""):
            found.append(tomlkit.key([name, part]), tomlkit.item(value))


def _item(value: Any) -> Any:
    import tomlkit

    if isinstance(value, msgspec.Raw):
        value = bytes(value).decode()
    if isinstance(value, date | Decimal):
        value = str(value)
    if isinstance(value, str) and "\n" in value and "\r" not in value:  # an editor may make other line ends of those
        return tomlkit.string(value, multiline=True)
    return tomlkit.item(value)


def read(values: dict[str, Any], fields: dict[str, str], known: PlanOut | ItemOut) -> dict[str, Any]:
    """What a document says, of every field: what it left out is empty, and what it has beyond them is refused later."""
    found = {name: _plain(value) for name, value in values.items()}
    for name in fields:
        if name not in found and (empty := _EMPTY.get(name, None)) is not MISSING:
            found[name] = empty
    for name in _PLACES:
        if isinstance(found.get(name), dict):
            found[name] = _looked_up_anew(found[name], getattr(known, name))
    return found


class _Missing:
    """There has to be a value."""


MISSING: Final = _Missing()
_EMPTY: Final[dict[str, Any]] = {
    "title": MISSING, "destination": MISSING, "kind": MISSING, "status": MISSING, "description": "", "notes": "",
    "booking_reference": "", "tags": [], "plan_data": "{}",
}  # fmt: skip


def _plain(value: Any) -> Any:
    """A TOML value as the forms take it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds" if value.second else "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float | int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value


def _looked_up_anew(place: dict[str, Any], known: Place | None) -> dict[str, Any]:
    """Where only the name was changed, the rest belongs to the old one."""
    if known is None or place.get("name", "") == known.name:
        return place
    before = {part: _plain(getattr(known, part)) for part in _LOOKED_UP}
    return {name: value for name, value in place.items() if name not in _LOOKED_UP or value != before[name]}
