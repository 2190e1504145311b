"""The index of the gallery: published plans in the order of their last change."""

import peewee

from tripkit.database.fields import IdField, InstantField


def up(migrator, db):
    class Plan(peewee.Model):
        id = IdField()
        status = peewee.CharField(10)
        updated_at = InstantField()
        trashed_at = InstantField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "plans"

    published = (Plan.status == "published") & Plan.trashed_at.is_null()
    index = Plan.index(Plan.updated_at, Plan.id, name="plans_published", where=published)
    db.execute(peewee.ValueLiterals(index))


def down(migrator, db):
    migrator.migrate(migrator.drop_index("plans", "plans_published"))
