"""Rate limits: what administrators see of them."""

from msgspec import Struct

from tripkit.schemas.instants import Instant


class Standing(Struct, frozen=True):
    """How much of one window of a rule is spent. None is what only the server knows, and the end of no window."""

    rule: str
    #: An address, an account, a user's number, or two of them with a space between.
    key: str
    limit: int
    #: The length of the window.
    seconds: int
    spent: int | None
    ends_at: Instant | None
