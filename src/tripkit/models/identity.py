import peewee

from tripkit.database.fields import IdField, InstantField
from tripkit.models.base import Model
from tripkit.models.user import User


class Identity(Model):
    """Who somebody is at a sign-in provider. Its subject says it, and nothing else: addresses change hands."""

    id = IdField()
    user = peewee.ForeignKeyField(User, on_delete="CASCADE", backref="identities", index=False)
    #: The name of its section in the settings.
    provider = peewee.CharField(32)
    subject = peewee.CharField(255)
    #: The address that the provider gave when it was linked; empty for none.
    email = peewee.CharField(254, default="")
    created_at = InstantField()

    class Meta:
        table_name = "identities"
        indexes = ((("provider", "subject"), True), (("user", "provider"), True))
