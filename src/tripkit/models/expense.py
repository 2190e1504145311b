import peewee

from tripkit.database.fields import AmountField, DateField, IdField, InstantField, JSONTextField
from tripkit.models.base import Model
from tripkit.models.plan import Plan


class Expense(Model):
    """What travellers paid for each other. What everybody's share amounts to is computed."""

    id = IdField()
    plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", backref="expenses", index=False)
    #: The number of the item that was paid for; it counts only while there is that item in the same plan. An item that
    #: was deleted for good may be restored from the history.
    item = peewee.BigIntegerField(null=True, column_name="item_id", index=True)
    title = peewee.CharField(200)
    kind = peewee.CharField(10)
    notes = peewee.TextField()
    date = DateField()
    amount = AmountField()
    currency = peewee.CharField(3)
    #: A JSON array of `{"traveller_id": 1, "amount": "12.50"}`.
    paid_by = JSONTextField()
    split = peewee.CharField(10)
    #: A JSON array of `{"traveller_id": 1, "weight": "2", "amount": null}`, in which only what was given is kept.
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
