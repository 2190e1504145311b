import peewee

from tripkit.database.fields import IdField, InstantField, JSONTextField
from tripkit.models.base import Model
from tripkit.models.plan import Plan


class Change(Model):
    """One write to a plan, its first version excepted: that is what is left when every change is taken back."""

    id = IdField()
    plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", backref="changes", index=False)
    #: Of the plan, after it.
    version = peewee.IntegerField()
    at = InstantField(index=True)
    #: When the version before it was made.
    before_at = InstantField()
    #: Who did it, by number only: it outlives them. 0 is the operator of the machine.
    actor = peewee.BigIntegerField()
    #: The session or token that was used.
    via = peewee.CharField(40)
    action = peewee.CharField(40)
    #: The version that was taken back, or gone back to.
    target = peewee.IntegerField(null=True)
    #: What is different: see `services.parts.Part`.
    parts = JSONTextField()

    class Meta:
        table_name = "changes"
        indexes = ((("plan", "version"), True),)
