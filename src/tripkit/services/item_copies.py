"""The items of a plan once more, in another plan and on other days."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from tripkit.database import Command, Engine, Param, Statement, params, row
from tripkit.errors import ValidationFailed
from tripkit.models import Item
from tripkit.schemas.plan_copies import CopyWarning
from tripkit.services import item_records, jsontext, wall_time
from tripkit.services.item_records import COLUMNS, WRITTEN

#: Nobody has booked or paid for anything of a copy.
_NOT_BOOKED: Final[dict[str, Any]] = {"booking_reference": "", "paid": None, "paid_currency": None}
_STATUS: Final = {"idea": "idea"}

ROWS = Statement(
    lambda: (
        Item.select(*COLUMNS)
        .where((Item.plan == Param("plan")) & Item.trashed_at.is_null())
        .order_by(Item.position, Item.id)
    ),
    record=item_records.named,
)
IDS = Statement(lambda: Item.select(Item.uid, Item.id).where(Item.plan == Param("plan")), record=row)
CREATE = Command(lambda: Item.insert(params(*WRITTEN, Item.uid, Item.created_at)))


def moved(items: list[dict[str, Any]], by: timedelta) -> list[dict[str, Any]]:
    """Items as they are kept, on other days: what clocks show stays.

    Raises `ValidationFailed`, which names the item, for days in years that there are no items in.
    """
    return [item | {name: _later(item, name, by) for name in ("start_date", "end_date")} for item in items]


def insert(db: Engine, plan_id: int, items: list[dict[str, Any]], now: datetime) -> list[CopyWarning]:
    """Keep items from another plan as new ones of this plan; what there is to look at."""
    new = {"plan": plan_id, "version": 1, "created_at": now, "updated_at": now, "trashed_at": None} | _NOT_BOOKED
    copies = [item | new | {"uid": str(uuid4()), "status": _STATUS.get(item["status"], "planned")} for item in items]
    CREATE.run_many(db, copies)
    warnings = [(copy, message) for copy in copies for message in _warnings(copy)]
    ids = dict(IDS.all(db, plan=plan_id)) if warnings else {}
    return [CopyWarning(ids[copy["uid"]], copy["title"], message) for copy, message in warnings]


def later(day: date, by: timedelta, what: str) -> date:
    """A day, moved; raises `ValidationFailed` where that is in a year that nothing can be in."""
    if not by:
        return day
    years = wall_time.YEARS
    if date(years[0], 1, 1) <= (there := _within(day, by)) <= date(years[-1], 12, 31):
        return there
    raise ValidationFailed(
        {"start_date": [f"must leave all in the years {years[0]} to {years[-1]}: {what} would be in another."]}
    )


def _within(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return date.max if by > timedelta(0) else date.min


def _later(item: dict[str, Any], name: str, by: timedelta) -> date | None:
    day: date | None = item[name]
    return day and later(
        day, by, f"the {name.partition('_')[0]} of item {item['id']} ({jsontext.shorten(item['title'])})"
    )


def _warnings(item: dict[str, Any]) -> list[str]:
    start, end = item_records.wall(item, "start"), item_records.wall(item, "end")
    found = [text for wall in (start, end) if wall and (text := wall_time.warning(wall))]
    if start and end and wall_time.ends_before(start, end):
        found.append(f"It ends before it starts: {start} to {end}.")
    return found
