"""Whether people can be where a plan has them: overlaps, connections, and the way from one place to the next."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from tripkit.schemas.checks import Finding
from tripkit.schemas.items import TRANSPORT, ItemOut
from tripkit.services.check_trip import Trip, clock, leaves, named, span, way

#: Nearer places are one: those of the gazetteer are the middle of a town.
_NEAR_KM: Final = 5.0


def overlap(trip: Trip) -> Iterator[Finding]:
    """Something begins before what came before it has ended."""
    longest: ItemOut | None = None
    for item in trip.course():
        assert item.start_at is not None
        if longest and longest.end_at and item.start_at < longest.end_at:
            message = (
                f"{named(item)} begins at {clock(item.start)}, before {named(longest)} ends at {clock(longest.end)}."
            )
            remedy = "Move one of them, or make one of them an idea."
            yield Finding("overlap", "warning", [longest.id, item.id], message, remedy)
        if item.end_at and (longest is None or longest.end_at is None or item.end_at > longest.end_at):
            longest = item


def short_connection(trip: Trip) -> Iterator[Finding]:
    """There is little time to change from one transport to the next."""
    for before, after, gap in trip.steps():
        if before.kind in TRANSPORT and after.kind in TRANSPORT:
            flies = "flight" in (before.kind, after.kind)
            least = trip.thresholds.flight_connection if flies else trip.thresholds.connection
            if gap < timedelta(minutes=least):
                message = f"There are {span(gap)} to change from {named(before)} to {named(after)}."
                remedy = f"Leave {least} min at least, or make sure that the second waits for the first."
                yield Finding("short-connection", "warning", [before.id, after.id], message, remedy)


def too_far(trip: Trip) -> Iterator[Finding]:
    """The way to the next place takes longer than there is time."""
    limits = trip.thresholds
    for before, after, gap in trip.steps():
        kilometres, hours = way(before, after), gap / timedelta(hours=1)
        if kilometres is None or kilometres < _NEAR_KM or kilometres <= hours * limits.land_speed:
            continue
        flown = kilometres <= hours * limits.air_speed
        message = (
            f"From {named(before)} to {named(after)} it is {kilometres:,.0f} km, and there are {span(gap)} for that."
        )
        remedy = (
            "Add how you get there, or leave more time." if flown else "Look at the times, the zones and the places."
        )
        yield Finding("too-far", "warning" if flown else "error", [before.id, after.id], message, remedy)


def too_fast(trip: Trip) -> Iterator[Finding]:
    """A transport is quicker than any can be."""
    for item in trip.items:
        kilometres, starts, ends = item.distance_km, item.start_at, leaves(item)
        if item.kind in TRANSPORT and kilometres and kilometres >= _NEAR_KM and starts and ends:
            takes = ends - starts
            if kilometres > takes / timedelta(hours=1) * trip.thresholds.air_speed:
                message = f"{named(item)} covers {kilometres:,.0f} km in {span(takes)}."
                remedy = "Look at its times and at the zone of each end."
                yield Finding("too-fast", "error", [item.id], message, remedy)
