import io
import json
import zipfile
from pathlib import Path

import pytest

from tripkit.schemas.administration import InvitationIn
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
    [
        ("show",), ("edit", "--first-name", "x"), ("disable",), ("enable",), ("verify",), ("promote",), ("demote",),
        ("sessions",), ("end-sessions",), ("export",), ("delete", "-y"),
    ],
)  # fmt: skip
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


def test_disable_and_enable_promote_and_demote(run, ada, person):
    person("root", is_admin=True)  # the last one could not be disabled, nor demoted

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
    got, screen = converse("user", "delete", "ada", answers=[("[Y/n]: ", "n\n"), ("[y/N]: ", answer)])
    assert got == code, screen
    assert len(run("user", "list").stdout.splitlines()) == left


# --- invitations, verification, sessions ----------------------------------------------------------------------------


def test_invite_prints_the_token_which_lets_the_person_in(run, tripkit):
    done = run("user", "invite", "--email", "ada@example.org", "--first-name", "Ada", "--admin")
    token = done.stdout.removesuffix("\n")
    assert len(token) == 43
    assert "Invited ada (ada@example.org), until " in done.stderr
    user = tripkit.invitations.accept(InvitationIn(token, "a different harbour", "a different harbour"), Client()).user
    assert (user.first_name, user.is_admin, user.is_verified) == ("Ada", True, True)


def test_invite_again_replaces_the_token(run, tripkit):
    first = json.loads(run("user", "invite", "--email", "ada@example.org", "--json").stdout)
    again = json.loads(run("user", "invite", "--again", "ada", "--json").stdout)
    assert again["user"]["id"] == first["user"]["id"]
    assert again["token"] != first["token"]
    assert run("user", "invite", "--again", "ada", "--admin").exit_code == 2
    assert run("user", "invite", "--again", "nobody").exit_code == 3
    run("user", "password", "ada", "--password-stdin", input="a different harbour")
    refused = run("user", "invite", "--again", "ada")
    assert (refused.exit_code, "needs no invitation" in refused.stderr) == (5, True)


def test_invite_names_the_options_that_are_missing_or_taken(run, ada):
    assert run("user", "invite").stderr == "--email: is required.\n"
    done = run("user", "invite", "--email", "ADA@example.org", "--username", "Ada")
    assert done.exit_code == 5
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["--email", "--username"]


def test_invite_is_refused_where_sign_up_is_closed(run, monkeypatch):
    monkeypatch.setenv("TRIPKIT_SECURITY__SIGNUP", "closed")
    done = run("user", "invite", "--email", "ada@example.org", "-q")
    assert (done.exit_code, "security.signup" in done.stderr) == (4, True)


def test_list_finds_people_by_a_piece_of_their_names(run, ada, person):
    person("bob", first_name="Bob", last_name="Ålund")
    run("user", "invite", "--email", "carol@example.org")
    assert [line.split("\t")[1] for line in run("user", "list", "--search", "åLUND").stdout.splitlines()] == ["bob"]
    nobody = run("user", "list", "--search", "nobody")
    assert (nobody.exit_code, nobody.stdout) == (0, "")


def test_list_shows_who_was_invited(run, terminal):
    run("user", "invite", "--email", "carol@example.org")
    assert run("user", "list").stdout.splitlines()[1].split() == ["1", "carol", "carol@example.org", "invited"]


def test_verify_vouches_for_an_address(run, ada):
    assert json.loads(run("user", "verify", "ada", "--json").stdout)["is_verified"] is True


def test_sessions_are_listed_and_ended(run, ada, tripkit, password):
    for device in ("phone", "laptop\nof\tAda"):
        tripkit.accounts.log_in(LoginIn("ada@example.org", password), Client("192.0.2.7", device))
    lines = [line.split("\t") for line in run("user", "sessions", "ada").stdout.splitlines()]
    assert [line[:3] for line in lines] == [["2", "192.0.2.7", "laptop of Ada"], ["1", "192.0.2.7", "phone"]]
    done = run("user", "end-sessions", "ada")
    assert (done.exit_code, done.stderr) == (0, "Ended 2 sessions of ada (ada@example.org).\n")
    assert json.loads(run("user", "sessions", "ada", "--json").stdout) == []


