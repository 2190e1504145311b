import peewee

from tripkit.database.fields import IdField, InstantField
from tripkit.models.base import Model
from tripkit.models.user import User


class ApiToken(Model):
    """A token that somebody made for a program. Revoking deletes it."""

    id = IdField()
    #: SHA-256 of the token: whoever reads the database cannot use it.
    digest = peewee.CharField(64, unique=True)
    user = peewee.ForeignKeyField(User, on_delete="CASCADE", backref="api_tokens")
    name = peewee.CharField(100)
    #: Separated by spaces (RFC 6749, section 3.3).
    scopes = peewee.CharField(200)
    created_at = InstantField()
    expires_at = InstantField(null=True)
    #: Coarse, see `ApiTokens.touch`.
    last_used_at = InstantField(null=True)

    class Meta:
        table_name = "api_tokens"
