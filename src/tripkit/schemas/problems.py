"""What went wrong (RFC 9457)."""

from typing import Any

from msgspec import Struct

from tripkit.schemas.names import Candidate


class Problem(Struct, omit_defaults=True):
    """What went wrong, for programs (`type`, `errors`) and for people (`title`, `detail`)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    #: For invalid input: each field with every message about it.
    errors: dict[str, list[str]] | None = None
    #: For a stale write: the version there is now; for what cannot be taken back: the newer one in its way.
    version: int | None = None
    #: For a stale write: the thing as it is now, as a read answers.
    current: dict[str, Any] | None = None
    #: For a login that needs a second step: to be sent with the code.
    challenge: str | None = None
    #: What is not there, is stale, or is meant by several names: `plan`, and which.
    kind: str | None = None
    key: int | str | None = None
    #: For a name that several things have, or none: which may be meant.
    candidates: list[Candidate] | None = None
