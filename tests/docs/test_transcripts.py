"""What the pages show is what happens."""

from pathlib import Path

import pytest

from .transcript import Shell, matches, scripts, steps

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/tutorial.md",
        "docs/expenses.md",
        "docs/search.md",
        "docs/history.md",
        "docs/links.md",
        "docs/sharing.md",
        "docs/remote.md",
        "docs/client.md",
    ],
)
def test_every_command_of_the_page_does_what_the_page_shows(page: str, tmp_path: Path) -> None:
    home, programs = tmp_path / "home", tmp_path / "programs"
    home.mkdir()
    programs.mkdir()
    text = (ROOT / page).read_text("utf-8")
    found = steps(text)
    assert found
    with Shell(home, programs) as shell:
        for name, script in scripts(text).items():
            shell.put(name, script)
        for step in found:
            real = shell.run(step)
            assert matches(step.shown, real), (
                f"{page}:{step.line}: $ {step.command}\n--- the page shows\n{step.shown}\n--- this happened\n{real}"
            )


PAGE = """\
Text.

```console
$ one --two \\
    three
first
second
$ four
```

```sh
not this
```
"""


def test_steps_are_the_commands_of_console_blocks_with_their_output() -> None:
    one, four = steps(PAGE)
    assert (one.command, one.shown, one.line) == ("one --two three", "first\nsecond", 4)
    assert (four.command, four.shown, four.line) == ("four", "", 8)


@pytest.mark.parametrize(
    ("shown", "real"),
    [
        ("", ""),
        ("same", "same  \n"),
        ('{"id":1,...,"version":2}', '{"id":1,"title":"x","version":2}\n'),
        ("first\n...\nlast", "first\nlast\n"),
        ("first\n...\nlast", "first\n2\n3\nlast\n"),
        ("first\n...", "first\n2\n3\n"),
        ("at 2027-04-01T09:30:00Z", "at 2028-05-02T10:31:01.123456Z"),
    ],
)
def test_output_matches_what_the_page_shows(shown: str, real: str) -> None:
    assert matches(shown, real)


@pytest.mark.parametrize(
    ("shown", "real"),
    [
        ("", "something"),
        ("something", ""),
        ("a.b", "axb"),
        ("a...c", "a\nc"),
        ("first\n...\nlast", "first\nlast\nmore"),
    ],
)
def test_other_output_does_not(shown: str, real: str) -> None:
    assert not matches(shown, real)
