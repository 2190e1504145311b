"""What is written about security says what the code does: nothing that matters is left out."""

import ast
import re
import tomllib
from datetime import timedelta
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

from tripkit import models
from tripkit.config import OPTIONS, Settings
from tripkit.schemas.api_tokens import NewApiToken
from tripkit.schemas.users import Reauthenticated, SignedIn, TokenPair
from tripkit.security import passwords
from tripkit.server import bridge
from tripkit.server.routes import ENDPOINTS
from tripkit.services import api_tokens, gallery, jsontext, plan_rules

from ..security.test_source import CONNECTIONS, modules

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
DAY = timedelta(days=1)


def section(heading: str, page: str = "docs/security/design.md") -> str:
    """What stands under a heading, on one line."""
    text = (ROOT / page).read_text("utf-8")
    found = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def code(text: str) -> set[str]:
    """Everything that is set as code."""
    return set(re.findall(r"`([^`]+)`", text))


def cells(text: str) -> list[list[str]]:
    """The rows of the tables."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]


def span(seconds: int) -> str:
    unit, size = ("day", 86400) if seconds >= 2 * 86400 else ("hour", 3600)
    count = seconds // size
    assert count * size == seconds
    return f"{count} {unit}{'' if count == 1 else 's'}"


def test_every_way_in_is_documented() -> None:
    ways = {f"{each.method} {each.path}" for each in ENDPOINTS if _hands_out_tokens(each.answer)}
    assert len(ways) > 5
    assert ways <= code(section("Ways in"))


def test_whatever_may_be_sent_by_strangers_is_documented() -> None:
    strangers = {f"{each.method} {each.path}" for each in ENDPOINTS if each.method != "GET" and each.auth is not True}
    assert len(strangers) > 10
    assert strangers <= code(section("Ways in"))


def _hands_out_tokens(answer: object) -> bool:
    kinds = (SignedIn, TokenPair, Reauthenticated, NewApiToken)
    return isinstance(answer, type) and issubclass(answer, kinds)


def test_every_rate_limit_is_documented_with_its_default() -> None:
    rules = {option.key.partition(".")[2]: option.default for option in OPTIONS.values() if option.rule}
    documented = {row[0].strip("`"): row[1].strip("`") for row in cells(section("Guessing"))[2:]}
    assert documented == rules
    assert f"{bridge.MOST_SIGNING_IN} waiting" in section("Guessing")


def test_the_words_that_do_not_count_are_documented() -> None:
    text = section("Passwords")
    assert code(text) == set(passwords.CONTEXT_WORDS)
    assert f"At least {passwords.MIN_LENGTH} characters and at most {passwords.MAX_BYTES:,} bytes" in text
    assert f"fewer than {passwords.MIN_DIGITS} digits" in text


def test_sessions_are_documented_as_they_are() -> None:
    security = Settings().security
    rows = {re.findall(r"`security\.(\w+)`", row[1])[0]: row[2] for row in cells(section("Sessions"))[2:]}
    assert rows == {
        name: span(getattr(security, name)) for name in ("access_lifetime", "refresh_lifetime", "session_lifetime")
    }
    assert f"takes {security.session_lifetime // 86400} and {security.refresh_lifetime // 86400} days" in section(
        "Sessions"
    )


def test_every_open_route_is_said_to_be_open() -> None:
    page = (ROOT / "docs/api.md").read_text("utf-8")
    for each in ENDPOINTS:
        said = page.partition(f"### {each.method} {each.path}\n")[2].partition("\n### ")[0]
        assert ("Open to everybody" in said) == (each.auth is not True), each.path


def test_bounds_are_documented_as_they_are() -> None:
    text = section("Rules and bounds of values")
    settings = Settings()
    for bound in (
        f"{settings.server.max_body // 1024**2} MiB, {jsontext.MAX_DEPTH} levels of JSON, "
        f"{settings.server.request_timeout} seconds",
        f"{plan_rules.MAX_DATA_BYTES // 1024} KiB, {plan_rules.MAX_DATA_DEPTH} levels",
        f"{api_tokens.MOST} API tokens",
        f"{settings.database.write_queue:,} waiting writes",
        f"{bridge.MOST_SIGNING_IN} waiting sign-ins",
    ):
        assert f"| {bound}" in text
    expensive = section("What is expensive")
    assert f"{bridge.MOST_SIGNING_IN} may wait" in expensive
    assert f"{settings.database.write_queue:,} may wait" in expensive
    assert f"{gallery.EXAMINED:,} plans at most" in expensive


def test_every_key_is_in_the_inventory() -> None:
    purposes = {
        node.value.value
        for tree in modules().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign)
        and ast.unparse(node.target) == "PURPOSE"
        and isinstance(node.value, ast.Constant)
    }
    assert len(purposes) > 2
    text = section("Cryptography")
    assert purposes == {row[2].strip("`") for row in cells(text)[2:]} - {"none", "theirs"}
    security = Settings().security
    assert f"Argon2id, {security.argon2_memory // 1024} MiB, {security.argon2_time} passes" in text


def test_every_table_is_classified() -> None:
    assert {each._meta.table_name for each in models.ALL} <= code(section("Data"))


def test_every_connection_is_documented() -> None:
    assert set(CONNECTIONS) <= code(section("Connections"))


def test_every_log_is_documented() -> None:
    loggers = {
        call.args[0].value
        for tree in modules().values()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "logging.getLogger" and call.args
        if isinstance(call.args[0], ast.Constant) and str(call.args[0].value).startswith("tripkit")
    }
    assert len(loggers) > 2
    assert loggers <= code(section("Logs"))


def required(name: str, extras: frozenset[str]) -> set[str]:
    """The names of all that a distribution requires here, and what that requires."""
    found: set[str] = set()
    waiting = [(name, extras)]
    while waiting:
        name, extras = waiting.pop()
        for text in distribution(name).requires or ():
            each = Requirement(text)
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                canonical = re.sub(r"[-_.]+", "-", each.name).lower()
                if canonical not in found:
                    found.add(canonical)
                    waiting.append((each.name, frozenset(each.extras)))
    return found


def test_every_component_is_listed() -> None:
    direct = set(re.findall(r"^- `([\w.-]+)`", (ROOT / "docs/dependencies.md").read_text("utf-8"), re.MULTILINE))
    assert required("tripkit", frozenset({"postgres", "redis"})) - direct <= code(section("Components"))


def test_no_library_is_held_back() -> None:
    """A release that mends something can always be taken."""
    project = PROJECT["project"]
    needed = [*project["dependencies"], *(each for some in project["optional-dependencies"].values() for each in some)]
    bounds = {each.operator for text in needed for each in Requirement(text).specifier}
    assert len(needed) > 20
    assert bounds == {">="}


def test_only_the_program_is_installed() -> None:
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["src/tripkit"]
    assert not [path for path in (ROOT / "src/tripkit").rglob("*test*") if path.suffix == ".py"]


def test_the_time_in_which_weak_libraries_go_is_documented() -> None:
    rows = cells(section("Dependencies", "SECURITY.md"))[2:]
    days = [int(found[1]) for row in rows if (found := re.fullmatch(r"(\d+) days", row[1]))]
    assert days == sorted(days)
    assert len(days) >= 2
    assert re.search(r"at least every \d+ days", section("Dependencies", "SECURITY.md"))


def test_weaknesses_are_reported_in_private_and_to_no_mailbox() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    assert "Report a vulnerability" in section("Reporting", "SECURITY.md")
    assert "@" not in text
    for heading in ("Reporting", "What to expect", "Supported versions", "Dependencies"):
        assert section(heading, "SECURITY.md").strip()
