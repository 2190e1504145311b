"""The index of searches, kept up behind the writes.

A write to a plan, or to what belongs to it, counts its version up. That alone makes it differ from `searched_version`,
for which there is an index: whoever writes does nothing for searches, and no way of writing can be forgotten. What
differs is taken into the index before the next search of somebody who may read it, or when a server has nothing else
to do. What is deleted takes its documents with it.
"""

from collections.abc import Iterator
from typing import Any, Final

import peewee

from tripkit.database import Command, Engine, Param, Statement, atomic, fulltext, params, row
from tripkit.models import Item, Plan, SearchDocument, SearchShelf
from tripkit.schemas.users import Actor
from tripkit.services import policy, words

#: A shelf with as many documents takes no other plan.
SHELF: Final = 20_000
#: Documents in one unit, for which all other units wait.
BATCH: Final = 200
#: Plans that are looked for at once.
_PLANS: Final = 200
_BEHIND: Final = Plan.searched_version != Plan.version
_LIVE: Final = (Item.plan == Param("plan")) & Item.trashed_at.is_null()
_PLACES: Final = (Item.place_name, Item.place_address, Item.end_place_name, Item.end_place_address)


def _behind(*conditions: peewee.Expression) -> peewee.Query:
    # Without an order or a limit: Postgres would go through all plans in the order of their numbers.
    return Plan.select(Plan.id).where(_BEHIND, *conditions)


def _new_items() -> peewee.Query:
    """Items that are not in the index as they are now."""
    document = SearchDocument
    changed = document.id.is_null() | (document.plan != Item.plan) | (document.version != Item.version)
    columns = (document.id, Item.id, Item.version, Item.title, Item.notes, Item.booking_reference, *_PLACES)
    found = Item.select(*columns).join(document, peewee.JOIN.LEFT_OUTER, on=document.item == Item.id)
    return found.where(_LIVE, changed).order_by(Item.id).limit(Param("most"))


OWN_BEHIND = Statement(lambda: _behind(Plan.owner == Param("user")), record=int)
SHARED_BEHIND = Statement(lambda: _behind(policy.is_shared()), record=int)
SOME_BEHIND = Statement(lambda: _behind().limit(_PLANS), record=int)
PLAN = Statement(
    lambda: Plan.select(
        Plan.owner, Plan.version, Plan.trashed_at, Plan.title, Plan.destination, Plan.tags, Plan.description
    ).where(Plan.id == Param("plan"), _BEHIND),
    record=row,
    locks=Plan,
)
DONE = Command(lambda: Plan.update(params(Plan.searched_version)).where(Plan.id == Param("id")))
PLAN_DOCUMENT = Statement(
    lambda: (
        SearchDocument.select(SearchDocument.id, SearchShelf.id, SearchShelf.owner)
        .join(SearchShelf)
        .where(SearchDocument.plan == Param("plan"), SearchDocument.item.is_null())
    ),
    record=row,
)
NEW_ITEMS = Statement(_new_items, record=row)
FORGET_PLAN = Command(lambda: SearchDocument.delete().where(SearchDocument.plan == Param("plan")))
FORGET_ITEMS = Command(
    lambda: SearchDocument.delete().where(
        SearchDocument.plan == Param("plan"),
        SearchDocument.item.is_null(False),
        SearchDocument.item.not_in(Item.select(Item.id).where(_LIVE)),
    )
)
ADD = Statement(
    lambda: SearchDocument.insert(
        params(SearchDocument.shelf, SearchDocument.plan, SearchDocument.item, SearchDocument.version)
    ).returning(SearchDocument.id),
    record=int,
)
UPDATE = Command(
    lambda: SearchDocument.update(params(SearchDocument.shelf, SearchDocument.plan, SearchDocument.version)).where(
        SearchDocument.id == Param("id")
    )
)
SHELF_WITH_ROOM = Statement(
    lambda: (
        SearchShelf.select(SearchShelf.id)
        .where(SearchShelf.owner == Param("owner"), SearchShelf.documents < SHELF)
        .order_by(SearchShelf.id.desc())
        .limit(1)
    ),
    record=int,
)
ADD_SHELF = Statement(
    lambda: SearchShelf.insert(params(SearchShelf.owner, SearchShelf.documents)).returning(SearchShelf.id), record=int
)
COUNT = Command(
    lambda: SearchShelf.update({SearchShelf.documents: SearchShelf.documents + Param("added")}).where(
        SearchShelf.id == Param("id")
    )
)
START_ANEW = (
    Command(lambda: SearchDocument.delete()),
    Command(lambda: SearchShelf.delete()),
    Command(lambda: Plan.update({Plan.searched_version: 0}).where(Plan.searched_version != 0)),
)


