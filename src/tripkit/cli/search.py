"""`tripkit search`: find plans and items by their words."""

from typing import Annotated

import msgspec
import typer

from tripkit.cli import completion
from tripkit.cli.command import Json, Quiet, User, command
from tripkit.cli.context import connected
from tripkit.cli.dates import Dates
from tripkit.cli.output import Column, Output, write_json
from tripkit.schemas.search import SearchHit, SearchQuery

app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["--help", "-h"]})

#: Characters before the first mark on a terminal, where the rest may be cut off.
_BEFORE = 12
_MOST_ON_A_PAGE = 100


class Line(msgspec.Struct, frozen=True):
    """A hit as one line."""

    plan: int
    title: str
    item: int | None
    item_title: str | None
    field: str
    snippet: str
    marks: list[tuple[int, int]]


_FIELDS = ("plan", "title", "item", "item_title", "field", "snippet")
_COLUMNS = (
    Column("#", lambda line: str(line.plan), whole=True),
    Column("Plan", lambda line: line.title),
    Column("Item", lambda line: f"{line.item} {line.item_title}" if line.item else ""),
    Column("In", lambda line: line.field.replace("_", " "), from_width=100, whole=True),
    Column("Found", lambda line: _shown(line), marks=lambda line: _marks(line)),
)


@command(app, "search", answer="schemas.search.SearchHit[]", example="tripkit search kyoto tea --from 2027-01-01")
def search(
    ctx: typer.Context,
    q: Annotated[list[str], typer.Argument(metavar="WORDS", help="All of them, or words that begin with them.")],
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="What is still on at this date or later.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="DATE", help="What begins at this date or earlier.")] = None,
    status: Annotated[
        str | None,
        typer.Option(
            "--status", help="In plans that are draft, published or archived.", autocompletion=completion.statuses
        ),
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="In plans that bear this tag.")] = None,
    country: Annotated[
        str | None,
        typer.Option("--country", metavar="CODE", help="Items there, like JP, and plans to there or with such items."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="Show this many at most.")] = 20,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find plans and items by words in titles, destinations, places, tags, descriptions and notes.

    In a pipe, without header: number and title of the plan, number and title of the item if it is one, the field in
    which most of the words are, and a piece of it.
    """
    from tripkit.services.validation import convert

    out = Output(json=json, quiet=quiet)
    from_, to = Dates(out).period(from_, to)
    filters = {"from": from_, "to": to, "status": status, "tag": tag, "country": country}
    given = {name: value for name, value in filters.items() if value is not None}
    query = convert(SearchQuery, {"q": " ".join(q), **given}, text=True)
    found: list[SearchHit] = []
    with connected(ctx, out, user) as backend:
        while True:
            left = min(limit - len(found), _MOST_ON_A_PAGE)
            page = backend.search.page(msgspec.structs.replace(query, limit=left))
            found += page.results
            if page.cursor is None or len(found) >= limit:
                break
            query = msgspec.structs.replace(query, cursor=page.cursor)
    if out.json:
        write_json(found)
    else:
        out.records([_line(hit) for hit in found], _FIELDS, _COLUMNS, empty="Nothing was found.")
    if page.cursor:
        out.tell(f"There is more than these {len(found)}: --limit shows it, and more words narrow it down.")


def _line(hit: SearchHit) -> Line:
    marks = [(mark.start, mark.end) for mark in hit.marks]
    item, title = (hit.item.id, hit.item.title) if hit.item else (None, None)
    return Line(hit.plan.id, hit.plan.title, item, title, hit.field, hit.snippet, marks)


def _cut(line: Line) -> int:
    """Where to begin a snippet, so that what was found in it is not cut off."""
    first = line.marks[0][0] if line.marks else 0
    return line.snippet.rfind(" ", 0, first - _BEFORE) + 1 if first > 2 * _BEFORE else 0


def _shown(line: Line) -> str:
    at = _cut(line)
    return f"…{line.snippet[at:]}" if at else line.snippet


def _marks(line: Line) -> list[tuple[int, int]]:
    shift = 1 - at if (at := _cut(line)) else 0
    return [(start + shift, end + shift) for start, end in line.marks]
