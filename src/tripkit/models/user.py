import peewee

from tripkit.database.fields import IdField, InstantField
from tripkit.models.base import Model


class User(Model):
    """A person with an account."""

    id = IdField()
    email = peewee.CharField(254)
    #: The address as it is compared: NFC, casefold, IDNA.
    email_key = peewee.CharField(320, unique=True)
    username = peewee.CharField(30)
    username_key = peewee.CharField(30, unique=True)
    first_name = peewee.CharField(150, default="")
    last_name = peewee.CharField(150, default="")
    #: Argon2id in the PHC string format; null for accounts that sign in elsewhere.
    password_hash = peewee.CharField(255, null=True)
    is_active = peewee.BooleanField(default=True)
    is_verified = peewee.BooleanField(default=False)
    is_admin = peewee.BooleanField(default=False)
    date_joined = InstantField()
    #: When the account was made for somebody who has not accepted the invitation yet; null for all others.
    invited_at = InstantField(null=True)

    class Meta:
        table_name = "users"
