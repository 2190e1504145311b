"""The audit trail: what is asked for and what comes out."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Raw, Struct

from tripkit.schemas.instants import Instant

Details = Annotated[Raw, Meta(extra_json_schema={"type": "object"})]


class AuditEntry(Struct, frozen=True):
    """One thing that was done, or refused. People are told by their number, also those who are gone."""

    id: int
    at: Instant
    event: str
    refused: Annotated[str, Meta(description="Why it was refused; empty when it was done.")]
    actor: Annotated[int | None, Meta(description="Who did it; 0 is the operator of the machine, null is unknown.")]
    subject: Annotated[int | None, Meta(description="Whose account it is about.")]
    via: Annotated[str, Meta(description="The session or token that was used.")]
    client: Annotated[str, Meta(description="The address it came from.")]
    request: Annotated[str, Meta(description="The `X-Request-ID` of the answer.")]
    details: Details


class AuditQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Which entries to list, newest first."""

    user: Annotated[int, Meta(ge=0, description="Done by this user (a number), or about them.")] | None = None
    event: Annotated[str, Meta(max_length=40, description="Like `user.deleted`.")] | None = None
    since: Annotated[datetime, Meta(tz=True, description="Not before this moment (RFC 3339).")] | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: Annotated[str, Meta(max_length=200, description="From the `next` link of a page.")] | None = None


class AuditPage(Struct, frozen=True):
    """One page of entries; `cursor` leads to the next."""

    results: list[AuditEntry]
    cursor: str | None


class AuditList(Struct, frozen=True):
    """One page of entries, and the link to the next."""

    results: list[AuditEntry]
    next: str | None


class AuditRow(AuditEntry, frozen=True):
    """An entry with its link in the chain: its MAC, and the id of the key it was made with."""

    key: str
    mac: str


class AuditCheck(Struct, frozen=True):
    """Whether the trail is as it was recorded: up to which row, or what is wrong with which."""

    ok: bool
    rows: Annotated[int, Meta(description="How many rows are as they were recorded, from the first on.")]
    problem: str | None = None
