"""Signing in to a server, being signed in, and out."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pyotp
import pytest

from tripkit.client.logins import Logins

from ..live import PASSWORD, LiveServer, server, sign_up, start_server
from .conftest import CTRL_C

__all__ = ["server", "start_server"]


@pytest.fixture
def account(server: LiveServer) -> Iterator[httpx2.Client]:
    """An account on the server, and a client in a session of its own."""
    with server.client() as client:
        client.user = sign_up(client)["user"]  # type: ignore[attr-defined]
        yield client


@pytest.fixture
def email(account: Any) -> str:
    return str(account.user["email"])


@pytest.fixture
def signed_in(run: Callable[..., Any], server: LiveServer, email: str) -> str:
    """The username of whoever is signed in."""
    done = run("login", server.url, "--email", email, "--password-stdin", input=PASSWORD + "\n")
    assert done.exit_code == 0, done.output
    return email.partition("@")[0]


def sessions(account: httpx2.Client) -> int:
    return len(account.get("/api/auth/sessions/").raise_for_status().json()["results"])


def expire(server: LiveServer) -> None:
    """End all sessions, as after a week."""
    with closing(sqlite3.connect(server.directory / "tripkit.sqlite3")) as database, database:
        database.execute("DELETE FROM sessions")


# --- signing in -------------------------------------------------------------------------------------------------------


def test_on_a_terminal_everything_is_asked_for(converse, server, email, run):
    code, screen = converse(
        "login", server.url, answers=[("Email address: ", email + "\n"), ("Password: ", PASSWORD + "\n")]
    )
    assert code == 0, screen
    assert PASSWORD not in screen
    assert f"Signed in to {server.url} as {email.partition('@')[0]}." in screen
    assert run("whoami").stdout == f"{email.partition('@')[0]}\n"
    kept = Logins().path.read_text()
    assert PASSWORD not in kept


def test_a_second_factor_is_asked_for_and_may_be_mistyped(converse, server, account, email):
    app = pyotp.TOTP(account.post("/api/auth/second-factor/").json()["secret"])
    account.post("/api/auth/second-factor/confirm/", json={"code": app.now()}).raise_for_status()
    code, screen = converse(
        "login", server.url, "--email", email,
        answers=[("Password: ", PASSWORD + "\n"), ("Code of the second factor: ", "000000\n"),
                 ("Code of the second factor: ", app.at(int(time.time()), counter_offset=1) + "\n")],
    )  # fmt: skip
    assert code == 0, screen


def test_scripts_give_password_and_code_line_by_line(run, server, account, email):
    app = pyotp.TOTP(account.post("/api/auth/second-factor/").json()["secret"])
    account.post("/api/auth/second-factor/confirm/", json={"code": app.now()}).raise_for_status()
    lines = f"{PASSWORD}\n{app.at(int(time.time()), counter_offset=1)}\n"
    done = run("login", server.url, "--email", email, "--password-stdin", "--json", input=lines)
    assert json.loads(done.stdout) == {"server": server.url, "username": email.partition("@")[0], "is_default": True}


@pytest.mark.parametrize("question", ["Email address: ", "Password: "])
def test_ctrl_c_at_a_question_leaves_nothing(converse, server, account, email, question):
    answers = [("Email address: ", email + "\n"), ("Password: ", CTRL_C)]
    if question == "Email address: ":
        answers = [("Email address: ", CTRL_C)]
    before = sessions(account)
    code, screen = converse("login", server.url, answers=answers)
    assert code == 130
    assert "Traceback" not in screen
    assert sessions(account) == before
    assert Logins().all() == {}


def test_a_wrong_password_is_exit_code_4_and_keeps_nothing(run, server, email):
    done = run("login", server.url, "--email", email, "--password-stdin", input="wrong\n")
    assert (done.exit_code, done.stderr) == (4, "tripkit: The email address or the password is wrong.\n")
    assert not Logins().path.exists()


def test_without_a_terminal_the_way_to_do_it_is_said(run, server):
    done = run("login", server.url)
    assert done.exit_code == 2
    assert "--password-stdin, or --with-token" in done.stderr


def test_signing_in_again_ends_the_session_before(run, server, account, email, signed_in):
    before = sessions(account)
    assert run("login", server.url, "--email", email, "--password-stdin", input=PASSWORD + "\n").exit_code == 0
    assert sessions(account) == before
    assert run("whoami").exit_code == 0


def test_what_cannot_be_kept_is_not_asked_for(run, server, account, email, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", "/proc/nothing/may/be/made/here")
    before = sessions(account)
    done = run("login", server.url, "--email", email, "--password-stdin", input=PASSWORD + "\n")
    assert done.exit_code == 1
    assert "Credentials cannot be kept in /proc" in done.stderr
    assert "TRIPKIT_CLIENT__TOKEN" in done.stderr
    assert sessions(account) == before


def test_a_session_that_could_not_be_kept_is_ended(run, server, account, email, monkeypatch):
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    before = sessions(account)
    monkeypatch.setattr(Path, "replace", fail)
    done = run("login", server.url, "--email", email, "--password-stdin", input=PASSWORD + "\n")
    assert done.exit_code == 1
    assert sessions(account) == before


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://trips.example.org", "is not encrypted"),
        ("ftp://trips.example.org", "is no address of a server"),
        ("home", '"home" is neither the address of a server'),
        ("local", "The local database needs no login"),
        ("https://ada:pw@example.org", "has no name, password"),
    ],
)
def test_what_is_no_server_is_refused_before_anything_is_asked(run, url, said):
    done = run("login", url, "--email", "ada@example.org", "--password-stdin", input="x\n")
    assert done.exit_code == 2
    assert said in done.stderr


def test_an_api_token_is_read_from_standard_input(run, server, account):
    made = account.post("/api/auth/tokens/", json={"name": "cli", "scopes": ["plans:write"]}).json()
    done = run("login", server.url, "--with-token", input=made["token"] + "\n")
    assert done.exit_code == 0
    assert made["token"] not in done.output
    assert run("plan", "new", "Kyoto", "--destination", "Japan").exit_code == 0
    refused = run("token", "list")
    assert (refused.exit_code, "No API token may do this" in refused.stderr) == (4, True)
    assert json.loads(run("status", "--json").stdout)["credential"].startswith("an API token, in ")
    out = run("logout")
    assert "The API token is good until" in out.stderr
    for wrong in ("", "tripkit_pat_" + "0" * 43):
        assert run("login", server.url, "--with-token", input=wrong + "\n").exit_code in (2, 4)
    assert Logins().all() == {}


# --- being signed in --------------------------------------------------------------------------------------------------


def test_commands_work_there_until_logging_out(run, server, account, signed_in, ada):
    before = sessions(account)
    number = run("plan", "new", "Kyoto", "--destination", "Japan").stdout.strip()
    assert account.get(f"/api/plans/{number}/").json()["title"] == "Kyoto"
    assert run("plan", "list", "--server", "local").stdout == ""
    assert run("plan", "list", "--user", signed_in.upper()).exit_code == 0
    wrong = run("plan", "list", "--user", "ada")
    assert (wrong.exit_code, f"on {server.url} you are {signed_in}" in wrong.stderr) == (2, True)
    assert run("logout").stderr == f"Signed out of {server.url}.\n"
    assert sessions(account) == before - 1
    assert run("plan", "list").stdout == ""
    assert run("logout").exit_code == 3


def test_the_default_may_be_left_alone(run, server, email, ada):
    run("login", server.url, "--email", email, "--password-stdin", "--keep-default", input=PASSWORD + "\n")
    assert run("whoami").stdout == "ada\n"
    assert run("whoami", "--server", server.url).stdout == f"{email.partition('@')[0]}\n"
    assert json.loads(run("status", "--json").stdout)["others"] == [server.url]


def test_the_option_goes_before_the_setting_and_that_before_the_login(run, server, signed_in, ada, monkeypatch):
    assert run("whoami").stdout == f"{signed_in}\n"
    monkeypatch.setenv("TRIPKIT_CLIENT__SERVER", "local")
    assert run("whoami").stdout == "ada\n"
    assert json.loads(run("status", "--json").stdout)["chosen_by"] == "TRIPKIT_CLIENT__SERVER"
    monkeypatch.setenv("TRIPKIT_PROFILE__HOME__URL", server.url)
    assert run("whoami", "--server", "home").stdout == f"{signed_in}\n"
    monkeypatch.setenv("TRIPKIT_CLIENT__SERVER", "home")
    assert run("whoami").stdout == f"{signed_in}\n"
    monkeypatch.setenv("TRIPKIT_CLIENT__SERVER", "nowhere")
    lost = run("whoami")
    assert lost.exit_code == 2
    assert lost.stderr.startswith('tripkit: TRIPKIT_CLIENT__SERVER: "nowhere" is neither')
    assert "local, home" in lost.stderr


def test_a_setting_that_goes_before_a_login_is_told(run, server, email, ada, monkeypatch):
    monkeypatch.setenv("TRIPKIT_CLIENT__SERVER", "local")
    done = run("login", server.url, "--email", email, "--password-stdin", input=PASSWORD + "\n")
    assert done.exit_code == 0
    assert done.stderr.endswith("TRIPKIT_CLIENT__SERVER chooses the local database all the same.\n")


def test_a_script_needs_no_login(run, server, account, monkeypatch, tmp_path):
    token = account.post("/api/auth/tokens/", json={"name": "ci", "scopes": ["plans:write"]}).json()["token"]
    (tmp_path / "token").write_text(token + "\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/proc/nothing/may/be/made/here")
    monkeypatch.setenv("TRIPKIT_CLIENT__SERVER", server.url)
    monkeypatch.setenv("TRIPKIT_CLIENT__TOKEN_FILE", str(tmp_path / "token"))
    assert run("plan", "new", "Kyoto", "--destination", "Japan").exit_code == 0
    elsewhere = run("plan", "list", "--server", server.url.replace("127.0.0.1", "localhost"))
    assert elsewhere.exit_code == 4, "another server does not get the token"
    (tmp_path / "token").write_text("tripkit_pat_" + "0" * 43)
    refused = run("plan", "list")
    assert (refused.exit_code, "Set another API token for" in refused.stderr) == (4, True)


def test_an_expired_login_says_how_to_sign_in_again(run, server, signed_in):
    expire(server)
    for command in (("plan", "list"), ("whoami",), ("item", "list", "1")):
        done = run(*command)
        assert done.exit_code == 4
        assert done.stderr.endswith(f" Sign in: tripkit login {server.url}\n"), done.stderr
        assert done.stderr.count("Sign in") == 1
    status = run("status", "--json")
    assert status.exit_code == 4
    assert "Sign in" in json.loads(status.stdout)["state"]
    assert run("logout").exit_code == 0


def test_not_being_signed_in_says_so(run, server):
    done = run("plan", "list", "--server", server.url)
    assert (done.exit_code, done.stderr) == (
        4,
        f"tripkit: You are not signed in to {server.url}. Sign in: tripkit login {server.url}\n",
    )


def test_a_server_that_is_away_is_exit_code_1_with_the_reason(run, start_server, ada):
    away: LiveServer = start_server()
    with away.client() as client:
        email = sign_up(client)["user"]["email"]
    assert run("login", away.url, "--email", email, "--password-stdin", input=PASSWORD + "\n").exit_code == 0
    away.stop()
    done = run("plan", "list")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"tripkit: {away.url} cannot be used: it cannot be reached (Connection refused).\n"
    assert run("status").exit_code == 1
    out = run("logout")
    assert out.exit_code == 0
    assert "The session could not be ended there" in out.stderr
    assert run("whoami").stdout == "ada\n"


def test_a_file_that_is_damaged_is_named_and_local_work_goes_on(run, ada):
    path = Logins().path
    path.parent.mkdir(parents=True)
    path.write_text("{")
    done = run("plan", "list")
    assert done.exit_code == 1
    assert str(path) in done.stderr
    assert run("plan", "list", "--server", "local").exit_code == 0


# --- what stays on this machine ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [("db", "status"), ("user", "list"), ("serve",), ("config", "show"), ("ratelimit", "list"),
                ("audit", "list"), ("mail", "queue"), ("factor", "show")],
)  # fmt: skip
def test_administration_is_for_the_local_database(run, ada, command):
    done = run(*command, "--server", "https://trips.example.org")
    assert done.exit_code == 2
    assert done.stderr == f"tripkit: `tripkit {' '.join(command)}` does not work on a server: leave --server out.\n"


def test_administration_says_where_it_works_when_a_server_is_used_else(run, server, signed_in, ada):
    done = run("user", "list")
    assert done.exit_code == 0
    assert done.stderr == f"This works on the local database, and not on {server.url}.\n"
    assert run("user", "list", "--quiet").stderr == ""


# --- processes --------------------------------------------------------------------------------------------------------


def test_a_reader_that_goes_away_is_no_failure_worth_a_word(server, signed_in, account):
    for _ in range(5):
        body = {"title": "A", "destination": "B", "description": "x" * 20_000}
        account.post("/api/plans/", json=body).raise_for_status()
    reader, writer = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-m", "tripkit", "plan", "list", "--json"], stdout=writer, stderr=subprocess.PIPE
    ) as child:
        os.close(writer)
        os.close(reader)
        assert child.stderr
        assert child.stderr.read() == b""


def test_ctrl_c_while_a_server_thinks_is_exit_code_130(signed_in, server):
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        with subprocess.Popen([sys.executable, "-m", "tripkit", "plan", "list"], stderr=subprocess.PIPE) as child:
            time.sleep(1)
            child.send_signal(signal.SIGINT)
            assert child.stderr
            assert child.stderr.read() == b""
        assert child.returncode == 130
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


def test_the_password_is_asked_for_again_where_the_server_wants_it(converse, server, signed_in, account):
    with closing(sqlite3.connect(server.directory / "tripkit.sqlite3")) as database, database:
        database.execute("UPDATE sessions SET authenticated_at = '2020-01-01T00:00:00.000000Z'")
    create = ("token", "create", "x", "--scope", "plans:read")
    code, screen = converse(*create, answers=[("Your password, or nothing to give a code: ", CTRL_C)])
    assert (code, "tripkit_pat_" in screen) == (130, False)
    code, screen = converse(*create, answers=[("Your password, or nothing to give a code: ", PASSWORD + "\n")])
    assert code == 0, screen
    assert "tripkit_pat_" in screen
    code, screen = converse(*create)
    assert code == 0, "it was given a moment ago"


def test_local_commands_and_help_load_nothing_of_the_client(ada):
    code = (
        "import sys\nfrom tripkit.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*(name for name in ('httpx2', 'keyring', 'tripkit.client.http') if name in sys.modules))"
    )
    for words in (("--help",), ("plan", "list")):
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == ""


def test_plans_of_the_server_are_completed(run, signed_in):
    number = run("plan", "new", "Kyoto in April", "--destination", "B").stdout.strip()
    line = "tripkit plan show "
    env = {"_TRIPKIT_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": "3"}
    assert run(env=env).stdout.split() == [number]


def test_servers_are_completed(run, server, signed_in, monkeypatch):
    monkeypatch.setenv("TRIPKIT_PROFILE__HOME__URL", server.url)
    env = {"_TRIPKIT_COMPLETE": "complete_bash", "COMP_WORDS": "tripkit plan list --server ", "COMP_CWORD": "4"}
    assert run(env=env).stdout.split() == ["local", "home", server.url]
