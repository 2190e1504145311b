import peewee

from tripkit.database.fields import IdField, InstantField, JSONTextField
from tripkit.models.base import Model
from tripkit.models.user import User


class IdempotencyKey(Model):
    """A key that a client gave to a request, and what was answered. It is written with the work that it stands for."""

    id = IdField()
    user = peewee.ForeignKeyField(User, on_delete="CASCADE", backref="idempotency_keys", index=False)
    #: The method and the address: one key may stand for one request at each.
    route = peewee.CharField(255)
    key = peewee.CharField(255)
    #: SHA-256 of the request.
    fingerprint = peewee.CharField(64)
    #: Null while the work is being done, which nobody else sees, and after a refusal that had to leave a trace.
    answer = JSONTextField(null=True)
    created_at = InstantField(index=True)

    class Meta:
        table_name = "idempotency_keys"
        indexes = ((("user", "route", "key"), True),)
