import peewee

from tripkit.database.fields import IdField, InstantField, JSONTextField
from tripkit.models.base import Model


class OAuthTicket(Model):
    """One step of a sign-in with a provider that is waited for. Using it deletes it."""

    id = IdField()
    #: SHA-256 of the ticket: whoever reads the database cannot use it.
    digest = peewee.CharField(64, unique=True)
    purpose = peewee.CharField(20)
    payload = JSONTextField()
    expires_at = InstantField(index=True)

    class Meta:
        table_name = "oauth_tickets"
