"""How far long work has come."""

import pytest

from tripkit.cli import progress
from tripkit.cli.output import Output


@pytest.fixture
def slow(monkeypatch):
    """Whatever is done takes long."""
    monkeypatch.setattr(progress, "PATIENCE", -1)


def work(out):
    with progress.counted(out, "Rows", 3) as more:
        for _ in range(3):
            more(1)


def test_a_bar_is_shown_on_standard_error_and_goes_away(slow, monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    work(Output())
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Rows" in shown.err
    assert "/3" in shown.err


@pytest.mark.parametrize("quiet", [True, False])
def test_nothing_is_shown_to_programs_or_who_wants_quiet(slow, monkeypatch, capsys, quiet):
    monkeypatch.setattr("sys.stderr.isatty", lambda: quiet, raising=False)
    work(Output(quiet=quiet))
    assert capsys.readouterr().err == ""


def test_nothing_is_shown_of_what_is_quick(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    work(Output())
    assert capsys.readouterr().err == ""


def test_commands_show_it_on_a_terminal(converse, run, ada, monkeypatch):
    run("plan", "new", "Kyoto", "Japan")
    code, screen = converse("db", "reindex")
    assert (code, screen) == (0, "Made the index of searches anew, from 1 plan.\n")
