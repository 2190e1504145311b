"""Expenses and balances on the command line."""

import json

import pytest


@pytest.fixture
def kyoto(run, ada):
    """A plan with three travellers."""
    run("plan", "new", "Kyoto", "--destination", "Kyoto")
    for name in ("Ann", "Ben", "Cat"):
        run("traveller", "add", "kyoto", name)


def add(run, *words, code=0):
    done = run("expense", "add", "kyoto", *words, "--date", "2027-04-02")
    assert done.exit_code == code, done.stderr
    return done


def test_an_expense_is_added_listed_shown_and_changed(run, kyoto):
    done = add(run, "Dinner", "10", "--paid-by", "ann")
    assert (done.stdout, done.stderr) == (
        "1\n", 'Added expense 1 "Dinner" (10.00 EUR): Ann 3.34, Ben 3.33, Cat 3.33.\n',
    )  # fmt: skip
    add(run, "Tea", "1000", "--currency", "jpy", "--paid-by", "ben=400", "--paid-by", "3=600", "--split", "shares",
        "--for", "ann=2", "--for", "ben=1", "--kind", "food")  # fmt: skip
    assert run("expense", "list", "kyoto").stdout.splitlines() == [
        "1\t2027-04-02\tDinner\t10.00\tEUR\tother\tAnn\tequal\tAnn 3.34, Ben 3.33, Cat 3.33\t",
        "2\t2027-04-02\tTea\t1000\tJPY\tfood\tBen 400, Cat 600\tshares\tAnn 667, Ben 333\t",
    ]
    assert run("expense", "list", "kyoto", "--traveller", "cat", "--kind", "food").stdout.startswith("2\t")
    assert "paid_by\tBen 400, Cat 600\n" in run("expense", "show", "kyoto", "tea").stdout
    done = run("expense", "edit", "kyoto", "dinner", "--split", "exact", "--for", "ben=10")
    assert (done.exit_code, done.stderr) == (0, 'Changed expense 1 "Dinner" (10.00 EUR): it is at version 2 now.\n')
    [share] = json.loads(run("expense", "show", "kyoto", "1", "--json").stdout)["shared_by"]
    assert share == {"traveller_id": 2, "weight": None, "amount": "10.00"}
    assert run("expense", "edit", "kyoto", "dinner", "--for", "ann=4", "--for", "ben=6").exit_code == 0, "still exact"
    assert run("expense", "edit", "kyoto", "dinner", "--split", "equal", "--for", "").exit_code == 0
    assert len(json.loads(run("expense", "list", "kyoto", "--json").stdout)[0]["shared_by"]) == 3


def test_an_expense_may_be_for_an_item(run, kyoto):
    run("item", "add", "kyoto", "Ryokan", "--cost", "100")
    add(run, "Ryokan", "100", "--paid-by", "ann", "--item", "ryokan")
    assert len(json.loads(run("expense", "list", "kyoto", "--item", "ryokan", "--json").stdout)) == 1
    run("expense", "edit", "kyoto", "ryokan", "--item", "")
    assert json.loads(run("expense", "show", "kyoto", "1", "--json").stdout)["item_id"] is None
    assert "expenses\t100.00 EUR\t100.00\tEUR\n" in run("plan", "totals", "kyoto").stdout


def test_the_day_is_today_without_a_date(run, kyoto):
    from datetime import datetime

    assert run("expense", "add", "kyoto", "Tea", "1", "--paid-by", "ann").exit_code == 0
    days = {datetime.now().astimezone().date().isoformat()}
    assert {each["date"] for each in json.loads(run("expense", "list", "kyoto", "--json").stdout)} == days


