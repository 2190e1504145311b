"""Checklists and their templates on the command line."""

import json
from types import SimpleNamespace

import pytest

from tripkit.cli import completion


@pytest.fixture
def kyoto(run, ada):
    run("plan", "new", "Kyoto in April", "Kyoto")


@pytest.fixture
def packing(run, kyoto):
    """A checklist with two entries: 1 Passport, 2 Rail pass."""
    assert run("checklist", "new", "kyoto", "Packing", "Passport", "Rail pass").stdout == "1\n"


def entries(run, checklist="packing"):
    return [line.split("\t") for line in run("checklist", "show", "kyoto", checklist).stdout.splitlines()]


def test_new_prints_the_number_in_a_pipe_and_says_what_was_made(run, kyoto):
    done = run("checklist", "new", "kyoto", "Packing", "Passport")
    assert (done.stdout, done.stderr) == ("1\n", 'Made checklist 1 "Packing" with 1 entry.\n')
    done = run("checklist", "new", "kyoto", "--template", "Hiking")
    assert (done.stdout, done.stderr) == ("2\n", 'Made checklist 2 "Hiking" with 29 entries.\n')
    made = json.loads(run("checklist", "new", "kyoto", "Beach bag", "Book", "-t", "beach", "--json").stdout)
    assert (made["name"], made["total"], made["entries"][-1]["text"]) == ("Beach bag", 16, "Book")
    nothing = run("checklist", "new", "kyoto")
    assert (nothing.exit_code, "--template" in nothing.stderr) == (2, True)
    unknown = run("checklist", "new", "kyoto", "--template", "moon")
    assert (unknown.exit_code, unknown.stderr) == (3, 'tripkit: There is no checklist template "moon".\n')
    assert run("checklist", "new", "kyoto", " ").stderr == "NAME: must not be blank.\n"


def test_check_and_uncheck_name_entries_by_number_or_text(run, packing):
    done = run("checklist", "check", "kyoto", "packing", "passport")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines() == ['1 "Passport": done.', "Packing: 1 of 2 done."]
    assert entries(run) == [["1", "yes", "Passport", ""], ["2", "no", "Rail pass", ""]]
    assert run("checklist", "show", "kyoto", "packing", "--open").stdout == "2\tno\tRail pass\t\n"
    several = run("checklist", "check", "kyoto", "packing", "pass")
    assert (several.exit_code, "Several entries match 'pass': 1 (Passport), 2 (Rail pass)" in several.stderr) == (
        5,
        True,
    )
    marked = json.loads(run("checklist", "check", "kyoto", "1", "2", "rail", "--json").stdout)
    assert [(each["id"], each["done"]) for each in marked] == [(2, True)]
    assert run("checklist", "uncheck", "kyoto", "packing", "--all").stderr == "Packing: 0 of 2 done.\n"
    assert run("checklist", "check", "kyoto", "packing", "passport", "tent").exit_code == 3
    assert [line[1] for line in entries(run)] == ["no", "no"], "all or none"
    for wrong in ((), ("passport", "--all")):
        done = run("checklist", "check", "kyoto", "packing", *wrong)
        assert (done.exit_code, done.stderr) == (2, "ENTRY: name entries, or give --all.\n")


def test_add_edit_and_rm_of_entries(run, packing):
    run("traveller", "add", "kyoto", "Ada")
    added = run("checklist", "add", "kyoto", "packing", "Umbrella", "Map", "--for", "ada")
    assert (added.stdout, added.stderr) == ("3\n4\n", 'Added 3 "Umbrella", 4 "Map".\n')
    assert run("checklist", "edit", "kyoto", "packing", "map", "--text", "City map", "--for", "").exit_code == 0
    assert run("checklist", "edit", "kyoto", "packing", "umb", "--position", "1").stderr == 'Changed 3 "Umbrella".\n'
    assert [line[2:] for line in entries(run)] == [
        ["Umbrella", "Ada"], ["Passport", ""], ["Rail pass", ""], ["City map", ""],
    ]  # fmt: skip
    run("checklist", "new", "kyoto", "Shopping")
    run("checklist", "edit", "kyoto", "packing", "umbrella", "--to", "shopping")
    assert [line[2] for line in entries(run, "shopping")] == ["Umbrella"]
    assert run("checklist", "rm", "kyoto", "packing", "map", "passport").stderr == (
        'Deleted 4 "City map", 1 "Passport".\n'
    )
    assert [line[2] for line in entries(run)] == ["Rail pass"]
    assert run("checklist", "edit", "kyoto", "packing", "rail").exit_code == 2
    assert run("checklist", "add", "kyoto", "packing", "x", "--for", "nobody").exit_code == 3
    assert run("checklist", "add", "kyoto", "packing", "x", " ").stderr == "entries[1].text: must not be blank.\n"


