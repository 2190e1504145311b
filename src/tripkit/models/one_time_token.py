import peewee

from tripkit.database.fields import IdField, InstantField, JSONTextField
from tripkit.models.base import Model
from tripkit.models.user import User


class OneTimeToken(Model):
    """A secret that was sent to somebody, to be used once. Using it deletes it."""

    id = IdField()
    #: SHA-256 of the token: whoever reads the database cannot use it.
    digest = peewee.CharField(64, unique=True)
    purpose = peewee.CharField(40)
    user = peewee.ForeignKeyField(User, on_delete="CASCADE", backref="one_time_tokens")
    #: What it was issued for, beside the user: an address, say.
    payload = JSONTextField()
    created_at = InstantField()
    expires_at = InstantField(index=True)

    class Meta:
        table_name = "one_time_tokens"
