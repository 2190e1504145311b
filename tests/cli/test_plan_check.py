"""`tripkit plan check`."""

import json

import pytest

from tripkit.cli import completion


@pytest.fixture
def kyoto(run, ada):
    """A plan with something to find."""
    run("plan", "new", "Kyoto", "--destination", "Kyoto", "--timezone", "Asia/Tokyo")
    run("item", "add", "kyoto", "Tea", "--start", "2027-04-02 10:00", "--end", "2027-04-02 11:00", "--status", "booked")
    run("item", "add", "kyoto", "Zen", "--start", "2027-04-02 10:30", "--end", "2027-04-02 11:30")


def test_findings_are_lines_and_exit_code_6(run, kyoto):
    done = run("plan", "check", "kyoto")
    assert done.exit_code == 6
    assert [line.split("\t") for line in done.stdout.splitlines()] == [
        [
            "warning", "overlap", "1, 2",
            '"Zen" (2) begins at 2027-04-02 10:30, before "Tea" (1) ends at 2027-04-02 11:00.',
            "Move one of them, or make one of them an idea.",
        ],
        [
            "hint", "no-reference", "1", '"Tea" (1) is booked and has no booking reference.',
            "Note the reference of the booking.",
        ],
    ]  # fmt: skip


def test_a_plan_without_findings_is_exit_code_0(run, kyoto, terminal):
    run("item", "edit", "kyoto", "tea", "--reference", "X", "--end", "2027-04-02 10:30")
    done = run("plan", "check", "kyoto")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "Nothing was found.\n")
    assert json.loads(run("plan", "check", "kyoto", "--json").stdout)["ok"] is True


def test_findings_are_ignored_and_heeded_by_code(run, kyoto):
    done = run("plan", "check", "kyoto", "--ignore", "overlap")
    assert (done.exit_code, done.stdout.count("\n")) == (6, 1)
    assert done.stderr == "1 more of overlap are ignored in this plan.\n"
    assert run("plan", "check", "kyoto", "--ignore", "no-reference").exit_code == 0
    assert run("plan", "check", "kyoto").exit_code == 0
    found = json.loads(run("plan", "check", "kyoto", "--heed", "overlap", "--json").stdout)
    assert (found["ok"], found["ignored_codes"], found["ignored"]) == (False, ["no-reference"], 1)
    done = run("plan", "check", "kyoto", "--ignore", "boredom")
    assert (done.exit_code, done.stderr.startswith("--ignore: item 0 must be one of overlap")) == (2, True)


def test_a_table_on_a_terminal_fits_80_columns(run, kyoto, terminal):
    shown = run("plan", "check", "kyoto").stdout
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert "overlap" in shown
    words = " ".join(shown.split())
    assert 'before "Tea" (1) ends at 2027-04-02 11:00. Move one of them, or make one of them an idea.' in words
    assert "…" not in shown, "nothing is cut off"


def test_codes_are_completed():
    assert completion.findings("too") == ["too-far", "too-fast"]


def test_a_plan_that_is_not_there_is_exit_code_3(run, kyoto):
    assert run("plan", "check", "osaka").exit_code == 3
