"""The agenda: what happens when, in all plans."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from tripkit.schemas.instants import Instant
from tripkit.schemas.items import ItemStatus, Kind, Place
from tripkit.schemas.plans import Status

Part = Annotated[
    Literal["whole", "begin", "middle", "end"],
    Meta(description="What of it is on this day. A night in a hotel begins on one day and ends on the next."),
]
Clock = Annotated[str | None, Meta(description="What clocks show there, like 09:30; 24:00 is the end of the day.")]


class AgendaQuery(Struct, forbid_unknown_fields=True, frozen=True, rename={"from_": "from"}):
    """Which days to show."""

    from_: Annotated[date, Meta(description="The first day. Without it, today.")] | None = None
    to: Annotated[date, Meta(description="The last day, at most 366 in all. Without it there are 30.")] | None = None
    archived: Annotated[bool, Meta(description="Show what is in archived plans as well.")] = False


class AgendaPlan(Struct, frozen=True):
    """Whose plan it is in."""

    id: int
    title: str
    destination: str
    status: Status
    timezone: str | None


class AgendaItem(Struct, frozen=True):
    """What it is."""

    id: int
    kind: Kind
    title: str
    status: ItemStatus
    start: str | None
    start_zone: str | None
    end: str | None
    end_zone: str | None
    place: Place | None
    end_place: Place | None
    booking_reference: str


class AgendaEntry(Struct, frozen=True):
    """Something on one day."""

    part: Part
    time: Clock
    until: Clock
    zone: str | None
    plan: AgendaPlan
    item: Annotated[AgendaItem | None, Meta(description="Null for a plan that has dates, and nothing in it with one.")]


class AgendaDay(Struct, frozen=True):
    """A day on which something happens, as calendars show it there."""

    date: date
    entries: list[AgendaEntry]


class AgendaMoment(Struct, frozen=True):
    """What is on now, or comes next."""

    plan: AgendaPlan
    item: AgendaItem
    starts_at: Instant
    starts_in: Annotated[int, Meta(description="Seconds from now; negative for what has begun.")]
    ends_at: Instant | None
    ends_in: Annotated[int | None, Meta(description="Seconds from now.")]


class Agenda(Struct, frozen=True, rename={"from_": "from"}):
    """What happens when, in local time."""

    now: Instant
    today: Annotated[date, Meta(description="By the clocks of `timezone`.")]
    timezone: Annotated[str, Meta(description="That of what is on now or comes next; UTC if there is none.")]
    from_: date
    to: date
    on_now: list[AgendaMoment]
    next: Annotated[list[AgendaMoment], Meta(description="What comes next within 30 days; all that begins with it.")]
    days: list[AgendaDay]
    next_from: Annotated[
        date | None, Meta(description="Where there is too much for one answer: go on with this as `from`.")
    ]
