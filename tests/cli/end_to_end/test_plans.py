"""`tripkit plan`, wherever it works."""

import pytest

from .conftest import Do


def test_a_plan_is_made_shown_changed_and_listed(do: Do) -> None:
    number = do.plan("Kyoto in April", "--start-date", "2027-04-01", "--budget", "2500", "--data", '{"a": 1.50}')
    assert do.said == f'Made plan {number} "Kyoto in April".\n'
    shown = do.json("plan", "show", "kyoto")
    assert (shown["id"], shown["budget"], shown["version"]) == (int(number), "2500.00", 1)
    assert do("plan", "show", number).splitlines()[1].startswith("user\t")
    assert '"plan_data":{"a": 1.50}' in do("plan", "show", number, "--json"), "it is not touched on the way"
    changed = do.json("plan", "set", "kyoto", "--title", "Nara", "--budget", "", "--data", '{"b": 2}', "--merge")
    assert (changed["title"], changed["budget"], changed["plan_data"]) == ("Nara", None, {"a": 1.5, "b": 2})
    assert do("plan", "list").startswith(f"{number}\tNara\tKyoto\t2027-04-01\t\t\tEUR\tdraft\t\t2")
    assert do("plan", "list", "--status", "archived") == ""
    assert do("plan", "list", "--from", "2027-05-01") == ""


def test_lists_are_read_to_their_end_or_to_a_number(do: Do) -> None:
    numbers = [do.plan(f"Plan {number:02}") for number in range(5)]
    listed = do.json("plan", "list", "--ordering", "title")
    assert [str(plan["id"]) for plan in listed] == numbers
    assert len(do.json("plan", "list", "--limit", "3")) == 3


def test_a_name_has_to_be_one_of_one_plan(do: Do) -> None:
    first, second = do.plan("Kyoto in April"), do.plan("Kyoto in May")
    do("plan", "show", "kyoto", code=5)
    assert do.said == (
        f"tripkit: Several plans match 'kyoto': {second} (Kyoto in May), {first} (Kyoto in April). "
        "Name one by its number.\n"
    )
    do("plan", "show", "paris", code=3)
    assert do.said == 'tripkit: There is no plan "paris".\n'
    do("plan", "show", "kioto", code=3)
    assert do.said == (
        f'tripkit: There is no plan "kioto". Did you mean {second} (Kyoto in May) or {first} (Kyoto in April)?\n'
    )
    do("plan", "show", "987654321", code=3)
    assert do.said == "tripkit: There is no plan 987654321.\n"


def test_the_trash_gives_back(do: Do) -> None:
    number = do.plan()
    trashed = do.json("plan", "rm", "kyoto")
    assert (trashed["id"], trashed["version"]) == (int(number), 2)
    assert trashed["trashed_at"]
    assert f"`tripkit plan restore {number}` brings it back" in do.said
    do("plan", "show", number, code=3)
    assert [plan["id"] for plan in do.json("plan", "list", "--trashed")] == [int(number)]
    assert do.json("plan", "restore", "kyoto")["trashed_at"] is None
    do("plan", "restore", number, code=3)
    assert do.said == f"tripkit: There is no plan in the trash with the number {number}.\n"


def test_a_plan_that_has_moved_on_stays_as_it_is(do: Do) -> None:
    number = do.plan()
    do("plan", "archive", number)
    assert do.said == f'Plan {number} "Kyoto in April" is archived now.\n'
    do("plan", "set", number, "--title", "Nara", "--if-version", "1", code=5)
    assert do.said == (
        f"tripkit: The plan {number} has changed since you read it: it is at version 2 now. "
        "Read it again and repeat your change.\n"
    )
    assert do.json("plan", "show", number)["title"] == "Kyoto in April"


def test_publishing_says_what_it_means(do: Do) -> None:
    do.plan()
    assert do.json("plan", "publish", "kyoto")["status"] == "published"
    assert "Everybody can read it in the gallery now" in do.said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--budget", "much"), '--budget: must be a decimal like "12.50", not "much".'),
        (("--start-date", "2027-04-09", "--end-date", "2027-04-01"), "--end-date: "),
        (("--timezone", "Asia/Kyoto"), "--timezone: "),
        (("--currency", "YEN", "--status", "lost"), "--status: must be one of draft, published, archived"),
    ],
)
def test_what_is_wrong_is_named_as_it_was_typed(do: Do, options: tuple[str, ...], said: str) -> None:
    do("plan", "new", "Kyoto", "--destination", "Japan", *options, code=2)
    assert said in do.said
    assert do("plan", "list") == ""


def test_checks_find_the_same(do: Do) -> None:
    number = do.plan("Kyoto", "--start-date", "2027-04-01", "--end-date", "2027-04-01")
    for title, start, end in (("Tea", "14:00", "15:30"), ("Temple", "15:00", "16:00")):
        do("item", "add", number, title, "--place", "Kyoto", "--start", f"2027-04-01 {start}", "--end",
           f"2027-04-01 {end}")  # fmt: skip
    found = do.json("plan", "check", number, code=6)
    assert [each["code"] for each in found["findings"]] == ["overlap"]
    assert do.json("plan", "check", number, "--ignore", "overlap")["ok"]
    assert "1 more of overlap are ignored in this plan." in do.said
    do("plan", "check", number, "--heed", "overlap", code=6)


def test_rates_are_set_one_by_one(do: Do) -> None:
    number = do.plan()
    do("plan", "rate", number, "EUR", "JPY", "160")
    do("plan", "rate", number, "GBP", "EUR", "1.15")
    do("plan", "rate", number, "JPY", "EUR", "0.006")
    assert do("plan", "rate", number) == "GBP\tEUR\t1.15\nJPY\tEUR\t0.006\n"
    do("plan", "rate", number, "EUR", "GBP", "--rm")
    assert do("plan", "rate", number) == "JPY\tEUR\t0.006\n"
    do("plan", "rate", number, "EUR", "CHF", "--rm", code=3)
    assert do.said == "tripkit: There is no rate in this plan between EUR and CHF.\n"
    do("plan", "rate", number, "EUR", "XXX", "0", code=2)
    assert do.said.startswith("OTHER: ")
    do("plan", "rate", number, "EUR", "CHF", "0", code=2)
    assert do.said.startswith("RATE: ")
