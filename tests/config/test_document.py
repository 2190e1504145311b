"""The commented configuration file says the truth."""

import re
import tomllib
from pathlib import Path

from tripkit.config import OPTIONS, OAuth, load
from tripkit.config.document import render

EXAMPLE = Path(__file__).parents[2] / "tripkit.toml.example"


def uncommented() -> str:
    """The document with each setting switched on, and its explanations left out."""
    lines = [re.sub(r"^# (?=[a-z0-9_]+ = )", "", line) for line in render().splitlines()]
    return "\n".join(line for line in lines if not line.startswith("#"))


def test_the_example_file_is_the_one_made_from_the_code() -> None:
    assert EXAMPLE.read_text() == render()


def test_as_it_stands_it_sets_nothing() -> None:
    assert all(section == {} for section in tomllib.loads(render()).values())


def test_uncommented_it_gives_exactly_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "all.toml"
    file.write_text(uncommented())
    assert load(env={}, file=file).settings == load(env={}, cwd=tmp_path).settings


def test_it_names_every_option_once_with_its_meaning(tmp_path: Path) -> None:
    document = tomllib.loads(uncommented())
    named = {
        f"{name}.{inner}" if isinstance(value, dict) else name
        for name, value in document.items()
        for inner in (value if isinstance(value, dict) else [""])
    }
    assert named == set(OPTIONS)
    one_line = " ".join(line.removeprefix("# ") for line in render().splitlines())
    for option in OPTIONS.values():
        assert option.description in one_line


def test_it_shows_how_a_provider_is_configured(tmp_path: Path) -> None:
    shown = render().partition("#[oauth.NAME]")[2].partition("#[profile.NAME]")[0]
    lines = [line.removeprefix("#") for line in shown.splitlines() if re.match("#[a-z]", line)]
    file = tmp_path / "home.toml"
    file.write_text("\n".join(["[oauth.home]", *lines]))
    assert load(env={}, file=file).settings.oauth == {"home": OAuth()}
