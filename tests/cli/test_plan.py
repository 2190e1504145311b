import json
import re
from decimal import Decimal

import pytest

from tripkit.schemas.gallery import GalleryPlan
from tripkit.schemas.plans import PlanIn
from tripkit.schemas.users import Actor


@pytest.fixture
def actor(ada):
    return Actor(ada.id, ada.username)


@pytest.fixture
def kyoto(tripkit, actor):
    return tripkit.plans.create(actor, PlanIn("Kyoto in April", "Kyoto", budget=Decimal("1250.00"), tags=["spring"]))


def test_new_keeps_every_field_and_prints_the_number_in_a_pipe(run, ada):
    done = run(
        "plan", "new", "Kyoto in April", "--destination", "Kyoto", "--description", "Blossom.",
        "--start-date", "2027-04-01", "--end-date", "2027-04-10", "--budget", "1250.5", "--currency", "jpy",
        "--status", "published", "--tag", "spring", "--tag", "food", "--timezone", "asia/tokyo",
        "--data", '{"big": 12345678901234567890123, "price": 1.10}',
    )  # fmt: skip
    assert (done.exit_code, done.stdout) == (0, "1\n")
    assert done.stderr.splitlines()[0] == 'Made plan 1 "Kyoto in April".'
    shown = run("plan", "show", "1", "--json").stdout
    assert '"plan_data":{"big": 12345678901234567890123, "price": 1.10}' in shown
    plan = json.loads(shown)
    assert {name: plan[name] for name in ("start_date", "end_date", "budget", "currency", "status", "timezone")} == {
        "start_date": "2027-04-01",
        "end_date": "2027-04-10",
        "budget": "1250.50",
        "currency": "JPY",
        "status": "published",
        "timezone": "Asia/Tokyo",
    }
    assert (plan["user"], plan["tags"], plan["description"]) == ("ada", ["spring", "food"], "Blossom.")


def test_new_prints_the_record_in_json_and_is_quiet_when_told(run, ada):
    done = run("plan", "new", "A", "--destination", "B", "--json", "--quiet")
    assert done.stderr == ""
    assert json.loads(done.stdout)["title"] == "A"


def test_new_on_a_terminal_says_what_was_made_and_prints_nothing_else(run, ada, terminal):
    done = run("plan", "new", "A", "--destination", "B")
    assert (done.stdout, done.stderr) == ("", 'Made plan 1 "A".\n')


def test_new_names_the_options_of_all_wrong_values(run, ada):
    done = run("plan", "new", "", "--start-date", "x", "--budget", "much", "--status", "lost", "--tag", "a,b")
    assert (done.exit_code, done.stdout) == (2, "")
    lines = dict(line.split(": ", 1) for line in done.stderr.splitlines())
    assert lines["--start-date"] == 'must be a date like 2027-04-01, not "x".'
    assert lines["DESTINATION"] == "is required: say where to, as in `tripkit plan new 'In April' Kyoto`."
    assert lines.keys() == {"TITLE", "DESTINATION", "--start-date", "--budget", "--status", "--tag"}


def test_the_destination_is_an_argument_or_an_option_and_not_both(run, ada):
    assert run("plan", "new", "In April", "Kyoto").stdout == "1\n"
    assert run("plan", "new", "In May", "--destination", "Oslo").stdout == "2\n"
    listed = [line.split("\t")[1:3] for line in run("plan", "list", "--ordering", "title").stdout.splitlines()]
    assert listed == [["In April", "Kyoto"], ["In May", "Oslo"]]
    both = run("plan", "new", "In June", "Kyoto", "--destination", "Osaka")
    assert (both.exit_code, both.stderr) == (2, "DESTINATION: is the same as --destination. Give one of them.\n")
    none = run("plan", "new", "In June")
    assert (none.exit_code, none.stderr.split(":")[:2]) == (2, ["DESTINATION", " is required"])
    assert run("plan", "new", "In June", " ").stderr == "DESTINATION: must not be blank.\n"


