"""Pictures of the terminal for the documentation, drawn from what commands really print."""

import re
from collections.abc import Iterator
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from msgspec import Struct
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, DIMMED_MONOKAI
from rich.text import Text

from ..cli.machine import Machine, golden_trip

DIRECTORY: Final = "docs/images/terminal"
#: Without the fonts that a picture would fetch from another host.
_FORMAT: Final = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code, monospace", "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"
)


class Picture(Struct, frozen=True):
    """One command, and what is said of it."""

    name: str
    words: tuple[str, ...]
    about: str
    width: int = 100


PICTURES: Final = (
    Picture("plan-list", ("plan", "list"), "Every plan."),
    Picture(
        "plan-show",
        ("plan", "show", "half way"),
        "A trip, day by day, in local times: where clocks change, what is between two things, and what will not work.",
    ),
    Picture("plan-month", ("plan", "show", "half way", "--month"), "The same trip in its months.", 80),
    Picture("plan-totals", ("plan", "totals", "half way"), "What it costs, against the budget and by kind.", 90),
    Picture("plan-check", ("plan", "check", "half way"), "What will not work, and what to do about it.", 110),
    Picture("item-list", ("item", "list", "half way"), "What fills it.", 110),
    Picture("search", ("search", "kyoto"), "Plans and items by their words."),
    Picture("agenda", ("agenda", "--from", "2027-03-26", "--to", "2027-04-02"), "What happens when, in all plans."),
    Picture("plan-log", ("plan", "log", "half way"), "What was done, and what `tripkit undo` takes back."),
    Picture("mistake", ("plan", "show", "half wey"), "A name that is not right.", 80),
    Picture("narrow", ("plan", "show", "half way"), "A terminal of 44 columns.", 44),
)
#: How a picture looks on a light page and on a dark one.
THEMES: Final = {"light": DEFAULT_TERMINAL_THEME, "dark": DIMMED_MONOKAI}


INTRODUCTION: Final = """\
These pictures are drawn by `make docs` from what the commands print, and a test fails when they are out of
date. Colours are the sixteen of your terminal, so that they suit a light background and a dark one; `--color`
and `NO_COLOR` say whether there are any. Where there is no Unicode, signs are ASCII. In a pipe there are no
tables: see [output](cli.md#output)."""


def page() -> str:
    """docs/terminal.md"""
    return "\n\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# What the terminal shows"
    yield "<!-- Made by `make docs`. Change `tests/docs/terminal.py`. -->"
    yield INTRODUCTION
    for picture in PICTURES:
        yield f"## {picture.name}"
        yield picture.about
        source = f"images/terminal/{picture.name}"
        yield (
            f'<picture>\n  <source media="(prefers-color-scheme: dark)" srcset="{source}-dark.svg">\n'
            f'  <img alt="$ {_typed(picture)}" src="{source}-light.svg">\n</picture>'
        )


@cache
def pictures() -> dict[str, str]:
    """Every picture, by the name of its file."""
    found = {}
    with TemporaryDirectory() as directory:
        home = Path(directory) / "home"
        home.mkdir()
        with Machine(home).running() as machine:
            golden_trip(machine)
            machine.do("plan", "new", "Norway by rail", "Oslo", "--start-date", "2027-08-02", "--budget", "1800")
            machine.do("plan", "set", "2", "--status", "archived")
            machine.do("plan", "new", "Kyoto again", "Kyoto")
            machine.do("item", "rm", "1", "barbecue")
            machine.do("undo")
            for picture in PICTURES:
                done = machine.screen(picture.width, "--color", "always", *picture.words)
                shown = machine.masked(done.stdout + done.stderr)
                for name, theme in THEMES.items():
                    file = f"{DIRECTORY}/{picture.name}-{name}.svg"
                    found[file] = _drawn(picture, shown, theme)
    return found


def words(svg: str) -> list[str]:
    """The texts of a picture. The rest may be drawn differently by another version of Rich."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def _drawn(picture: Picture, shown: str, theme: object) -> str:
    console = Console(record=True, width=picture.width, file=StringIO(), force_terminal=True, legacy_windows=False)
    console.print(Text.assemble(("$ ", "bold green"), (_typed(picture), "bold")))
    console.print(Text.from_ansi(shown), soft_wrap=True)
    drawn = console.export_svg(
        title="tripkit",
        theme=theme,
        code_format=_FORMAT,
        unique_id=picture.name,  # type: ignore[arg-type]
    )
    return "".join(f"{line.rstrip()}\n" for line in drawn.splitlines())


def _typed(picture: Picture) -> str:
    return " ".join(["tripkit", *(f"'{word}'" if " " in word else word for word in picture.words)])
