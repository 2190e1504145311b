"""`--dry-run`, wherever commands work: it says what would be done, and does nothing."""

import json

from .conftest import Do


def unchanged(do: Do, plan: str) -> bool:
    return len(do.json("plan", "list")) == 1 and do.json("plan", "show", plan)["version"] == 3


def made(do: Do) -> str:
    plan = do.plan("Kyoto", "--start-date", "2027-04-01")
    do("item", "add", plan, "Tea", "--start", "2027-04-02 14:00")
    do("plan", "set", plan, "--title", "Nara")
    return plan


def test_of_going_back(do: Do) -> None:
    plan = made(do)
    shown = do("plan", "restore", plan, "--version", "1", "--dry-run")
    assert {line.split("\t")[0] for line in shown.splitlines()} == {"item", "plan"}
    assert do("plan", "undo", plan, "--dry-run").split("\t")[4:] == ["title", "Nara", "Kyoto\n"]
    assert do("plan", "undo", plan, "--version", "2", "--dry-run").startswith("item\t")
    assert do.json("plan", "undo", plan, "--version", "2", "--dry-run")["before"] == 2
    do("plan", "restore", plan, "--version", "9", "--dry-run", code=3)
    do("plan", "restore", plan, "--dry-run", code=2)
    assert unchanged(do, plan)


def test_of_copies(do: Do) -> None:
    plan = made(do)
    would = do.json("plan", "copy", plan, "--start", "2027-04-11", "--dry-run")
    assert would == {"title": "Nara (copy)", "days": 10, "items": 1, "checklists": 0}
    assert do.said == 'This would be made: plan "Nara (copy)", 10 days later: 1 item and 0 checklists.\n'
    really = do.json("plan", "copy", plan, "--start", "2027-04-11")
    assert (really["plan"]["title"], really["days"], really["items"]) == ("Nara (copy)", 10, 1)
    do("plan", "rm", str(really["plan"]["id"]))
    assert unchanged(do, plan)


def test_of_a_copy_is_what_the_copy_would_be_or_why_there_would_be_none(do: Do) -> None:
    plan = do("plan", "new", "x" * 200, "Kyoto").strip()
    would = do.json("plan", "copy", plan, "--dry-run")
    assert would["title"] == do.json("plan", "copy", plan)["plan"]["title"] == "x" * 193 + " (copy)"
    for dry_run in ([], ["--dry-run"]):
        do("plan", "copy", plan, "--start", "1200-01-01", *dry_run, code=2)


def test_of_a_checklist_from_a_template_that_is_not_there(do: Do) -> None:
    plan = made(do)
    for dry_run in ([], ["--dry-run"]):
        do("checklist", "new", plan, "--template", "999", *dry_run, code=3)


def test_of_many_items(do: Do) -> None:
    plan = made(do)
    rows = [{"title": "Inn", "kind": "lodging", "start": "2027-04-02"}, {"title": "Tea"}]
    assert do("item", "add", plan, "-", "--dry-run", input=json.dumps(rows)) == ""
    assert do.said == 'This would be added: lodging "Inn" (2027-04-02).\nThis would be added: activity "Tea".\n'
    assert [row["title"] for row in do.json("item", "add", plan, "-", "--dry-run", input=json.dumps(rows))] == [
        "Inn",
        "Tea",
    ]
    do("item", "add", plan, "-", "--dry-run", input='[{"title": "A", "end": "2027-04-02"}]', code=2)
    assert unchanged(do, plan)


def test_of_checklists(do: Do) -> None:
    do.plan("Kyoto")
    would = do.json("checklist", "new", "kyoto", "--template", "beach", "--dry-run")
    assert (would["name"], len(would["entries"])) == ("Beach", 15)
    assert do.said == 'This would be made: checklist "Beach" with 15 entries.\n'
    assert do("checklist", "list", "kyoto") == ""
    do("checklist", "new", "kyoto", "Packing", "Passport", "Tea")
    do("checklist", "check", "kyoto", "packing", "--all", "--dry-run")
    assert '"Passport", ' in do.said
    assert do.said.endswith('"Tea" would be marked as done.\n')
    do("checklist", "uncheck", "kyoto", "packing", "--all", "--dry-run")
    assert do.said == "Nothing would be marked as to be done.\n"
    do("checklist", "check", "kyoto", "packing", "nothing", "--dry-run", code=3)
    assert [each["done"] for each in do.json("checklist", "list", "kyoto")] == [0]
