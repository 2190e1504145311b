"""The documentation is whole: nothing is left out, nothing is out of date, and every link leads somewhere."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tripkit.cli import output
from tripkit.client import Client
from tripkit.client.resource import Resource
from tripkit.config import OPTIONS
from tripkit.server.routes import ENDPOINTS

from . import generate, terminal

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def headings(page: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", _without_code(page), re.MULTILINE)


@pytest.mark.parametrize("name", generate.PAGES)
def test_generated_pages_are_up_to_date(name: str) -> None:
    assert read(name) == generate.PAGES[name](), f"{name} is out of date: run `make docs`"


def test_pictures_of_the_terminal_show_what_it_shows() -> None:
    drawn = terminal.pictures()
    assert {path.name for path in (ROOT / terminal.DIRECTORY).iterdir()} == {Path(name).name for name in drawn}
    for name, svg in drawn.items():
        kept = read(name)
        assert terminal.words(kept) == terminal.words(svg), f"{name} is out of date: look at it, and run `make docs`"
        assert terminal.words(svg)
        assert "url(http" not in kept, f"{name} fetches something from another host"


def test_every_command_is_documented_with_its_options_help_and_example() -> None:
    sections = re.split(r"^##+ ", read("docs/cli.md"), flags=re.MULTILINE)
    commands = generate.commands()
    assert len(commands) > 20
    for name, command in commands.items():
        section = next(text for text in sections if text.startswith(f"tripkit {name}\n"))
        for param in (each for each in command.params if not each.hidden):
            assert f"`{param.opts[0]}" in section or f"`{param.metavar or param.name.upper()}`" in section, param.name
            assert param.help, f"{name}: {param.name} has no help"
        assert command.help in section
        example = shlex.split(section.partition("```sh\n")[2].partition("\n```")[0])
        typed = name.split()
        start = next(at for at in range(len(example)) if example[at : at + len(typed)] == typed)
        command.make_context(name, example[start + len(typed) :])  # raises when it could not be typed like this


def test_every_setting_is_documented() -> None:
    page = read("docs/configuration.md")
    assert set(OPTIONS) <= set(headings(page))
    for option in OPTIONS.values():
        assert option.environment in page
        assert option.description in page


def test_every_route_is_documented() -> None:
    documented = [name for name in headings(read("docs/api.md")) if re.match("[A-Z]+ /", name)]
    assert sorted(documented) == sorted(f"{each.method} {each.path}" for each in ENDPOINTS)


def test_every_part_and_method_of_the_client_is_documented() -> None:
    with Client("http://127.0.0.1:1") as client:
        parts = {name: part for name, part in vars(client).items() if isinstance(part, Resource)}
        methods = {name: sorted(each for each in dir(part) if each[0] != "_") for name, part in parts.items()}
    rows = re.findall(r"^\| `client\.(\w+)` \| (`.*`) \|$", read("docs/client.md"), re.MULTILINE)
    assert {name: sorted(re.findall(r"`(\w+)`", listed)) for name, listed in rows} == methods


def test_every_kind_of_problem_and_exit_code_is_explained() -> None:
    page = read("docs/errors.md")
    explained = re.findall(r"^\| `/docs#([\w-]+)` \| (\d+) \|", page, re.MULTILINE)
    assert sorted(explained) == sorted((kind.slug, str(kind.status)) for kind in generate.problem_kinds())
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    assert codes == {0, 1, 2, 130, output.PROBLEMS_FOUND} | {code for _, code in output._EXIT_CODES}


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    sections = {"Core": project["dependencies"]}
    sections |= {f"Extra: {name}": needed for name, needed in project["optional-dependencies"].items()}
    required = {title: sorted(re.split(r"[^\w.-]", each)[0] for each in needed) for title, needed in sections.items()}
    assert _reasons(read("docs/dependencies.md")) == required


def _reasons(page: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for section in page.split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        found[title] = sorted(re.findall(r"^- `([\w.-]+)`: \w.*", text, re.MULTILINE))
    return found


def test_every_decision_is_listed_once_in_order() -> None:
    pages = sorted(path.name for path in (ROOT / "docs/decisions").glob("0*.md"))
    assert re.findall(r"\]\((0\S+\.md)\)", read("docs/decisions/README.md")) == pages
    assert len({name[:4] for name in pages}) == len(pages)
    for name in pages:
        page, number = read(f"docs/decisions/{name}"), int(name[:4])
        assert page.startswith(f"# {number}. ")
        assert re.findall(r"^\*\*(\w+)\.\*\*", page, re.MULTILINE) == ["Context", "Choice", "Cost"]


def test_every_page_is_listed_in_the_index() -> None:
    listed = {link for _, link in _links(ROOT / "docs/README.md")}
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages if not page.startswith("decisions/")} - {"README.md"} <= listed


def test_every_target_of_make_is_in_the_readme() -> None:
    assert set(re.findall(r"^([a-z]+):.*## ", read("Makefile"), re.MULTILINE)) == set(
        re.findall(r"^\| `make (\w+)` \|", read("README.md"), re.MULTILINE)
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for text, link in _links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        assert target.is_file(), f"[{text}]({link}): there is no {target}"
        if anchor:
            assert anchor in _anchors(target), f"[{text}]({link}): there is no such heading"


def _links(page: Path) -> Iterator[tuple[str, str]]:
    for text, link in re.findall(r"\[([^\]]+)\]\(([^)\s]+)\)", _without_code(page.read_text("utf-8"))):
        if not re.match(r"\w+:", link):
            yield text, link


def _anchors(page: Path) -> set[str]:
    return {re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-") for name in headings(page.read_text("utf-8"))}


def _without_code(page: str) -> str:
    return re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
