"""`tripkit traveller` and `tripkit expense`, wherever they work."""

from .conftest import Do


def test_travellers_come_along_and_stay_behind(do: Do) -> None:
    plan = do.plan()
    ada, bob = (do("traveller", "add", plan, name).strip() for name in ("Ada", "Bob"))
    assert do("traveller", "list", plan).startswith(f"{ada}\tAda\n{bob}\tBob\n")
    do("traveller", "add", plan, "ADA", code=5)
    assert "is in this plan already" in do.said
    assert do.json("traveller", "rename", plan, "bob", "Bertha")["name"] == "Bertha"
    assert do.json("traveller", "rm", plan, "bertha")["id"] == int(bob)
    do("traveller", "rm", plan, "bertha", code=3)


def test_expenses_are_shared_changed_and_settled(do: Do) -> None:
    plan = do.plan()
    for name in ("Ada", "Bob"):
        do("traveller", "add", plan, name)
    number = do("expense", "add", plan, "Dinner", "48.50", "--paid-by", "ada", "--date", "2027-04-02").strip()
    assert do.json("expense", "show", plan, "dinner")["amount"] == "48.50"
    changed = do.json("expense", "edit", plan, "dinner", "--split", "shares", "--for", "ada=2", "--for", "bob=1")
    assert (changed["split"], changed["version"]) == ("shares", 2)
    assert do("expense", "list", plan, "--traveller", "bob").startswith(f"{number}\t2027-04-02\tDinner\t")
    balances = do.json("plan", "balances", plan)["by_currency"]["EUR"]
    assert [transfer["amount"] for transfer in balances["transfers"]] == ["16.17"]
    do("traveller", "rm", plan, "bob", code=5)
    assert do.json("expense", "rm", plan, "dinner")["trashed_at"]
    assert do.json("expense", "restore", plan, "dinner")["trashed_at"] is None
    do("expense", "show", plan, "diner", code=3)
    assert do.said == f'tripkit: There is no expense "diner". Did you mean {number} (Dinner)?\n'


def test_what_is_wrong_is_named_as_it_was_typed(do: Do) -> None:
    plan = do.plan()
    do("traveller", "add", plan, "Ada")
    do("expense", "add", plan, "Dinner", "much", "--paid-by", "ada", code=2)
    assert do.said.startswith("AMOUNT: ")
    do("expense", "add", plan, "Dinner", "10", "--paid-by", "ada", "--date", "soon", code=2)
    assert do.said.startswith("--date: ")
