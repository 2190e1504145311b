import peewee

from tripkit.database.fields import DateField, IdField, InstantField, JSONTextField, MoneyField, StringsField
from tripkit.models.base import Model
from tripkit.models.user import User


class Plan(Model):
    """A trip. `version` grows by one with every write."""

    id = IdField()
    owner = peewee.ForeignKeyField(User, on_delete="CASCADE", backref="plans", index=False)
    title = peewee.CharField(200)
    destination = peewee.CharField(100)
    description = peewee.TextField(default="")
    start_date = DateField(null=True)
    end_date = DateField(null=True)
    budget = MoneyField(null=True)
    currency = peewee.CharField(3, constraints=[peewee.SQL("DEFAULT 'EUR'")])
    status = peewee.CharField(10, constraints=[peewee.SQL("DEFAULT 'draft'")])
    plan_data = JSONTextField(constraints=[peewee.SQL("DEFAULT '{}'")])
    #: A JSON array of strings without quotes or backslashes in them, so that `"tag"` in the text is a match.
    tags = StringsField(constraints=[peewee.SQL("DEFAULT '[]'")])
    timezone = peewee.CharField(64, null=True)
    version = peewee.IntegerField(constraints=[peewee.SQL("DEFAULT 1")])
    created_at = InstantField()
    updated_at = InstantField()
    trashed_at = InstantField(null=True)
    #: Where the destination is, as the gazetteer has it: computed, so that plans are found by it. Empty: it knows none.
    destination_country = peewee.CharField(2, null=True)
    #: The version that can be found by searching; see `services/search_index.py`.
    searched_version = peewee.IntegerField(constraints=[peewee.SQL("DEFAULT 0")])

    class Meta:
        table_name = "plans"
        # Read backwards it serves the order of lists: newest first.
        indexes = ((("owner", "updated_at", "id"), False),)


# The gallery: what everybody may read, newest first; see `policy.is_published`.
Plan.add_index(
    Plan.index(
        Plan.updated_at,
        Plan.id,
        name="plans_published",
        where=(Plan.status == "published") & Plan.trashed_at.is_null(),
    )
)
# Only what is in the trash: an index on all rows would tempt the planner away from the order above.
Plan.add_index(Plan.index(Plan.trashed_at, name="plans_trashed_at", where=Plan.trashed_at.is_null(False)))
# What is still to be taken into the index of searches; see `services/search_index.py`.
Plan.add_index(Plan.index(Plan.owner, Plan.id, name="plans_unsearched", where=Plan.searched_version != Plan.version))
