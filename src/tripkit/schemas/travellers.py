"""Who comes along: what goes in and what comes out."""

from typing import Annotated

from msgspec import Meta, Struct

from tripkit.schemas.instants import Instant

Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        description="Nobody else in the plan may be called so, be it with other accents or capitals.",
        examples=["Ada"],
    ),
]


class TravellerIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Somebody who comes along. They need no account."""

    name: Name


class TravellerOut(Struct, frozen=True):
    """Somebody who comes along."""

    id: int
    plan_id: int
    name: str
    created_at: Instant


class TravellerList(Struct, frozen=True):
    """The travellers of a plan, in the order in which they were added."""

    plan_id: int
    version: Annotated[int, Meta(description="Of the plan.")]
    travellers: list[TravellerOut]
