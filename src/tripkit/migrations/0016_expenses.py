"""Travellers, and what they spend for each other."""

import peewee

from tripkit.database.fields import AmountField, DateField, IdField, InstantField, JSONTextField


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

    class Expense(Base):
        id = IdField()
        plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", index=False)
        item = peewee.BigIntegerField(null=True, column_name="item_id", index=True)
        title = peewee.CharField(200)
        kind = peewee.CharField(10)
        notes = peewee.TextField()
        date = DateField()
        amount = AmountField()
        currency = peewee.CharField(3)
        paid_by = JSONTextField()
        split = peewee.CharField(10)
        shared_by = JSONTextField()
        version = peewee.IntegerField(constraints=[peewee.SQL("DEFAULT 1")])
        created_at = InstantField()
        updated_at = InstantField()
        trashed_at = InstantField(null=True)

        class Meta:
            table_name = "expenses"
            indexes = ((("plan", "date", "id"), False),)

    Expense.add_index(
        Expense.index(Expense.trashed_at, name="expenses_trashed_at", where=Expense.trashed_at.is_null(False))
    )
    db.create_tables([Traveller, Expense])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("expenses"), migrator.drop_table("travellers"))
