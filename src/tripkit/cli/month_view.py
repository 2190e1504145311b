"""A plan as a calendar on a terminal: a week a line, with the titles of what begins on each day."""

import calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

from tripkit.cli.looks import sign
from tripkit.cli.output import cell
from tripkit.schemas.items import ItemDay, ItemOut
from tripkit.schemas.plans import PlanOut

if TYPE_CHECKING:
    from rich.console import RenderableType

#: Titles of one day; how many more there are is said.
_MOST: Final = 3
#: Weeks that are shown at most: a plan may have a mistyped year in it.
_LONGEST: Final = 60


def view(plan: PlanOut, days: Sequence[ItemDay], width: int) -> "Iterator[RenderableType]":
    """Every month in which something of the plan is."""
    found = {day.date: day.items for day in days if day.date}
    ends = sorted([*found, *(each for each in (plan.start_date, plan.end_date) if each)])
    if not ends:
        return
    first = ends[0] - timedelta(ends[0].weekday())
    weeks = min((ends[-1] - first).days // 7 + 1, _LONGEST)
    mondays = [first + timedelta(weeks=number) for number in range(weeks)]
    for (year, month), of in groupby(mondays, lambda monday: _month(monday, ends[0])):
        yield _table(f"{calendar.month_name[month]} {year}", list(of), plan, found, width)


def _month(monday: date, first: date) -> tuple[int, int]:
    """A week is shown with the month of its Thursday, as ISO 8601 counts weeks, but never before the plan begins."""
    thursday = max(monday + timedelta(3), first)
    return thursday.year, thursday.month


def _table(
    title: str, mondays: Sequence[date], plan: PlanOut, found: Mapping[date, Sequence[ItemOut]], width: int
) -> "RenderableType":
    from rich import box
    from rich.table import Table

    table = Table(
        title=title, title_style="bold", title_justify="left", box=box.ASCII if sign("─") == "-" else box.SIMPLE_HEAD,
        show_lines=True, padding=(0, 0), pad_edge=False,
    )  # fmt: skip
    room = max((width - 8) // 7, 3)
    for name in calendar.day_abbr:
        table.add_column(name, width=room, no_wrap=True)
    for monday in mondays:
        week = [monday + timedelta(number) for number in range(7)]
        table.add_row(*(_cell(day, found.get(day, []), is_within=_is_within(day, plan)) for day in week))
    return table


def _is_within(day: date, plan: PlanOut) -> bool:
    start, end = plan.start_date, plan.end_date
    return (start is None or start <= day) and (end is None or day <= end)


def _cell(day: date, items: Sequence[ItemOut], *, is_within: bool) -> "RenderableType":
    from rich.text import Text

    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(str(day.day), style="bold cyan" if is_within else "dim")
    for item in items[:_MOST]:
        text.append("\n" + cell(item.title), style="dim" if item.status == "idea" else "")
    if len(items) > _MOST:
        text.append(f"\n+{len(items) - _MOST}", style="dim")
    return text
