"""`tripkit checklist`, wherever it works."""

from .conftest import Do


def test_a_checklist_is_kept(do: Do) -> None:
    plan = do.plan()
    do("traveller", "add", "kyoto", "Ada")
    number = do("checklist", "new", "kyoto", "Packing", "Passport", "Tea").strip()
    added = do("checklist", "add", "kyoto", "packing", "Umbrella", "--for", "ada").strip()
    do("checklist", "check", "kyoto", "packing", "passport")
    assert do.said.endswith("Packing: 1 of 3 done.\n")
    assert do("checklist", "list", "kyoto") == f"{number}\tPacking\t1\t3\n"
    assert do("checklist", "show", "kyoto", "packing", "--open").splitlines()[-1] == f"{added}\tno\tUmbrella\tAda"
    do("checklist", "edit", "kyoto", "packing", "umbrella", "--text", "Two umbrellas", "--position", "1")
    assert do.json("checklist", "show", "kyoto", number)["entries"][0]["text"] == "Two umbrellas"
    do("checklist", "rm", "kyoto", "packing", "tea")
    assert do.said.endswith('"Tea".\n')
    do("checklist", "check", "kyoto", "packing", "--all")
    assert do.said == "Packing: 2 of 2 done.\n"
    do("undo")
    assert do.said.endswith(': Changed done of "Two umbrellas".\n')
    do("checklist", "uncheck", "kyoto", "packing", "--all")
    do("checklist", "check", "kyoto", "packing", "--all")
    do("undo")
    assert "Changed 2 entries" in do.said, "all of it was one change"
    assert do("checklist", "list", "kyoto") == f"{number}\tPacking\t0\t2\n"
    do("checklist", "rename", "kyoto", "packing", "Luggage")
    do("checklist", "check", "kyoto", "luggage", "sunscreen", code=3)
    assert do.json("checklist", "rm", "kyoto", "luggage")["trashed_at"]
    assert f"`tripkit checklist restore {plan} {number}` brings it back" in do.said
    assert do("checklist", "list", "kyoto") == ""
    do("checklist", "restore", "kyoto", "lugg")
    assert [each["name"] for each in do.json("checklist", "list", "kyoto")] == ["Luggage"]


def test_checklists_move_and_are_copied(do: Do) -> None:
    do.plan()
    do.plan("Nara")
    do("checklist", "new", "kyoto", "Packing", "Passport")
    do("checklist", "new", "kyoto", "Shopping")
    do("checklist", "mv", "kyoto", "shopping", "--position", "1")
    assert [each["name"] for each in do.json("checklist", "list", "kyoto")] == ["Shopping", "Packing"]
    assert do.json("checklist", "copy", "kyoto", "packing", "nara", "--name", "Bag")["total"] == 1
    do("checklist", "mv", "kyoto", "shopping", "--to-plan", "nara")
    assert [each["name"] for each in do.json("checklist", "list", "nara")] == ["Bag", "Shopping"]


def test_templates_are_kept_and_used(do: Do) -> None:
    do.plan()
    do("checklist", "new", "kyoto", "--template", "beach")
    number = do("checklist", "template", "save", "kyoto", "beach", "--name", "Sea").strip()
    assert do("checklist", "template", "list").startswith(f"{number}\tSea\t")
    assert do("checklist", "template", "show", "sea") == do("checklist", "template", "show", "beach")
    do("checklist", "template", "rename", "sea", "Lake")
    do("checklist", "template", "rm", "lake", code=2)
    do("checklist", "template", "rm", "beach", "--yes", code=3)
    assert do.json("checklist", "template", "rm", "lake", "--yes")["id"] == int(number)
    do("checklist", "template", "new", "Cabin", "Passport", "Headphones")
    assert do.json("checklist", "new", "kyoto", "--template", "cabin")["total"] == 2
