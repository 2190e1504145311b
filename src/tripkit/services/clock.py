"""The time, as a collaborator that tests may replace."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Now, in UTC with microseconds."""
    return datetime.now(UTC)
