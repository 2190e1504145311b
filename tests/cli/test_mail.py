"""Trying mail out, looking at what waits, and the mail that commands cause."""

import json
import socket
import sqlite3
from contextlib import closing

import pytest
import typer

from tripkit.cli.context import Invocation, opened
from tripkit.cli.output import Output
from tripkit.errors import Busy
from tripkit.mail import messages

from ..smtp import PASSWORD, USERNAME, Certificates, mail_server

SECRET = "token-that-nobody-may-see"
LINK = f"https://trips.example.org/account/verify?token={SECRET}"


@pytest.fixture
def smtp(monkeypatch):
    """Use this mail server: `smtp(port, security="tls")`."""

    def use(port, **options):
        given = {"backend": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "timeout": 1}
        for key, value in (given | {"sender": "trips@example.org"} | options).items():
            monkeypatch.setenv(f"TRIPKIT_MAIL__{key.upper()}", str(value))

    return use


@pytest.fixture
def server(smtp):
    with mail_server() as started:
        smtp(started.port)
        yield started


@pytest.fixture
def cause_mail(home):
    """Do what a command does that causes mail."""

    def cause(*recipients, quiet=False):
        ctx = typer.Context(typer.core.TyperCommand("invite"), obj=Invocation(None))
        with opened(ctx, Output(quiet=quiet)) as tripkit:
            for to in recipients:
                tripkit.outbox.put(messages.verify_email(to, name="Ada", link=LINK, hours=24))

    return cause


# --- test -------------------------------------------------------------------------------------------------------------


def test_a_test_is_sent_at_once(run, server):
    done = run("mail", "test", "ada@example.org")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == (
        "127.0.0.1 took the message to ada@example.org. If it does not arrive, look among the spam.\n"
    )
    assert server.subjects() == ["[tripkit] A test"]
    again = run("mail", "test", "ada@example.org", "--json", "--quiet")
    assert json.loads(again.stdout) == {"to": "ada@example.org", "backend": "smtp"}
    assert again.stderr == ""


def test_without_a_mail_server_the_test_is_printed_and_said_not_to_be_sent(run):
    done = run("mail", "test", "ada@example.org")
    assert done.exit_code == 0
    assert "To: ada@example.org\n" in done.stderr
    assert done.stderr.endswith(
        "Nothing was sent: mail.backend is console, which prints mail. To send it, set mail.backend to smtp.\n"
    )


@pytest.mark.parametrize(
    ("step", "reply", "said"),
    [
        ("RCPT", "550 5.1.1 No such user", "takes no mail for ada@example.org: 550 5.1.1 No such user"),
        ("RCPT", "451 4.7.1 Greylisted", "takes no mail for ada@example.org: 451 4.7.1 Greylisted"),
        ("MAIL", "553 Not your address", "takes no mail from trips@example.org: 553 Not your address"),
        ("CONNECT", 5, "did not answer within 1 s (mail.timeout)"),
        ("END", 5, "broke off before it said whether it took the message"),
    ],
)
def test_a_failure_of_the_server_is_one_line(run, server, step, reply, said):
    server.answer(step, reply)
    one_line(run, said)


def test_a_refused_connection_is_one_line(run, smtp):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        smtp(listener.getsockname()[1])
    one_line(run, "refuses connections. Is that where the mail server is (mail.host, mail.port)?")


def test_wrong_tls_is_one_line(run, server, smtp):
    smtp(server.port, security="tls")
    one_line(run, "does not speak TLS as mail.security = tls asks. Is it starttls?")
    smtp(server.port, security="starttls")
    one_line(run, "STARTTLS extension not supported")
    with mail_server(tls=Certificates().context("127.0.0.1")) as other:
        smtp(other.port, security="tls")
        one_line(run, f"The certificate of 127.0.0.1 port {other.port} is not accepted: ")


def test_a_refused_login_is_one_line_without_the_password(run, server, smtp):
    smtp(server.port, username=USERNAME, password="not-this-one")
    done = one_line(run, f"refuses the login of {USERNAME} (mail.username, mail.password): 535")
    assert "not-this-one" not in done.stderr
    smtp(server.port, username=USERNAME, password=PASSWORD)
    assert run("mail", "test", "ada@example.org").exit_code == 0


