"""Screens as they are: the golden trip on terminals of several widths. `LOOKED_AT=1` writes them anew."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.cli import looks
from tripkit.cli.context import _actor
from tripkit.cli.output import Output
from tripkit.schemas.items import ItemsIn
from tripkit.schemas.money import Rate
from tripkit.schemas.plans import PlanIn
from tripkit.services.item_places import complete
from tripkit.services.validation import convert

from .. import golden
from .conftest import Run

SCREENS: Final = Path(__file__).parent / "screens"
#: What is shown, by the name of its file.
SHOWN: Final = {
    "plan-show": ("plan", "show", "1"),
    "plan-month": ("plan", "show", "1", "--month"),
    "plan-totals": ("plan", "totals", "1", "--quiet"),
    "item-list": ("item", "list", "1"),
    "plan-list": ("plan", "list"),
}


@pytest.fixture
def trip(tripkit: Tripkit, person: Callable[..., Any]) -> None:
    person("ada")
    ada = _actor(tripkit, None, Output())
    plan = tripkit.plans.create(ada, convert(PlanIn, golden.PLAN, text=True))
    drafts = [complete(each) for each in convert(ItemsIn, {"items": golden.ITEMS}).items]
    tripkit.items.create_many(ada, plan.id, drafts)
    for base, quote, rate in golden.RATES:
        tripkit.money.set_rate(ada, plan.id, convert(Rate, {"base": base, "quote": quote, "rate": rate}, text=True))


def screen(text: str) -> str:
    """Without colours, and without blanks at the ends of lines."""
    return "".join(f"{line.rstrip()}\n" for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines())


@pytest.mark.usefixtures("trip", "terminal")
@pytest.mark.parametrize("width", [40, 80, 120])
def test_screens_are_as_they_were_looked_at(run: Run, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for name, command in SHOWN.items():
        compare(f"{name}-{width}", run(*command).stdout, width)


@pytest.mark.usefixtures("trip", "terminal")
def test_a_terminal_that_knows_only_ascii_is_shown_nothing_else(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "is_plain", lambda: True)
    for name in ("plan-show", "plan-month", "plan-totals"):
        shown = run(*SHOWN[name]).stdout
        assert shown.isascii(), shown
        compare(f"{name}-ascii", shown, 80)


def compare(name: str, shown: str, width: int) -> None:
    file = SCREENS / f"{name}.txt"
    found = screen(shown)
    if os.environ.get("LOOKED_AT") == "1":
        file.write_text(found, "utf-8")
    assert found == file.read_text("utf-8"), f"{name}: look at it, and write it anew with LOOKED_AT=1"
    from rich.cells import cell_len

    assert max(map(cell_len, found.splitlines())) <= width, name


@pytest.mark.usefixtures("trip", "terminal")
@pytest.mark.parametrize(
    ("options", "env", "colours"),
    [
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),  # what is said on the command line comes first
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1", "TERM": "xterm"}, True),
        ([], {"FORCE_COLOR": "1", "TERM": "xterm", "NO_COLOR": "1"}, False),
        ([], {}, False),  # it goes into a pipe
    ],
)
def test_colours_are_as_wanted(
    run: Run, monkeypatch: pytest.MonkeyPatch, options: list[str], env: dict[str, str], colours: bool
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert bool(re.search("\x1b\\[[0-9;]*3[0-9]m", run(*options, "plan", "show", "1").stdout)) == colours


@pytest.mark.usefixtures("person")
def test_an_unknown_colour_is_refused(run: Run) -> None:
    done = run("--color", "red", "plan", "list")
    assert done.exit_code == 2
    assert "--color is auto, always or never, and not red." in done.stderr


@pytest.mark.usefixtures("trip", "terminal")
def test_nothing_of_a_plan_steers_the_terminal(run: Run) -> None:
    evil = "a\x1b[2Jb\x07[red]c[/red]"
    run("plan", "set", "1", "--title", "evil", "--description", evil)
    run("item", "add", "1", "[bold]x[/bold]", "--start", "2027-03-26 08:00", "--notes", evil)
    shown = run("plan", "show", "1").stdout
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown
    assert "[red]c[/red]" in shown
    assert "[bold]x[/bold]" in shown
