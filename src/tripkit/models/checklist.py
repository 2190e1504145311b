import peewee

from tripkit.database.fields import IdField, InstantField, StringsField
from tripkit.models.base import Model
from tripkit.models.plan import Plan
from tripkit.models.traveller import Traveller
from tripkit.models.user import User


class Checklist(Model):
    """What has to be thought of for a trip. `version` grows by one with every write to it or its entries."""

    id = IdField()
    plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", backref="checklists")
    name = peewee.CharField(100)
    #: Not whole, so that something fits between any two.
    position = peewee.DoubleField()
    version = peewee.IntegerField(constraints=[peewee.SQL("DEFAULT 1")])
    created_at = InstantField()
    updated_at = InstantField()
    trashed_at = InstantField(null=True)

    class Meta:
        table_name = "checklists"


Checklist.add_index(
    Checklist.index(Checklist.trashed_at, name="checklists_trashed_at", where=Checklist.trashed_at.is_null(False))
)


class ChecklistEntry(Model):
    """A line of a checklist."""

    id = IdField()
    #: That of the checklist.
    plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", backref="checklist_entries")
    checklist = peewee.ForeignKeyField(Checklist, on_delete="CASCADE", backref="entries")
    text = peewee.CharField(300)
    done = peewee.BooleanField()
    #: Who sees to it.
    assignee = peewee.ForeignKeyField(Traveller, on_delete="SET NULL", backref="entries", null=True)
    position = peewee.DoubleField()
    version = peewee.IntegerField(constraints=[peewee.SQL("DEFAULT 1")])
    created_at = InstantField()
    updated_at = InstantField()
    trashed_at = InstantField(null=True)

    class Meta:
        table_name = "checklist_entries"


ChecklistEntry.add_index(
    ChecklistEntry.index(
        ChecklistEntry.trashed_at, name="checklist_entries_trashed_at", where=ChecklistEntry.trashed_at.is_null(False)
    )
)


class ChecklistTemplate(Model):
    """A checklist that somebody starts others from."""

    id = IdField()
    owner = peewee.ForeignKeyField(User, on_delete="CASCADE", backref="checklist_templates")
    name = peewee.CharField(100)
    #: The texts of its entries, as a JSON array.
    entries = StringsField()
    version = peewee.IntegerField(constraints=[peewee.SQL("DEFAULT 1")])
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        table_name = "checklist_templates"
