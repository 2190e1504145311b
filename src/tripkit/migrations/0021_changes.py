"""What was changed in plans."""

import peewee

from tripkit.database.fields import IdField, InstantField, JSONTextField


def up(migrator, db):
    class Base(peewee.Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Plan(Base):
        id = IdField()

        class Meta:
            table_name = "plans"

    class Change(Base):
        id = IdField()
        plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", index=False)
        version = peewee.IntegerField()
        at = InstantField(index=True)
        before_at = InstantField()
        actor = peewee.BigIntegerField()
        via = peewee.CharField(40)
        action = peewee.CharField(40)
        target = peewee.IntegerField(null=True)
        parts = JSONTextField()

        class Meta:
            table_name = "changes"
            indexes = ((("plan", "version"), True),)

    db.create_tables([Change])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("changes"))
