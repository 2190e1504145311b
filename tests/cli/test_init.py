"""`tripkit init`, and what other commands do before there is an account."""

import json

from .conftest import CTRL_C

PASSWORD = "wander far and wide"


def test_a_script_says_everything(run):
    done = run("init", "--email", "ada@example.org", "--username", "ada", "--password-stdin", "--json", input=PASSWORD)
    assert done.exit_code == 0
    made = json.loads(done.stdout)
    assert (made["username"], made["is_admin"]) == ("ada", True)
    assert run("whoami").stdout == "ada\n"


def test_without_a_terminal_nothing_is_asked(run):
    done = run("init", "--email", "ada@example.org")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == ("tripkit: There is no terminal to ask on: give --email, --username and --password-stdin.\n")
    done = run("plan", "list")
    assert (done.exit_code, done.stdout) == (4, "")
    assert done.stderr.endswith(
        "tripkit: There is no account yet: `tripkit init` makes one. To work on a server, `tripkit login URL`.\n"
    )


def test_what_is_wrong_is_named_as_it_was_typed(run):
    done = run("init", "--email", "ada", "--username", "a", "--password-stdin", input="short")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("--username: ")
    done = run("init", "--email", "ada", "--username", "ada", "--password-stdin", input="short")
    said = [line.partition(":")[0] for line in done.stderr.splitlines()]
    assert said[:2] == ["--email", "password"]
    assert "There is no account yet" in run("plan", "list").stderr


def test_it_is_for_the_first_account(run, ada):
    done = run("init", "--email", "bob@example.org", "--username", "bob", "--password-stdin", input=PASSWORD)
    assert done.exit_code == 5
    assert done.stderr == (
        "tripkit: tripkit is set up already: ada has an account. `tripkit user create` makes another.\n"
    )


def test_on_a_terminal_each_mistake_is_asked_again(converse, run):
    code, screen = converse(
        "init",
        answers=[
            ("Email address: ", "ada\n"),
            ("Username: ", "a\n"),
            ("Password: ", f"{PASSWORD}\n"),
            ("The same again: ", f"{PASSWORD}\n"),
            ("username: ", ""),
            ("Username: ", "ada\n"),
            ("email: is not an email address", ""),
            ("Email address: ", "ada@example.org\n"),
        ],
    )
    assert code == 0, screen
    assert "Your plans are kept in" in screen
    assert screen.count("Password: ") == 1
    assert "Made the account ada (ada@example.org), an administrator." in screen
    assert run("whoami").stdout == "ada\n"


def test_the_first_command_begins_with_it_and_goes_on(converse, run):
    answers = [
        ("Email address: ", "ada@example.org\n"),
        ("Username: ", "ada\n"),
        ("Password: ", f"{PASSWORD}\n"),
        ("The same again: ", f"{PASSWORD}\n"),
    ]
    code, screen = converse("plan", "new", "Kyoto", "Japan", answers=answers)
    assert code == 0, screen
    assert 'Made plan 1 "Kyoto".' in screen
    assert "`tripkit undo` takes it back." in screen
    assert run("plan", "list").stdout.startswith("1\tKyoto\t")


def test_ctrl_c_leaves_no_account(converse, run):
    code, screen = converse("plan", "list", answers=[("Email address: ", "ada@example.org\n"), ("Username: ", CTRL_C)])
    assert code == 130
    assert "Traceback" not in screen
    assert "There is no account yet" in run("plan", "list").stderr
