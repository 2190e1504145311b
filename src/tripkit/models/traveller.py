import peewee

from tripkit.database.fields import IdField, InstantField
from tripkit.models.base import Model
from tripkit.models.plan import Plan


class Traveller(Model):
    """Somebody who comes along, with an account or without."""

    id = IdField()
    plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", backref="travellers", index=False)
    name = peewee.CharField(100)
    #: The name as it is compared.
    name_key = peewee.CharField(200)
    created_at = InstantField()

    class Meta:
        table_name = "travellers"
        # It also finds all travellers of a plan.
        indexes = ((("plan", "name_key"), True),)
