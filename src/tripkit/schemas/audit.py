"""The audit trail: what comes out."""

from msgspec import Raw, Struct

from tripkit.schemas.instants import Instant


class AuditEntry(Struct, frozen=True):
    """One thing that was done, or refused."""

    id: int
    at: Instant
    event: str
    refused: str
    actor: int | None
    subject: int | None
    via: str
    client: str
    request: str
    details: Raw
