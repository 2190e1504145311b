"""`tripkit plan share`, `unshare`, `members`, `transfer`, `leave`, `invitations` and `join`."""

import json

import pytest

from tripkit.cli import completion


@pytest.fixture
def bob(person):
    return person("bob")


@pytest.fixture
def kyoto(run, ada, bob, person, monkeypatch):
    """A plan of Ada, for whom commands act."""
    person("eve")
    monkeypatch.setenv("TRIPKIT_USER", "ada")
    run("plan", "new", "Kyoto", "--destination", "Kyoto")


def roles(run, who):
    return [line.split("\t")[10:] for line in run("plan", "list", "--user", who).stdout.splitlines()]


def test_a_plan_is_shared_with_a_username_and_the_role_changed(run, kyoto):
    done = run("plan", "share", "kyoto", "bob")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "1\n", "bob is a viewer of plan 1 now.\n")
    assert roles(run, "bob") == [["ada", "viewer"]]
    assert run("plan", "set", "kyoto", "--title", "Nara", "--user", "bob").exit_code == 4
    done = run("plan", "share", "kyoto", "BOB", "--role", "editor", "--json")
    assert (json.loads(done.stdout)["role"], done.stderr) == ("editor", "bob is an editor of plan 1 now.\n")
    assert run("plan", "set", "kyoto", "--title", "Kyoto in May", "--user", "bob").exit_code == 0
    assert run("plan", "list", "--user", "bob", "--role", "viewer").stdout == ""
    assert run("plan", "list", "--user", "bob", "--role", "editor").stdout.startswith("1\tKyoto in May")


def test_members_are_listed_and_put_out(run, kyoto):
    run("plan", "share", "kyoto", "bob")
    run("plan", "share", "kyoto", "grace@example.org", "--role", "editor")
    lines = [line.split("\t")[:6] for line in run("plan", "members", "kyoto").stdout.splitlines()]
    assert lines == [
        ["1", "member", "viewer", "bob", "", "ada"],
        ["2", "invited", "editor", "", "grace@example.org", "ada"],
    ]
    assert [each["username"] for each in json.loads(run("plan", "members", "kyoto", "--json").stdout)] == ["bob", None]
    for who in ("bob", "Grace@example.org"):
        done = run("plan", "unshare", "kyoto", who)
        assert (done.exit_code, done.stderr) == (0, f"{who} has no access to plan 1 any more.\n")
    assert run("plan", "unshare", "kyoto", "bob").exit_code == 3
    assert roles(run, "bob") == []


def test_a_table_on_a_terminal_fits_80_columns(run, kyoto, terminal):
    assert run("plan", "members", "kyoto").stderr == "Nobody else is in this plan.\n"
    run("plan", "share", "kyoto", "bob")
    run("plan", "share", "kyoto", f"{'long' * 12}@example.org")
    run("plan", "transfer", "kyoto", "bob")
    shown = run("plan", "members", "kyoto").stdout
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert "is offered the plan" in shown
    assert "invited until" in shown


def test_who_is_invited_by_address_gets_mail_and_joins(run, kyoto):
    done = run("plan", "share", "kyoto", "bob@example.org", "--role", "editor")
    assert (done.exit_code, done.stdout) == (0, "1\n")
    assert "bob@example.org is invited to plan 1 as an editor." in done.stderr
    assert "/account/plan-invitation?token=" in done.stderr
    assert run("plan", "invitations", "--user", "bob").stdout == ""  # anybody may claim an address
    assert run("plan", "join", "1", "--user", "bob").exit_code == 3
    run("plan", "new", "Nara", "--destination", "Nara")
    run("user", "verify", "bob")
    assert roles(run, "bob") == [["ada", "editor"]]
    run("plan", "share", "nara", "bob@example.org")
    [line] = run("plan", "invitations", "--user", "bob").stdout.splitlines()
    assert line.split("\t")[:5] == ["2", "2", "Nara", "ada", "viewer"]
    done = run("plan", "join", "2", "--user", "bob")
    assert (done.exit_code, done.stderr) == (0, 'Plan 2 "Nara" is among your plans now; you are a viewer.\n')
    run("plan", "leave", "nara", "--user", "bob")
    run("plan", "share", "nara", "bob@example.org")
    assert run("plan", "join", "3", "--decline", "--user", "bob", "--json").stdout == "[]\n"
    assert roles(run, "bob") == [["ada", "editor"]]


def test_a_plan_is_handed_over(run, kyoto):
    run("plan", "share", "kyoto", "bob")
    assert run("plan", "transfer", "kyoto").exit_code == 2
    assert run("plan", "transfer", "kyoto", "bob", "--accept").exit_code == 2
    done = run("plan", "transfer", "kyoto", "eve")
    assert (done.exit_code, done.stderr.startswith("username: is not a member of this plan")) == (2, True)
    assert run("plan", "transfer", "kyoto", "--accept", "--user", "bob").exit_code == 3
    for who in ("ada", "bob"):
        done = run("plan", "transfer", "kyoto", "bob")
        told = "Plan 1 is offered to bob: `tripkit plan transfer 1 --accept` accepts it.\n"
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", told)
        assert run("plan", "transfer", "kyoto", "--decline", "--user", who).exit_code == 0
    run("plan", "transfer", "kyoto", "bob")
    done = run("plan", "transfer", "kyoto", "--accept", "--user", "bob", "--json")
    assert (json.loads(done.stdout)["role"], json.loads(done.stdout)["user"]) == ("owner", "bob")
    assert roles(run, "ada") == [["bob", "editor"]]


def test_members_leave_and_the_owner_does_not(run, kyoto):
    run("plan", "share", "kyoto", "bob")
    done = run("plan", "leave", "kyoto", "--user", "bob")
    assert (done.exit_code, done.stderr) == (0, 'You left plan 1 "Kyoto". ada may let you in again.\n')
    assert run("plan", "leave", "1", "--user", "bob").exit_code == 3
    done = run("plan", "leave", "kyoto")
    assert (done.exit_code, "Transfer it to a member first" in done.stderr) == (5, True)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("kyoto", "bob", "--role", "king"), 2, "--role: must be one of"),
        (("kyoto", "bob", "--role", "owner"), 2, "--role: must be one of"),
        (("kyoto", "nobody"), 2, "username: is nobody's here"),
        (("kyoto", "ada"), 2, "username: is your own"),
        (("kyoto", "ada@example.org"), 2, "email: is your own"),
        (("kyoto", "a@@b"), 2, "email: is not an email address"),
        (("osaka", "bob"), 3, "tripkit: There is no plan"),
    ],
)
def test_what_is_wrong_is_said(run, kyoto, arguments, code, told):
    done = run("plan", "share", *arguments)
    assert (done.exit_code, told in done.stderr, done.stdout) == (code, True, ""), done.stderr


def test_roles_are_completed():
    assert completion.roles("e") == ["editor"]
    assert completion.member_roles("") == ["viewer", "editor"]
