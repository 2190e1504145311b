"""The agenda: what happens when, in local time, in all plans that somebody may read."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any, Final

import peewee
from peewee import fn

from tripkit.database import Engine, Param, Statement
from tripkit.errors import ValidationFailed
from tripkit.models import Item, Plan
from tripkit.schemas.agenda import Agenda, AgendaDay, AgendaItem, AgendaMoment, AgendaPlan, AgendaQuery
from tripkit.schemas.users import Actor
from tripkit.services import agenda_days, item_records, policy, timeline, wall_time
from tripkit.services.agenda_days import Placed, Span, bounds, placed
from tripkit.services.clock import Clock
from tripkit.services.wall_time import WallTime

#: Days that are shown when nobody says how many, and at most.
DAYS: Final = 30
MOST_DAYS: Final = 366
#: Items, and entries, that one answer has room for; of a single day with more it shows as many items.
MOST: Final = 2000
_DAY: Final = timedelta(days=1)
_PLAN: Final = (Plan.id, Plan.title, Plan.destination, Plan.status, Plan.timezone)


def _read_item(plan_id: int, title: str, destination: str, status: Any, timezone: str | None, *columns: Any) -> Span:
    entry = item_records.read(*columns)
    item = AgendaItem(*(getattr(entry.item, name) for name in AgendaItem.__struct_fields__))
    assert entry.start is not None
    return Span(AgendaPlan(plan_id, title, destination, status, timezone), item, entry.start, entry.end)


def _read_plan(start: date | None, end: date | None, *columns: Any) -> Span:
    plan = AgendaPlan(*columns)
    start = start or end
    assert start is not None
    return Span(plan, None, WallTime(start, None, plan.timezone), WallTime(end, None, plan.timezone) if end else None)


def _meant(*, archived: bool) -> peewee.Expression:
    meant = policy.is_readable() & Plan.trashed_at.is_null()
    return meant if archived else meant & (Plan.status != "archived")


def _first_day(start: peewee.Node) -> peewee.Case:
    """On which of the days that are asked for it is on first."""
    return peewee.Case(None, ((start < Param("first", Plan.start_date), Param("first", Plan.start_date)),), start)


@cache
def _items(archived: bool) -> Statement[Span]:
    # The day of arrival may be the one before the departure: over the date line.
    on = (Item.start_date <= Param("day_after")) & (
        (Item.start_date >= Param("first")) | (Item.end_date >= Param("first"))
    )
    return Statement(
        lambda: (
            Item.select(*_PLAN, *item_records.COLUMNS)
            .join(Plan)
            .where(_meant(archived=archived), Item.trashed_at.is_null(), on)
            .order_by(_first_day(Item.start_date), Item.id)
            .limit(Param("limit"))
        ),
        record=_read_item,
    )


@cache
def _plans(archived: bool) -> Statement[Span]:
    dated = Item.select(peewee.SQL("1")).where(
        Item.plan == Plan.id, Item.trashed_at.is_null(), Item.start_date.is_null(False)
    )
    start = fn.COALESCE(Plan.start_date, Plan.end_date)
    on = (start <= Param("last", Plan.start_date)) & (
        fn.COALESCE(Plan.end_date, Plan.start_date) >= Param("first", Plan.start_date)
    )
    return Statement(
        lambda: (
            Plan.select(Plan.start_date, Plan.end_date, *_PLAN)
            .where(_meant(archived=archived), ~fn.EXISTS(dated), on)
            .order_by(_first_day(start), Plan.id)
            .limit(Param("limit"))
        ),
        record=_read_plan,
    )


class Agendas:
    """Shows people what happens when."""

    def __init__(self, db: Engine, clock: Clock) -> None:
        self.db = db
        self._clock = clock

    def get(self, actor: Actor, query: AgendaQuery) -> Agenda:
        """The days that are asked for; raises `ValidationFailed` when they are too many, or none."""
        now = self._clock()
        near = self._near(actor, now, archived=query.archived)
        on_now = [each for each in near if each.starts_in <= 0]
        following = [each for each in near if each.starts_in > 0]
        coming = [each for each in following if each.starts_at == following[0].starts_at]
        zones = (agenda_days.zone(each.plan, each.item) for each in (*on_now, *coming))
        zone = next(filter(None, zones), "Etc/UTC")
        today = wall_time.at(now, zone).day
        first, last = _range(query, today)
        days, rest = self._days(actor, first, last, archived=query.archived)
        return Agenda(now, today, zone, first, last, on_now, coming, days, rest)

    def _near(self, actor: Actor, now: datetime, *, archived: bool) -> list[AgendaMoment]:
        """What is on or begins soon, but for ideas; in this order."""
        today = now.astimezone(UTC).date()
        values = {"user": actor.user_id, "first": today - _DAY, "day_after": today + DAYS * _DAY, "limit": MOST}
        found = []
        for span in _items(archived).each(self.db, **values):
            start, end = bounds(span)
            if span.item and span.item.status != "idea" and (start > now or (end is not None and end > now)):
                found.append(_moment(span, now, start, end))
        return sorted(found, key=attrgetter("starts_at"))

    def _days(self, actor: Actor, first: date, last: date, *, archived: bool) -> tuple[list[AgendaDay], date | None]:
        """The days on which something happens, and the one to go on with, if that is not all."""
        values = {"user": actor.user_id, "first": first, "limit": MOST + 1}
        items = _items(archived).all(self.db, **values, day_after=last + _DAY)
        plans = _plans(archived).all(self.db, **values, last=last)
        rest = min((day for each in (items, plans) if (day := _cut_at(each, first))), default=None)
        if rest is not None:
            last = min(last, rest - _DAY)
        by_day: dict[date, list[Placed]] = {}
        for span in (*items[:MOST], *plans[:MOST]):
            for each in placed(span, first, last):
                by_day.setdefault(each.wall.day, []).append(each)
        return _paged(by_day, rest)


def _cut_at(spans: Sequence[Span], first: date) -> date | None:
    """The first day of which not all may have been read."""
    if len(spans) <= MOST:
        return None
    # What is read next may begin on this day, and end on the one before.
    return max(spans[MOST].start.day - _DAY, first + _DAY)


def _paged(by_day: dict[date, list[Placed]], rest: date | None) -> tuple[list[AgendaDay], date | None]:
    days: list[AgendaDay] = []
    count = 0
    for day in sorted(by_day):
        if days and count + len(by_day[day]) > MOST:
            return days, day
        days.append(AgendaDay(day, [each.entry for each in timeline.ordered(by_day[day], attrgetter("wall"))]))
        count += len(by_day[day])
    return days, rest


def _range(query: AgendaQuery, today: date) -> tuple[date, date]:
    first = query.from_ or today
    years = wall_time.YEARS
    given = {"from": query.from_, "to": query.to}
    wrong = [name for name, day in given.items() if day is not None and day.year not in years]
    if wrong:
        raise ValidationFailed({name: [f"must be in a year from {years[0]} to {years[-1]}."] for name in wrong})
    last = query.to or min(first + (DAYS - 1) * _DAY, date(years[-1], 12, 31))
    if last < first:
        raise ValidationFailed({"to": [f"must not be before {first}, the first day."]})
    if (last - first).days >= MOST_DAYS:
        raise ValidationFailed({"to": [f"must be within {MOST_DAYS} days of {first}, the first day."]})
    return first, last


def _moment(span: Span, now: datetime, start: datetime, end: datetime | None) -> AgendaMoment:
    assert span.item is not None
    ends_in = None if end is None else round((end - now).total_seconds())
    return AgendaMoment(span.plan, span.item, start, _seconds(start, now), end, ends_in)


def _seconds(start: datetime, now: datetime) -> int:
    """Until it starts; never 0 for what has not."""
    seconds = (start - now).total_seconds()
    return max(1, round(seconds)) if seconds > 0 else min(0, round(seconds))
