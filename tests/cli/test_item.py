"""Items on the command line."""

import json

import pytest

from tripkit.cli import completion


@pytest.fixture
def kyoto(run, ada):
    """A plan without items."""
    run(
        "plan",
        "new",
        "Kyoto in April",
        "--destination",
        "Kyoto",
        "--start-date",
        "2027-04-01",
        "--end-date",
        "2027-04-14",
    )


@pytest.fixture
def add(run, kyoto):
    def call(title, *options):
        done = run("item", "add", "kyoto", title, *options)
        assert done.exit_code == 0, done.stderr
        return done

    return call


FLIGHT = (
    "--kind", "flight", "--from", "LHR", "--to", "NRT", "--start", "2027-04-01 13:00", "--end", "2027-04-02 09:30",
    "--cost", "812.50", "--currency", "GBP", "--reference", "QX7F2K", "--status", "booked",
)  # fmt: skip


def test_add_prints_the_number_in_a_pipe_and_says_what_was_understood(add):
    done = add("To Tokyo", *FLIGHT)
    assert done.stdout == "1\n"
    assert done.stderr.splitlines() == [
        'Added flight 1 "To Tokyo" (2027-04-01 13:00 – 04-02 09:30).',
        "Took this for the place: LHR, 51.4706, -0.46194, GB, Europe/London.",
        "Took this for the place: NRT, 35.7647, 140.386, JP, Asia/Tokyo.",
        "Took the start to be in Europe/London.",
    ]


def test_add_answers_in_json_with_the_fields_of_the_api(run, kyoto):
    made = json.loads(run("item", "add", "kyoto", "To Tokyo", *FLIGHT, "--json").stdout)
    assert (made["start"], made["start_zone"], made["end_zone"]) == ("2027-04-01T13:00", "Europe/London", "Asia/Tokyo")
    assert (made["cost"], made["currency"], made["duration"], made["day"]) == ("812.50", "GBP", 45_000, 1)
    assert json.loads(run("item", "show", "kyoto", "tokyo", "--json").stdout) == made | {"filled_in": []}


def test_a_time_that_clocks_skip_is_warned_about(add):
    done = add("Bar", "--start", "2027-03-28 02:30", "--zone", "Europe/Berlin", "--quiet")
    assert done.stderr.startswith("2027-03-28T02:30 does not exist in Europe/Berlin")


def test_list_is_in_order_and_tab_separated_in_a_pipe(run, add):
    add("Someday")
    add("Tea", "--start", "2027-04-02T15:00", "--place", "Kyoto", "--cost", "1200", "--currency", "JPY")
    add("To Tokyo", *FLIGHT)
    lines = [line.split("\t") for line in run("item", "list", "kyoto").stdout.splitlines()]
    assert [line[8] for line in lines] == ["To Tokyo", "Tea", "Someday"]
    assert lines[1][:8] == ["2", "2", "2027-04-02T15:00", "Asia/Tokyo", "", "", "activity", "planned"]
    assert lines[1][9].startswith("Kyoto, 35.")
    assert lines[1][11:] == ["1200", "JPY", ""]
    assert run("item", "list", "kyoto", "--day", "2027-04-02").stdout.startswith("2\t")
    assert run("item", "list", "kyoto", "--kind", "food").stdout == ""
    assert json.loads(run("item", "list", "1", "--json").stdout)[0]["title"] == "To Tokyo"


def test_list_on_a_terminal_is_a_table_of_80_columns(run, add, terminal):
    add("To Tokyo", *FLIGHT)
    add("Hotel", "--kind", "lodging", "--start", "2027-04-02", "--end", "2027-04-05", "--place", "Kyoto")
    shown = run("item", "list", "kyoto").stdout
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert "2027-04-01 13:00 – 04-02 09:30" in shown
    assert "2027-04-02 – 04-05" in shown
    assert "LHR → NRT" in shown
    assert run("item", "list", "kyoto", "--kind", "food").stderr == "There is no such item.\n"


def test_edit_changes_what_is_named_and_clears_by_empty_values(run, add):
    add("Tea", "--start", "2027-04-02 15:00", "--place", "Kyoto", "--cost", "12", "--notes", "sweets")
    done = run("item", "edit", "kyoto", "tea", "--start", "2027-04-03 16:00", "--cost", "", "--notes", "")
    assert done.stderr.splitlines()[0] == ('Changed activity 1 "Tea" (2027-04-03 16:00): it is at version 2 now.')
    item = json.loads(run("item", "edit", "kyoto", "1", "--address", "Gion 1", "--json").stdout)
    assert (item["cost"], item["currency"], item["notes"], item["start_zone"]) == (None, None, "", "Asia/Tokyo")
    assert (item["place"]["name"], item["place"]["address"], item["place"]["country"]) == ("Kyoto", "Gion 1", "JP")
    item = json.loads(run("item", "edit", "kyoto", "1", "--place", "", "--start", "", "--json").stdout)
    assert (item["place"], item["start"], item["start_zone"]) == (None, None, None)
    assert run("item", "edit", "kyoto", "1").exit_code == 2
    stale = run("item", "edit", "kyoto", "1", "--title", "x", "--if-version", "1")
    assert (stale.exit_code, "version 4" in stale.stderr) == (5, True)


