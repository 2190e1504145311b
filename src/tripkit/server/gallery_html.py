"""The list of the gallery as a page: the form to search it, and a card for each plan."""

from typing import Annotated, Final, NamedTuple
from urllib.parse import urlencode

import msgspec
from msgspec import Meta, Struct

from tripkit.schemas.gallery import GalleryPage, GalleryPlan, GalleryQuery
from tripkit.server.templating import render
from tripkit.server.trip_page import when
from tripkit.services import countries, validation

_ANY: Final = ("", "Any")
#: Days, from the least to the most.
_LENGTHS: Final = {"1-3": "1 to 3 days", "4-7": "4 to 7 days", "8-14": "8 to 14 days", "15-": "More than 2 weeks"}
_SEASONS: Final = ("spring", "summer", "autumn", "winter")
#: Characters of a description that a card shows.
_ABOUT: Final = 160

Text = Annotated[str, Meta(max_length=200)]


class GalleryForm(Struct, frozen=True):
    """What was filled in; whatever is empty is not looked for."""

    q: Annotated[Text, Meta(description="Words of the title or the destination.")] = ""
    country: Annotated[Text, Meta(description="ISO 3166-1 alpha-2 code.")] = ""
    length: Annotated[Text, Meta(description="`1-3`, `4-7`, `8-14` or `15-` days.")] = ""
    season: Annotated[Text, Meta(description="By the seasons of the north.")] = ""
    tag: Text = ""
    cursor: Annotated[str, Meta(max_length=2000, description="From the link to the next page.")] = ""


class Input(NamedTuple):
    """A field of the form; with `options` (what is sent, what is said) one chooses between them."""

    name: str
    label: str
    value: str
    options: list[tuple[str, str]]


class Card(NamedTuple):
    """A plan of the list."""

    plan: GalleryPlan
    when: str
    about: str


def query_of(form: GalleryForm) -> GalleryQuery:
    """What the form asks for; raises `ValidationFailed`."""
    values = {name: getattr(form, name).strip() for name in ("q", "country", "season", "tag", "cursor")}
    if form.length:
        values["min_days"], _, values["max_days"] = form.length.partition("-")
    query: GalleryQuery = validation.convert(
        GalleryQuery, {name: value for name, value in values.items() if value}, text=True
    )
    return query


def page(form: GalleryForm, found: GalleryPage, *, base: str) -> bytes:
    """The page. `base` is the path before the addresses of this server."""
    filled = {name: value for name, value in msgspec.structs.asdict(form).items() if value}
    return render(
        "gallery.html",
        fields=_inputs(form),
        tag=form.tag,
        cards=[Card(plan, when(plan.start_date, plan.end_date), _about(plan.description)) for plan in found.results],
        next=found.cursor and f"?{urlencode(filled | {'cursor': found.cursor})}",
        searched=bool(filled.keys() - {"cursor"}),
        base=base,
        listed=True,
    )


def _inputs(form: GalleryForm) -> list[Input]:
    return [
        Input("q", "Search", form.q, []),
        Input("country", "Country", form.country.upper(), [_ANY, *countries.listed()]),
        Input("length", "Length", form.length, [_ANY, *_LENGTHS.items()]),
        Input("season", "Season", form.season, [_ANY, *((season, season.capitalize()) for season in _SEASONS)]),
    ]


def _about(description: str) -> str:
    line = " ".join(description.split())
    return line if len(line) <= _ABOUT else f"{line[: _ABOUT - 1].rstrip()}…"
