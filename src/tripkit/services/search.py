"""Searching plans and their items.

What is found is in the order of where the words are: whole words of the title, words of the title that begin so,
titles and places, anything. Among those that are equal in this the last added is first. One who has many thousand
documents searches them shelf by shelf, the newest first: no search ranks more than one shelf can hold. Filters may
leave nothing of that; so with filters a page looks at no more documents than a shelf holds, and may be short or empty.
"""

from collections.abc import Iterator, Sequence
from functools import cache, reduce
from operator import and_
from typing import Any, Final

import peewee
from peewee import fn

from tripkit.database import Engine, Param, Statement, fulltext, row
from tripkit.errors import ValidationFailed
from tripkit.models import Item, Plan, SearchDocument, SearchShelf
from tripkit.schemas.search import SearchPage, SearchQuery
from tripkit.schemas.users import Actor
from tripkit.services import countries, policy, validation, words
from tripkit.services.cursors import Cursors
from tripkit.services.plan_list import bears_tag, quoted
from tripkit.services.search_hits import SearchHits
from tripkit.services.search_index import SHELF, SearchIndex
from tripkit.services.words import Term

_SCOPE: Final = "search"
#: The parts of a document that must have all words, and whether as whole words: 1, what must be so at least, to 4.
_MERITS: Final[tuple[tuple[tuple[fulltext.Part, ...], bool], ...]] = (
    (fulltext.PARTS, False),
    (("title", "place"), False),
    (("title",), False),
    (("title",), True),
)
_BEST: Final = len(_MERITS)
#: Words that are searched for at once.
MOST_TERMS: Final = 20
#: Shelves that are asked at once whether they have anything.
_MOST_SHELVES: Final = 16
#: Before everything: a shelf, a merit and a document.
_TOP: Final = (2**63 - 1, _BEST, 2**63 - 1)


def _shelves() -> peewee.Query:
    """Own shelves, and those of plans of others, from one on."""
    shared = SearchDocument.select(SearchDocument.shelf).join(Plan)
    shared = shared.where(SearchDocument.item.is_null(), policy.is_shared())
    readable = (SearchShelf.owner == Param("user")) | SearchShelf.id.in_(shared)
    found = SearchShelf.select(SearchShelf.id, SearchShelf.documents).where(readable, SearchShelf.id <= Param("first"))
    return found.order_by(SearchShelf.id.desc())


def _is_on(*, begins_by: bool, ends_from: bool) -> peewee.Expression:
    """Whether it begins by `to_date`, and ends on `from_date` or later; an item without dates is on with its plan."""

    def within(first: peewee.Node, last: peewee.Node) -> list[peewee.Expression]:
        begins, ends = first <= Param("to_date", Plan.start_date), last >= Param("from_date", Plan.start_date)
        return [each for each, wanted in ((begins, begins_by), (ends, ends_from)) if wanted]

    plan = within(Plan.start_date, fn.COALESCE(Plan.end_date, Plan.start_date))
    first = peewee.Case(None, ((Item.start_date.is_null(False), Item.start_date),), Plan.start_date)
    last = fn.COALESCE(Item.end_date, Item.start_date, Plan.end_date, Plan.start_date)
    # Not by a join, for which Postgres would read all items there are.
    item = Item.select(peewee.SQL("1")).where(Item.id == SearchDocument.item, *within(first, last))
    return reduce(and_, plan, SearchDocument.item.is_null()) | fn.EXISTS(item)


def _in_country() -> peewee.Expression:
    other = Item.alias()
    there = (other.place_country == Param("country")) | (other.end_place_country == Param("country"))
    same = peewee.Case(None, ((SearchDocument.item.is_null(), other.plan == Plan.id),), other.id == SearchDocument.item)
    goes_there = SearchDocument.item.is_null() & (Plan.destination_country == Param("country"))
    return goes_there | fn.EXISTS(
        other.select(peewee.SQL("1")).where(other.plan == Plan.id, same, other.trashed_at.is_null(), there)
    )


_FILTERS: Final = {
    "status": lambda: Plan.status == Param("status"),
    "tag": bears_tag,
    "country": _in_country,
}
_DATES: Final = ("to", "from_")
SHELVES = Statement(_shelves, record=row)


