import json

import pytest

from tripkit.schemas.users import Client, LoginIn


def create(run, username, password, *options):
    return run(
        "user", "create", "--email", f"{username}@example.org", "--username", username, "--password-stdin", *options,
        input=f"{password}\n",
    )  # fmt: skip


def test_create_prints_the_number_in_a_pipe(run, password):
    done = create(run, "ada", password)
    assert (done.exit_code, done.stdout) == (0, "1\n")
    assert done.stderr.splitlines()[-1] == "Made the account ada (ada@example.org)."


def test_there_is_no_account_until_one_is_made(run):
    assert (run("user", "list", "--json").exit_code, run("user", "list", "--json").stdout.strip()) == (0, "[]")


def test_create_takes_names_and_admin_and_answers_in_json(run, password):
    done = create(run, "ada", password, "--first-name", "Ada", "--last-name", "Lovelace", "--admin", "--json")
    user = json.loads(done.stdout)
    assert (user["first_name"], user["last_name"], user["is_admin"]) == ("Ada", "Lovelace", True)
    assert "password" not in done.stdout


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_one_line_end_is_not_part_of_a_piped_password(run, tripkit, end, password):
    run(
        "user", "create", "--email", "ada@example.org", "--username", "ada", "--password-stdin", input=password + end,
    )  # fmt: skip
    assert tripkit.accounts.log_in(LoginIn("ada@example.org", password), Client()).user.username == "ada"


def test_without_a_terminal_create_says_how_to_pass_the_password(run):
    done = run("user", "create", "--email", "ada@example.org", "--username", "ada")
    assert done.exit_code == 2
    assert "--password-stdin" in done.stderr


def test_on_a_terminal_the_password_is_asked_for_twice_and_never_shown(converse, run, password):
    asked = [("Password: ", f"{password}\n"), ("The same again: ", "another\n"), ("do not match", "")]
    asked += [("Password: ", f"{password}\n"), ("The same again: ", f"{password}\n")]
    code, screen = converse("user", "create", "--email", "ada@example.org", "--username", "ada", answers=asked)
    assert code == 0, screen
    assert password not in screen
    assert "Made the account ada" in screen
    assert run("user", "list").stdout.startswith("1\tada\t")


def test_ctrl_c_at_the_prompt_is_silent_and_exit_code_130(converse, run):
    args = ("user", "create", "--email", "ada@example.org", "--username", "ada")
    code, screen = converse(*args, answers=[("Password: ", "\x03")])
    assert code == 130
    assert "Traceback" not in screen
    assert run("user", "list").stdout == ""


def test_create_names_the_options_that_are_missing_or_wrong(run):
    done = run("user", "create", "--username", "a b")
    assert done.exit_code == 2
    assert done.stderr.splitlines()[0] == "--email: is required."
    assert done.stderr.splitlines()[1].startswith("--username: must be 3 to 30 letters")


def test_create_refuses_weak_passwords_and_wrong_addresses(run):
    done = run("user", "create", "--email", "ada", "--username", "ada", "--password-stdin", "-q", input="12345")
    assert done.exit_code == 2
    assert {line.split(":")[0] for line in done.stderr.splitlines()} == {"--email", "password"}
    assert "password: is too short" in done.stderr


def test_a_password_that_is_not_text_is_a_usage_error(run):
    done = run("user", "create", "--email", "a@b.org", "--username", "ada", "--password-stdin", input=b"\xff\xfe\n")
    assert done.exit_code == 2
    assert "not UTF-8" in done.stderr


def test_a_taken_address_is_a_conflict_whatever_its_letter_case(run, ada, password):
    done = run(
        "user", "create", "--email", "ADA@example.org", "--username", "Ada", "--password-stdin", input=password,
    )  # fmt: skip
    assert done.exit_code == 5
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["--email", "--username"]