def test_the_trash(run, kyoto):
    add(run, "Dinner", "10", "--paid-by", "ann")
    done = run("expense", "rm", "kyoto", "dinner")
    [fix] = [part for part in done.stderr.split("`") if part.startswith("tripkit ")]
    assert run("expense", "list", "kyoto").stdout == ""
    assert run("expense", "list", "kyoto", "--trashed").stdout.startswith("1\t")
    assert run("traveller", "rm", "kyoto", "ann").exit_code == 5
    assert run(*fix.split()[1:]).exit_code == 0
    assert run("expense", "list", "kyoto").stdout.startswith("1\t")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("NaN", "--paid-by", "ann"), 2, "AMOUNT: must be "),
        (("1e30", "--paid-by", "ann"), 2, "AMOUNT: must be "),
        (("1.234", "--currency", "JPY", "--paid-by", "ann"), 2, "AMOUNT: must have no decimals in JPY"),
        (("5", "--currency", "YEN", "--paid-by", "ann"), 2, "--currency: must be an ISO 4217 code such as EUR, not "
         '"YEN". Did you mean JPY?'),
        (("5",), 2, "--paid-by: is required"),
        (("5", "--paid-by", "zoe"), 3, 'There is no traveller "zoe"'),
        (("5", "--paid-by", "n"), 5, "Several travellers match 'n'"),
        (("5", "--paid-by", "ann=2", "--paid-by", "ben=2"), 2, "--paid-by: must add up to 5.00 EUR"),
        (("5", "--paid-by", "ann", "--for", "ann=2"), 2, "--split: must say what stands behind ="),
        (("5", "--paid-by", "ann", "--split", "exact", "--for", "ann=2"), 2, "--for: must add up to 5.00 EUR; they are "
         "3.00 EUR too little."),
        (("5", "--paid-by", "ann", "--split", "shares", "--for", "ann=x"), 2, "--for: must be"),
        (("5", "--paid-by", "ann", "--split", "half"), 2, "--split: must be one of"),
        (("5", "--paid-by", "ann", "--item", "x"), 3, "There is no item"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_option(run, kyoto, words, code, said):
    assert said in add(run, "Dinner", *words, code=code).stderr
    assert run("expense", "list", "kyoto").stdout == ""


def test_nothing_to_change_and_stale_versions(run, kyoto):
    add(run, "Dinner", "10", "--paid-by", "ann")
    assert run("expense", "edit", "kyoto", "dinner").exit_code == 2
    assert run("expense", "edit", "kyoto", "dinner", "--notes", "x", "--if-version", "7").exit_code == 5


def test_balances_in_a_pipe_are_lines(run, kyoto):
    add(run, "Dinner", "10", "--paid-by", "ann")
    add(run, "Tea", "1000", "--currency", "JPY", "--paid-by", "ben", "--for", "cat")
    lines = [
        "balance\tAnn\t\t10.00\t3.34\t6.66\tEUR",
        "balance\tBen\t\t0.00\t3.33\t-3.33\tEUR",
        "balance\tCat\t\t0.00\t3.33\t-3.33\tEUR",
        "transfer\tBen\tAnn\t\t\t3.33\tEUR",
        "transfer\tCat\tAnn\t\t\t3.33\tEUR",
        "balance\tBen\t\t1000\t0\t1000\tJPY",
        "balance\tCat\t\t0\t1000\t-1000\tJPY",
        "transfer\tCat\tBen\t\t\t1000\tJPY",
    ]
    done = run("plan", "balances", "kyoto")
    assert (done.exit_code, done.stdout.splitlines()) == (0, lines)
    [fix] = [part for part in done.stderr.split("`") if part.startswith("tripkit ")]
    run(*fix.replace("RATE", "160").split()[1:])
    # 1000 yen are 6.25 euros.
    assert run("plan", "balances", "kyoto").stdout.splitlines()[len(lines) :] == [
        "total balance\tAnn\t\t\t\t6.66\tEUR",
        "total balance\tBen\t\t\t\t2.92\tEUR",
        "total balance\tCat\t\t\t\t-9.58\tEUR",
        "total transfer\tCat\tAnn\t\t\t6.66\tEUR",
        "total transfer\tCat\tBen\t\t\t2.92\tEUR",
    ]
    assert json.loads(run("plan", "balances", "kyoto", "--json").stdout)["total"]["balances"][2]["balance"] == "-9.58"


def test_balances_on_a_terminal_are_tables(run, kyoto, terminal):
    assert "tripkit expense add" in run("plan", "balances", "kyoto").stderr
    add(run, "Dinner", "10", "--paid-by", "ann")
    shown = run("plan", "balances", "kyoto").stdout
    assert [line.split() for line in shown.splitlines()][-2:] == [["Ben", "Ann", "3.33", "EUR"],
                                                                  ["Cat", "Ann", "3.33", "EUR"]]  # fmt: skip
    assert "In all" not in shown, "one currency is all there is"
    add(run, "Tea", "1000", "--currency", "JPY", "--paid-by", "ben", "--for", "cat")
    run("plan", "rate", "kyoto", "EUR", "JPY", "160")
    assert [line.split() for line in run("plan", "balances", "kyoto").stdout.splitlines()][-1] == [
        "Cat", "Ben", "2.92", "EUR",
    ]  # fmt: skip
    listed = run("expense", "list", "kyoto").stdout
    assert "10.00 EUR" in listed
