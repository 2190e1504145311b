"""Who acts for `tripkit plan`."""

import json


def owner(run, *options, **others):
    done = run("plan", "new", "A", "--destination", "B", "--json", *options, **others)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)["user"]


def test_the_only_account_acts_when_nobody_is_named(run, ada):
    assert owner(run) == "ada"


def test_the_setting_the_environment_and_the_option_go_before_each_other(run, ada, person, monkeypatch):
    for name in ("bob", "cyd", "dot"):
        person(name)
    monkeypatch.setenv("TRIPKIT_CLI__USER", "bob")
    assert owner(run) == "bob"
    monkeypatch.setenv("TRIPKIT_USER", "cyd@example.org")
    assert owner(run) == "cyd"
    assert owner(run, "--user", "DOT") == "dot"
    assert owner(run, "-u", "1") == "ada"


def test_of_several_accounts_one_has_to_be_chosen(run, ada, person):
    person("bob")
    done = run("plan", "list")
    assert done.exit_code == 4
    assert "(ada, bob)" in done.stderr
    for way in ("--user", "TRIPKIT_USER", "cli.user"):
        assert way in done.stderr


def test_without_any_account_the_message_says_how_to_make_one(run):
    done = run("plan", "list", "--quiet")
    assert done.exit_code == 4
    assert done.stderr.startswith("tripkit: There is no account yet: `tripkit init` makes one.")


def test_a_name_that_nobody_has_is_refused_with_where_it_came_from(run, ada, monkeypatch):
    assert run("plan", "list", "--user", "eve").stderr.startswith(
        'tripkit: --user names nobody: there is no user "eve"'
    )
    monkeypatch.setenv("TRIPKIT_USER", "eve")
    done = run("plan", "list")
    assert done.exit_code == 4
    assert done.stderr.startswith("tripkit: TRIPKIT_USER names nobody")


def test_a_disabled_account_may_not_act(run, ada):
    run("user", "disable", "ada")
    for options in ((), ("--user", "ada")):
        done = run("plan", "list", *options)
        assert done.exit_code == 4
        assert "disabled" in done.stderr


def test_text_that_cannot_be_a_name_is_refused(run, ada):
    done = run("plan", "list", "--user", "\udcff")
    assert (done.exit_code, done.stderr) == (2, "tripkit: --user holds half a surrogate pair. Send whole characters.\n")
