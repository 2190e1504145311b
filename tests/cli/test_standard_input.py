"""`-`: what is piped in."""

import json

import pytest


@pytest.fixture
def kyoto(run, ada):
    run("plan", "new", "Kyoto", "Japan", "--start-date", "2027-04-01")


def test_many_items_are_added_at_once(run, kyoto):
    rows = [{"title": "Tea", "start": "2027-04-01T14:00", "place": {"name": "Kyoto"}}, {"title": "Inn", "cost": 12.50}]
    done = run("item", "add", "kyoto", "-", input=json.dumps(rows))
    assert (done.exit_code, done.stdout, done.stderr) == (0, "1\n2\n", "Added 2 items.\n")
    assert run("item", "list", "1", "--fields", "title,place.country,cost").stdout == "Tea\tJP\t\nInn\t\t12.50\n"


def test_what_one_plan_lists_another_takes(run, kyoto):
    run("plan", "new", "Nara", "Japan")
    run("item", "add", "kyoto", "Tea", "--place", "Kyoto", "--start", "2027-04-01 14:00")
    run("item", "add", "kyoto", "Inn", "--notes", "-", input="two\nlines\n")
    listed = run("item", "list", "kyoto", "--json").stdout
    assert json.loads(run("item", "add", "nara", "-", "--json", input=listed).stdout)[1]["notes"] == "two\nlines"
    lines = "".join(json.dumps(row | {"uid": row["uid"] + "x"}) + "\n" for row in json.loads(listed))
    assert run("item", "add", "nara", "-", input=lines).stdout == "5\n6\n"


def test_a_plan_is_made_from_json(run, kyoto):
    shown = run("plan", "show", "kyoto", "--json").stdout
    assert run("plan", "new", "-", input=shown).stdout == "2\n"
    assert run("plan", "show", "2", "--fields", "title,start_date").stdout == "Kyoto\t2027-04-01\n"


def test_texts_are_piped_in(run, kyoto):
    run("plan", "set", "kyoto", "--description", "-", input="a\nb\n")
    assert json.loads(run("plan", "show", "kyoto", "--json").stdout)["description"] == "a\nb"
    run("checklist", "new", "kyoto", "Packing", "-", input="Passport\n\n Tea \n")
    run("checklist", "add", "kyoto", "packing", "-", input="Umbrella\n")
    assert run("checklist", "show", "kyoto", "packing", "-q").stdout == (
        "1\tno\tPassport\t\n2\tno\tTea\t\n3\tno\tUmbrella\t\n"
    )


def test_a_dry_run_says_what_would_be_added(run, kyoto):
    rows = [{"title": "Tea", "start": "2027-04-01T14:00"}, {"title": "Inn", "kind": "lodging"}]
    done = run("item", "add", "kyoto", "-", "--dry-run", input=json.dumps(rows))
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == (
        'This would be added: activity "Tea" (2027-04-01 14:00).\nThis would be added: lodging "Inn".\n'
    )
    wrong = run("item", "add", "kyoto", "Tea", "--start", "2027-04-02", "--end", "2027-04-01", "--dry-run")
    assert (wrong.exit_code, wrong.stderr.partition(":")[0]) == (2, "--end")
    assert run("item", "list", "kyoto").stdout == ""


@pytest.mark.parametrize(
    ("piped", "said"),
    [
        (b"", "tripkit: Standard input cannot be used. It "),
        (b"[1]", "tripkit: Standard input has to be a JSON object, or an array of them."),
        (b'"text"', "tripkit: Standard input has to be a JSON object, or an array of them."),
        (b'{"title": "A"}\n{"title"', "tripkit: Standard input cannot be used. It "),
        (b"\xff\xfe", "tripkit: Standard input cannot be used. It "),
        (b"[" * 100_000, "tripkit: Standard input cannot be used. The JSON nests deeper than 64 levels."),
        (b"[]", "items: "),
        (b'[{"title": "A"}, {"title": "B", "kind": "x", "colour": 1}]', "items[1].colour: "),
        (b'[{"title": "A"}, {"title": "B", "start": "2027-04-02", "end": "2027-04-01"}]', "items[1].end: "),
    ],
)
def test_what_is_wrong_with_it_is_said_and_nothing_is_added(run, kyoto, piped, said):
    done = run("item", "add", "kyoto", "-", input=piped)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert run("item", "list", "kyoto").stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("item", "add", "1", "-", "--kind", "food"), "give no fields beside the -."),
        (("plan", "new", "-", "Kyoto"), "give no fields beside the -."),
        (("plan", "set", "1", "--description", "-", "--data", "-"), "Standard input is read once"),
    ],
)
def test_it_is_read_once(run, kyoto, words, said):
    done = run(*words, input="{}")
    assert done.exit_code == 2
    assert said in done.stderr


def test_two_plans_are_not_made_from_one_input(run, kyoto):
    assert "One plan is made at a time" in run("plan", "new", "-", input='[{"title":"A"},{"title":"B"}]').stderr
