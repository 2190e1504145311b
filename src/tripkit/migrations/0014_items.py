"""Items: what fills a plan."""

import peewee

from tripkit.database.fields import AmountField, DateField, IdField, InstantField


def up(migrator, db):
    class Base(peewee.Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Plan(Base):
        id = IdField()

        class Meta:
            table_name = "plans"

    class Item(Base):
        id = IdField()
        plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", index=False)
        uid = peewee.CharField(100)
        kind = peewee.CharField(10)
        title = peewee.CharField(200)
        notes = peewee.TextField()
        start_date = DateField(null=True)
        start_time = peewee.CharField(8, null=True)
        start_zone = peewee.CharField(64, null=True)
        end_date = DateField(null=True)
        end_time = peewee.CharField(8, null=True)
        end_zone = peewee.CharField(64, null=True)
        place_name = peewee.CharField(200)
        place_address = peewee.CharField(500)
        place_lat = peewee.DoubleField(null=True)
        place_lon = peewee.DoubleField(null=True)
        place_country = peewee.CharField(2, null=True)
        place_timezone = peewee.CharField(64, null=True)
        end_place_name = peewee.CharField(200)
        end_place_address = peewee.CharField(500)
        end_place_lat = peewee.DoubleField(null=True)
        end_place_lon = peewee.DoubleField(null=True)
        end_place_country = peewee.CharField(2, null=True)
        end_place_timezone = peewee.CharField(64, null=True)
        cost = AmountField(null=True)
        currency = peewee.CharField(3, null=True)
        paid = AmountField(null=True)
        paid_currency = peewee.CharField(3, null=True)
        booking_reference = peewee.CharField(100)
        status = peewee.CharField(10)
        position = peewee.DoubleField()
        version = peewee.IntegerField(constraints=[peewee.SQL("DEFAULT 1")])
        created_at = InstantField()
        updated_at = InstantField()
        trashed_at = InstantField(null=True)

        class Meta:
            table_name = "items"
            indexes = ((("plan", "uid"), True),)

    Item.add_index(Item.index(Item.trashed_at, name="items_trashed_at", where=Item.trashed_at.is_null(False)))
    db.create_tables([Item])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("items"))
