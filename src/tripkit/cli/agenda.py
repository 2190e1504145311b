"""`tripkit agenda`: what happens when, in all plans."""

from datetime import date, timedelta
from typing import Annotated

import msgspec
import typer

from tripkit.cli.command import Json, Quiet, User, command
from tripkit.cli.context import connected
from tripkit.cli.dates import Dates
from tripkit.cli.item_table import where
from tripkit.cli.output import Column, Output, write_json
from tripkit.errors import InvalidInput
from tripkit.schemas.agenda import Agenda, AgendaEntry, AgendaMoment, AgendaQuery
from tripkit.schemas.items import TRANSPORT

app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["--help", "-h"]})

#: Days that are shown unless somebody says which.
_DAYS = 7
_PARTS = {"lodging": ("check-in", "check-out", "stay"), "other": ("from", "until", "goes on")}
_ALL_DAY = {"from": "begins", "until": "ends"}
_TRANSPORT = ("departs", "arrives", "on the way")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Line(msgspec.Struct, frozen=True):
    """An entry as one line."""

    date: date
    part: str
    time: str | None
    until: str | None
    zone: str | None
    plan: int
    plan_title: str
    item: int | None
    kind: str | None
    title: str
    place: str
    day: str
    """The date, where it differs from that of the line before."""
    when: str
    new_zone: str
    """The zone, where it differs from that of the line before."""


_FIELDS = ("date", "part", "time", "until", "zone", "plan", "plan_title", "item", "kind", "title", "place")
_COLUMNS = (
    Column("Day", lambda line: line.day, whole=True),
    Column("When", lambda line: line.when, whole=True),
    Column("What", lambda line: line.title),
    Column("Where", lambda line: line.place),
    Column("Zone", lambda line: line.new_zone),
    Column("Plan", lambda line: f"{line.plan} {line.plan_title}", from_width=100),
)


@command(app, "agenda", answer="schemas.agenda.Agenda", example="tripkit agenda --from 2027-04-01 --to 2027-04-14")
def agenda(
    ctx: typer.Context,
    from_: Annotated[str | None, typer.Option("--from", metavar="DATE", help="The first day; or today.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last day; or 7 days.")] = None,
    today: Annotated[bool, typer.Option("--today", help="Today alone.")] = False,
    archived: Annotated[bool, typer.Option("--archived", help="What is in archived plans as well.")] = False,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """See what is on now, what comes next, and what happens on each day, by the clocks there.

    Today is the day where you are by your plans. In a pipe, without header: date, part of it on that day, time, end,
    zone, number and title of the plan, number and kind of the item, title, place.
    """
    from tripkit.services.validation import convert

    if today and (from_ or to):
        raise InvalidInput("--today is a day already: leave --from and --to out.")
    out = Output(json=json, quiet=quiet)
    from_, to = Dates(out).period(from_, to)
    given = {name: value for name, value in (("from", from_), ("to", to)) if value is not None}
    query = convert(AgendaQuery, {**given, "archived": str(archived).lower()}, text=True)
    with connected(ctx, out, user) as backend:
        found = backend.agendas.get(query)
        if to is None:
            last = found.from_ + timedelta(days=0 if today else _DAYS - 1)
            days = [day for day in found.days if day.date <= last]
            found = msgspec.structs.replace(found, to=last, days=days, next_from=None)
        whole = found
        while found.next_from is not None:
            found = backend.agendas.get(msgspec.structs.replace(query, from_=found.next_from, to=whole.to))
            whole = msgspec.structs.replace(whole, days=[*whole.days, *found.days], next_from=None)
    if out.json:
        write_json(whole)
        return
    out.heading(_heading(whole))
    out.records(_lines(whole), _FIELDS, _COLUMNS, empty=f"There is nothing from {whole.from_} to {whole.to}.")


def _heading(found: Agenda) -> list[str]:
    """Today, what is on, and what comes next."""
    lines = [f"Today is {_day(found.today)} {found.today.year} in {found.timezone}."]
    lines += [f"Now:  {_named(each)}{_ends(each)}" for each in found.on_now]
    return [*lines, *(f"Next: {_named(each)} in {_duration(each.starts_in)}" for each in found.next), ""]


def _named(moment: AgendaMoment) -> str:
    at = where(moment.item)
    return f"{moment.item.title}{f' ({at})' if at else ''}"


def _ends(moment: AgendaMoment) -> str:
    return f", for {_duration(moment.ends_in)} more" if moment.ends_in is not None else ""


def _duration(seconds: int) -> str:
    """`45 min`, `2 h 15 min`, `3 d 4 h`."""
    minutes = max(1, round(seconds / 60))
    days, hours = minutes // 1440, minutes % 1440 // 60
    parts = [(days, "d"), (hours, "h"), (0 if days else minutes % 60, "min")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def _lines(found: Agenda) -> list[Line]:
    lines: list[Line] = []
    day, zone = None, None
    for each in found.days:
        for entry in each.entries:
            new_day = "" if each.date == day else f"{_day(each.date)}"
            new_zone = "" if entry.zone in (None, zone) else entry.zone or ""
            day, zone = each.date, entry.zone or zone
            lines.append(_line(each.date, entry, new_day, new_zone))
    return lines


def _line(day: date, entry: AgendaEntry, new_day: str, new_zone: str) -> Line:
    item, plan = entry.item, entry.plan
    return Line(
        day, entry.part, entry.time, entry.until, entry.zone, plan.id, plan.title,
        item.id if item else None, item.kind if item else None, item.title if item else plan.title,
        _where(entry), new_day, _when(entry), new_zone,
    )  # fmt: skip


def _where(entry: AgendaEntry) -> str:
    return where(entry.item) if entry.item else entry.plan.destination


def _when(entry: AgendaEntry) -> str:
    """`13:00 – 14:30`, `check-in 15:00`, `stay`, `arrives 09:30`."""
    if entry.part == "whole":
        return " – ".join(filter(None, (entry.time, entry.until)))
    kind = entry.item.kind if entry.item else "other"
    begin, end, middle = _TRANSPORT if kind in TRANSPORT else _PARTS.get(kind, _PARTS["other"])
    said = {"begin": begin, "end": end, "middle": middle}[entry.part]
    return f"{said} {entry.time}" if entry.time else _ALL_DAY.get(said, said)


def _day(day: date) -> str:
    """`Thu 1 Apr`, whatever the language of the machine is."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"
