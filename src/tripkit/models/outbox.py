import peewee

from tripkit.database.fields import IdField, InstantField
from tripkit.models.base import Model
from tripkit.models.user import User


class OutboxMessage(Model):
    """A message that waits to be sent. It is written with the work that causes it, and deleted once it has gone out."""

    id = IdField()
    #: The account it is about: it goes with it.
    user = peewee.ForeignKeyField(User, null=True, on_delete="CASCADE", backref="mail")
    #: A `mail.base.Message`, as JSON.
    content = peewee.TextField()
    give_up_at = InstantField()
    #: When a sender may take it. One that has it sets the time by which it must be done.
    due_at = InstantField(index=True)
    #: Grows whenever a sender takes it: one that knows an older number has it no more.
    attempts = peewee.IntegerField(default=0)
    #: From here on the mail server may count it as sent.
    handed_over_at = InstantField(null=True)
    #: Why the last try failed.
    problem = peewee.CharField(500, default="")

    class Meta:
        table_name = "outbox"
