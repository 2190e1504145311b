import peewee

from tripkit.database.fields import IdField, InstantField
from tripkit.models.base import Model
from tripkit.models.user import User


class SecondFactor(Model):
    """The authenticator app of somebody. Until it was confirmed with a code it counts for nothing."""

    id = IdField()
    user = peewee.ForeignKeyField(User, on_delete="CASCADE", unique=True, backref="second_factor")
    #: The secret that is shared with the app, encrypted (see `security.sealing`), and the id of the key for that.
    sealed = peewee.CharField(255)
    key = peewee.CharField(16)
    confirmed_at = InstantField(null=True)
    #: The time step of the last code that was taken: neither it nor an earlier one is taken again (RFC 6238, 5.2).
    last_step = peewee.BigIntegerField(default=0)
    #: Wrong codes in a row, and when the last of them came.
    failures = peewee.IntegerField(default=0)
    failed_at = InstantField(null=True)

    class Meta:
        table_name = "second_factors"


class RecoveryCode(Model):
    """One way in without the app. Using it deletes it."""

    id = IdField()
    user = peewee.ForeignKeyField(User, on_delete="CASCADE", backref="recovery_codes")
    #: SHA-256 of the code, which holds 120 bits.
    digest = peewee.CharField(64)

    class Meta:
        table_name = "recovery_codes"
