"""The exchange rates of plans, and what is ignored when they are checked."""

import peewee

from tripkit.database.fields import IdField, JSONTextField


def up(migrator, db):
    class Base(peewee.Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Plan(Base):
        id = IdField()

        class Meta:
            table_name = "plans"

    class PlanSettings(Base):
        id = IdField()
        plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", unique=True)
        rates = JSONTextField()
        ignored_checks = JSONTextField()

        class Meta:
            table_name = "plan_settings"

    db.create_tables([PlanSettings])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("plan_settings"))
