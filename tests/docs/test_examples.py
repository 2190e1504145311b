"""The examples of pages that are read beside a plan can be typed as they stand there."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tripkit.bootstrap import open_tripkit
from tripkit.cli.app import app
from tripkit.config import load
from tripkit.schemas.users import NewUser
from tripkit.services.policy import OPERATOR

ROOT = Path(__file__).parents[2]
#: What the pages take for granted.
BEFORE = (
    "tripkit plan new 'Kyoto in April' Kyoto --start-date 2027-04-01 --end-date 2027-04-14",
    "tripkit plan new Norway Oslo",
    "tripkit traveller add kyoto Ada",
)


def examples(page: str) -> list[str]:
    """The commands in the `sh` blocks of a page."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in re.sub(r"\\\n\s*", "", block).splitlines()]


@pytest.mark.parametrize("page", ["docs/itinerary.md", "docs/checklists.md"])
def test_every_example_of_the_page_can_be_typed(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPKIT_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    tripkit = open_tripkit(load().settings)
    tripkit.upgrade_database()
    tripkit.administration.create(OPERATOR, NewUser("ada@example.org", "ada", "correct horse battery staple"))
    tripkit.close()
    found = examples((ROOT / page).read_text("utf-8"))
    assert found
    for line in (*BEFORE, *found):
        program, *arguments = shlex.split(line)
        assert program == "tripkit"
        done = CliRunner().invoke(app, arguments, prog_name="tripkit")
        assert done.exit_code == 0, f"$ {line}\n{done.output}"
