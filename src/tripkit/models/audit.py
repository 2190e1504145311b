import peewee

from tripkit.database.fields import IdField, InstantField, JSONTextField
from tripkit.models.base import Model


class AuditEvent(Model):
    """One thing that was done or refused. It names people by their number only, and outlives them."""

    id = IdField()
    at = InstantField(index=True)
    event = peewee.CharField(40)
    #: Empty when it was done, else why it was refused.
    refused = peewee.CharField(200, default="")
    #: Who did it: 0 is the operator of the machine, null is nobody known.
    actor = peewee.BigIntegerField(null=True)
    #: Whose account it is about.
    subject = peewee.BigIntegerField(null=True, index=True)
    #: The session or token that was used.
    via = peewee.CharField(40, default="")
    client = peewee.CharField(64, default="")
    request = peewee.CharField(64, default="")
    details = JSONTextField()
    #: The chain: a MAC over this row and the MAC before, and the id of its key.
    key = peewee.CharField(16)
    mac = peewee.CharField(64)

    class Meta:
        table_name = "audit_events"


class AuditHead(Model):
    """The end of the chain, in a table of one row: whoever appends holds it, and rows cut off at the end are missed."""

    id = IdField()
    #: The number of the last row, and its seal.
    last = peewee.BigIntegerField()
    mac = peewee.CharField(64)

    class Meta:
        table_name = "audit_head"
