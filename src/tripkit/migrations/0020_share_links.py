"""Links through which plans are read without an account, and the log of their views."""

import peewee

from tripkit.database.fields import DateField, IdField, InstantField, JSONTextField


def up(migrator, db):
    class Base(peewee.Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Plan(Base):
        id = IdField()

        class Meta:
            table_name = "plans"

    class ShareLink(Base):
        id = IdField()
        plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE")
        digest = peewee.CharField(64, unique=True)
        label = peewee.CharField(100)
        enabled = peewee.BooleanField()
        expires_at = InstantField(null=True)
        password_hash = peewee.TextField(null=True)
        redactions = JSONTextField()
        created_at = InstantField()
        views = peewee.IntegerField()
        last_viewed_at = InstantField(null=True)

        class Meta:
            table_name = "share_links"

    class ShareView(Base):
        id = IdField()
        link = peewee.ForeignKeyField(ShareLink, on_delete="CASCADE", index=False)
        day = DateField(index=True)
        client = peewee.CharField(64)
        browser = peewee.CharField(20)
        count = peewee.IntegerField()
        last_at = InstantField()

        class Meta:
            table_name = "share_views"
            indexes = ((("link", "day", "client", "browser"), True),)

    class Item(Base):
        plan = peewee.ForeignKeyField(Plan, index=False)
        place_country = peewee.CharField(2, null=True)
        trashed_at = InstantField(null=True)

        class Meta:
            table_name = "items"

    db.create_tables([ShareLink, ShareView])
    somewhere = Item.place_country.is_null(False) & Item.trashed_at.is_null()
    index = Item.index(Item.plan, Item.place_country, name="items_country", where=somewhere)
    db.execute(peewee.ValueLiterals(index))


def down(migrator, db):
    migrator.migrate(
        migrator.drop_index("items", "items_country"),
        migrator.drop_table("share_views"),
        migrator.drop_table("share_links"),
    )
