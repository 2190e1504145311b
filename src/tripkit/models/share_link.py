import peewee

from tripkit.database.fields import DateField, IdField, InstantField, StringsField
from tripkit.models.base import Model
from tripkit.models.plan import Plan


class ShareLink(Model):
    """A link through which a plan can be read without an account. Revoking deletes it."""

    id = IdField()
    plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", backref="share_links")
    #: SHA-256 of the token: whoever reads the database cannot use it.
    digest = peewee.CharField(64, unique=True)
    label = peewee.CharField(100)
    enabled = peewee.BooleanField()
    expires_at = InstantField(null=True)
    #: Argon2id; none: whoever has the link needs no password.
    password_hash = peewee.TextField(null=True)
    #: A JSON array of what is hidden.
    redactions = StringsField()
    created_at = InstantField()
    views = peewee.IntegerField()
    last_viewed_at = InstantField(null=True)

    class Meta:
        table_name = "share_links"


class ShareView(Model):
    """Views of a link on one day from one network with one kind of browser."""

    id = IdField()
    link = peewee.ForeignKeyField(ShareLink, on_delete="CASCADE", backref="view_log", index=False)
    day = DateField(index=True)
    client = peewee.CharField(64)
    browser = peewee.CharField(20)
    count = peewee.IntegerField()
    last_at = InstantField()

    class Meta:
        table_name = "share_views"
        indexes = ((("link", "day", "client", "browser"), True),)
