"""`tripkit search` and `tripkit db reindex`."""

import json

import pytest


@pytest.fixture
def plans(run, ada):
    run(
        "plan",
        "new",
        "Kyoto in April",
        "--destination",
        "Kyoto",
        "--description",
        "Far behind the temple " * 9 + "is tea",
    )
    run("plan", "new", "Málaga", "--destination", "Spain", "--status", "archived", "--tag", "sun")
    run("item", "add", "kyoto", "Tea ceremony", "--start", "2027-04-03 15:00", "--place", "Kyoto")


def test_what_is_found_is_lines_in_a_pipe(run, plans):
    done = run("search", "tea")
    assert done.exit_code == 0
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert lines[0] == ["1", "Kyoto in April", "1", "Tea ceremony", "title", "Tea ceremony"]
    assert lines[1][:5] == ["1", "Kyoto in April", "", "", "description"]
    assert lines[1][5].endswith("temple is tea")
    assert run("search", "malaga", "--status", "archived", "--tag", "sun").stdout.startswith("2\tMálaga\t")
    assert run("search", "tea", "cere", "--country", "jp", "--from", "2027-04-03", "--to", "2027-04-03").stdout
    assert run("search", "malaga", "--status", "draft").stdout == ""


def test_json_is_what_the_api_answers(run, plans):
    found = json.loads(run("search", "tea", "--json").stdout)
    assert [(hit["plan"]["id"], hit["item"] and hit["item"]["id"], hit["field"]) for hit in found] == [
        (1, 1, "title"),
        (1, None, "description"),
    ]
    assert found[0]["marks"] == [{"start": 0, "end": 3}]


def test_a_table_sets_off_what_was_found_and_fits_80_columns(run, plans, terminal, monkeypatch):
    shown = run("search", "tea").stdout
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert "1 Tea ceremony" in shown
    assert "is tea" in shown, "what was found is not cut off"
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;32mtea\x1b[0m" in run("search", "tea").stdout


def test_control_characters_do_not_reach_the_terminal(run, ada, terminal):
    run("plan", "new", "x", "--destination", "y", "--description", "tea\x1b[2J\x07 here")
    shown = run("search", "tea").stdout
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown


def test_nothing_is_found_quietly(run, plans, terminal):
    done = run("search", "nowhere")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "Nothing was found.\n")


def test_more_than_the_limit_is_told_of(run, plans):
    done = run("search", "kyoto", "--limit", "1")
    assert (done.stdout.count("\n"), done.stderr.startswith("There is more than these 1")) == (1, True)
    assert run("search", "kyoto", "-n", "2").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (['"'], "WORDS: must have a letter, a digit or a symbol to search for.\n"),
        (["x" * 10_000], "WORDS: must have at most 100 characters (it has 10000).\n"),
        (["x", "--country", "Japan"], "--country: must have at most 2 characters (it has 5).\n"),
        (["x", "--from", "soon"], '--from: must be a date like 2027-04-01, not "soon".\n'),
    ],
)
def test_a_search_that_cannot_be_meant_is_exit_code_2(run, ada, arguments, message):
    done = run("search", *arguments)
    assert (done.exit_code, done.stderr) == (2, message)


def test_only_ones_own_plans_are_found(run, plans, person):
    person("bob")
    assert run("search", "tea", "--user", "bob").stdout == ""
    assert run("search", "tea", "--user", "ada").stdout


def test_the_index_is_made_anew(run, plans):
    done = run("db", "reindex")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "Made the index of searches anew, from 2 plans.\n"
    assert json.loads(run("db", "reindex", "--json").stdout) == {"plans": 2}
    assert run("search", "tea").stdout.count("\n") == 2