def test_plans_are_listed_by_country(run, ada):
    run("plan", "new", "In April", "Kyoto, Japan")
    run("plan", "new", "Somewhere", "Wherever it is warm")
    run("item", "add", "somewhere", "Fado", "--place", "Lisbon")
    assert run("plan", "list", "--country", "jp").stdout.startswith("1\t")
    assert run("plan", "list", "--country", "PT").stdout.startswith("2\t")
    assert run("plan", "list", "--country", "DE").stdout == ""
    wrong = run("plan", "list", "--country", "XX")
    assert wrong.exit_code == 2
    assert wrong.stderr == '--country: must be an ISO 3166-1 code such as JP, not "XX".\n'


def test_rules_across_fields_name_the_option_too(run, ada):
    done = run("plan", "new", "A", "--destination", "B", "--start-date", "2027-02-02", "--end-date", "2027-01-01")
    assert done.exit_code == 2
    assert done.stderr.startswith("--end-date: must not be before")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "must be a JSON object."),
        ('{"a":1,"a":2}', 'The key "a" stands twice'),
        ('{"a":NaN}', "NaN is not JSON"),
        ('{"a":"\\u0000"}', "NUL"),
        ("[" * 70, "nests deeper"),
        ('{"a":' * 40 + "1" + "}" * 40, "at most 32 levels"),
        ("@nowhere.json", "cannot read the file nowhere.json: No such file or directory."),
        ("", "is not JSON"),
    ],
)
def test_wrong_data_is_refused_by_name(run, ada, data, message):
    done = run("plan", "new", "A", "--destination", "B", "--data", data)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.startswith("--data: ")
    assert run("plan", "list").stdout == ""


def test_data_comes_from_a_file_or_from_standard_input(run, ada, tmp_path):
    (tmp_path / "data.json").write_text('\n{"z": 1, "a": 2.50}\n')
    run("plan", "new", "A", "--destination", "B", "--data", f"@{tmp_path}/data.json")
    run("plan", "new", "C", "--destination", "D", "--data", "-", input='{"from": "a pipe"}')
    assert '"plan_data":{"z": 1, "a": 2.50}' in run("plan", "show", "1", "--json").stdout
    assert '"plan_data":{"from": "a pipe"}' in run("plan", "show", "2", "--json").stdout


def test_list_is_tab_separated_without_a_header_in_a_pipe(run, kyoto):
    [line] = run("plan", "list").stdout.splitlines()
    assert line.split("\t")[:9] == ["1", "Kyoto in April", "Kyoto", "", "", "1250.00", "EUR", "draft", "spring"]
    assert line.split("\t")[10:] == ["ada", "owner"]
    assert line.split("\t")[9].endswith("Z")


def test_list_is_a_table_on_a_terminal(run, kyoto, terminal):
    header, row = run("plan", "list").stdout.splitlines()
    assert header.split() == ["#", "Title", "Destination", "Dates", "Status"]
    assert row.split() == ["1", "Kyoto", "in", "April", "Kyoto", "draft"]


def test_a_table_gives_way_in_its_titles_only(run, ada, terminal):
    run("plan", "new", "T" * 200, "--destination", "D" * 100, "--start-date", "2027-04-01", "--end-date", "2028-04-09")
    lines = run("plan", "list").stdout.splitlines()
    assert "2027-04-01 – 2028-04-09" in lines[1]
    assert lines[1].rstrip().endswith("draft")
    assert max(map(len, lines)) <= 80


def test_list_in_json_is_an_array_of_the_same_records_as_show(run, kyoto):
    assert json.loads(run("plan", "list", "--json").stdout) == [json.loads(run("plan", "show", "1", "--json").stdout)]


def test_an_empty_list_prints_nothing_in_a_pipe_and_an_empty_array_in_json(run, ada):
    assert run("plan", "list").output == ""
    assert run("plan", "list", "--json").stdout == "[]\n"


def test_an_empty_list_says_so_on_a_terminal(run, ada, terminal):
    assert run("plan", "list").stderr == "There is no plan yet.\n"
    assert run("plan", "list", "--trashed").stderr == "The trash is empty.\n"
    assert run("plan", "list", "--tag", "x").stderr == "There is no such plan.\n"


def test_list_follows_the_pages_to_the_end_or_to_the_limit(run, tripkit, actor):
    for number in range(205):
        tripkit.plans.create(actor, PlanIn(f"Plan {number}", "Here"))
    numbers = [int(line.split("\t")[0]) for line in run("plan", "list").stdout.splitlines()]
    assert numbers == list(range(205, 0, -1))
    assert len(run("plan", "list", "--limit", "150").stdout.splitlines()) == 150
    assert len(run("plan", "list", "--limit", "100").stdout.splitlines()) == 100


