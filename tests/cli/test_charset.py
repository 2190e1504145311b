"""Terminals and pipes whose character set is not Unicode."""

import pytest

from tripkit.cli.app import COMMANDS


@pytest.fixture
def ascii_only(monkeypatch):
    for name, value in {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def kyoto(run, ada):
    run("plan", "new", "Kyōto 京都", "Japan", "--start-date", "2027-04-01")
    run("item", "add", "1", "To Tokyo", "-k", "flight", "--from", "LHR", "--to", "NRT", "--start", "2027-04-01 13:00")


def test_tables_show_what_is_nearest_in_as_many_columns(converse, kyoto, ascii_only):
    code, screen = converse("plan", "list")
    assert code == 0, screen
    assert screen.splitlines()[1].rstrip() == "1  Kyoto ????  Japan        2027-04-01 - ~  draft"
    code, screen = converse("item", "list", "1")
    assert (code, "LHR > NRT" in screen) == (0, True)


@pytest.mark.parametrize("words", [(), ("plan", "show", "1"), ("plan", "show", "1", "--month"), ("plan", "totals", "1"),
                                   ("agenda", "--from", "2027-04-01", "--to", "2027-04-02"), ("search", "tokyo"),
                                   ("help", "output")])  # fmt: skip
def test_nothing_fails_for_a_sign(converse, kyoto, ascii_only, words):
    code, screen = converse(*(words or ("plan", "rate", "--help")))
    assert code == 0, screen
    assert screen.isascii()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_shown(process, ascii_only, command):
    done = process(command, "--help")
    assert (done.returncode, done.stderr) == (0, b"")


def test_in_a_pipe_nothing_is_lost(process, kyoto, ascii_only):
    assert process("plan", "list", "--fields", "title").stdout == b"Ky\\u014dto \\u4eac\\u90fd\n"
