"""Mail on its way out: what waits, and what became of it."""

from typing import Literal

from msgspec import Struct

from tripkit.schemas.instants import Instant


class WaitingMail(Struct, frozen=True):
    """A message that waits to be sent, without what it says."""

    id: int
    to: str
    kind: str
    written_at: Instant
    next_try: Instant
    attempts: int
    problem: str
    """Why the last try failed."""


class Delivery(Struct, frozen=True):
    """What became of one message. A delayed one waits on; all others have left the outbox."""

    id: int
    to: str
    kind: str
    result: Literal["sent", "delayed", "refused", "expired", "unknown"]
    reason: str = ""
