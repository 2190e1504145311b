"""Natural dates as options, and what is told of them."""

import json
from datetime import date, datetime, timedelta

import pytest

TODAY = datetime.now().astimezone().date()


def day(number: int) -> str:
    return str(TODAY + timedelta(days=number))


@pytest.fixture
def plan(run, ada):
    return run("plan", "new", "Kyoto", "--destination", "Japan", "-q").stdout.strip()


def test_a_plan_takes_them_and_says_what_it_understood(run, ada):
    done = run(
        "plan", "new", "Kyoto", "--destination", "Japan", "--start-date", "1 apr 2027", "--end-date", "+2w", "--json"
    )
    made = json.loads(done.stdout)
    assert (made["start_date"], made["end_date"]) == ("2027-04-01", "2027-04-15")
    assert done.stderr.splitlines()[:2] == [
        'Took "1 apr 2027" for Thursday 2027-04-01.',
        'Took "+2w" for Thursday 2027-04-15.',
    ]
    done = run("plan", "set", "kyoto", "--start-date", "tomorrow", "--end-date", "", "--json", "--quiet")
    assert json.loads(done.stdout)["start_date"] == day(1)
    assert done.stderr == ""
    assert run("plan", "list", "--from", "today").stdout
    assert run("plan", "list", "--from", "+3d").stdout == ""


def test_dates_in_iso_8601_are_not_worth_a_word(run, plan):
    done = run("item", "add", plan, "Tea", "--start", "2027-04-01 09:30", "--zone", "Asia/Tokyo")
    assert "Took" not in done.stderr


def test_an_item_takes_times_and_zones(run, plan):
    done = run("item", "add", plan, "Tea", "--start", "2027-04-01 2pm Asia/Tokyo", "--end", "16:00", "--json")
    made = json.loads(done.stdout)
    assert (made["start"], made["start_zone"], made["end"]) == ("2027-04-01T14:00", "Asia/Tokyo", "2027-04-01T16:00")
    assert 'Took "2027-04-01 2pm Asia/Tokyo" for Thursday 2027-04-01 14:00 in Asia/Tokyo.' in done.stderr
    changed = json.loads(run("item", "edit", plan, "tea", "--end", "+1d", "--json").stdout)
    assert changed["end"] == "2027-04-02"
    moved = json.loads(run("item", "mv", plan, "tea", "--day", "5 apr 2027", "--json").stdout)
    assert moved["start"] == "2027-04-05T14:00"
    assert run("item", "list", plan, "--day", "apr 5 2027").stdout


def test_two_zones_for_one_time_are_refused(run, plan):
    done = run("item", "add", plan, "Tea", "--start", "fri 9:00 Asia/Tokyo", "--zone", "Europe/Paris")
    assert (done.exit_code, done.stderr) == (
        2,
        "--start: names the time zone Asia/Tokyo, and another option Europe/Paris. Give one.\n",
    )


@pytest.mark.parametrize("typed", ["someday", "31 feb", "fri 9:00"])
def test_what_is_not_understood_is_refused_as_before(run, ada, typed):
    done = run("plan", "new", "Kyoto", "--destination", "Japan", "--start-date", typed)
    assert done.exit_code == 2
    assert done.stderr == f'--start-date: must be a date like 2027-04-01, not "{typed}".\n'


def test_a_weekday_is_the_next_one(run, ada):
    done = run("plan", "new", "Kyoto", "--destination", "Japan", "--start-date", TODAY.strftime("%A"), "--json")
    assert date.fromisoformat(json.loads(done.stdout)["start_date"]) == TODAY + timedelta(days=7)


def test_searches_and_the_agenda_take_them(run, plan):
    run("item", "add", plan, "Tea", "--start", "2027-04-02 09:30")
    assert run("search", "tea", "--from", "1 apr 2027", "--to", "+1d").stdout
    assert run("search", "tea", "--from", "1 apr 2027", "--to", "2027-04-01").stdout == ""
    found = json.loads(run("agenda", "--from", "1 apr 2027", "--to", "+2d", "--json").stdout)
    assert (found["from"], found["to"]) == ("2027-04-01", "2027-04-03")
    assert [day["date"] for day in found["days"]] == ["2027-04-02"]
