"""Editing plans and items in an editor, which here is a program that replaces text."""

import json
import os
import shlex
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.cli.editor import with_remarks

from .conftest import Run

#: It takes from `steps` what to replace when it is opened, and keeps what it was shown.
PROGRAM = """
import json, pathlib, sys
home, path = map(pathlib.Path, sys.argv[1:])
steps = json.loads((home / "steps").read_text())
text = path.read_text()
with (home / "shown").open("a") as shown:
    shown.write(text + "\\0")
step = steps.pop(0) if steps else {}
(home / "steps").write_text(json.dumps(steps))
if step == "fail":
    sys.exit(3)
for old, new in step.items():
    assert old in text, old
    text = text.replace(old, new)
path.write_text(text)
"""
Opened = Callable[..., list[str]]


@pytest.fixture
def editing(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable[[], list[str]]]:
    """`editing({"old": "new"}, ...)`: what is typed each time the editor opens; gives what it was shown."""
    (home / "editor.py").write_text(PROGRAM)
    monkeypatch.setenv("EDITOR", shlex.join([sys.executable, str(home / "editor.py"), str(home)]))

    def prepare(*steps: Any) -> Callable[[], list[str]]:
        (home / "steps").write_text(json.dumps(steps))
        return lambda: (home / "shown").read_text().split("\0")[:-1]

    return prepare


@pytest.fixture
def plan(run: Run, person: Callable[..., Any]) -> None:
    person("ada")
    run("plan", "new", "Kyoto", "--destination", "Japan", "--description", 'a "b"\n\\c', "--data", '{"a": 1.10}')


def shown_as_json(run: Run, *what: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(what[0], "show", *what[1:], "--json").stdout)
    return found


def drafts(home: Path) -> list[Path]:
    return list((home / "data/drafts").iterdir())


def test_a_plan_is_edited_and_only_what_was_changed_changes(run: Run, plan, editing, home: Path) -> None:
    before = shown_as_json(run, "plan", "kyoto")
    shown = editing({'title = "Kyoto"': 'title = "Nara"', "# start_date =": "start_date = 2027-04-01"})
    done = run("plan", "edit", "kyoto")
    assert done.exit_code == 0, done.output
    [text] = shown()
    assert "# Like Europe/Lisbon." in text
    after = shown_as_json(run, "plan", "nara")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"title", "start_date", "version", "updated_at"}
    assert after["start_date"] == "2027-04-01"
    assert '"plan_data":{"a": 1.10}' in run("plan", "show", "nara", "--json").stdout
    assert drafts(home) == []


def test_a_mistake_opens_the_editor_again_with_the_error_below_the_line(run: Run, plan, editing, home: Path) -> None:
    shown = editing(
        {'title = "Kyoto"': "title = Kyoto"}, {"title = Kyoto": 'title = ""'}, {'title = ""': 'title = "Nara"'}
    )
    done = run("plan", "edit", "kyoto")
    assert done.exit_code == 0, done.output
    _, second, third = shown()
    lines = second.splitlines()
    assert lines[lines.index("title = Kyoto") + 1].startswith("#! line ")
    lines = third.splitlines()
    assert lines[lines.index('title = ""') + 1].startswith("#! title: ")
    assert sum(line.startswith("#! ") for line in lines) == 1, "the remark of before is gone"
    assert shown_as_json(run, "plan", "nara")["version"] == 2
    assert drafts(home) == []


def test_giving_up_keeps_what_was_typed_and_says_where(run: Run, plan, editing, home: Path) -> None:
    editing({'title = "Kyoto"': 'title = "Nara"', "# end_date =": 'end_date = "never"'})
    done = run("plan", "edit", "kyoto")
    assert done.exit_code == 2
    [draft] = drafts(home)
    assert f"What you typed is kept in {draft}." in done.stderr
    assert 'title = "Nara"' in draft.read_text()
    assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    assert shown_as_json(run, "plan", "kyoto")["version"] == 1


def test_somebody_elses_change_meanwhile_is_not_overwritten(
    run: Run, plan, editing, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editing({'title = "Kyoto"': 'title = "Nara"'})
    other = shlex.join([sys.executable, "-m", "tripkit", "plan", "set", "1", "--title", "Osaka"])
    both = f'{other} && {os.environ["EDITOR"]} "$0"'
    monkeypatch.setenv("EDITOR", f"sh -c {shlex.quote(both)}")
    done = run("plan", "edit", "kyoto")
    assert done.exit_code == 5, done.output
    assert "What you typed is kept in" in done.stderr
    assert shown_as_json(run, "plan", "1")["title"] == "Osaka"


@pytest.mark.parametrize(("steps", "code"), [([{}], 0), (["fail"], 2)])
def test_nothing_changes_and_nothing_stays_behind(
    run: Run, plan, editing, home: Path, steps: list[Any], code: int
) -> None:
    editing(*steps)
    done = run("plan", "edit", "kyoto")
    assert done.exit_code == code
    assert "othing was changed" in done.stderr
    assert drafts(home) == []


def test_without_an_editor_it_is_said_how_to_have_one(run: Run, plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    for name in ("EDITOR", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    done = run("plan", "edit", "kyoto")
    assert done.exit_code == 2
    assert "Set EDITOR" in done.stderr
    monkeypatch.setenv("EDITOR", "no-such-editor")
    assert "no-such-editor cannot be run" in run("plan", "edit", "kyoto").stderr


def test_an_item_is_edited_and_a_new_place_is_looked_up(run: Run, plan, editing, tripkit: Tripkit) -> None:
    run("item", "add", "kyoto", "Tea", "--start", "2027-04-02 14:00", "--place", "Kyoto", "--cost", "12.5")
    before = shown_as_json(run, "item", "kyoto", "tea")
    shown = editing(
        {
            'place.name = "Kyoto"': 'place.name = "Lisbon"',
            'start_zone = "Asia/Tokyo"': "",
            '"2027-04-02T14:00"': "2027-04-03T15:00:00",
        }
    )
    done = run("item", "edit", "kyoto", "tea")
    assert done.exit_code == 0, done.output
    after = shown_as_json(run, "item", "kyoto", "tea")
    assert after["start"] == "2027-04-03T15:00"
    assert after["start_zone"] == "Europe/Lisbon"
    assert after["place"]["country"] == "PT"
    assert after["cost"] == before["cost"]
    assert 'cost = "12.50"' in shown()[0]


def test_remarks_stand_below_the_lines_they_are_about() -> None:
    text = 'title = "T"\nplace.name = "Kyoto"\n# end =\n'
    errors = {"place.lat": ["is wrong."], "end": ["is\nbefore the start."], "nothing": ["is unknown."]}
    assert with_remarks(text, errors).splitlines() == [
        "#! nothing: is unknown.", 'title = "T"', 'place.name = "Kyoto"', "#! place.lat: is wrong.", "# end =",
        "#! end: is before the start.",
    ]  # fmt: skip