@pytest.mark.parametrize("command", [("demote",), ("disable",), ("delete", "--yes")])
def test_the_last_administrator_stays(run, person, command):
    person("root", is_admin=True)
    done = run("user", command[0], "root", *command[1:])
    assert (done.exit_code, "root is the only active administrator" in done.stderr) == (5, True)
    person("eve", is_admin=True)
    assert run("user", command[0], "root", *command[1:]).exit_code == 0


# --- exports --------------------------------------------------------------------------------------------------------


def documents(archive):
    with zipfile.ZipFile(archive) as found:
        return {name: json.loads(found.read(name)) for name in found.namelist()}


def test_export_writes_an_archive_for_its_owner_only(run, ada):
    run("plan", "new", "A", "--destination", "B")
    done = run("user", "export", "ada", "--output", "ada.zip")
    assert (done.exit_code, done.stdout) == (0, "ada.zip\n")
    assert Path("ada.zip").stat().st_mode & 0o777 == 0o600
    assert [plan["title"] for plan in documents("ada.zip")["plans.json"]] == ["A"]


def test_export_into_a_pipe_is_the_archive_itself(run, ada, process):
    assert documents(io.BytesIO(run("user", "export", "ada").stdout_bytes))["profile.json"]["username"] == "ada"
    assert documents(io.BytesIO(process("user", "export", "ada").stdout))["profile.json"]["username"] == "ada"


def test_export_replaces_no_file_and_leaves_none_after_a_failure(run, ada):
    Path("ada.zip").write_text("precious")
    done = run("user", "export", "ada", "--output", "ada.zip")
    assert (done.exit_code, Path("ada.zip").read_text()) == (5, "precious")
    assert run("user", "export", "nobody", "--output", "nobody.zip").exit_code == 3
    assert run("user", "export", "ada", "--output", "no/such/directory/ada.zip").exit_code == 1
    assert [path.name for path in Path().iterdir()] == ["ada.zip"]


def test_export_never_goes_to_a_terminal(run, ada, terminal):
    done = run("user", "export", "ada")
    assert (done.exit_code, done.stdout, "--output FILE" in done.stderr) == (2, "", True)


def test_delete_writes_everything_before(run, ada):
    run("plan", "new", "A", "--destination", "B")
    done = run("user", "delete", "ada", "--export", "ada.zip", "--yes")
    assert done.exit_code == 0
    assert [plan["title"] for plan in documents("ada.zip")["plans.json"]] == ["A"]
    assert run("user", "list").stdout == ""


def test_what_cannot_be_exported_is_not_deleted(run, ada):
    Path("ada.zip").write_text("precious")
    assert run("user", "delete", "ada", "--export", "ada.zip", "--yes").exit_code == 5
    assert run("user", "list").stdout.startswith("1\tada")


def test_delete_offers_an_export_on_a_terminal(converse, run, ada):
    code, screen = converse("user", "delete", "ada", answers=[("[Y/n]: ", "\n"), ("[y/N]: ", "y\n")])
    assert code == 0, screen
    assert documents("tripkit-ada.zip")["profile.json"]["username"] == "ada"
    assert run("user", "list").stdout == ""


def test_a_dry_run_says_how_much_a_deletion_would_take_along(run, ada):
    for title in ("Kyoto", "Nara"):
        run("plan", "new", title, "Japan")
    run("plan", "rm", "nara")
    done = run("user", "delete", "ada", "--dry-run")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == (
        "This would be deleted: the account ada (ada@example.org) with 2 plans, those in the trash too.\n"
    )
    assert run("whoami").stdout == "ada\n"
    run("user", "disable", "ada")
    assert run("user", "delete", "ada", "--dry-run").exit_code == 0
