"""Moments in time."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339, in UTC, with microseconds.")]
