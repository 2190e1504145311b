"""Travellers, and what they spend for each other."""

import peewee

from tripkit.database.fields import IdField, InstantField


def up(migrator, db):
    class Base(peewee.Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Plan(Base):
        id = IdField()

        class Meta:
            table_name = "plans"

    class Traveller(Base):
        id = IdField()
        plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", index=False)
        name = peewee.CharField(100)
        name_key = peewee.CharField(200)
        created_at = InstantField()

        class Meta:
            table_name = "travellers"
            indexes = ((("plan", "name_key"), True),)

    db.create_tables([Traveller])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("travellers"))
