"""What every command shows: on terminals of 80 and 120 columns, in a pipe, and as JSON. `LOOKED_AT=1` writes it anew.

Each is a file in `golden/`. The time stands still, and what is secret or random is masked.
"""

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec
import pytest
from rich.cells import cell_len
from typer.testing import Result

from tripkit.cli.answers import parts
from tripkit.migrations import Migrations

from ..docs.generate import commands
from ..live import PASSWORD as SERVER_PASSWORD
from ..live import LiveServer, sign_up
from .golden_steps import STEPS, Step
from .machine import PASSWORD, Machine, golden_trip

GOLDEN: Final = Path(__file__).parent / "golden"
WIDTHS: Final = (80, 120)
WRITES: Final = os.environ.get("LOOKED_AT") == "1"


@pytest.fixture
def machine() -> Iterator[Machine]:
    # Tables are as wide as what is in them: here paths are of the same length each time.
    with TemporaryDirectory(prefix="tk", dir="/tmp") as directory:
        home = Path(directory) / "m"
        home.mkdir()
        with Machine(home).running() as running:
            yield running


def test_every_command_shows_what_was_looked_at(machine: Machine) -> None:
    shown = {"init": of_all_kinds(machine, Step("init", ("--email", "ada@example.org", "--username", "ada",
                                                         "--password-stdin"), PASSWORD))}  # fmt: skip
    golden_trip(machine)
    machine.environment["TRIPKIT_USER"] = os.environ["TRIPKIT_USER"] = "ada"
    for step in STEPS:
        if step.shown:
            assert step.name not in shown, f"{step.name} is there twice"
            shown[step.name] = of_all_kinds(machine, step)
        run(machine, step)
        machine.later()
    compare(shown)


def test_commands_that_need_a_server_show_what_was_looked_at(tmp_path: Path, machine: Machine) -> None:
    server = LiveServer(tmp_path)
    server.start()
    try:
        with server.client() as client:
            email = sign_up(client)["user"]["email"]
        login = Step("login", (server.url, "--email", email, "--password-stdin"), SERVER_PASSWORD)
        shown = {"serve": "\n".join(server.banner).replace(str(tmp_path), "/home/ada") + "\n"}
        shown["login"] = of_all_kinds(machine, login)
        run(machine, login)
        shown["logout"] = of_all_kinds(machine, Step("logout"))
    finally:
        server.stop()
    compare({name: re.sub(r"\buser\d+\b", "ada", machine.masked(text)) for name, text in shown.items()})


def test_a_step_of_the_schema_is_written(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine.home / "steps").mkdir()
    monkeypatch.setattr("tripkit.migrations.Migrations", partial(Migrations, directory=machine.home / "steps"))
    compare({"db create": of_all_kinds(machine, Step("db create", ("add ratings",)))})


def test_every_command_has_its_golden_file_and_every_file_its_command() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {name.replace(" ", "-") for name in commands()}


def run(machine: Machine, step: Step, width: int | None = None, *more: str) -> Result:
    text = step.text(machine) if callable(step.text) else step.text
    words = (*step.name.split(), *step.words, *more)
    if width is None:
        done = machine.run(*words, text=text, **step.env)
    else:
        done = machine.screen(width, *words, text=text, **step.env)
    assert done.exit_code == step.code, (words, done.output)
    return done


def of_all_kinds(machine: Machine, step: Step) -> str:
    """What it prints and says, in the four ways in which it is shown."""
    found = []
    has_json = any(param.name == "json" for param in commands()[step.name].params)
    for kind, width, more in (*((f"{each} columns", each, ()) for each in WIDTHS), ("in a pipe", None, ()),
                              *([("as JSON", None, ("--json",))] if has_json else [])):  # fmt: skip
        with machine.undone():
            done = run(machine, step, width, *more)
        if more:
            require_type(step.name, done.stdout)
        if width:
            require_width(done.stdout, width, step.name)
        texts = [machine.masked(_plain(text)) for text in (done.stdout, done.stderr)]
        found.append(f"=== {kind}\n{texts[0]}" + (f"--- said beside it\n{texts[1]}" if texts[1] else ""))
    return "".join(found)


def require_type(name: str, answer: str) -> None:
    """The JSON is of the type that the command names, with all its fields."""
    declared = commands()[name].answer
    kinds = [list[kind] if many else kind for kind, many in parts(declared)]  # type: ignore[valid-type]
    read = [value for kind in kinds if (value := _read(answer, kind)) is not None]
    assert read, f"{name} says that it prints {declared}, and prints {answer}"


def _read(answer: str, kind: Any) -> Any:
    try:
        value = msgspec.json.decode(answer, type=kind)
    except msgspec.ValidationError:
        return None
    fields = msgspec.json.decode(answer)
    kept = msgspec.json.decode(msgspec.json.encode(value))
    return value if fields == kept else None


def require_width(shown: str, width: int, name: str) -> None:
    """Nothing is wider than the terminal, but for lines of text, which it wraps."""
    lines = _plain(shown).splitlines()
    wide = [line for line in lines if cell_len(line) > width]
    assert not wide or len(lines) == len(wide), f"{name}: {wide}"


def compare(shown: dict[str, str]) -> None:
    wrong = []
    for name, text in shown.items():
        file = GOLDEN / f"{name.replace(' ', '-')}.txt"
        if WRITES:
            file.write_text(text, "utf-8")
        if not file.exists() or file.read_text("utf-8") != text:
            wrong.append(name)
    assert not wrong, f"look at {', '.join(wrong)}, and write them anew with LOOKED_AT=1"


def _plain(text: str) -> str:
    """Without colours, and without blanks at the ends of lines."""
    return "".join(f"{line.rstrip(' ')}\n" for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines())
