import peewee

from tripkit.database.fields import IdField, InstantField
from tripkit.models.base import Model


class RateLimit(Model):
    """A counter that a server has in memory, as it was a moment ago."""

    id = IdField()
    #: The rule, the seconds of the window, and whom it is for: `anonymous/2592000 192.0.2.1`.
    name = peewee.CharField(255, unique=True)
    count = peewee.IntegerField()
    ends_at = InstantField(index=True)

    class Meta:
        table_name = "rate_limits"


class RateLimitReset(Model):
    """A key whose counters the server is to forget. It stays until that was done."""

    id = IdField()
    key = peewee.CharField(255)

    class Meta:
        table_name = "rate_limit_resets"
