"""`--fields` and `--format`: what scripts take of an answer."""

import json

import pytest


@pytest.fixture
def kyoto(run, ada):
    run("plan", "new", "Kyoto in April", "Kyoto", "--data", '{"a": 1.50}', "--tag", "tea", "--tag", "spring")
    run("item", "add", "kyoto", "Tea", "--place", "Kyoto", "--start", "2027-04-01 14:00")


def test_fields_are_columns_in_the_order_in_which_they_were_named(run, kyoto):
    assert run("plan", "list", "--fields", "title, id,budget,tags,plan_data").stdout == (
        'Kyoto in April\t1\t\ttea, spring\t{"a": 1.50}\n'
    )
    assert run("plan", "show", "kyoto", "--fields", "id").stdout == "1\n"


def test_fields_of_json_stay_as_they_are(run, kyoto):
    assert run("plan", "list", "--fields", "title,plan_data", "--json").stdout == (
        '[{"title":"Kyoto in April","plan_data":{"a": 1.50}}]\n'
    )
    assert json.loads(run("plan", "show", "1", "--fields", "budget", "--json").stdout) == {"budget": None}


def test_fields_inside_of_others_are_named_with_dots(run, kyoto):
    assert run("item", "list", "1", "--fields", "place.name,place.country,end_place.name,title.x").stdout == (
        "Kyoto\tJP\t\t\n"
    )


def test_a_template_is_filled_for_each(run, kyoto):
    run("plan", "new", "Nara", "Nara")
    shown = run("plan", "list", "--ordering", "title", "--format", r"{id:>3} {title:<16}{{{status}}}\t.").stdout
    assert shown == "  1 Kyoto in April  {draft}\t.\n  2 Nara            {draft}\t.\n"
    assert run("plan", "set", "2", "--title", "Uji", "--format", "v{version}").stdout == "v2\n"
    assert run("search", "nothing", "--format", "{kind}").stdout == ""


def test_on_a_terminal_fields_are_a_table(run, kyoto, terminal):
    assert run("plan", "list", "--fields", "id,title").stdout.splitlines() == [
        "id  title         ",
        "1   Kyoto in April",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--fields", "id,nope"), '--fields: there is no field "nope" here. There are id, user, role, title, '),
        (("--fields", ""), '--fields: there is no field "" here.'),
        (("--format", "{nope}"), '--format: there is no field "nope" here.'),
        (("--format", "{id"), "--format: cannot be read: expected '}' before end of string."),
        (("--format", "{}"), "--format: cannot be read: a field is written as {title}"),
        (("--format", "{id!r}"), "--format: cannot be read: a field is written as {title}"),
        (("--format", "{id:999999999}"), "--format: cannot be read: a field is written as {title}"),
        (("--format", "x", "--json"), "tripkit: --format says what is printed: leave --json out."),
        (("--format", "x", "--fields", "id"), "tripkit: Give --fields or --format, and not both."),
    ],
)
def test_what_cannot_be_shown_is_refused_before_anything_is_done(run, ada, options, said):
    done = run("plan", "new", "Kyoto", "Japan", *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert run("plan", "list").stdout == ""


def test_fields_are_completed(run, ada):
    env = {"_TRIPKIT_COMPLETE": "complete_bash", "COMP_WORDS": "tripkit plan list --fields id,ti", "COMP_CWORD": "4"}
    assert run(env=env).stdout.split() == ["id,title", "id,timezone"]
