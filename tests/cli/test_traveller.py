"""Travellers on the command line."""

import json

import pytest


@pytest.fixture
def kyoto(run, ada):
    run("plan", "new", "Kyoto", "--destination", "Kyoto")


def test_travellers_are_added_listed_renamed_and_removed(run, kyoto):
    done = run("traveller", "add", "kyoto", "Ada")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "1\n", "Ada comes along.\n")
    run("traveller", "add", "kyoto", "Bob", "--quiet")
    assert run("traveller", "list", "kyoto").stdout == "1\tAda\n2\tBob\n"
    done = run("traveller", "rename", "kyoto", "ad", "Ada Lovelace")
    assert (done.exit_code, done.stderr) == (0, "Traveller 1 is called Ada Lovelace now.\n")
    assert run("traveller", "rm", "kyoto", "lovelace").stderr == "Ada Lovelace does not come along any more.\n"
    assert [each["name"] for each in json.loads(run("traveller", "list", "kyoto", "--json").stdout)] == ["Bob"]


def test_refusals_have_their_exit_codes(run, kyoto):
    run("traveller", "add", "kyoto", "Ann")
    run("traveller", "add", "kyoto", "Anna")
    taken = run("traveller", "add", "kyoto", "ANNA")
    assert (taken.exit_code, taken.stderr) == (5, 'NAME: "Anna" is in this plan already. Tell both apart.\n')
    assert run("traveller", "add", "kyoto", " ").exit_code == 2
    assert run("traveller", "rm", "kyoto", "nn").exit_code == 5
    assert run("traveller", "rm", "kyoto", "Zoe").exit_code == 3


def test_nobody_comes_along_yet(run, kyoto, terminal):
    assert "tripkit traveller add" in run("traveller", "list", "kyoto").stderr
