"""The gallery: published plans, for everybody to read, with an account or without.

Strangers must not be able to keep the database busy: a page looks at no more than `EXAMINED` published plans. When a
filter leaves fewer of them than were asked for, be it none, the page is short, and its cursor leads on.
"""

from datetime import UTC, datetime
from typing import Final

import peewee

from tripkit.database import Engine, Param, Statement, row
from tripkit.errors import NotFound
from tripkit.models import Plan, User
from tripkit.schemas.gallery import GalleryPage, GalleryPlan, GalleryQuery
from tripkit.services import pages, policy
from tripkit.services.cursors import Cursors
from tripkit.services.plan_list import bears_tag, columns_of, quoted

#: With the largest plans there may be, looking at so many takes SQLite 40 ms.
EXAMINED: Final = 1000
_SCOPE: Final = "gallery"
#: Before the first plan and behind the last.
_TOP: Final = (datetime.max.replace(tzinfo=UTC), 2**63 - 1)
_BOTTOM: Final = (datetime.min.replace(tzinfo=UTC), 0)
_NEWEST_FIRST: Final = (Plan.updated_at.desc(), Plan.id.desc())


def _place() -> peewee.Tuple:
    return peewee.Tuple(Plan.updated_at, Plan.id)


def _at(name: str) -> peewee.Tuple:
    return peewee.Tuple(Param(name), Param(f"{name}_id"))


def _public(*conditions: peewee.Expression) -> peewee.Query:
    return Plan.select(*columns_of(GalleryPlan)).join(User).where(policy.is_public(), *conditions)


def _page(*filters: peewee.Expression) -> peewee.Query:
    within = (_place() < _at("after")) & (_place() >= _at("until"))
    return _public(within, *filters).order_by(*_NEWEST_FIRST).limit(Param("limit"))


ONE = Statement(lambda: _public(Plan.id == Param("id")), record=GalleryPlan)
PAGE = Statement(_page, record=GalleryPlan)
PAGE_OF_TAG = Statement(lambda: _page(bears_tag()), record=GalleryPlan)
#: The place of the last plan that a page looks at, or none. It reads the index and nothing else.
HORIZON = Statement(
    lambda: (
        Plan.select(Plan.updated_at, Plan.id)
        .where(policy.is_published(), _place() < _at("after"))
        .order_by(*_NEWEST_FIRST)
        .limit(1)
        .offset(EXAMINED - 1)
    ),
    record=row,
)


class Gallery:
    """What people show to everybody. It is the same for all who look, so nobody is asked who they are."""

    def __init__(self, db: Engine, cursors: Cursors) -> None:
        self.db = db
        self._cursors = cursors

    def get(self, plan_id: int) -> GalleryPlan:
        """One published plan; raises `NotFound`, for all other plans as for those that do not exist."""
        found = ONE.one(self.db, id=plan_id)
        if found is None:
            raise NotFound("plan", plan_id)
        return found

    def page(self, query: GalleryQuery) -> GalleryPage:
        """One page of the gallery, what was changed last first."""
        after, after_id = _TOP if query.cursor is None else self._read(query.cursor)
        horizon = HORIZON.one(self.db, after=after, after_id=after_id)
        until, until_id = horizon or _BOTTOM
        values = {"after": after, "after_id": after_id, "until": until, "until_id": until_id, "limit": query.limit + 1}
        if query.tag is None:
            found = PAGE.each(self.db, **values)
        else:
            found = PAGE_OF_TAG.each(self.db, **values, tag=quoted(query.tag))
        results, more = pages.take(found, query.limit)
        end = (results[-1].updated_at, results[-1].id) if more else horizon
        return GalleryPage(results, self._cursors.write(_SCOPE, *end) if end else None)

    def _read(self, cursor: str) -> tuple[datetime, int]:
        updated_at, plan_id = self._cursors.read(_SCOPE, cursor)
        return datetime.fromisoformat(updated_at), plan_id
