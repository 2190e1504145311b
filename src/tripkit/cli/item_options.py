"""The options of `tripkit item`, and what is said of an item."""

from typing import Annotated

import typer

from tripkit.cli import completion
from tripkit.cli.dates import Dates
from tripkit.cli.output import Output, plain
from tripkit.schemas.items import ItemOut

Kind = Annotated[
    str | None,
    typer.Option(
        "--kind",
        "-k",
        help="flight, train, bus, ferry, car, lodging, food, activity, note or other.",
        autocompletion=completion.kinds,
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        "--start",
        metavar="TIME",
        help="What clocks show: 2027-04-01, '2027-04-01 09:30', 'fri 9:30', +3d, '1 apr 14:00 Asia/Tokyo'.",
    ),
]
Zone = Annotated[
    str | None,
    typer.Option(
        "--zone",
        metavar="ZONE",
        help="Time zone of the start. Without it: that of the place.",
        autocompletion=completion.timezones,
    ),
]
End = Annotated[
    str | None,
    typer.Option("--end", metavar="TIME", help="As --start; a time of day alone, and +3d, count from the start."),
]
EndZone = Annotated[
    str | None,
    typer.Option(
        "--end-zone",
        metavar="ZONE",
        help="Time zone of the end. Without it: that of --to, or of the start.",
        autocompletion=completion.timezones,
    ),
]
PlaceName = Annotated[
    str | None,
    typer.Option("--place", metavar="NAME", help="Where: Kyoto, or NRT.", autocompletion=completion.places),
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="NAME", help="Where a transport begins.", autocompletion=completion.places),
]
To = Annotated[
    str | None, typer.Option("--to", metavar="NAME", help="Where a transport ends.", autocompletion=completion.places)
]
Address = Annotated[str | None, typer.Option("--address", help="Of the place.")]
Lat = Annotated[str | None, typer.Option("--lat", metavar="DEGREES", help="Latitude of the place, -90 to 90.")]
Lon = Annotated[str | None, typer.Option("--lon", metavar="DEGREES", help="Longitude of the place, -180 to 180.")]
Country = Annotated[str | None, typer.Option("--country", metavar="CODE", help="Of the place, like JP.")]
Cost = Annotated[str | None, typer.Option("--cost", metavar="AMOUNT", help="Like 12.50.")]
Currency = Annotated[
    str | None,
    typer.Option(
        "--currency",
        metavar="CODE",
        help="Of the cost. Without it: that of the plan.",
        autocompletion=completion.currencies,
    ),
]
Reference = Annotated[str | None, typer.Option("--reference", metavar="CODE", help="Booking reference.")]
Status = Annotated[
    str | None,
    typer.Option("--status", help="idea, planned, booked or done.", autocompletion=completion.item_statuses),
]
Notes = Annotated[str | None, typer.Option("--notes", help="Text of any length; - reads it from standard input.")]


def times(
    out: Output,
    start: str | None,
    start_zone: str | None,
    end: str | None,
    end_zone: str | None,
    known: ItemOut | None = None,
) -> tuple[str | None, str | None, str | None, str | None]:
    """What the options say of both times; of an item that is there already, an end may count from its start."""
    dates = Dates(out)
    start, start_zone = dates.time("start", start, start_zone)
    end, end_zone = dates.time("end", end, end_zone, since=start or (known.start if known else None))
    return start, start_zone, end, end_zone


def tell_what_is_special(out: Output, item: ItemOut, known: ItemOut | None = None) -> None:
    """What was filled in, to be looked at, unless it is so of an item that is known already; and what clocks do."""
    for each, fields in (("place", item.place), ("end_place", item.end_place)):
        is_new = fields is not None and fields != getattr(known, each, None)
        if is_new and any(name.startswith(f"{each}.") for name in item.filled_in):
            out.tell(f"Took this for the place: {plain(fields)}.")
    if "start_zone" in item.filled_in and item.start_zone != getattr(known, "start_zone", None):
        out.tell(f"Took the start to be in {item.start_zone}.")
    for warning in item.warnings:
        out.warn(warning)