def test_list_rename_mv_copy_rm_and_restore(run, packing):
    run("checklist", "new", "kyoto", "Shopping")
    run("checklist", "check", "kyoto", "packing", "1")
    assert run("checklist", "list", "kyoto").stdout == "1\tPacking\t1\t2\n2\tShopping\t0\t0\n"
    assert run("checklist", "rename", "kyoto", "pack", "Luggage").stderr == 'It is checklist 1 "Luggage" now.\n'
    stale = run("checklist", "rename", "kyoto", "luggage", "Bags", "--if-version", "1")
    assert stale.exit_code == 5
    run("checklist", "mv", "kyoto", "shopping", "--position", "1")
    assert [each["name"] for each in json.loads(run("checklist", "list", "kyoto", "--json").stdout)] == [
        "Shopping", "Luggage",
    ]  # fmt: skip
    run("plan", "new", "Norway", "Oslo")
    copied = run("checklist", "copy", "kyoto", "luggage", "norway", "--name", "Rucksack")
    assert (copied.stdout, copied.stderr) == ("3\n", 'Made checklist 3 "Rucksack" with 2 entries.\n')
    assert run("checklist", "list", "norway").stdout == "3\tRucksack\t0\t2\n"
    run("checklist", "mv", "kyoto", "shopping", "--to-plan", "norway")
    assert run("checklist", "mv", "kyoto", "luggage").exit_code == 2
    trashed = run("checklist", "rm", "kyoto", "luggage")
    assert "`tripkit checklist restore 1 1` brings it back within 30 days." in trashed.stderr
    assert run("checklist", "list", "kyoto").stdout == ""
    assert run("checklist", "list", "kyoto", "--trashed").stdout == "2\tShopping\t0\t0\n1\tLuggage\t1\t2\n"
    assert run("checklist", "restore", "kyoto", "lugg").stderr == 'Restored checklist 1 "Luggage".\n'


def test_templates_are_made_saved_shown_renamed_and_deleted(run, packing):
    assert run("checklist", "template", "new", "Cabin bag", "Passport", "Headphones").stdout == "1\n"
    assert run("checklist", "template", "save", "kyoto", "packing").stderr == 'Made template 2 "Packing".\n'
    assert run("checklist", "template", "show", "cabin").stdout == "Passport\nHeadphones\n"
    assert run("checklist", "template", "show", "city").stdout.startswith("Comfortable shoes\n")
    listed = [line.split("\t") for line in run("checklist", "template", "list").stdout.splitlines()]
    assert listed[:3] == [["1", "Cabin bag", "2"], ["2", "Packing", "2"], ["basics", "Packing", "23"]]
    assert json.loads(run("checklist", "template", "list", "--json").stdout)["results"][0]["name"] == "Cabin bag"
    run("checklist", "template", "rename", "cabin", "Hand luggage")
    assert run("checklist", "new", "kyoto", "-t", "hand").stderr == 'Made checklist 2 "Hand luggage" with 2 entries.\n'
    refused = run("checklist", "template", "rm", "hand")
    assert (refused.exit_code, "--yes" in refused.stderr) == (2, True)
    assert run("checklist", "template", "rm", "hand", "--yes").stderr == 'Deleted template 1 "Hand luggage".\n'
    built_in = run("checklist", "template", "rm", "beach", "--yes")
    assert (built_in.exit_code, "comes with tripkit" in built_in.stderr) == (3, True)


def test_show_on_a_terminal_is_a_table_with_boxes(run, packing, terminal):
    run("checklist", "check", "kyoto", "packing", "passport")
    done = run("checklist", "show", "kyoto", "packing")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["#", "What", "Who"],
        ["1", "[x]", "Passport"],
        ["2", "[", "]", "Rail", "pass"],
    ]
    assert done.stderr == "Packing: 1 of 2 done.\n"
    assert "1 of 2" in run("checklist", "list", "kyoto").stdout
    assert all(len(line) <= 80 for line in run("checklist", "template", "list").stdout.splitlines())


def test_checklists_entries_and_templates_are_completed(run, packing, ada):
    params = {"plan": "kyoto", "checklist": "packing"}
    ctx = SimpleNamespace(params=params, meta={}, obj=None, find_root=lambda: SimpleNamespace(params={}))
    run("checklist", "template", "new", "Cabin bag")
    assert completion.checklists(ctx, "") == [("1", "Packing")]
    assert completion.entries(ctx, "") == [("1", "Passport"), ("2", "Rail pass")]
    assert completion.entries(ctx, "2") == [("2", "Rail pass")]
    assert completion.checklist_templates(ctx, "b")[0] == ("basics", "Packing")
    assert completion.checklist_templates(ctx, "1") == [("1", "Cabin bag")]