def one_line(run, said):
    done = run("mail", "test", "ada@example.org")
    assert (done.exit_code, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("tripkit: ")
    assert said in done.stderr
    return done


@pytest.mark.parametrize("address", ["ada", "ada@", "ada@example.org\r\nBcc: eve@example.org", "a\udcff@example.org"])
def test_what_is_no_address_is_a_usage_error(run, server, address):
    done = run("mail", "test", address)
    assert done.exit_code == 2
    assert done.stderr.removeprefix("tripkit: ").startswith("ADDRESS")
    assert len(done.stderr.splitlines()) == 1
    assert server.steps == []


def test_settings_that_cannot_work_are_named(run, monkeypatch):
    monkeypatch.setenv("TRIPKIT_MAIL__BACKEND", "smtp")
    done = run("mail", "test", "ada@example.org")
    assert done.exit_code == 1
    assert "mail.host: " in done.stderr
    assert "mail.sender: " in done.stderr


def test_the_password_is_not_shown(run, server, smtp):
    smtp(server.port, username=USERNAME, password=PASSWORD)
    shown = run("config", "show").stdout
    assert PASSWORD not in shown
    assert "mail.password\t********" in shown


# --- what commands cause, and the queue -------------------------------------------------------------------------------


def test_a_command_sends_the_mail_it_causes(cause_mail, server, run, capsys):
    cause_mail("ada@example.org", "bob@example.org")
    err = capsys.readouterr().err
    assert err.endswith("Sent mail to ada@example.org.\nSent mail to bob@example.org.\n")
    assert len(server.received) == 2
    assert run("mail", "queue").stdout == ""
    cause_mail("eve@example.org", quiet=True)
    assert capsys.readouterr().err == ""


def test_a_command_prints_the_mail_it_causes_when_there_is_no_mail_server(cause_mail, capsys):
    cause_mail("ada@example.org")
    assert LINK in capsys.readouterr().err.splitlines()


def test_mail_that_cannot_be_sent_waits_and_the_command_is_done(cause_mail, server, run, capsys):
    server.answer("RCPT", "451 Later", "550 Never")
    cause_mail("ada@example.org", "bob@example.org", quiet=True)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("The mail to ada@example.org was not sent. 127.0.0.1 port ")
    assert lines[0].endswith("451 Later")
    assert lines[1].endswith("550 Never")
    assert lines[2:] == [
        "Mail waits in the outbox, and is sent when `tripkit serve` runs. `tripkit mail queue` lists it."
    ]
    [waiting] = json.loads(run("mail", "queue", "--json").stdout)
    assert (waiting["id"], waiting["to"], waiting["kind"], waiting["attempts"]) == (
        1,
        "ada@example.org",
        "verify_email",
        1,
    )
    assert "451 Later" in waiting["problem"]
    listed = run("mail", "queue")
    assert listed.stdout.startswith("1\tada@example.org\tverify_email\t2")
    assert SECRET not in listed.stdout + str(waiting)


def test_a_database_that_is_busy_then_does_not_fail_the_command(cause_mail, server, monkeypatch, capsys):
    def busy(*_, **__):
        raise Busy("Another program is writing to the database.")

    monkeypatch.setattr("tripkit.services.outbox.Outbox._take", busy)
    cause_mail("ada@example.org", quiet=True)
    assert capsys.readouterr().err.startswith(
        "Mail waits in the outbox, and is sent when `tripkit serve` runs. Another"
    )


def test_an_empty_queue_says_so_on_a_terminal(run, terminal):
    assert run("mail", "queue").stderr.endswith("No mail waits.\n")


def test_the_queue_is_a_table_on_a_terminal(cause_mail, server, run, terminal, capsys):
    server.answer("RCPT", "451 Later")
    cause_mail("ada@example.org")
    shown = run("mail", "queue").stdout
    assert shown.split()[:3] == ["#", "To", "Kind"]
    assert "verify_email" in shown


def test_what_was_sent_is_not_in_the_file_any_more(cause_mail, server, home):
    cause_mail("ada@example.org")
    path = home / "data" / "tripkit.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
    assert len(server.received) == 1
    for file in path.parent.iterdir():
        assert SECRET.encode() not in file.read_bytes()
