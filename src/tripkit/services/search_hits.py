"""What is shown of the plans and items that a search found."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

import msgspec
import peewee

from tripkit.database import Engine, Param, Statement, row
from tripkit.models import Item, Plan, User
from tripkit.schemas.search import Field, FoundItem, FoundPlan, Mark, SearchHit
from tripkit.schemas.users import Actor
from tripkit.services import item_records, policy, words
from tripkit.services.plan_list import columns_of
from tripkit.services.words import Term

#: Characters of a snippet.
_LENGTH: Final = 160
#: ... of which so many stand before what was found.
_BEFORE: Final = 40
_BREAKS: Final = str.maketrans(dict.fromkeys("\n\r\t\x0b\x0c\x85\u2028\u2029", " "))
_PLAN: Final = columns_of(FoundPlan)
Texts = Sequence[tuple[Field, str]]


class _Found(msgspec.Struct, frozen=True):
    plan: FoundPlan
    texts: Texts


def _among(column: peewee.Field, count: int) -> peewee.Expression:
    return column.in_([Param(f"id{number}", column) for number in range(count)])


@cache
def _plans(count: int) -> Statement[tuple[Any, ...]]:
    readable = (Plan.trashed_at.is_null(), policy.has_role())
    columns = (*_PLAN, Plan.tags, Plan.description)
    return Statement(lambda: Plan.select(*columns).join(User).where(_among(Plan.id, count), *readable), record=row)


@cache
def _items(count: int) -> Statement[item_records.Entry]:
    return Statement(
        lambda: Item.select(*item_records.COLUMNS).where(_among(Item.id, count), Item.trashed_at.is_null()),
        record=item_records.read,
    )


class SearchHits:
    """Reads what was found, in a constant number of queries."""

    def __init__(self, db: Engine) -> None:
        self._db = db

    def shown(self, actor: Actor, terms: list[Term], found: Sequence[tuple[int, int | None]]) -> list[SearchHit]:
        """The hits for plans, and items of plans, by their numbers. What went meanwhile is left out."""
        plans = {
            row[0]: _read_plan(*row) for row in self._rows(_plans, (plan for plan, _ in found), user=actor.user_id)
        }
        entries = {entry.item.id: entry.item for entry in self._rows(_items, (item for _, item in found if item))}
        hits = []
        for plan_id, item_id in found:
            plan = plans.get(plan_id)
            item = entries.get(item_id) if item_id else None
            if plan is None or (item_id and (item is None or item.plan_id != plan_id)):
                continue
            if item is None:
                hits.append(SearchHit(plan.plan, None, *_snippet(plan.texts, terms)))
            else:
                shown = FoundItem(item.id, item.kind, item.title, item.start, item.start_zone)
                hits.append(SearchHit(plan.plan, shown, *_snippet(_item_texts(item), terms)))
        return hits

    def _rows(self, statement: Any, ids: Iterable[int], **values: Any) -> list[Any]:
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return []
        # There are few different statements: those for 1, 2, 4, 8 … numbers.
        count = 1 << (len(wanted) - 1).bit_length()
        wanted += wanted[-1:] * (count - len(wanted))
        found: list[Any] = statement(count).all(self._db, **{f"id{n}": each for n, each in enumerate(wanted)}, **values)
        return found


def _read_plan(*columns: Any) -> _Found:
    *shown, tags, description = columns
    plan = FoundPlan(*shown)
    texts: Texts = (
        ("title", plan.title),
        ("destination", plan.destination),
        ("tags", ", ".join(tags)),
        ("description", description),
    )
    return _Found(plan, texts)


def _item_texts(item: Any) -> Texts:
    places = [(place.name, place.address) for place in (item.place, item.end_place) if place]
    return (
        ("title", item.title),
        ("place", " → ".join(", ".join(filter(None, each)) for each in places)),
        ("notes", item.notes),
        ("booking_reference", item.booking_reference),
    )


def _snippet(texts: Texts, terms: list[Term]) -> tuple[Field, str, list[Mark]]:
    """From the text that has most of the terms, the first of those that have as many; and where they are in it."""
    (field, text), marks, most = texts[0], [], 0
    for each in texts:
        ranges, there = words.marks(each[1], terms)
        if len(there) > most:
            (field, text), marks, most = each, ranges, len(there)
        if most == len(terms):
            break
    if len(text) <= _LENGTH:
        return field, text.translate(_BREAKS), [Mark(*each) for each in marks]
    start = _word_start(text, max(0, marks[0][0] - _BEFORE)) if marks else 0
    end = min(len(text), start + _LENGTH)
    before, after = "… " if start else "", " …" if end < len(text) else ""
    shift = len(before) - start
    inside = [Mark(first + shift, min(last, end) + shift) for first, last in marks if start <= first < end]
    return field, f"{before}{text[start:end].translate(_BREAKS)}{after}", inside


def _word_start(text: str, at: int) -> int:
    """`at`, or the beginning of the next word soon after."""
    blank = text.find(" ", at, at + _BEFORE // 2) if at else -1
    return at if blank < 0 else blank + 1