class SearchIndex:
    """Takes plans and their items into the index."""

    def __init__(self, db: Engine) -> None:
        self.db = db

    def catch_up(self, actor: Actor) -> None:
        """Take in what the actor may read and was written before this was called."""
        for behind in (OWN_BEHIND, SHARED_BEHIND):
            plans = sorted(behind.all(self.db, user=actor.user_id))
            while plans:
                plans = plans[self._some(plans) :]

    def catch_up_all(self) -> Iterator[int]:
        """Take in everything; after each unit, how many plans were done in it."""
        while plans := SOME_BEHIND.all(self.db):
            yield self._some(sorted(plans))

    def catch_up_some(self) -> bool:
        """Take in as much as one unit has room for; whether there was anything."""
        return next(self.catch_up_all(), None) is not None

    @atomic
    def tidy(self, *, begin: bool = True) -> bool:
        """Take what was deleted out of the file, step by step; whether there is more to do."""
        return fulltext.tidy(self.db, begin=begin)

    @atomic
    def start_anew(self) -> None:
        """Empty the index: everything is still to be taken in then."""
        fulltext.clear(self.db)
        for command in START_ANEW:
            command.run(self.db)

    @atomic
    def _some(self, plans: list[int]) -> int:
        """Take in the first of these plans, as many as one unit has room for; how many are done."""
        room = BATCH
        for done, plan_id in enumerate(plans):
            if room <= 0:
                return done
            room -= self._take_in(plan_id, room)
            if room < 0:
                return done
        return len(plans)

    def _take_in(self, plan_id: int, room: int) -> int:
        """Take in a plan, or some of it; how many documents that took, more than there is room for if not all."""
        found = PLAN.one(self.db, plan=plan_id)
        if found is None:  # somebody else did, or it is gone
            return 0
        owner, version, trashed_at, *texts = found
        written = 1
        if trashed_at is None:
            written = self._documents(plan_id, owner, version, texts, room)
        else:
            FORGET_PLAN.run(self.db, plan=plan_id)
        if written <= room:
            DONE.run(self.db, id=plan_id, searched_version=version)
        return written

    def _documents(self, plan_id: int, owner: int, version: int, texts: list[Any], room: int) -> int:
        """Write what has changed of a plan, but little more than there is room for; how many documents that were."""
        document, shelf, was_of = PLAN_DOCUMENT.one(self.db, plan=plan_id) or (None, None, owner)
        if was_of != owner:
            FORGET_PLAN.run(self.db, plan=plan_id)
        if document is None or was_of != owner:
            document, shelf = None, self._shelf(owner)
        title, destination, tags, description = texts
        new = [
            self._write(document, shelf, plan_id, None, version, _parts([title], [destination, *tags], [description]))
        ]
        FORGET_ITEMS.run(self.db, plan=plan_id)
        items = NEW_ITEMS.all(self.db, plan=plan_id, most=room)
        for known, item_id, item_version, item_title, notes, reference, *places in items:
            parts = _parts([item_title], places, [notes, reference])
            new.append(self._write(known, shelf, plan_id, item_id, item_version, parts))
        if added := sum(new):
            COUNT.run(self.db, id=shelf, added=added)
        return len(new)

    def _shelf(self, owner: int) -> int:
        found = SHELF_WITH_ROOM.one(self.db, owner=owner) or ADD_SHELF.one(self.db, owner=owner, documents=0)
        assert found is not None
        return found

    def _write(
        self, document: int | None, shelf: int, plan: int, item: int | None, version: int, parts: fulltext.Words
    ) -> bool:
        """Keep one document; whether it is new."""
        values = {"shelf": shelf, "plan": plan, "version": version}
        number = document or ADD.one(self.db, item=item, **values) or 0
        if document is not None:
            UPDATE.run(self.db, id=document, **values)
        fulltext.write(self.db, number, shelf, parts)
        return document is None


def _parts(title: list[str], place: list[str], text: list[str]) -> fulltext.Words:
    return {"title": words.indexed(title), "place": words.indexed(place), "text": words.indexed(text)}
