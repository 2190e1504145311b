import peewee

from tripkit.database.fields import AmountField, DateField, IdField, InstantField
from tripkit.models.base import Model
from tripkit.models.plan import Plan


class Item(Model):
    """A part of a trip. Times are what clocks show there; everything that follows from them is computed."""

    id = IdField()
    plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", backref="items", index=False)
    #: The same wherever the item goes: in files, calendars, and other plans.
    uid = peewee.CharField(100)
    kind = peewee.CharField(10)
    title = peewee.CharField(200)
    notes = peewee.TextField()
    start_date = DateField(null=True)
    #: `09:30` or `09:30:15`, in 24 hours.
    start_time = peewee.CharField(8, null=True)
    start_zone = peewee.CharField(64, null=True)
    end_date = DateField(null=True)
    end_time = peewee.CharField(8, null=True)
    end_zone = peewee.CharField(64, null=True)
    #: Where it is; of a transport where it begins. Empty: nobody said.
    place_name = peewee.CharField(200)
    place_address = peewee.CharField(500)
    place_lat = peewee.DoubleField(null=True)
    place_lon = peewee.DoubleField(null=True)
    place_country = peewee.CharField(2, null=True)
    place_timezone = peewee.CharField(64, null=True)
    #: Of a transport where it ends.
    end_place_name = peewee.CharField(200)
    end_place_address = peewee.CharField(500)
    end_place_lat = peewee.DoubleField(null=True)
    end_place_lon = peewee.DoubleField(null=True)
    end_place_country = peewee.CharField(2, null=True)
    end_place_timezone = peewee.CharField(64, null=True)
    cost = AmountField(null=True)
    currency = peewee.CharField(3, null=True)
    #: What the cost was in the plan's currency when the item was done, where a rate was known.
    paid = AmountField(null=True)
    paid_currency = peewee.CharField(3, null=True)
    booking_reference = peewee.CharField(100)
    status = peewee.CharField(10)
    #: Sorts what starts at the same time. Not whole, so that something fits between any two.
    position = peewee.DoubleField()
    version = peewee.IntegerField(constraints=[peewee.SQL("DEFAULT 1")])
    created_at = InstantField()
    updated_at = InstantField()
    trashed_at = InstantField(null=True)

    class Meta:
        table_name = "items"
        # It also finds all items of a plan.
        indexes = ((("plan", "uid"), True),)


# The agenda: what happens when, in the plans that somebody may read.
Item.add_index(Item.index(Item.plan, Item.start_date, Item.end_date, name="items_dates"))
# Which plans go to a country; `items_country` serves the same question.
Item.add_index(
    Item.index(
        Item.plan, Item.end_place_country, name="items_end_place_country", where=Item.end_place_country.is_null(False)
    )
)
Item.add_index(Item.index(Item.trashed_at, name="items_trashed_at", where=Item.trashed_at.is_null(False)))
# The gallery asks of many plans whether something of theirs is in a country.
Item.add_index(
    Item.index(
        Item.plan,
        Item.place_country,
        name="items_country",
        where=Item.place_country.is_null(False) & Item.trashed_at.is_null(),
    )
)