def test_mv_moves_by_day_position_and_plan(run, add):
    add("Tea", "--start", "2027-04-02 15:00", "--zone", "Asia/Tokyo")
    add("A", "--start", "2027-04-03")
    add("B", "--start", "2027-04-03")
    assert run("item", "mv", "kyoto", "tea", "--day", "2027-04-03").stderr == (
        'Moved activity 1 "Tea" (2027-04-03 15:00).\n'
    )
    run("item", "mv", "kyoto", "B", "--position", "1")
    assert [item["title"] for item in json.loads(run("item", "list", "1", "--json").stdout)] == ["B", "A", "Tea"]
    run("plan", "new", "Nara", "--destination", "Nara", "--user", "ada")
    assert json.loads(run("item", "mv", "kyoto", "tea", "--to-plan", "nara", "--json").stdout)["plan_id"] == 2
    assert run("item", "mv", "kyoto", "a").exit_code == 2
    assert run("item", "mv", "kyoto", "a", "--to-plan", "osaka").exit_code == 3


def test_rm_says_how_to_restore_and_restore_does(run, add):
    add("Tea")
    done = run("item", "rm", "kyoto", "tea")
    assert "`tripkit item restore 1 1` brings it back within 30 days" in done.stderr
    assert run("item", "list", "kyoto").stdout == ""
    assert run("item", "list", "kyoto", "--trashed").stdout.startswith("1\t")
    assert run("item", "restore", "kyoto", "tea").stderr == 'Restored activity 1 "Tea".\n'
    assert run("item", "list", "kyoto").stdout.startswith("1\t")


def test_wrong_values_are_named_by_option(run, kyoto):
    done = run(
        "item", "add", "kyoto", "x", "--kind", "boat", "--place", "x", "--lat", "91", "--lon", "east",
        "--country", "JPN",
    )  # fmt: skip
    assert done.exit_code == 2
    assert {line.split(":")[0] for line in done.stderr.splitlines()} == {"--kind", "--lat", "--lon", "--country"}
    done = run("item", "add", "kyoto", "x", "--start", "25:00", "--zone", "Asia/Tokio", "--cost", "1.234", "--currency",
               "JPY", "--to", "NRT")  # fmt: skip
    assert {line.split(":")[0] for line in done.stderr.splitlines()} == {"--start", "--zone", "--cost", "--to"}
    assert run("item", "add", "kyoto", "x", "--from", "a", "--place", "b").stderr.startswith("--from: ")


def test_what_is_not_there_is_exit_code_3_and_what_is_ambiguous_5(run, add, person):
    add("Tea")
    add("Teahouse museum")
    assert run("item", "show", "kyoto", "tea").exit_code == 0
    assert run("item", "show", "kyoto", "te").exit_code == 5
    assert run("item", "show", "kyoto", "99").exit_code == 3
    assert run("item", "list", "osaka").exit_code == 3
    person("bob")
    assert run("item", "list", "1", "--user", "bob").exit_code == 3


def test_kinds_statuses_places_and_items_are_completed(run, add):
    from types import SimpleNamespace

    assert completion.kinds("f") == ["flight", "ferry", "food"]
    assert completion.item_statuses("b") == ["booked"]
    assert completion.places("NRT")[0][0] == "NRT"
    assert "Kyoto" in [name for name, _ in completion.places("Kyo")]
    assert completion.places("") == []
    add("Tea")
    ctx = SimpleNamespace(params={"plan": "kyoto"}, meta={}, obj=None, find_root=lambda: SimpleNamespace(params={}))
    assert completion.items(ctx, "") == [("1", "Tea")]
    ctx.params["plan"] = "nowhere"
    assert completion.items(ctx, "") == []


def test_what_was_filled_in_before_is_not_told_again(run, ada):
    run("plan", "new", "Kyoto", "Japan")
    run("item", "add", "1", "Tea", "--place", "Kyoto", "--start", "2027-04-01 14:00")
    assert run("item", "edit", "1", "tea", "--reference", "X").stderr.count("\n") == 1
    moved = run("item", "edit", "1", "tea", "--place", "Lisbon").stderr
    assert "Took this for the place: Lisbon" in moved
    assert "Took the start to be in Europe/Lisbon." in moved
