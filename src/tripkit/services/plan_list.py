"""The list of plans: its filters and orders as keyset pages, one compiled statement for each shape of query.

Of whoever is a member of no plan only their own are read: those stand in the index as they are listed. Of plans of
others no index knows the order. A page of them is chosen by keys before it is read, so that rows which it does not show
are not carried along.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Any, Final, Literal, TypeAlias

import msgspec
import peewee
from peewee import fn

from tripkit.database import Engine, Param, Statement, row
from tripkit.models import Item, Plan, PlanMember, User
from tripkit.schemas.plans import PlanOut, PlanQuery
from tripkit.services import policy

#: Whose plans are listed: one's own, those of others, or both.
Whose: TypeAlias = Literal["own", "others", "all"]


def columns_of(kind: type[msgspec.Struct]) -> tuple[peewee.Node, ...]:
    """The columns of a plan, in the order of the fields of `kind`."""
    elsewhere: dict[str, Any] = {"user": User.username, "role": policy.role()}
    return tuple(elsewhere[name] if name in elsewhere else getattr(Plan, name) for name in kind.__struct_fields__)


def bears_tag() -> peewee.Expression:
    """Whether a plan bears the tag that is, `quoted`, the parameter `tag`."""
    # The tags are a JSON array; a text differs from itself without `"tag"` when it holds it.
    return fn.REPLACE(Plan.tags, Param("tag"), "") != Plan.tags


def goes_to_country() -> peewee.Expression:
    """Whether the destination of a plan, or a place of an item of it, is in the country of the parameter `country`."""
    code = Param("country")
    visited = Plan.destination_country == code
    for column in (Item.place_country, Item.end_place_country):
        here = Item.select(peewee.Value(1, converter=False)).where(
            (Item.plan == Plan.id) & Item.trashed_at.is_null() & (column == code)
        )
        visited |= fn.EXISTS(here)
    return visited


def quoted(tag: str) -> str:
    """A tag as it stands in the JSON array."""
    return msgspec.json.encode(tag).decode()


COLUMNS: Final = columns_of(PlanOut)
#: Plans without a date count as later than all that have one.
_NEVER: Final = date.max
_FILTERS: Final[dict[str, Callable[[], peewee.Expression]]] = {
    "status": lambda: Plan.status == Param("status"),
    "tag": bears_tag,
    "country": goes_to_country,
    "from_": lambda: fn.COALESCE(Plan.end_date, Plan.start_date) >= Param("from_date"),
    "to": lambda: Plan.start_date <= Param("to_date"),
}


def rows(db: Engine, query: PlanQuery, values: dict[str, Any]) -> Iterator[PlanOut]:
    """The plans that a query is about, in order. The trash is the owner's."""
    if query.trashed or query.role == "owner":
        yield from _page(query, "own").each(db, **values)
    elif query.role is not None:
        yield from _page(query, "others").each(db, **values)
    else:
        yield from _own_or_all(db, query, values)


def _own_or_all(db: Engine, query: PlanQuery, values: dict[str, Any]) -> Iterator[PlanOut]:
    # One's own plans come with whether there are any of others: mostly there are not, and nothing more has to be asked.
    is_complete = False
    for is_member, *columns in _page(query, "own", hinted=True).each(db, **values):
        if is_member:
            break
        is_complete = True
        yield PlanOut(*columns)
    if not is_complete:
        yield from _page(query, "all").each(db, **values)


def _page(query: PlanQuery, whose: Whose, *, hinted: bool = False) -> Statement[Any]:
    """The statement for queries of this shape."""
    filters = tuple(name for name in _FILTERS if getattr(query, name) is not None)
    shape = (filters, query.trashed, query.ordering, query.cursor is not None)
    return _statement(*shape, whose, of_role=query.role is not None, hinted=hinted)


@cache
def _statement(
    filters: tuple[str, ...], trashed: bool, ordering: str, after: bool, whose: Whose, *, of_role: bool, hinted: bool
) -> Statement[Any]:
    def build() -> peewee.Query:
        key = _key(ordering.lstrip("-"))
        where = Plan.trashed_at.is_null(not trashed)
        for name in filters:
            where &= _FILTERS[name]()
        place = peewee.Tuple(key, Plan.id)
        at = peewee.Tuple(Param("place"), Param("place_id"))
        if ordering.startswith("-"):
            order = (key.desc(), Plan.id.desc())
            beyond = place < at
        else:
            order = (key.asc(), Plan.id.asc())
            beyond = place > at
        if after:
            where &= beyond

        def first(*columns: Any, among: peewee.Expression) -> Any:
            return Plan.select(*columns).where(among & where).order_by(*order).limit(Param("limit"))

        own, others = Plan.owner == Param("user"), Plan.id.in_(_memberships(of_role=of_role))
        if whose == "own":
            hint = [fn.EXISTS(_memberships(of_role=False))] if hinted else []
            return first(*hint, *COLUMNS, among=own).join(User)
        parts = [first(Plan.id, among=each) for each in ((others,) if whose == "others" else (own, others))]
        return Plan.select(*COLUMNS).join(User).where(Plan.id.in_(_union(parts))).order_by(*order).limit(Param("limit"))

    return Statement(build, record=row if hinted else PlanOut)


def _memberships(*, of_role: bool) -> Any:
    theirs = PlanMember.user == Param("user")
    return PlanMember.select(PlanMember.plan).where(theirs & (PlanMember.role == Param("role")) if of_role else theirs)


def _union(parts: list[Any]) -> Any:
    """The ids of several queries that have an order and a limit each, which SQLite takes only one level down."""
    selects = []
    for number, part in enumerate(parts):
        inner = part.alias(f"part{number}")
        selects.append(peewee.Select([inner], [inner.c.id]))
    return selects[0] if len(selects) == 1 else selects[0].union_all(selects[1])


def _key(name: str) -> Any:
    column = getattr(Plan, name)
    return fn.COALESCE(column, peewee.Value(_NEVER, converter=False)) if name == "start_date" else column


def place_of(ordering: str, plan: PlanOut) -> tuple[Any, int]:
    """Where a page that ends with this plan ends."""
    value = getattr(plan, ordering.lstrip("-"))
    return (_NEVER if value is None else value), plan.id


def place_values(ordering: str, place: list[Any]) -> dict[str, Any]:
    """The parameters for what comes after a place that was read from a cursor."""
    value, plan_id = place
    name = ordering.lstrip("-")
    if name in ("created_at", "updated_at"):
        value = datetime.fromisoformat(value)
    elif name == "start_date":
        value = date.fromisoformat(value)
    return {"place": value, "place_id": plan_id}
