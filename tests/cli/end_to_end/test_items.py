"""`tripkit item`, wherever it works."""

from .conftest import Do


def test_an_item_is_added_completed_shown_changed_and_moved(do: Do) -> None:
    plan = do.plan("Kyoto", "--start-date", "2027-04-01", "--end-date", "2027-04-05")
    number = do("item", "add", "kyoto", "Tea", "--place", "Kyoto", "--start", "2027-04-01 14:00", "--cost", "4000",
                "--currency", "JPY").strip()  # fmt: skip
    assert do.said == (
        f'Added activity {number} "Tea" (2027-04-01 14:00).\n'
        "Took this for the place: Kyoto, 35.02107, 135.75385, JP, Asia/Tokyo.\nTook the start to be in Asia/Tokyo.\n"
    )
    shown = do.json("item", "show", plan, "tea")
    assert (shown["id"], shown["start_zone"], shown["start_at"]) == (int(number), "Asia/Tokyo", "2027-04-01T05:00:00Z")
    changed = do.json("item", "edit", plan, "tea", "--status", "booked", "--address", "Gion 1")
    assert (changed["status"], changed["place"]["address"], changed["version"]) == ("booked", "Gion 1", 2)
    assert do.json("item", "mv", plan, "tea", "--day", "2027-04-03")["start"] == "2027-04-03T14:00"
    assert do("item", "list", plan, "--day", "2027-04-03").startswith(f"{number}\t3\t2027-04-03T14:00\tAsia/Tokyo\t")
    assert do("item", "list", plan, "--kind", "food") == ""
    do("plan", "budget", plan, "activity", "20")
    assert do.json("plan", "budget", plan)["budgets"] == {"activity": "20.00"}
    totals = do.json("plan", "totals", plan)
    assert totals["remaining_by_kind"] == {"activity": None}
    assert (totals["spent"]["by_currency"], totals["total"]["missing"]) == ({"JPY": "4000"}, ["JPY"])


def test_an_item_goes_to_another_plan_and_to_the_trash(do: Do) -> None:
    kyoto, nara = do.plan("Kyoto"), do.plan("Nara")
    number = do("item", "add", kyoto, "Tea").strip()
    assert do.json("item", "mv", kyoto, "tea", "--to-plan", "nara")["plan_id"] == int(nara)
    do("item", "show", kyoto, number, code=3)
    assert do.said == f"tripkit: There is no item {number}.\n"
    assert do.json("item", "rm", nara, "tea")["trashed_at"]
    assert [item["id"] for item in do.json("item", "list", nara, "--trashed")] == [int(number)]
    assert do.json("item", "restore", nara, "tea")["trashed_at"] is None


def test_what_is_wrong_is_named_as_it_was_typed(do: Do) -> None:
    plan = do.plan()
    do("item", "add", plan, "Tea", "--start", "soon", code=2)
    assert do.said.startswith("--start: ")
    do("item", "add", plan, "Tea", "--lat", "91", "--lon", "0", code=2)
    assert do.said.startswith("--lat: ")
    do("item", "add", plan, "Tea", "--kind", "meal", code=2)
    assert do.said.startswith("--kind: must be one of flight")
    do("item", "edit", plan, "tea", "--title", "Matcha", code=3)
    do("item", "add", plan, "Tea")
    do("item", "edit", plan, "tea", "--title", "Matcha", "--if-version", "7", code=5)
    assert "it is at version 1 now" in do.said


def test_a_name_has_to_be_one_of_one_item(do: Do) -> None:
    plan = do.plan()
    for title in ("Green tea", "Black tea"):
        do("item", "add", plan, title)
    do("item", "show", plan, "tea", code=5)
    assert do.said.startswith("tripkit: Several items match 'tea': ")
