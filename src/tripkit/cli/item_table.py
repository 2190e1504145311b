"""Items as people read them: in a table, and in a sentence."""

from typing import Final

from tripkit.cli.output import Column
from tripkit.schemas.agenda import AgendaItem
from tripkit.schemas.items import ItemOut, Place

FIELDS: Final = (
    "id", "day", "start", "start_zone", "end", "end_zone", "kind", "status", "title", "place", "end_place", "cost",
    "currency", "booking_reference",
)  # fmt: skip
#: Below this there is room for what it is and when it begins.
_NARROW: Final = 60
COLUMNS: Final = (
    Column("#", lambda item: str(item.id), whole=True),
    Column("Day", lambda item: "" if item.day is None else str(item.day), whole=True, from_width=_NARROW),
    Column("Start", lambda item: (item.start or "")[5:].replace("T", " "), whole=True, below=_NARROW),
    Column("When", lambda item: when(item), whole=True, from_width=_NARROW),
    Column("Kind", lambda item: item.kind, whole=True, from_width=100),
    Column("Title", lambda item: item.title),
    Column("Where", lambda item: where(item), from_width=_NARROW),
    Column(
        "Cost",
        lambda item: "" if item.cost is None else f"{item.cost} {item.currency}",
        whole=True,
        from_width=_NARROW,
    ),
    Column("Status", lambda item: item.status, from_width=100, whole=True),
    Column("Zone", lambda item: item.start_zone or "", from_width=140),
    Column("Reference", lambda item: item.booking_reference, from_width=140),
)


def when(item: ItemOut) -> str:
    """What clocks show: `2027-04-01 13:00 – 14:30`, `2027-04-01 13:00 – 04-02 09:30`, `2027-04-01 – 04-03`."""
    if item.start is None:
        return ""
    start = item.start.replace("T", " ")
    if item.end is None:
        return start
    day, _, clock = item.end.partition("T")
    shown = "" if day == item.start[:10] else day[5:] if day[:4] == item.start[:4] else day
    end = f"{shown} {clock}".strip()
    return f"{start} – {end}" if end else start


def where(item: ItemOut | AgendaItem) -> str:
    """`Kyoto`, or `LHR → NRT`."""
    return " → ".join(filter(None, (_named(item.place), _named(item.end_place))))


def told(item: ItemOut) -> str:
    """`flight 12 "Flight to Tokyo" (2027-04-01 13:00)`."""
    at = when(item)
    return f'{item.kind} {item.id} "{item.title}"' + (f" ({at})" if at else "")


def _named(place: Place | None) -> str:
    if place is None:
        return ""
    return place.name or place.address or (f"{place.lat}, {place.lon}" if place.lat is not None else "")
