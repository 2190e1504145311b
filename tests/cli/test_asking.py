"""What commands ask for on a terminal when it is missing."""

import pytest

from .conftest import CTRL_C


def test_a_plan_is_asked_for(converse, run, ada):
    answers = [
        ("What to call it: ", "Kyoto in April\n"),
        ("Where to: ", "\n"),
        ("An answer is needed here", ""),
        ("Where to: ", "Kyoto\n"),
        ("First day", "2027-04-01\n"),
        ("Last day", "2026-04-01\n"),
        ("end_date: ", ""),
        ("Last day", "+3d\n"),
    ]
    code, screen = converse("plan", "new", answers=answers)
    assert code == 0, screen
    assert 'Took "+3d" for Sunday 2027-04-04.' in screen
    assert 'Made plan 1 "Kyoto in April".' in screen
    assert (
        run("plan", "list", "--fields", "title,start_date,end_date").stdout
        == "Kyoto in April\t2027-04-01\t2027-04-04\n"
    )


def test_only_what_is_missing_is_asked_for(converse, run, ada):
    code, screen = converse(
        "plan",
        "new",
        "Kyoto",
        "--start-date",
        "2027-04-01",
        answers=[
            ("Where to: ", "Japan\n"),
            ("Last day", "\n"),
        ],
    )
    assert code == 0
    assert "What to call it" not in screen
    assert "First day" not in screen


def test_a_place_is_kept_where_nothing_travels(converse, run, ada):
    run("plan", "new", "Kyoto", "Japan")
    answers = [
        ("Kind [activity]: ", "\n"),
        ("Where (or nothing)", "Kyoto\n"),
        ("Start, like", "\n"),
        ("End, like", "\n"),
    ]
    code, screen = converse("item", "add", "kyoto", answers=[("What to call it: ", "Tea\n"), *answers])
    assert code == 0, screen
    assert run("item", "list", "kyoto", "--json").stdout.count('"name":"Kyoto"') == 1


def test_what_is_only_tried_is_not_asked_for(converse, run, ada):
    run("plan", "new", "Kyoto", "Japan")
    code, screen = converse("item", "add", "kyoto", "--dry-run", answers=[])
    assert (code, "TITLE: is required." in screen) == (2, True), screen
    assert run("item", "list", "kyoto").stdout == ""


def test_an_item_is_asked_for(converse, run, ada):
    run("plan", "new", "Kyoto", "Japan")
    answers = [
        ("In which plan: ", "nowhere\n"),
        ("What to call it: ", "To Tokyo\n"),
        ("Kind [activity]: ", "flight\n"),
        ("From, like LHR", "LHR\n"),
        ("To, like NRT", "NRT\n"),
        ("Start, like", "2027-04-01 13:00\n"),
        ("End, like", "\n"),
        ('plan: There is no plan "nowhere".', ""),
        ("In which plan: ", "kyoto\n"),
    ]
    code, screen = converse("item", "add", answers=answers)
    assert code == 0, screen
    assert 'Added flight 1 "To Tokyo" (2027-04-01 13:00).' in screen
    assert run("item", "list", "1", "--fields", "kind,place.name,end_place.name").stdout == "flight\tLHR\tNRT\n"


@pytest.mark.parametrize(
    "before",
    [
        [],
        [("What to call it: ", "Kyoto\n")],
        [
            ("What to call it: ", "Kyoto\n"),
            ("Where to: ", "Japan\n"),
            ("First day", "fri\n"),
        ],
    ],
)
def test_ctrl_c_at_any_question_leaves_nothing(converse, run, ada, before):
    question = ("What to call it: ", "Where to: ", "", "Last day")[len(before)]
    code, screen = converse("plan", "new", answers=[*before, (question, CTRL_C)])
    assert code == 130
    assert "Traceback" not in screen
    assert run("plan", "list").stdout == ""


def test_nothing_is_asked_when_that_is_wanted(converse, ada):
    code, screen = converse("plan", "new", "--no-input")
    assert (code, "TITLE: is required" in screen) == (2, True)
    code, screen = converse("item", "add", "--no-input")
    assert (code, screen) == (2, "PLAN: is required.\nTITLE: is required.\n")


def test_nothing_is_asked_without_a_terminal(run, ada):
    done = run("plan", "new")
    assert (done.exit_code, done.stdout) == (2, "")
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["TITLE", "DESTINATION"]
    assert run("item", "add", "1").stderr == "TITLE: is required.\n"
