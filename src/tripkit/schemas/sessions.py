"""Sessions: what comes out."""

from typing import Annotated

from msgspec import Meta, Struct

from tripkit.schemas.instants import Instant


class SessionOut(Struct, frozen=True):
    """A sign-in that has not ended."""

    id: int
    device: Annotated[str, Meta(description="What it said it is (User-Agent) when it was last refreshed.")]
    address: Annotated[str, Meta(description="Where it was last refreshed from.")]
    created_at: Instant
    last_used_at: Annotated[Instant, Meta(description="When it was last refreshed; access tokens leave no trace.")]
    idle_until: Annotated[Instant, Meta(description="When it ends unless it is refreshed before.")]
    expires_at: Annotated[Instant, Meta(description="When it ends, however often it is refreshed.")]
    is_current: Annotated[bool, Meta(description="Whether it is the one that asks.")]


class SessionList(Struct, frozen=True):
    """The sessions of an account, the one used last first."""

    results: list[SessionOut]
    next: str | None = None