@cache
def _page(filters: tuple[str, ...]) -> Statement[tuple[int, int, int, int, int | None]]:
    """Documents after a place, of one shelf: shelf, merit, document, plan and item of each."""

    def build() -> peewee.Query:
        document = SearchDocument
        better = [(document.id.in_(fulltext.Matching(f"merit{merit}")), merit) for merit in range(_BEST, 1, -1)]
        columns = (
            document.shelf,
            peewee.Case(None, better, 1).alias("merit"),
            document.id,
            document.plan,
            document.item,
        )
        # SQLite keeps the order of a cross join: it would begin with all plans of the user, and be slow.
        found = document.select(*columns).join(Plan, peewee.JOIN.CROSS)
        where = [_FILTERS[name]() for name in filters if name in _FILTERS]
        if not {"from_", "to"}.isdisjoint(filters):
            where.append(_is_on(begins_by="to" in filters, ends_from="from_" in filters))
        # The shelf is in the words already: for Postgres, which else takes what matches for a part of all documents.
        found = found.where(
            document.shelf == Param("on"),
            document.id.in_(fulltext.Matching("merit1")),
            document.plan == Plan.id,
            policy.has_role(),
            *where,
        )
        # Each document is ranked once: merged into the query around it, the ranks would be looked for several times.
        ranked = found.cte("ranked", materialized=True, columns=("shelf", "merit", "document", "plan", "item"))
        place = peewee.Tuple(ranked.c.shelf, ranked.c.merit, ranked.c.document)
        end = peewee.Tuple(Param("shelf"), Param("merit"), Param("document"))
        order = (ranked.c.shelf.desc(), ranked.c.merit.desc(), ranked.c.document.desc())
        shown = ranked.select_from(ranked.c.shelf, ranked.c.merit, ranked.c.document, ranked.c.plan, ranked.c.item)
        return shown.where(place < end).order_by(*order).limit(Param("limit"))

    return Statement(build, record=row)


class Search:
    """Finds what is written in plans and items."""

    def __init__(self, db: Engine, index: SearchIndex, cursors: Cursors) -> None:
        self.db = db
        self._index, self._cursors = index, cursors
        self._hits = SearchHits(db)

    def page(self, actor: Actor, query: SearchQuery) -> SearchPage:
        """One page of what the actor may read and was found. What was written before this is called can be found.

        Raises `ValidationFailed` when there is no word to search for, no such country, or no day in a period.
        """
        terms = _terms(query.q)
        place = _TOP if query.cursor is None else tuple(self._cursors.read(_SCOPE, query.cursor))
        filters = _filters(query)
        self._index.catch_up(actor)
        shelves = SHELVES.all(self.db, user=actor.user_id, first=place[0])
        values = {"user": actor.user_id, **dict(zip(("shelf", "merit", "document"), place, strict=True)), **filters}
        names = tuple(name for name in (*_DATES, *_FILTERS) if getattr(query, name) is not None)
        found, end = self._found(_page(names), terms, dict(shelves), values, query.limit, filtered=bool(names))
        results = self._hits.shown(actor, terms, [(plan, item) for *_, plan, item in found])
        return SearchPage(results, self._cursors.write(_SCOPE, *end) if end else None)

    def _found(
        self,
        statement: Statement[tuple[Any, ...]],
        terms: list[Term],
        shelves: dict[int, int],
        values: Any,
        limit: int,
        *,
        filtered: bool,
    ) -> tuple[list[tuple[Any, ...]], Sequence[int] | None]:
        """The first documents on these shelves, each of which has so many; and where to go on, if that is not all."""
        found: list[tuple[Any, ...]] = []
        examined = 0
        for shelf in self._with_matches(terms, list(shelves), filtered=filtered):
            if filtered and examined and examined + shelves[shelf] > SHELF:
                return found, (shelf, *_TOP[1:])
            examined += shelves[shelf]
            merits = {f"merit{each}": self._expression(shelf, terms, each) for each in range(1, _BEST + 1)}
            found += statement.all(self.db, **values, **merits, on=shelf, limit=limit + 1 - len(found))
            if len(found) > limit:
                return found[:limit], found[limit - 1][:3]
        return found, None

    def _with_matches(self, terms: list[Term], shelves: list[int], *, filtered: bool) -> Iterator[int]:
        """Those of some shelves that may have anything, in order.

        Most have nothing, when the first had little: so it is asked of several at once which do. Of a word that many
        have that takes long; with filters the first may have little of such a word, too.
        """
        count = 1
        while shelves:
            some, shelves = shelves[:count], shelves[count:]
            if len(some) == 1 and not (filtered and shelves):
                found = some
            else:
                found = fulltext.scopes_with(self.db, some, _words(terms))
            yield from sorted(found, reverse=True)
            count = 1 if filtered and found else min(count * 4, _MOST_SHELVES)

    def _expression(self, shelf: int, terms: Sequence[Term], merit: int) -> str:
        parts, whole = _MERITS[merit - 1]
        return fulltext.expression(self.db, shelf, _words(terms, whole=whole), parts)


def _words(terms: Sequence[Term], *, whole: bool = False) -> list[tuple[str, bool]]:
    return [(term.text, whole or term.whole) for term in terms]


def _terms(text: str) -> list[Term]:
    terms = words.searched(text)
    if not terms:
        raise ValidationFailed({"q": ["must have a letter, a digit or a symbol to search for."]})
    if len(terms) > MOST_TERMS:
        raise ValidationFailed({"q": [f"is too long: {MOST_TERMS} words, or characters without spaces, are enough."]})
    return terms


def _filters(query: SearchQuery) -> dict[str, Any]:
    validation.check_period(query.from_, query.to)
    country = None if query.country is None else countries.wanted(query.country)
    found = {"status": query.status, "from_date": query.from_, "to_date": query.to, "country": country}
    return found | ({"tag": quoted(query.tag)} if query.tag is not None else {})
