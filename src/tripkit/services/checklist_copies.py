"""The checklists of a plan once more, in another plan."""

from collections.abc import Mapping
from datetime import datetime

from tripkit.database import Engine
from tripkit.services import checklist_rows as rows


def copy(db: Engine, source: int, target: int, travellers: Mapping[int, int], now: datetime) -> int:
    """Copy the checklists of one plan into a new one, where nothing is done yet; how many there are.

    `travellers` are the numbers of those who are to see to entries in the new plan, by those of the old.
    """
    lists = rows.LISTS[False].all(db, plan=source)
    new = {"version": 1, "created_at": now, "updated_at": now, "trashed_at": None}
    rows.CREATE_LISTS.run_many(
        db,
        (
            {"plan": target, "name": kept.record.name, "position": float(number)} | new
            for number, kept in enumerate(lists, 1)
        ),
    )
    made = rows.LISTS[False].all(db, plan=target)
    numbers = {old.record.id: copied.record.id for old, copied in zip(lists, made, strict=True)}
    rows.CREATE_LINE.run_many(
        db,
        (
            {
                "plan": target,
                "checklist": numbers[line.checklist],
                "text": line.record.text,
                "done": False,
                "assignee": travellers.get(line.record.assignee or 0),
                "position": line.position,
            }
            | new
            for line in rows.LINES_OF_PLAN[False].all(db, plan=source)
        ),
    )
    return len(lists)
