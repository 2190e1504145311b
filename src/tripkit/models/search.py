"""What is searched: derived from plans and items by `services/search_index.py`, and made anew at any time.

The words themselves are in `search_words`, which is different on each database: see `database/fulltext.py`.
"""

import peewee

from tripkit.database.fields import IdField
from tripkit.models.base import Model
from tripkit.models.item import Item
from tripkit.models.plan import Plan
from tripkit.models.user import User


class SearchShelf(Model):
    """Some thousand documents of one owner, which are searched together."""

    id = IdField()
    owner = peewee.ForeignKeyField(User, on_delete="CASCADE")
    #: Documents that were ever put here.
    documents = peewee.IntegerField()

    class Meta:
        table_name = "search_shelves"


class SearchDocument(Model):
    """What is found: a plan, or one of its items. All of a plan is on one shelf."""

    id = IdField()
    shelf = peewee.ForeignKeyField(SearchShelf, on_delete="CASCADE")
    plan = peewee.ForeignKeyField(Plan, on_delete="CASCADE", index=False)
    #: None: the plan itself.
    item = peewee.ForeignKeyField(Item, on_delete="CASCADE", null=True, unique=True)
    #: That of the item or the plan when its words were taken.
    version = peewee.IntegerField()

    class Meta:
        table_name = "search_documents"
        # With the item, or SQLite would look for that of a plan itself among those of all plans.
        indexes = ((("plan", "item"), False),)
