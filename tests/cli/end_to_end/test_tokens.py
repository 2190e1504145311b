"""`tripkit token`, `whoami` and `status`, wherever they work."""

from .conftest import Do


def test_tokens_are_made_listed_and_revoked(do: Do) -> None:
    who = do("whoami").strip()
    made = do.json("token", "create", "backup", "--scope", "plans:read")
    assert made["token"].startswith("tripkit_pat_")
    assert f"Made token {made['id']} for {who}, good until 2" in do.said
    assert do("token", "list").startswith(f"{made['id']}\tbackup\tplans:read\t")
    assert made["token"] not in do("token", "list", "--json")
    assert do.json("token", "revoke", made["id"])["name"] == "backup"
    do("token", "revoke", made["id"], code=3)
    assert do.said == f"tripkit: There is no API token {made['id']}.\n"
    do("token", "create", "x", "--scope", "everything", code=2)
    assert do.said.startswith("--scope: ")


def test_who_acts_and_where_is_said(do: Do) -> None:
    profile = do.json("whoami")
    assert do("whoami") == f"{profile['username']}\n"
    status = do.json("status")
    assert status["account"] == profile["username"]
    assert status["state"].startswith("ok (")
    assert (status["server"] == "local") == (do.place == "local")
