"""A server sends mail behind its requests: at once, through restarts and crashes, and each message once."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import Mail, load
from tripkit.mail import messages
from tripkit.mail.base import Message
from tripkit.server.outbox import LOOK, OutboxSender

from ..conftest import on_sqlite
from ..smtp import HANG_UP, PASSWORD, USERNAME, Gate, MailServer, mail_server
from .conftest import LiveServer

SECRET = "token-that-nobody-may-see"
LINK = f"https://trips.example.org/account/verify?token={SECRET}"
#: Seconds; whoever dies has a message for twice as long.
TIMEOUT = 1


def message(to: str = "ada@example.org") -> Message:
    return messages.verify_email(to, name="Ada", link=LINK, hours=24)


def until(true: Callable[[], Any], seconds: float = 15) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as started:
        yield started


@pytest.fixture
def environment(mail: MailServer, database_url: str) -> dict[str, str]:
    """For servers that send through `mail`."""
    return {
        "TRIPKIT_DATABASE__URL": database_url,
        "TRIPKIT_MAIL__BACKEND": "smtp",
        "TRIPKIT_MAIL__HOST": "127.0.0.1",
        "TRIPKIT_MAIL__PORT": str(mail.port),
        "TRIPKIT_MAIL__SECURITY": "none",
        "TRIPKIT_MAIL__USERNAME": USERNAME,
        "TRIPKIT_MAIL__PASSWORD": PASSWORD,
        "TRIPKIT_MAIL__SENDER": "trips@example.org",
        "TRIPKIT_MAIL__TIMEOUT": str(TIMEOUT),
    }


@pytest.fixture
def beside(environment: dict[str, str], tmp_path: Path) -> Iterator[Tripkit]:
    """The services on the database of the server, in another process than the server's."""
    settings = load(env=environment | {"TRIPKIT_DATA_DIR": str(tmp_path)}, cwd=tmp_path).settings
    opened = open_tripkit(settings)
    opened.upgrade_database()
    yield opened
    opened.close()


def rows(beside: Tripkit) -> int:
    found: int = beside.db.execute("SELECT count(*) FROM outbox").fetchone()[0]
    return found


def recipients(mail: MailServer) -> list[str]:
    return sorted(str(received["To"]) for received in mail.received)


def make_due(beside: Tripkit) -> None:
    """As if the time had come to try again, or for whoever has it to be done."""
    beside.db.execute("UPDATE outbox SET due_at = '2020-01-01T00:00:00.000000Z'")


# --- a server ---------------------------------------------------------------------------------------------------------


def test_what_waited_is_sent_when_the_server_starts_and_the_log_holds_no_secret(
    start_server: Any, environment: dict[str, str], beside: Tripkit, mail: MailServer
) -> None:
    mail.answer("RCPT", "550 5.1.1 <ada@example.org>: no such user")
    beside.outbox.put(message())
    beside.outbox.put(message("bob@example.org"))
    server: LiveServer = start_server(**environment)
    until(lambda: rows(beside) == 0)
    assert recipients(mail) == ["bob@example.org"]
    with server.client() as client:
        until(lambda: 'tripkit_mail_total{result="sent"} 1.0' in client.get("/metrics").text)
        assert 'tripkit_mail_total{result="refused"} 1.0' in client.get("/metrics").text
    assert server.stop() == 0
    assert "mail was sent" in server.rest
    assert "mail was refused" in server.rest
    assert "550 5.1.1" in server.rest
    for secret in (SECRET, PASSWORD, "ada@example.org", "bob@example.org", "Traceback"):
        assert secret not in server.rest


@on_sqlite
def test_a_running_server_finds_what_others_put(
    start_server: Any, environment: dict[str, str], beside: Tripkit, mail: MailServer
) -> None:
    start_server(**environment)
    beside.outbox.put(message())
    until(lambda: mail.received, LOOK + 5)


def test_mail_that_could_not_be_sent_survives_a_restart(
    start_server: Any, environment: dict[str, str], beside: Tripkit, mail: MailServer
) -> None:
    mail.answer("END", HANG_UP)
    sent = message()
    beside.outbox.put(sent)
    first: LiveServer = start_server(**environment)
    until(lambda: "mail is delayed" in first.logged)
    assert first.stop() == 0
    assert (rows(beside), mail.received) == (1, [])
    make_due(beside)
    start_server(**environment)
    until(lambda: rows(beside) == 0)
    assert [received["Message-ID"] for received in mail.received] == [f"<{sent.token}@example.org>"]


def test_two_processes_send_each_message_once(
    start_server: Any, environment: dict[str, str], beside: Tripkit, mail: MailServer
) -> None:
    expected = sorted(f"user{number}@example.org" for number in range(20))
    for address in expected:
        beside.outbox.put(message(address))
    server: LiveServer = start_server("--workers", "2", **environment)
    until(lambda: rows(beside) == 0, 30)
    assert recipients(mail) == expected
    assert server.stop() == 0


# --- that dies --------------------------------------------------------------------------------------------------------


