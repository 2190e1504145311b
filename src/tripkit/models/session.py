import peewee

from tripkit.database.fields import IdField, InstantField
from tripkit.models.base import Model
from tripkit.models.user import User


class Session(Model):
    """One sign-in: the chain of refresh tokens that began with it. It stays until it would have expired."""

    id = IdField()
    user = peewee.ForeignKeyField(User, on_delete="CASCADE", backref="sessions")
    #: The `jti` of the one refresh token that may be used, and of its parent (see `Sessions.refresh`).
    current_jti = peewee.CharField(32)
    parent_jti = peewee.CharField(32, null=True)
    rotated_at = InstantField(null=True)
    created_at = InstantField()
    #: When the current refresh token expires, and when the session does, however often it is refreshed.
    refresh_until = InstantField()
    expires_at = InstantField(index=True)
    ended_at = InstantField(null=True)
    client = peewee.CharField(64, default="")
    device = peewee.CharField(200, default="")
    #: When the password or a code was last given in it.
    authenticated_at = InstantField(null=True)

    class Meta:
        table_name = "sessions"
