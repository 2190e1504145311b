"""Checklists and their templates; and in which countries plans are."""

import peewee

from tripkit.database.fields import IdField, InstantField, StringsField


def up(migrator, db):
    class Base(peewee.Model):
        class Meta:
            database = db
            legacy_table_names = False

    class User(Base):
        id = IdField()

        class Meta:
            table_name = "users"

    class Plan(Base):
        id = IdField()

        class Meta:
            table_name = "plans"

    class Traveller(Base):
        id = IdField()

        class Meta:
            table_name = "travellers"

    class Item(Base):
        id = IdField()
        plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", index=False)
        end_place_country = peewee.CharField(2, null=True)

        class Meta:
            table_name = "items"

    class Checklist(Base):
        id = IdField()
        plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE")
        name = peewee.CharField(100)
        position = peewee.DoubleField()
        version = peewee.IntegerField(constraints=[peewee.SQL("DEFAULT 1")])
        created_at = InstantField()
        updated_at = InstantField()
        trashed_at = InstantField(null=True)

        class Meta:
            table_name = "checklists"

    class ChecklistEntry(Base):
        id = IdField()
        plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE")
        checklist = peewee.ForeignKeyField(Checklist, on_delete="CASCADE")
        text = peewee.CharField(300)
        done = peewee.BooleanField()
        assignee = peewee.ForeignKeyField(Traveller, on_delete="SET NULL", null=True)
        position = peewee.DoubleField()
        version = peewee.IntegerField(constraints=[peewee.SQL("DEFAULT 1")])
        created_at = InstantField()
        updated_at = InstantField()
        trashed_at = InstantField(null=True)

        class Meta:
            table_name = "checklist_entries"

    class ChecklistTemplate(Base):
        id = IdField()
        owner = peewee.ForeignKeyField(User, on_delete="CASCADE")
        name = peewee.CharField(100)
        entries = StringsField()
        version = peewee.IntegerField(constraints=[peewee.SQL("DEFAULT 1")])
        created_at = InstantField()
        updated_at = InstantField()

        class Meta:
            table_name = "checklist_templates"

    for table in (Checklist, ChecklistEntry):
        name = f"{table._meta.table_name}_trashed_at"
        table.add_index(table.index(table.trashed_at, name=name, where=table.trashed_at.is_null(False)))
    db.create_tables([Checklist, ChecklistEntry, ChecklistTemplate])

    migrator.migrate(migrator.add_column("plans", "destination_country", peewee.CharField(2, null=True)))
    there = Item.end_place_country
    db.execute(Item.index(Item.plan, there, name="items_end_place_country", where=there.is_null(False)))


def down(migrator, db):
    migrator.migrate(
        migrator.drop_index("items", "items_end_place_country"),
        migrator.drop_column("plans", "destination_country"),
        migrator.drop_table("checklist_templates"),
        migrator.drop_table("checklist_entries"),
        migrator.drop_table("checklists"),
    )
