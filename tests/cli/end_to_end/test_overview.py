"""Search, agenda, history and copies, wherever they work."""

from .conftest import Do


def test_plans_and_items_are_found_by_their_words(do: Do) -> None:
    plan = do.plan("Kyoto in April")
    do("item", "add", plan, "Tea ceremony", "--place", "Kyoto")
    found = do.json("search", "ceremony")
    assert [hit["item"]["title"] for hit in found] == ["Tea ceremony"]
    assert do("search", "nothing") == ""


def test_the_agenda_has_what_happens(do: Do) -> None:
    plan = do.plan("Kyoto", "--start-date", "2027-04-01")
    do("item", "add", plan, "Tea", "--place", "Kyoto", "--start", "2027-04-01 14:00")
    assert "Tea" in do("agenda", "--from", "2027-04-01", "--to", "2027-04-02")


def test_what_was_done_is_listed_compared_and_taken_back(do: Do) -> None:
    plan = do.plan("Kyoto")
    do("plan", "set", plan, "--title", "Nara")
    assert [change["version"] for change in do.json("plan", "log", plan)] == [2, 1]
    assert do.json("plan", "diff", plan)
    do("plan", "undo", plan)
    assert do.json("plan", "show", plan)["title"] == "Kyoto"
    assert do.json("plan", "show", plan, "--at", "2")["plan"]["title"] == "Nara"
    do("plan", "restore", plan, "--version", "2")
    assert do.json("plan", "show", plan)["title"] == "Nara"


def test_a_plan_is_copied(do: Do) -> None:
    plan = do.plan("Kyoto", "--start-date", "2027-04-01")
    copied = do.json("plan", "copy", plan, "--title", "Kyoto again")
    assert copied["plan"]["title"] == "Kyoto again"
    assert copied["plan"]["id"] != int(plan)