def test_list_filters_and_orders(run, tripkit, actor):
    for title, status, tags in (("b", "draft", ["x"]), ("a", "published", ["x"]), ("c", "draft", [])):
        tripkit.plans.create(actor, PlanIn(title, "Here", status=status, tags=tags))

    def titles(*options):
        return [line.split("\t")[1] for line in run("plan", "list", *options).stdout.splitlines()]

    assert titles("--ordering", "title") == ["a", "b", "c"]
    assert titles("--status", "draft", "--ordering", "title") == ["b", "c"]
    assert titles("--tag", "x", "--ordering", "-title") == ["b", "a"]
    assert titles("--from", "2027-01-01", "--to", "2027-02-01") == []


def test_wrong_filters_are_named_by_option(run, ada):
    done = run("plan", "list", "--from", "soon", "--to", "later", "--ordering", "luck")
    assert done.exit_code == 2
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["--from", "--to", "--ordering"]
    assert run("plan", "list", "--limit", "0").exit_code == 2


def test_show_finds_a_plan_by_a_piece_of_its_title(run, kyoto):
    shown = dict(line.split("\t") for line in run("plan", "show", "APRIL").stdout.splitlines())
    assert (shown["id"], shown["title"], shown["budget"], shown["timezone"]) == ("1", "Kyoto in April", "1250.00", "")


def test_show_on_a_terminal_lays_out_the_data(run, ada, terminal):
    run("plan", "new", "A", "--destination", "B", "--data", '{"hotel":{"price":1.10}}', "--description", "one\ntwo")
    shown = run("plan", "show", "1", "--details").stdout
    assert '"price": 1.10' in shown
    assert "Description  one\n             two\n" in "\n".join(line.rstrip() for line in shown.splitlines())


def test_a_plan_that_is_not_there_is_exit_code_3(run, kyoto):
    for name in ("99", "nowhere", "99999999999999999999999"):
        done = run("plan", "show", name)
        assert (done.exit_code, done.stdout) == (3, "")
        assert done.stderr.startswith("tripkit: There is no plan")


def test_somebody_elses_plan_is_not_there(run, kyoto, person):
    person("bob")
    assert run("plan", "show", "1", "--user", "bob").exit_code == 3


def test_an_ambiguous_title_is_a_conflict_that_lists_the_candidates(run, kyoto):
    run("plan", "new", "Kyoto again", "--destination", "Kyoto", "--user", "ada")
    done = run("plan", "show", "kyoto")
    assert done.exit_code == 5
    assert "1 (Kyoto in April)" in done.stderr
    assert "2 (Kyoto again)" in done.stderr


def test_set_changes_what_is_named_and_clears_by_empty_values(run, kyoto):
    done = run("plan", "set", "kyoto", "--title", "Kyoto", "--budget", "", "--tag", "", "--start-date", "2027-04-03")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == 'Changed plan 1 "Kyoto": it is at version 2 now.\n'
    plan = json.loads(run("plan", "set", "1", "--end-date", "2027-04-05", "--json").stdout)
    assert (plan["title"], plan["budget"], plan["tags"], plan["start_date"]) == ("Kyoto", None, [], "2027-04-03")


def test_set_merges_data_when_told_and_replaces_it_otherwise(run, kyoto):
    def data(*options):
        return json.loads(run("plan", "set", "1", *options, "--json").stdout)["plan_data"]

    assert data("--data", '{"a":1,"b":{"c":2}}') == {"a": 1, "b": {"c": 2}}
    assert data("--data", '{"a":null,"b":{"d":3}}', "--merge") == {"b": {"c": 2, "d": 3}}
    assert data("--data", '{"x":1}') == {"x": 1}


def test_set_without_a_change_is_a_usage_error(run, kyoto):
    done = run("plan", "set", "1")
    assert (done.exit_code, done.stderr[:27]) == (2, "tripkit: Nothing to change:")
    assert run("plan", "set", "1", "--title", "x", "--merge").exit_code == 2