def test_list_is_tab_separated_in_a_pipe_and_an_array_in_json(run, ada, person):
    person("bob", first_name="Bob")
    lines = [line.split("\t")[:7] for line in run("user", "list").stdout.splitlines()]
    assert lines == [
        ["1", "ada", "ada@example.org", "", "", "yes", "no"],
        ["2", "bob", "bob@example.org", "Bob", "", "yes", "no"],
    ]
    assert [user["username"] for user in json.loads(run("user", "list", "--json").stdout)] == ["ada", "bob"]


def test_list_is_a_table_on_a_terminal(run, ada, terminal):
    header, row = run("user", "list").stdout.splitlines()
    assert header.split() == ["#", "Username", "Email", "Status", "Role"]
    assert row.split() == ["1", "ada", "ada@example.org", "active"]


@pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.org", "Ada@Example.org", "1"])
def test_show_takes_username_address_or_number(run, ada, name):
    assert "username\tada\n" in run("user", "show", name).stdout
    assert json.loads(run("user", "show", name, "--json").stdout)["id"] == 1


@pytest.mark.parametrize(
    "args",
    [("show",), ("edit", "--first-name", "x"), ("disable",), ("enable",), ("promote",), ("demote",), ("delete", "-y")],
)
def test_nobody_of_that_name_is_exit_code_3(run, ada, args):
    command, *options = args
    done = run("user", command, "nobody", *options)
    assert (done.exit_code, done.stderr) == (3, "tripkit: There is no user nobody.\n")


def test_edit_changes_what_is_named(run, ada):
    done = run("user", "edit", "ada", "--email", "ada@example.net", "--first-name", "Ada", "--json")
    user = json.loads(done.stdout)
    assert (user["email"], user["first_name"], user["username"]) == ("ada@example.net", "Ada", "ada")


def test_edit_without_a_change_or_with_a_wrong_one_is_exit_code_2(run, ada):
    assert run("user", "edit", "ada").exit_code == 2
    done = run("user", "edit", "ada", "--email", "nowhere")
    assert (done.exit_code, done.stderr.split(":")[0]) == (2, "--email")


def test_password_replaces_the_password(run, ada, tripkit, password):
    done = run("user", "password", "ada", "--password-stdin", input="a different harbour\n")
    assert done.exit_code == 0
    assert tripkit.accounts.log_in(LoginIn("ada@example.org", "a different harbour"), Client())


def test_password_refuses_a_weak_one(run, ada):
    done = run("user", "password", "ada", "--password-stdin", input="short")
    assert (done.exit_code, done.stderr.split(":")[0]) == (2, "password")


def test_disable_and_enable_promote_and_demote(run, ada):
    def after(command):
        return json.loads(run("user", command, "ada", "--json").stdout)

    assert after("disable")["is_active"] is False
    assert after("enable")["is_active"] is True
    assert after("promote")["is_admin"] is True
    assert after("demote")["is_admin"] is False


def test_delete_needs_yes_without_a_terminal(run, ada):
    done = run("user", "delete", "ada")
    assert done.exit_code == 2
    assert "--yes" in done.stderr
    assert run("user", "list").stdout.startswith("1\tada")


def test_delete_with_yes_deletes_the_plans_too(run, ada, person):
    run("plan", "new", "A", "--destination", "B")
    done = run("user", "delete", "ada", "--yes", "--json")
    assert json.loads(done.stdout)["username"] == "ada"
    assert run("user", "list").stdout == ""
    person("bob")
    assert run("plan", "list", "--trashed").stdout == run("plan", "list").stdout == ""


@pytest.mark.parametrize(("answer", "code", "left"), [("n\n", 1, 1), ("\n", 1, 1), ("y\n", 0, 0), ("\x03", 130, 1)])
def test_delete_asks_on_a_terminal(converse, run, ada, answer, code, left):
    got, screen = converse("user", "delete", "ada", answers=[("[y/N]: ", answer)])
    assert got == code, screen
    assert len(run("user", "list").stdout.splitlines()) == left
