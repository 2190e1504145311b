"""The gallery: published plans, for everybody to read, with an account or without.

Strangers must not be able to keep the database busy: a page looks at no more than `EXAMINED` published plans. When a
filter leaves fewer of them than were asked for, be it none, the page is short, and its cursor leads on.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import msgspec
import peewee
from peewee import fn

from tripkit.config import Settings
from tripkit.database import Engine, Param, Statement, row
from tripkit.errors import NotFound
from tripkit.models import Item, Plan, User
from tripkit.schemas.gallery import HIDDEN, GalleryPage, GalleryPlan, GalleryQuery, PublishedPlan
from tripkit.schemas.items import TRANSPORT
from tripkit.schemas.plans import PlanOut
from tripkit.services import gallery_filters, pages, policy
from tripkit.services.cursors import Cursors
from tripkit.services.plan_list import COLUMNS, bears_tag, columns_of, quoted
from tripkit.services.shared_plans import SharedPlans

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


def _somewhere() -> Any:
    """Whether something of a plan, but for journeys through, is in the country in the parameter `country`."""
    there = (
        (Item.plan == Plan.id)
        & (Item.place_country == Param("country"))
        & Item.trashed_at.is_null()
        & Item.kind.not_in(TRANSPORT)
    )
    return fn.EXISTS(Item.select(Item.id).where(there))


@cache
def page_statement(*, tag: bool, country: bool) -> Statement[tuple[GalleryPlan, bool]]:
    """Plans of one page, each with whether it is `_somewhere`."""

    def build() -> peewee.Query:
        where = policy.is_public() & (_place() < _at("after")) & (_place() >= _at("until"))
        columns = (*columns_of(GalleryPlan), _somewhere() if country else peewee.SQL("NULL"))
        found = Plan.select(*columns).join(User).where(where & bears_tag() if tag else where)
        return found.order_by(*_NEWEST_FIRST).limit(Param("limit"))

    return Statement(build, record=lambda *columns: (GalleryPlan(*columns[:-1]), bool(columns[-1])))


ONE = Statement(
    lambda: Plan.select(*COLUMNS).join(User).where(policy.is_public(), Plan.id == Param("id")), record=PlanOut
)
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

    def __init__(self, db: Engine, shared: SharedPlans, cursors: Cursors, settings: Settings) -> None:
        self.db = db
        self._shared, self._cursors, self._settings = shared, cursors, settings.plans

    def get(self, plan_id: int) -> PublishedPlan:
        """One published plan; raises `NotFound`, for all other plans as for those that do not exist."""
        plan = ONE.one(self.db, id=plan_id, user=policy.NOBODY) if self._settings.gallery else None
        if plan is None:
            raise NotFound("plan", plan_id)
        shown = self._shared.show(plan, HIDDEN)
        return PublishedPlan(**_fields(shown), id=plan.id, version=plan.version)

    def page(self, query: GalleryQuery) -> GalleryPage:
        """One page of the gallery, what was changed last first. Raises `NotFound` where there is no gallery."""
        if not self._settings.gallery:
            raise NotFound("gallery on this server", "")
        wanted = gallery_filters.of(query)
        after, after_id = _TOP if query.cursor is None else self._read(query.cursor)
        horizon = HORIZON.one(self.db, after=after, after_id=after_id)
        until, until_id = horizon or _BOTTOM
        limit = EXAMINED if gallery_filters.any_in(query) else query.limit + 1
        values = {"after": after, "after_id": after_id, "until": until, "until_id": until_id, "limit": limit}
        found = (plan for plan, there in self._each(query, values) if wanted(plan, there))
        results, more = pages.take(found, query.limit)
        end = (results[-1].updated_at, results[-1].id) if more else horizon
        return GalleryPage(results, self._cursors.write(_SCOPE, *end) if end else None)

    def _each(self, query: GalleryQuery, values: dict[str, Any]) -> Iterator[tuple[GalleryPlan, bool]]:
        statement = page_statement(tag=query.tag is not None, country=query.country is not None)
        if query.tag is not None:
            values["tag"] = quoted(query.tag)
        if query.country is not None:
            values["country"] = query.country.upper()
        return statement.each(self.db, **values)

    def _read(self, cursor: str) -> tuple[datetime, int]:
        updated_at, plan_id = self._cursors.read(_SCOPE, cursor)
        return datetime.fromisoformat(updated_at), plan_id


def _fields(record: msgspec.Struct) -> dict[str, Any]:
    """Its fields as they are (`structs.asdict` would do the same to what is in them)."""
    return {name: getattr(record, name) for name in record.__struct_fields__}
