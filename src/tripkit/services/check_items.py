"""What single items lack, and nights without a bed."""

from collections.abc import Iterator
from datetime import date, timedelta

from tripkit.schemas.checks import Finding
from tripkit.schemas.items import TRANSPORT
from tripkit.services.check_trip import Trip, clock, end_day, named, start_day

_DAY = timedelta(days=1)


def outside_dates(trip: Trip) -> Iterator[Finding]:
    """Something is before the first day of the plan, or after the last."""
    plan = trip.plan
    for item in trip.items:
        starts, ends = start_day(item), end_day(item)
        early = bool(plan.start_date and starts and starts < plan.start_date)
        late = bool(plan.end_date and ends and ends > plan.end_date)
        if early or late:
            dates = f"{plan.start_date or '…'} to {plan.end_date or '…'}"
            message = f"{named(item)} is from {starts} to {ends}, and the plan from {dates}."
            remedy = "Move the item, or change the dates of the plan."
            yield Finding("outside-dates", "warning", [item.id], message, remedy)


def no_reference(trip: Trip) -> Iterator[Finding]:
    """Something is booked, and nobody noted how to show it."""
    for item in trip.items:
        if item.status == "booked" and not item.booking_reference:
            message = f"{named(item)} is booked and has no booking reference."
            yield Finding("no-reference", "hint", [item.id], message, "Note the reference of the booking.")


def no_zone(trip: Trip) -> Iterator[Finding]:
    """A clock shows a time, and nobody said where."""
    for item in trip.items:
        for name, wall, zone in (("start", item.start, item.start_zone), ("end", item.end, item.end_zone)):
            if wall and "T" in wall and zone is None:
                message = f"The {name} of {named(item)}, {clock(wall)}, has no time zone."
                remedy = f"Give {name}_zone, or a place that is known. Until then nothing is counted with it."
                yield Finding("no-zone", "warning", [item.id], message, remedy)


def irregular_time(trip: Trip) -> Iterator[Finding]:
    """Clocks show a time twice, or never."""
    for item in trip.items:
        for warning in item.warnings:
            remedy = "Look at the time: clocks change in that night."
            yield Finding("irregular-time", "warning", [item.id], f"{named(item)}: {warning}", remedy)


def night_without_lodging(trip: Trip) -> Iterator[Finding]:
    """There is neither a bed for a night nor a transport that goes through it."""
    days = [day for item in trip.items for day in (start_day(item), end_day(item)) if day]
    first = trip.plan.start_date or min(days, default=None)
    last = trip.plan.end_date or max(days, default=None)
    if first is None or last is None or not trip.items:
        return
    # A night is the day on which it begins.
    night = first
    beds = sorted(each for each in _nights(trip) if each[0] < each[1])
    for begin, end in [*beds, (last, last)]:
        if (until := min(begin, last)) > night:
            yield _nights_missing(night, until)
        night = max(night, end)


def _nights(trip: Trip) -> Iterator[tuple[date, date]]:
    """The first night of each bed and the day after the last one; a bed without an end is one for one night."""
    for item in trip.items:
        starts, ends = start_day(item), end_day(item)
        if starts is None or ends is None:
            continue
        if item.kind == "lodging":
            yield starts, ends if item.end else starts + _DAY
        elif item.kind in TRANSPORT and starts < ends and (item.kind != "car" or ends == starts + _DAY):
            yield starts, ends


def _nights_missing(first: date, until: date) -> Finding:
    count = (until - first).days
    nights = f"the night of {first}" if count == 1 else f"the {count} nights from {first} to {until - _DAY}"
    return Finding(
        "night-without-lodging",
        "warning",
        [],
        f"There is no bed for {nights}.",
        "Add where you sleep, or how you travel.",
    )