def test_a_server_that_is_killed_before_the_end_of_a_message_sends_it_after_its_restart(
    start_server: Any, environment: dict[str, str], beside: Tripkit, mail: MailServer
) -> None:
    mail.answer("DATA", gate := Gate())
    beside.outbox.put(message())
    first: LiveServer = start_server(**environment)
    gate.wait()
    first.kill()
    gate.open()
    start_server(**environment)
    until(lambda: rows(beside) == 0)
    assert recipients(mail) == ["ada@example.org"]


def test_a_server_that_is_killed_after_the_end_of_a_message_does_not_send_it_again(
    start_server: Any, environment: dict[str, str], beside: Tripkit, mail: MailServer
) -> None:
    mail.answer("END", gate := Gate())
    beside.outbox.put(message())
    first: LiveServer = start_server(**environment)
    gate.wait()
    first.kill()
    assert rows(beside) == 1
    make_due(beside)
    second: LiveServer = start_server(**environment)
    until(lambda: rows(beside) == 0)
    gate.open()
    assert second.stop() == 0
    assert "mail may have been sent or not, and is not tried again" in second.rest
    assert mail.steps.count("END") == 1


def test_a_stop_waits_for_the_answer_to_a_message_that_was_handed_over(
    start_server: Any, environment: dict[str, str], beside: Tripkit, mail: MailServer
) -> None:
    mail.answer("END", gate := Gate())
    beside.outbox.put(message())
    beside.outbox.put(message("bob@example.org"))
    server: LiveServer = start_server(**environment)
    gate.wait()
    server.process.terminate()
    time.sleep(0.5)
    gate.open()
    assert server.wait() == 0
    assert recipients(mail) == ["ada@example.org"], "the other one is for the next start"
    assert rows(beside) == 1


def test_a_stop_does_not_wait_for_a_mail_server_that_hangs(
    start_server: Any, environment: dict[str, str], beside: Tripkit, mail: MailServer
) -> None:
    mail.answer("MAIL", Gate())
    beside.outbox.put(message())
    server: LiveServer = start_server(**environment | {"TRIPKIT_MAIL__TIMEOUT": "15"})
    until(lambda: "MAIL" in mail.steps)
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 8
    assert rows(beside) == 1


# --- its thread -------------------------------------------------------------------------------------------------------


@pytest.fixture
def sender(tripkit: Tripkit, mail: MailServer) -> Iterator[OutboxSender]:
    options = Mail(
        backend="smtp", host="127.0.0.1", port=mail.port, security="none", sender="trips@example.org", timeout=TIMEOUT
    )
    tripkit.settings = msgspec.structs.replace(tripkit.settings, mail=options)
    started = OutboxSender(tripkit)
    started.start()
    yield started
    started.stop()


def test_a_message_goes_out_at_once_when_its_unit_is_committed(
    sender: OutboxSender, tripkit: Tripkit, mail: MailServer
) -> None:
    def work() -> None:
        tripkit.outbox.put(message())
        time.sleep(0.3)
        assert mail.steps == []

    time.sleep(0.1)  # it has looked, and found nothing
    tripkit.db.unit(work)
    until(lambda: mail.received, 2)


def test_it_goes_on_when_something_unexpected_happens(
    sender: OutboxSender, tripkit: Tripkit, mail: MailServer, caplog: pytest.LogCaptureFixture, clock: Any
) -> None:
    with caplog.at_level(logging.INFO, "tripkit.mail"):
        tripkit.__dict__["mailer"] = None
        tripkit.outbox.put(message())
        until(lambda: "unexpected error" in caplog.text)
        del tripkit.__dict__["mailer"]
        clock.advance(minutes=1)
        tripkit.outbox.news.set()
        until(lambda: "mail was sent" in caplog.text)
    assert len(mail.received) == 1
    assert SECRET not in caplog.text


# --- without a mail server --------------------------------------------------------------------------------------------


def test_without_settings_the_message_is_printed_by_serve(start_server: Any, tmp_path: Path) -> None:
    settings = load(env={"TRIPKIT_DATA_DIR": str(tmp_path)}, cwd=tmp_path).settings
    opened = open_tripkit(settings)
    opened.upgrade_database()
    opened.outbox.put(message())
    server: LiveServer = start_server()
    until(lambda: LINK in server.logged)
    assert server.stop() == 0
    lines = server.rest.splitlines()
    assert "To: ada@example.org" in lines
    assert "Subject: [tripkit] Confirm your email address" in lines
    assert LINK in lines
    assert rows(opened) == 0
    opened.close()


def test_smtp_without_a_server_stops_the_start_with_the_name_of_the_setting(start_server: Any, tmp_path: Path) -> None:
    refused = LiveServer(tmp_path, TRIPKIT_MAIL__BACKEND="smtp")
    with pytest.raises(pytest.fail.Exception, match=r"mail\.host: .* Name the mail server"):
        refused.start()
    refused.log.close()
    assert refused.process.stderr
    refused.process.stderr.close()