def test_set_of_a_version_that_is_gone_is_a_conflict(run, kyoto):
    assert run("plan", "set", "1", "--title", "x", "--if-version", "1").exit_code == 0
    done = run("plan", "set", "1", "--title", "y", "--if-version", "1")
    assert done.exit_code == 5
    assert "version 2" in done.stderr


def test_a_refused_change_changes_nothing(run, kyoto):
    assert run("plan", "set", "1", "--title", "x", "--end-date", "2027-02-30").exit_code == 2
    assert json.loads(run("plan", "show", "1", "--json").stdout)["version"] == 1


def test_rm_says_how_to_restore_and_restore_does(run, kyoto):
    done = run("plan", "rm", "kyoto")
    assert "`tripkit plan restore 1` brings it back within 30 days" in done.stderr
    assert run("plan", "list").stdout == ""
    assert run("plan", "show", "1").exit_code == 3
    assert run("plan", "list", "--trashed").stdout.startswith("1\tKyoto in April\t")
    assert run("plan", "restore", "april").stderr == 'Restored plan 1 "Kyoto in April".\n'
    assert run("plan", "list").stdout.startswith("1\t")


def test_rm_and_restore_answer_in_json(run, kyoto):
    assert json.loads(run("plan", "rm", "1", "--json").stdout)["trashed_at"]
    assert json.loads(run("plan", "restore", "1", "--json").stdout)["trashed_at"] is None


def test_restore_of_what_is_not_in_the_trash_is_exit_code_3(run, kyoto):
    assert run("plan", "restore", "1").exit_code == 3
    assert run("plan", "restore", "kyoto").exit_code == 3


@pytest.mark.parametrize(("command", "status"), [("archive", "archived"), ("publish", "published")])
def test_archive_and_publish_set_the_status(run, kyoto, command, status):
    done = run("plan", command, "kyoto", "--json")
    assert json.loads(done.stdout)["status"] == status
    assert done.stderr.splitlines()[0] == f'Plan 1 "Kyoto in April" is {status} now.'


# What people call the fields that they do not know by name.
WORDS = {
    "user": "username ada",
    "start_date": "dates",
    "end_date": "dates",
    "timezone": "time zone",
    "plan_data": "data",
}


@pytest.mark.parametrize(
    "command",
    [
        ("publish", "kyoto"),
        ("set", "kyoto", "--status", "published"),
        ("new", "Nara", "--destination", "Nara", "--status", "published"),
    ],
)
def test_whoever_publishes_is_told_what_everybody_sees_now(run, kyoto, command):
    _, told = run("plan", *command).stderr.splitlines()
    for field in set(GalleryPlan.__struct_fields__) - {"id", "version", "updated_at"}:
        assert WORDS.get(field, field) in told.partition(", but not ")[0]
    assert ", but not costs, budget, booking references and data." in told
    [hide] = re.findall("`tripkit (.*)`", told)
    assert json.loads(run(*hide.split(), "--json").stdout)["status"] == "draft"
    assert run("plan", *command, "--quiet").stderr == ""


def test_on_a_terminal_it_is_asked_before(converse, run, kyoto):
    code, screen = converse("plan", "publish", "kyoto", answers=[("Publish plan 1", "n\n")])
    assert code == 1
    assert "Everybody will be able to read title, destination" in screen
    assert json.loads(run("plan", "show", "1", "--json").stdout)["status"] == "draft"
    assert converse("plan", "publish", "kyoto", answers=[("Publish plan 1", "y\n")])[0] == 0
    assert "Publish plan" not in converse("plan", "publish", "kyoto")[1], "it is public already"
    run("plan", "set", "kyoto", "--status", "draft")
    assert "Publish plan" not in converse("plan", "publish", "kyoto", "--yes")[1]
    assert json.loads(run("plan", "show", "1", "--json").stdout)["status"] == "published"


def test_nobody_is_told_of_publishing_who_does_not_publish(run, kyoto):
    assert len(run("plan", "archive", "1").stderr.splitlines()) == 1
    run("plan", "publish", "1")
    assert len(run("plan", "set", "1", "--title", "Nara").stderr.splitlines()) == 1
    run("plan", "rm", "1")
    assert "Everybody can read it" in run("plan", "restore", "1").stderr
