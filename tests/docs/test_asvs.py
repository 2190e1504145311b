"""The table of OWASP ASVS 5.0: every requirement is in it once, and what it calls met is shown by tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/security/asvs.md"
TESTS = ROOT / "tests"

#: Every requirement of version 5.0.0, by its level. Those of level 3 are left out.
LEVELS = {
    1: """
    1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.5.1 2.1.1 2.2.1 2.2.2 2.3.1 3.2.1 3.2.2 3.3.1 3.4.1 3.4.2 3.5.1
    3.5.2 3.5.3 4.1.1 4.4.1 5.2.1 5.2.2 5.3.1 5.3.2 6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.3.1
    6.3.2 6.4.1 6.4.2 7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 8.1.1 8.2.1 8.2.2 8.3.1 9.1.1 9.1.2 9.1.3 9.2.1 10.4.1
    10.4.2 10.4.3 10.4.4 10.4.5 11.3.1 11.3.2 11.4.1 12.1.1 12.2.1 12.2.2 13.4.1 14.2.1 14.3.1 15.1.1 15.2.1
    15.3.1""",
    2: """
    1.1.1 1.1.2 1.2.6 1.2.7 1.2.8 1.2.9 1.3.3 1.3.4 1.3.5 1.3.6 1.3.7 1.3.8 1.3.9 1.3.10 1.3.11 1.4.1 1.4.2
    1.4.3 1.5.2 2.1.2 2.1.3 2.2.3 2.3.2 2.3.3 2.3.4 2.4.1 3.3.2 3.3.3 3.3.4 3.4.3 3.4.4 3.4.5 3.4.6 3.5.4 3.5.5
    3.7.1 3.7.2 4.1.2 4.1.3 4.2.1 4.3.1 4.3.2 4.4.2 4.4.3 4.4.4 5.1.1 5.2.3 5.4.1 5.4.2 5.4.3 6.1.2 6.1.3 6.2.9
    6.2.10 6.2.11 6.2.12 6.3.3 6.3.4 6.4.3 6.4.4 6.5.1 6.5.2 6.5.3 6.5.4 6.5.5 6.6.1 6.6.2 6.6.3 6.8.1 6.8.2
    6.8.3 6.8.4 7.1.1 7.1.2 7.1.3 7.3.1 7.3.2 7.4.3 7.4.4 7.4.5 7.5.1 7.5.2 7.6.1 7.6.2 8.1.2 8.2.3 8.4.1 9.2.2
    9.2.3 9.2.4 10.1.1 10.1.2 10.2.1 10.2.2 10.3.1 10.3.2 10.3.3 10.3.4 10.4.6 10.4.7 10.4.8 10.4.9 10.4.10
    10.4.11 10.5.1 10.5.2 10.5.3 10.5.4 10.5.5 10.6.1 10.6.2 10.7.1 10.7.2 10.7.3 11.1.1 11.1.2 11.2.1 11.2.2
    11.2.3 11.3.3 11.4.2 11.4.3 11.4.4 11.5.1 11.6.1 12.1.2 12.1.3 12.3.1 12.3.2 12.3.3 12.3.4 13.1.1 13.2.1
    13.2.2 13.2.3 13.2.4 13.2.5 13.3.1 13.3.2 13.4.2 13.4.3 13.4.4 13.4.5 14.1.1 14.1.2 14.2.2 14.2.3 14.2.4
    14.3.2 14.3.3 15.1.2 15.1.3 15.2.2 15.2.3 15.3.2 15.3.3 15.3.4 15.3.5 15.3.6 15.3.7 16.1.1 16.2.1 16.2.2
    16.2.3 16.2.4 16.2.5 16.3.1 16.3.2 16.3.3 16.3.4 16.4.1 16.4.2 16.4.3 16.5.1 16.5.2 16.5.3 17.1.1 17.2.1
    17.2.2 17.2.3 17.2.4 17.3.1 17.3.2""",
}
NOT_MET = ("not applicable", "open")


class Row(NamedTuple):
    number: str
    level: int
    gist: str
    verdict: str
    evidence: str

    @property
    def tests(self) -> list[str]:
        return re.findall(r"`([\w/]+\.py::test_\w+)`", self.evidence)


def rows() -> list[Row]:
    found = re.findall(
        r"^\| (\d+\.\d+\.\d+) \| (\d) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    return [Row(number, int(level), *rest) for number, level, *rest in found]


@cache
def existing() -> frozenset[str]:
    """Every test function there is, by the path of its file below `tests/`."""
    found = set()
    for path in TESTS.rglob("test_*.py"):
        names = (node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef))
        found |= {f"{path.relative_to(TESTS).as_posix()}::{name}" for name in names if name.startswith("test_")}
    return frozenset(found)


@pytest.mark.parametrize("level", LEVELS)
def test_every_requirement_is_listed_once_with_its_level_in_order(level: int) -> None:
    assert [row.number for row in rows() if row.level == level] == LEVELS[level].split()


def test_every_requirement_stands_in_its_chapter_and_there_is_no_other() -> None:
    chapter, seen = "", []
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("## V"):
            chapter = line.removeprefix("## V").split(" ")[0]
        elif re.match(r"\| \d+\.", line):
            seen.append(line)
            assert line.startswith(f"| {chapter}."), line
    assert len(seen) == len(rows()), "a row that cannot be read"
    assert {row.level for row in rows()} == {1, 2}


def test_every_named_test_exists() -> None:
    missing = {test for row in rows() for test in row.tests if test not in existing()}
    assert missing == set()
    assert sum(row.evidence.count("::") for row in rows()) == sum(len(row.tests) for row in rows()), "unreadable names"


def test_what_is_met_names_a_test_and_what_is_not_says_why() -> None:
    for row in rows():
        if row.verdict == "met":
            assert row.tests, row.number
        else:
            assert row.verdict in NOT_MET, row.number
            assert re.search(r"\w+", row.evidence), row.number


def test_nothing_of_level_1_is_open() -> None:
    assert [row.number for row in rows() if row.level == 1 and row.verdict == "open"] == []


def test_the_counts_are_right() -> None:
    for level in LEVELS:
        of_level = [row.verdict for row in rows() if row.level == level]
        counts = [len(of_level), *(of_level.count(verdict) for verdict in ("met", *NOT_MET))]
        assert f"| {level} | {' | '.join(map(str, counts))} |" in PAGE.read_text("utf-8")
