"""`tripkit agenda`."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tripkit.cli import agenda


@pytest.fixture
def trip(run, ada):
    run("plan", "new", "Kyoto", "--destination", "Kyoto", "--timezone", "Asia/Tokyo")
    flight = ("--kind", "flight", "--from", "LHR", "--to", "NRT")
    run("item", "add", "kyoto", "Flight", *flight, "--start", "2027-04-01 13:00", "--end", "2027-04-02 09:30")
    run(
        "item",
        "add",
        "kyoto",
        "Ryokan",
        "--kind",
        "lodging",
        "--start",
        "2027-04-02 15:00",
        "--end",
        "2027-04-04 11:00",
    )
    run("item", "add", "kyoto", "Festival", "--start", "2027-04-03")
    run("plan", "new", "Lisbon", "--destination", "Portugal", "--start-date", "2027-04-04", "--end-date", "2027-04-05")


def test_days_are_lines_in_a_pipe(run, trip):
    done = run("agenda", "--from", "2027-04-01", "--to", "2027-04-30")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "2027-04-01\tbegin\t13:00\t\tEurope/London\t1\tKyoto\t1\tflight\tFlight\tLHR → NRT",
        "2027-04-02\tend\t09:30\t\tAsia/Tokyo\t1\tKyoto\t1\tflight\tFlight\tLHR → NRT",
        "2027-04-02\tbegin\t15:00\t\tAsia/Tokyo\t1\tKyoto\t2\tlodging\tRyokan\t",
        "2027-04-03\tmiddle\t\t\tAsia/Tokyo\t1\tKyoto\t2\tlodging\tRyokan\t",
        "2027-04-03\twhole\t\t\t\t1\tKyoto\t3\tactivity\tFestival\t",
        "2027-04-04\tbegin\t\t\t\t2\tLisbon\t\t\tLisbon\tPortugal",
        "2027-04-04\tend\t11:00\t\tAsia/Tokyo\t1\tKyoto\t2\tlodging\tRyokan\t",
        "2027-04-05\tend\t\t\t\t2\tLisbon\t\t\tLisbon\tPortugal",
    ]


def test_a_table_names_days_and_zones_once(run, trip, terminal):
    lines = run("agenda", "--from", "2027-04-01", "--to", "2027-04-30").stdout.splitlines()
    assert lines[0].startswith("Today is ")
    assert [line.rstrip() for line in lines[-8:]] == [
        "Thu 1 Apr  departs 13:00    Flight    LHR → NRT  Europe/London",
        "Fri 2 Apr  arrives 09:30    Flight    LHR → NRT  Asia/Tokyo",
        "           check-in 15:00   Ryokan",
        "Sat 3 Apr  stay             Ryokan",
        "                            Festival",
        "Sun 4 Apr  begins           Lisbon    Portugal",
        "           check-out 11:00  Ryokan",
        "Mon 5 Apr  ends             Lisbon    Portugal",
    ]


def test_now_and_next_stand_above(run, ada, terminal):
    run("plan", "new", "Now", "--destination", "Here", "--timezone", "Etc/UTC")
    now = datetime.now(UTC)
    hours = [f"{now + timedelta(minutes=minutes):%Y-%m-%d %H:%M}" for minutes in (-60, 61, 121)]
    run("item", "add", "now", "Walk", "--start", hours[0], "--end", hours[1])
    run("item", "add", "now", "Dinner", "--start", hours[2])
    today, on_now, following = run("agenda").stdout.splitlines()[:3]
    assert today == f"Today is {agenda._day(now.date())} {now.year} in Etc/UTC."
    assert on_now.startswith("Now:  Walk, for 1 h")
    assert following.startswith(("Next: Dinner in 2 h", "Next: Dinner in 2 h 1 min"))
    done = run("agenda", "--today")
    assert "Walk" in done.stdout
    assert len(json.loads(run("agenda", "--today", "--json").stdout)["days"]) == 1


def test_json_is_what_the_api_answers(run, trip):
    found = json.loads(run("agenda", "--from", "2027-04-02", "--to", "2027-04-02", "--json").stdout)
    assert [(each["part"], each["time"], each["item"]["title"]) for each in found["days"][0]["entries"]] == [
        ("end", "09:30", "Flight"),
        ("begin", "15:00", "Ryokan"),
    ]
    assert (found["from"], found["to"], found["next_from"]) == ("2027-04-02", "2027-04-02", None)


def test_archived_plans_are_shown_when_they_are_asked_for(run, trip):
    run("plan", "archive", "kyoto")
    days = ("--from", "2027-04-01", "--to", "2027-04-03")
    assert run("agenda", *days).stdout == ""
    assert run("agenda", *days, "--archived").stdout.count("\n") == 5


def test_without_days_there_is_a_week(run, trip, terminal):
    done = run("agenda", "--from", "2027-03-28")
    assert "Sat 3 Apr" in done.stdout
    assert "Sun 4 Apr" not in done.stdout
    done = run("agenda", "--from", "2029-01-01")
    assert done.stderr == "There is nothing from 2029-01-01 to 2029-01-07.\n"


def test_everything_is_shown_however_many_answers_it_takes(run, trip, monkeypatch):
    from tripkit.services import agenda as service

    days = ("agenda", "--from", "2027-04-01", "--to", "2027-04-30")
    whole = run(*days).stdout
    monkeypatch.setattr(service, "MOST", 3)
    assert run(*days).stdout == whole


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--today", "--from", "2027-04-01"], "--today is a day already"),
        (["--from", "2027-04-02", "--to", "2027-04-01"], "--to: must not be before 2027-04-02"),
        (["--from", "2027-04-02", "--to", "2037-04-01"], "--to: must be within 366 days of"),
        (["--from", "now"], "--from: must be a date"),
    ],
)
def test_days_that_cannot_be_meant_are_exit_code_2(run, ada, arguments, message):
    done = run("agenda", *arguments)
    assert (done.exit_code, message in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("seconds", "expected"), [(1, "1 min"), (3600, "1 h"), (8100, "2 h 15 min"), (86400 * 3 + 14400 + 60, "3 d 4 h")]
)
def test_times_are_told_shortly(seconds, expected):
    assert agenda._duration(seconds) == expected
