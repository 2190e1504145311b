"""What users wrote cannot steer a terminal, look like markup, or break a line."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tripkit.cli import output


@pytest.fixture
def hostile(run, ada, tripkit):
    run("plan", "new", "[red]x[/red] :smile:", "--destination", "B", "--description", "a\tb\nc\x1b[2Jd\u202ee")
    # As a database that something else wrote to might have it.
    tripkit.db.execute("UPDATE plans SET destination = ?", ("\x1b]0;owned\x07\x9b31mB",))


def test_in_a_pipe_cells_hold_no_controls_tabs_or_line_breaks(run, hostile):
    [line] = run("plan", "list").stdout.splitlines()
    assert line.split("\t")[1:3] == ["[red]x[/red] :smile:", "\ufffd]0;owned\ufffd\ufffd31mB"]
    shown = dict(line.split("\t") for line in run("plan", "show", "1").stdout.splitlines())
    assert shown["description"] == "a b c\ufffd[2Jd\ufffde"


def test_on_a_terminal_markup_is_text_and_controls_are_replaced(run, hostile, terminal):
    for args in (("plan", "list"), ("plan", "show", "1")):
        shown = run(*args).stdout
        assert "[red]x[/red] :smile:" in shown
        assert "\x9b" not in shown
        assert "\x1b]" not in shown
        assert "\x1b[2J" not in shown


def test_messages_are_safe_too(run, ada):
    assert run("plan", "new", "[red]x[/red]", "--destination", "B").stderr == 'Made plan 1 "[red]x[/red]".\n'
    assert "\x1b" not in run("plan", "show", "\x1b[31m").stderr


def test_json_is_exact_in_a_pipe_and_safe_on_a_terminal(run, hostile, monkeypatch):
    exact = run("plan", "show", "1", "--json").stdout
    assert json.loads(exact)["destination"] == "\x1b]0;owned\x07\x9b31mB"
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    shown = run("plan", "show", "1", "--json").stdout
    assert "\x9b" not in shown
    assert json.loads(shown) == json.loads(exact)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (Decimal("10.50"), "10.50"),
        (["a", "b"], "a, b"),
        (datetime(2027, 4, 1, 12, 0, tzinfo=timezone(timedelta(hours=2))), "2027-04-01T10:00:00Z"),
        (datetime(2027, 4, 1, 12, 0, 0, 5, tzinfo=UTC), "2027-04-01T12:00:00.000005Z"),
        ("👨\u200d👩\u200d👧 é 日本", "👨\u200d👩\u200d👧 é 日本"),
        ("half \ud800", "half \ufffd"),
        ("a\r\nb\u2028c", "a b c"),
    ],
)
def test_cells(value, text):
    assert output.cell(value) == text
