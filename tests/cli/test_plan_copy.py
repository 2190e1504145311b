"""Copies of plans on the command line."""

import json

import pytest


@pytest.fixture
def kyoto(run, ada):
    run("plan", "new", "Kyoto in April", "Kyoto", "--start-date", "2026-10-20", "--end-date", "2026-10-30")
    run("item", "add", "kyoto", "Bar", "--start", "2026-10-22 02:30", "--zone", "Europe/Berlin", "--status", "booked")
    run("checklist", "new", "kyoto", "--template", "city")


def test_copy_prints_the_number_in_a_pipe_and_says_what_was_done(run, kyoto):
    done = run("plan", "copy", "kyoto")
    assert (done.exit_code, done.stdout) == (0, "2\n")
    assert done.stderr == 'Made plan 2 "Kyoto in April (copy)": 1 item and 1 checklist.\n'
    assert run("plan", "copy", "1", "--title", "Again", "--quiet").stderr == ""
    assert [line.split("\t")[1] for line in run("plan", "list", "--ordering", "title").stdout.splitlines()] == [
        "Again", "Kyoto in April", "Kyoto in April (copy)",
    ]  # fmt: skip


def test_copy_to_another_date_warns_of_what_clocks_do_there(run, kyoto):
    done = run("plan", "copy", "kyoto", "--start", "2027-03-26", "--quiet")
    assert done.stdout == "2\n"
    assert done.stderr.startswith('Item 2 "Bar": 2027-03-28T02:30 does not exist in Europe/Berlin')
    told = run("plan", "copy", "1", "--start", "2026-10-19").stderr
    assert told == 'Made plan 3 "Kyoto in April (copy)", 1 day earlier: 1 item and 1 checklist.\n'
    found = json.loads(run("plan", "copy", "1", "--start", "2027-03-26", "--json").stdout)
    assert (found["plan"]["start_date"], found["days"], found["warnings"][0]["title"]) == ("2027-03-26", 157, "Bar")


def test_the_first_day_may_be_written_as_people_do(run, kyoto):
    told = run("plan", "copy", "kyoto", "--start", "26 mar 2027").stderr
    assert told.startswith('Took "26 mar 2027" for Friday 2027-03-26.\nMade plan 2')


def test_wrong_dates_name_the_option_and_the_item(run, kyoto):
    assert run("plan", "copy", "kyoto", "--start", "soon").stderr.startswith("--start: must be a date")
    far = run("plan", "copy", "kyoto", "--start", "2999-12-30")
    assert far.exit_code == 2
    assert far.stderr.startswith('--start: must leave all in the years 1900 to 2999: the start of item 1 ("Bar")')
    assert run("plan", "copy", "oslo").exit_code == 3
    assert len(run("plan", "list").stdout.splitlines()) == 1
