import json
import re

import pytest

from tripkit.schemas.users import Client

TOKEN = re.compile("tripkit_pat_[0-9A-Za-z]{43}")


def create(run, *options):
    return run("token", "create", "backup script", "--scope", "plans:read", *options)


def test_create_prints_the_token_alone_in_a_pipe(run, ada, tripkit):
    done = create(run, "--scope", "account")
    assert done.exit_code == 0
    assert TOKEN.fullmatch(done.stdout.removesuffix("\n"))
    assert "Made token 1 for ada" in done.stderr
    actor, _ = tripkit.api_tokens.authenticate(done.stdout.strip(), Client())
    assert (actor.username, actor.scopes) == ("ada", {"plans:read", "account"})


def test_create_in_json_has_everything(run, ada):
    made = json.loads(create(run, "--json", "--expires-in-days", "7").stdout)
    assert TOKEN.fullmatch(made["token"])
    assert (made["id"], made["name"], made["scopes"], made["last_used_at"]) == (
        1,
        "backup script",
        ["plans:read"],
        None,
    )
    assert made["expires_at"] > made["created_at"]


def test_a_token_may_last_for_ever_and_not_both(run, ada):
    assert json.loads(create(run, "--json", "--never").stdout)["expires_at"] is None
    assert create(run, "--never", "--expires-in-days", "7").exit_code == 2


@pytest.mark.parametrize(
    ("args", "option"),
    [
        (("x",), "--scope"),
        (("x", "--scope", "everything"), "--scope"),
        (("x", "--scope", "admin"), "--scope"),
        (("", "--scope", "account"), "NAME"),
        (("x", "--scope", "account", "--expires-in-days", "367"), "--expires-in-days"),
        (("x", "--scope", "account", "--expires-in-days", "soon"), "--expires-in-days"),
    ],
)
def test_what_is_wrong_is_named_as_it_was_typed(run, ada, args, option):
    done = run("token", "create", *args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{option}: ")


def test_an_administrator_makes_a_token_for_administration(run, person, tripkit):
    person("root", is_admin=True)
    done = run("token", "create", "x", "--scope", "admin", "-q")
    assert tripkit.api_tokens.authenticate(done.stdout.strip(), Client())[0].is_admin


def test_list_never_shows_a_token(run, ada):
    token = create(run).stdout.strip()
    lines = run("token", "list").stdout
    assert lines.startswith("1\tbackup script\tplans:read\t2")
    listed = json.loads(run("token", "list", "--json").stdout)
    assert [each["id"] for each in listed] == [1]
    assert token not in lines + json.dumps(listed)


def test_list_is_a_table_on_a_terminal(run, ada, terminal):
    assert "tripkit token create" in run("token", "list").stderr
    create(run, "--never")
    header, row = run("token", "list").stdout.splitlines()
    assert header.split() == ["#", "Name", "Scopes", "Expires"]
    assert row.split() == ["1", "backup", "script", "plans:read", "never"]


def test_revoke_takes_a_number_and_only_of_ones_own(run, ada, person):
    create(run)
    person("bob")
    assert run("token", "revoke", "1", "--user", "bob").exit_code == 3
    assert run("token", "revoke", "backup", "--user", "ada").exit_code == 3
    done = run("token", "revoke", "1", "--user", "ada", "--json")
    assert json.loads(done.stdout)["name"] == "backup script"
    assert run("token", "list", "--user", "ada").stdout == ""
    assert run("token", "revoke", "1", "--user", "ada").exit_code == 3
