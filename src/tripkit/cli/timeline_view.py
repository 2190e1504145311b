"""A plan on a terminal: day by day, in the local time of each place, with what was found wrong beside it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from tripkit.cli.item_table import where
from tripkit.cli.looks import icon, sign
from tripkit.cli.output import cell as line
from tripkit.cli.output import safe
from tripkit.schemas.checks import Finding
from tripkit.schemas.items import ItemDay, ItemOut
from tripkit.schemas.plans import PlanOut
from tripkit.services import wall_time

if TYPE_CHECKING:
    from rich.console import RenderableType

#: From this width on there is room for what an item costs, and for its number and reference.
_COST_FROM: Final = 60
_REFERENCE_FROM: Final = 100
_STATUS: Final = {"idea": "dim", "planned": "", "booked": "green", "done": "dim green"}
_SEVERITY: Final = {"error": ("✗", "red"), "warning": ("⚠", "yellow"), "hint": ("·", "dim")}


def view(plan: PlanOut, days: Sequence[ItemDay], findings: Sequence[Finding], width: int) -> "Iterator[RenderableType]":
    """The whole plan, for a screen of this width."""
    yield from _head(plan)
    about = {item: [each for each in findings if item in each.items] for each in findings for item in each.items}
    longest = max((len(_times(item)) for day in days for item in day.items), default=0)
    zone = plan.timezone
    last: date | None = None
    for day in days:
        yield from _gap(last, day.date)
        yield _day(day)
        zone, rows = _rows(day.items, zone)
        yield _table(rows, about, width, longest)
        last = day.date or last
    yield from _unplaced(each for each in findings if not each.items)


def _head(plan: PlanOut) -> "Iterator[RenderableType]":
    from rich.text import Text

    yield Text(line(plan.title), style="bold")
    facts = [line(plan.destination), dates(plan.start_date, plan.end_date), plan.status, *map(line, plan.tags)]
    yield Text(sign(" · ").join(filter(None, facts)), style="dim")
    if plan.description:
        yield Text(safe(plan.description))


def dates(start: date | None, end: date | None) -> str:
    """`1 – 14 Apr 2027, 14 days`."""
    if start is None or end is None:
        return _long(start or end) if start or end else ""
    days = (end - start).days + 1
    first = f"{start.day}" if start.month == end.month and start.year == end.year else f"{start.day} {start:%b}"
    if start.year != end.year:
        first = _long(start)
    return f"{first} {sign('–')} {_long(end)}, {days} day{'s' if days > 1 else ''}"


def _long(day: date | None) -> str:
    return f"{day.day} {day:%b %Y}" if day else ""


def _gap(last: date | None, day: date | None) -> "Iterator[RenderableType]":
    """Days on which nothing begins."""
    from rich.text import Text

    if last is None or day is None or (free := (day - last).days - 1) < 1:
        return
    first, until = last + timedelta(1), day - timedelta(1)
    which = f"{first:%a} {first.day} {first:%b}" + (
        f" {sign('–')} {until:%a} {until.day} {until:%b}" if free > 1 else ""
    )
    yield Text(f"\n{which}: nothing begins", style="dim italic")


def _day(day: ItemDay) -> "RenderableType":
    from rich.text import Text

    if day.date is None:
        return Text("\nWithout a date", style="bold cyan")
    number = f"  day {day.number}" if day.number is not None else ""
    return Text(f"\n{day.date:%A} {day.date.day} {day.date:%B}", style="bold cyan").append(number, style="dim")


def _rows(items: Iterable[ItemOut], zone: str | None) -> tuple[str | None, list[ItemOut | str]]:
    """Items, and between them what clocks do when the zone is another one."""
    rows: list[ItemOut | str] = []
    for item in items:
        if item.start_zone and item.start_zone != zone:
            if zone is not None:
                rows.append(_clocks(zone, item.start_zone, item.start_at))
            zone = item.start_zone
        rows.append(item)
        if item.end_zone and item.end_zone != zone:
            rows.append(_clocks(zone, item.end_zone, item.end_at))
            zone = item.end_zone
    return zone, rows


def _clocks(old: str | None, new: str, at: datetime | None) -> str:
    """`clocks go forward 8 h: Asia/Tokyo`."""
    shift = wall_time.at(at, new).local - wall_time.at(at, old).local if old and at else timedelta()
    if not shift:
        return f"clocks stay as they are: {new}"
    minutes = abs(shift) // timedelta(minutes=1)
    hours = f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    return f"clocks go {'forward' if shift > timedelta() else 'back'} {hours}: {new}"


def _table(
    rows: Iterable[ItemOut | str], about: dict[int, list[Finding]], width: int, longest: int
) -> "RenderableType":
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True, min_width=longest)
    table.add_column(no_wrap=True, min_width=2)
    table.add_column(ratio=1)
    table.add_column(no_wrap=True, justify="right")
    for row in rows:
        if isinstance(row, str):
            table.add_row("", "", Text(sign(f"⇄ {row}"), style="magenta"), "")
            continue
        cost = f"{row.cost} {row.currency}" if row.cost is not None and width >= _COST_FROM else ""
        table.add_row(Text(_times(row), style="bold"), icon(row.kind), _told(row, width), Text(cost))
        for each in about.get(row.id, []):
            if each.items[0] == row.id:
                table.add_row("", "", _finding(each), "")
    return table


def _times(item: ItemOut) -> str:
    """`09:30–14:20+1`; of what has a date only, until when it lasts."""
    if item.start is None:
        return ""
    day, _, clock = item.start.partition("T")
    if item.end is None:
        return clock
    end_day, _, end_clock = item.end.partition("T")
    later = (date.fromisoformat(end_day) - date.fromisoformat(day)).days
    if not end_clock:
        until = date.fromisoformat(end_day)
        return f"{sign('→')} {until.day} {until:%b}" if later else clock
    return sign(f"{clock}–{end_clock}") + (f"{later:+d}" if later else "")


def _told(item: ItemOut, width: int) -> "RenderableType":
    from rich.text import Text

    text = Text(line(item.title), style=_STATUS[item.status] if item.status == "idea" else "")
    place = line(where(item)).replace("→", sign("→"))
    if place and place != item.title:
        text.append(f"  {place}", style="dim")
    if width >= _REFERENCE_FROM:
        text.append(f"  #{item.id}", style="dim")
    if item.status != "planned":
        reference = f" {line(item.booking_reference)}" if item.booking_reference and width >= _REFERENCE_FROM else ""
        text.append(f"  {item.status}{reference}", style=_STATUS[item.status])
    return text


def _finding(finding: Finding) -> "RenderableType":
    from rich.text import Text

    mark, style = _SEVERITY[finding.severity]
    return Text(f"{sign(mark)} {line(finding.message)}", style=style)


def _unplaced(findings: Iterable[Finding]) -> "Iterator[RenderableType]":
    """What is wrong with the plan as a whole."""
    from rich.text import Text

    for number, each in enumerate(findings):
        if number == 0:
            yield Text("")
        yield _finding(each)
