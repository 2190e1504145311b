"""`tripkit link`, wherever it works."""

import re

from .conftest import Do


def test_a_link_is_made_listed_changed_and_revoked(do: Do) -> None:
    do.plan()
    made = do.json("link", "create", "kyoto", "--label", "For Bob", "--hide", "costs", "--expires", "2099-05-01")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/s/[\w-]{22}", made["url"])
    assert "It is for this machine only" in do.said
    number = made["id"]
    assert [link["label"] for link in do.json("link", "list", "kyoto")] == ["For Bob"]
    assert do("link", "show", "kyoto", number) == ""
    changed = do.json("link", "edit", "kyoto", number, "--off", "--label", "", "--expires", "never")
    assert (changed["enabled"], changed["label"], changed["expires_at"]) == (False, "", None)
    assert do.json("link", "revoke", "kyoto", number)["id"] == number
    assert do("link", "list", "kyoto") == ""
    do("link", "show", "kyoto", number, code=3)
    assert do.said == f"tripkit: There is no link {number}.\n"


def test_what_is_wrong_with_a_link_is_named_as_it_was_typed(do: Do) -> None:
    do.plan()
    do("link", "create", "kyoto", "--hide", "weather", code=2)
    assert do.said.startswith("--hide")
    do("link", "create", "kyoto", "--expires", "2001-01-01", code=2)
    assert do.said.startswith("--expires: ")
    do("link", "create", "kyoto", "--password-stdin", code=2, input="short\n")
    assert do.said.startswith("--password: ")
    assert do("link", "list", "kyoto") == ""
