"""The history of plans on the command line."""

import json
import re

import pytest


@pytest.fixture
def kyoto(run, ada):
    """A plan with an item, at version 3."""
    run("plan", "new", "Kyoto", "--destination", "Kyoto")
    run("item", "add", "kyoto", "Tea ceremony", "--start", "2027-04-03 15:00")
    run("plan", "set", "kyoto", "--title", "Kyoto in April")


def test_the_log_is_lines_in_a_pipe_and_a_table_for_people(run, kyoto, terminal):
    shown = run("plan", "log", "kyoto").stdout
    assert [line.split()[0] for line in shown.splitlines()] == ["Version", "3", "2", "1"]
    assert 'Added "Tea ceremony".' in shown


def test_the_log_in_a_pipe(run, kyoto):
    lines = [line.split("\t") for line in run("plan", "log", "kyoto", "--limit", "2").stdout.splitlines()]
    assert [[line[0], *line[2:]] for line in lines] == [
        ["3", "ada", "command line", "plan.edit", "Changed title of the plan."],
        ["2", "ada", "command line", "item.create", 'Added "Tea ceremony".'],
    ]
    changes = json.loads(run("plan", "log", "kyoto", "--json").stdout)
    assert [change["version"] for change in changes] == [3, 2, 1]


def test_the_log_of_a_long_history_is_whole(run, kyoto, tripkit):
    from tripkit.schemas.plans import PlanPatch

    ada = tripkit.actors.find("ada")
    for number in range(120):
        tripkit.plans.edit(ada, 1, PlanPatch(title=f"Kyoto {number}"))
    assert len(run("plan", "log", "kyoto").stdout.splitlines()) == 123


def test_diff_shows_the_last_change_or_any(run, kyoto):
    assert run("plan", "diff", "kyoto").stdout == "plan\t1\tKyoto in April\tchanged\ttitle\tKyoto\tKyoto in April\n"
    lines = run("plan", "diff", "kyoto", "1", "2").stdout.splitlines()
    assert {line.split("\t")[3] for line in lines} == {"added"}
    assert "item\t1\tTea ceremony\tadded\tstart_time\t\t15:00" in lines
    assert run("plan", "diff", "kyoto", "2", "2").stdout == ""
    assert json.loads(run("plan", "diff", "kyoto", "1", "--json").stdout)["after"] == 3


def test_show_at_a_version(run, kyoto):
    assert "title\tKyoto\n" in run("plan", "show", "kyoto", "--at", "2").stdout
    whole = json.loads(run("plan", "show", "kyoto", "--at", "2", "--json").stdout)
    assert (whole["plan"]["title"], whole["items"][0]["title"]) == ("Kyoto", "Tea ceremony")


def test_undo_says_what_it_did_and_how_to_do_it_again(run, kyoto):
    done = run("plan", "undo", "kyoto")
    assert done.stderr.startswith("Took back version 3: changed title of the plan. The plan is at version 4 now;")
    again = re.search(r"`tripkit (.*)`", done.stderr)[1].split()
    assert run(*again).exit_code == 0
    assert "title\tKyoto in April\n" in run("plan", "show", "1").stdout


def test_what_is_newer_is_named(run, kyoto):
    run("plan", "set", "kyoto", "--title", "Kyoto in May")
    done = run("plan", "undo", "kyoto", "--version", "3")
    assert (done.exit_code, done.stdout) == (5, "")
    assert "title of the plan was changed in version 4 by ada." in done.stderr


def test_restore_goes_back_or_out_of_the_trash(run, kyoto):
    done = run("plan", "restore", "kyoto", "--version", "1")
    assert done.stderr == "Plan 1 is what it was at version 1, and at version 4 now.\n"
    assert json.loads(run("item", "list", "1", "--json").stdout) == []
    run("plan", "rm", "1")
    assert run("plan", "restore", "1").exit_code == 0
    assert run("plan", "restore", "1", "--version", "3").exit_code == 0
    assert len(json.loads(run("item", "list", "1", "--json").stdout)) == 1


@pytest.mark.parametrize("version", ["0", "-1", "99", "9" * 30])
def test_versions_that_never_were(run, kyoto, version):
    for words in (("show", "1", f"--at={version}"), ("undo", "1", f"--version={version}"),
                  ("restore", "1", f"--version={version}"), ("diff", "1", "--", version)):  # fmt: skip
        done = run("plan", *words)
        assert (done.exit_code, done.stdout) == (3, ""), done.stderr
        assert f"There is no version {version} of the plan 1: it is at version 3." in done.stderr
    assert run("plan", "undo", "1", "--version", "two").exit_code == 2
