"""Rates and totals on the command line."""

import json

import pytest


@pytest.fixture
def kyoto(run, ada):
    """A plan with a few costs."""
    run("plan", "new", "Kyoto", "--destination", "Kyoto", "--budget", "100")
    run("item", "add", "kyoto", "Hotel", "--kind", "lodging", "--cost", "80", "--status", "booked")
    run("item", "add", "kyoto", "Tea", "--kind", "food", "--cost", "4000", "--currency", "JPY")


def test_a_rate_is_set_listed_and_forgotten(run, kyoto):
    done = run("plan", "rate", "kyoto", "eur", "JPY", "162.5")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "One EUR is 162.5 JPY in this plan now.\n")
    assert run("plan", "rate", "kyoto").stdout == "EUR\tJPY\t162.5\n"
    assert json.loads(run("plan", "rate", "kyoto", "--json").stdout)["rates"][0]["rate"] == "162.5"
    assert run("plan", "rate", "kyoto", "EUR", "JPY", "--rm").exit_code == 0
    assert run("plan", "rate", "kyoto").stdout == ""
    assert run("plan", "rate", "kyoto", "EUR", "JPY", "--rm").exit_code == 3


@pytest.mark.parametrize("words", [("EUR",), ("EUR", "JPY"), ("EUR", "JPY", "1", "--rm"), ("--rm",), ("EUR", "--rm")])
def test_half_a_rate_is_a_usage_error(run, kyoto, words):
    done = run("plan", "rate", "kyoto", *words)
    assert (done.exit_code, "two currencies" in done.stderr) == (2, True)


def test_wrong_rates_are_named(run, kyoto):
    done = run("plan", "rate", "kyoto", "EUR", "XAU", "0")
    assert (done.exit_code, {line.split(":")[0] for line in done.stderr.splitlines()}) == (2, {"OTHER", "RATE"})


def test_totals_say_what_is_missing_and_then_all(run, kyoto, terminal):
    done = run("plan", "totals", "kyoto")
    assert done.exit_code == 0
    assert "There is no rate for JPY" in done.stderr
    [fix] = [line for line in done.stderr.split("`") if line.startswith("tripkit ")]
    assert run(*fix.replace("RATE", "160").split()[1:]).exit_code == 0
    shown = run("plan", "totals", "kyoto")
    assert "4000 JPY" in shown.stdout
    assert "105.00 EUR" in shown.stdout
    assert shown.stderr == "That is 5.00 EUR more than the budget.\n"


def test_totals_in_a_pipe_are_lines_and_in_json_the_fields_of_the_api(run, kyoto):
    run("plan", "rate", "kyoto", "EUR", "JPY", "160")
    lines = [line.split("\t") for line in run("plan", "totals", "kyoto").stdout.splitlines()]
    assert lines == [
        ["total", "80.00 EUR, 4000 JPY", "105.00", "EUR"],
        ["planned", "4000 JPY", "25.00", "EUR"],
        ["spent", "80.00 EUR", "80.00", "EUR"],
        ["status planned", "4000 JPY", "25.00", "EUR"],
        ["status booked", "80.00 EUR", "80.00", "EUR"],
        ["kind lodging", "80.00 EUR", "80.00", "EUR"],
        ["kind food", "4000 JPY", "25.00", "EUR"],
        ["budget", "", "100.00", "EUR"],
        ["remaining", "", "-5.00", "EUR"],
    ]
    assert json.loads(run("plan", "totals", "kyoto", "--json").stdout)["remaining"] == "-5.00"


def test_a_kind_has_a_budget_which_is_listed_counted_and_forgotten(run, kyoto):
    done = run("plan", "budget", "kyoto", "lodging", "75")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "All of lodging may cost 75 EUR.\n")
    assert run("plan", "budget", "kyoto").stdout == "lodging\t75.00\tEUR\n"
    assert json.loads(run("plan", "budget", "kyoto", "--json").stdout)["budgets"] == {"lodging": "75.00"}
    assert "budget lodging\t\t75.00\tEUR\n" in run("plan", "totals", "kyoto").stdout
    checked = run("plan", "check", "kyoto")
    assert (checked.exit_code, "5.00 more than its budget of 75.00" in checked.stdout) == (6, True)
    assert run("plan", "budget", "kyoto", "lodging", "--rm").exit_code == 0
    assert run("plan", "budget", "kyoto").stdout == ""
    assert run("plan", "budget", "kyoto", "lodging", "--rm").exit_code == 3


@pytest.mark.parametrize("words", [("food",), ("food", "1", "--rm"), ("--rm",)])
def test_half_a_budget_is_a_usage_error(run, kyoto, words):
    assert run("plan", "budget", "kyoto", *words).exit_code == 2


@pytest.mark.parametrize(("kind", "amount", "name"), [("fun", "1", "fun"), ("food", "1.005", "food")])
def test_a_wrong_budget_is_named(run, kyoto, kind, amount, name):
    done = run("plan", "budget", "kyoto", kind, amount)
    assert (done.exit_code, name in done.stderr) == (2, True)
