"""Sending through a real mail server: with and without encryption, and what is said when it does not work."""

import socket
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from tripkit.errors import MailDelayed, MailError, MailRefused, MailUnavailable
from tripkit.mail.base import Message
from tripkit.mail.smtp import SmtpMailer

from ..smtp import HANG_UP, PASSWORD, USERNAME, Certificates, MailServer, mail_server

MakeMailer = Callable[..., SmtpMailer]
MakeMessage = Callable[..., Message]
ENCODED = b64encode(PASSWORD.encode()).decode()
PLAIN = b64encode(f"\0{USERNAME}\0{PASSWORD}".encode()).decode()
LOGIN = {"username": USERNAME, "password": PASSWORD}


def failure(mailer: SmtpMailer, message: Message, **options: Any) -> MailError:
    with pytest.raises(MailError) as failed:
        mailer.send(message, **options)
    assert len(str(failed.value).splitlines()) == 1
    for secret in (PASSWORD, ENCODED, PLAIN):
        assert secret not in str(failed.value)
    return failed.value


def test_a_message_arrives_whole_with_its_headers(server: MailServer, mailer: MakeMailer, message: MakeMessage) -> None:
    sent = message(text="Grüße\n.\n..\n.dot\n" + "x" * 2000 + "\n\nend\n", html="<p>Grüße</p>\n.\n")
    mailer(server, sender="Our trips <trips@example.org>").send(sent)
    [received], [envelope] = server.received, server.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("trips@example.org", ["ada@example.org"])
    assert received["From"] == "Our trips <trips@example.org>"
    assert received["To"] == "ada@example.org"
    assert received["Subject"] == "[tripkit] Kyoto"
    assert received["Message-ID"] == f"<{sent.token}@example.org>"
    assert received["Auto-Submitted"] == "auto-generated"
    assert received["Date"].datetime == sent.written_at.replace(microsecond=0)
    text, html = received.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert [part.get_content().replace("\r\n", "\n") for part in (text, html)] == [sent.text, sent.html]
    assert envelope.original_content.isascii()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_message_goes_over_tls_with_a_login(
    trusted: Certificates, mailer: MakeMailer, message: MakeMessage, security: str
) -> None:
    context = trusted.context("127.0.0.1")
    options = {"tls": context} if security == "tls" else {"tls_context": context, "require_starttls": True}
    with mail_server(**options) as server:
        mailer(server, security=security, **LOGIN).send(message())
    assert server.subjects() == ["[tripkit] Kyoto"]
    assert [step for step in server.steps if step != "EHLO"] == ["CONNECT", "AUTH", "MAIL", "RCPT", "DATA", "END"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(("name", "reason"), [("mail.example.org", "IP address mismatch"), (None, "self-signed")])
def test_a_certificate_that_is_for_another_or_from_nobody_is_refused(
    trusted: Certificates, mailer: MakeMailer, message: MakeMessage, security: str, name: str | None, reason: str
) -> None:
    context = trusted.context(name) if name else Certificates().context("127.0.0.1")
    with mail_server(**({"tls": context} if security == "tls" else {"tls_context": context})) as server:
        failed = failure(mailer(server, security=security), message())
    assert isinstance(failed, MailUnavailable)
    assert f"The certificate of 127.0.0.1 port {server.port} is not accepted: " in str(failed)
    assert reason in str(failed) or "unable to get local issuer" in str(failed)
    assert "MAIL" not in server.steps


def test_a_server_without_starttls_gets_neither_login_nor_message(
    server: MailServer, mailer: MakeMailer, message: MakeMessage
) -> None:
    failed = failure(mailer(server, security="starttls", **LOGIN), message())
    assert isinstance(failed, MailUnavailable)
    assert "mail.security" in str(failed)
    assert "STARTTLS" in str(failed)
    assert server.steps == ["CONNECT", "EHLO"]


def test_tls_to_a_server_that_greets_first_names_the_setting(
    server: MailServer, mailer: MakeMailer, message: MakeMessage
) -> None:
    failed = failure(mailer(server, security="tls"), message())
    assert isinstance(failed, MailUnavailable)
    assert "does not speak TLS as mail.security = tls asks. Is it starttls?" in str(failed)


def test_a_greeting_awaited_from_a_server_that_expects_tls_names_the_setting(
    trusted: Certificates, mailer: MakeMailer, message: MakeMessage
) -> None:
    with mail_server(tls=trusted.context("127.0.0.1")) as server:
        failed = failure(mailer(server, security="starttls", timeout=1), message())
    assert "did not answer within 1 s" in str(failed)
    assert "mail.security must be tls" in str(failed)


@pytest.mark.parametrize("reply", [None, f"535 5.7.8 Wrong: {PASSWORD} {ENCODED} {PLAIN}\x1b[31m"])
def test_a_login_that_is_refused_names_the_user_and_not_the_password(
    server: MailServer, mailer: MakeMailer, message: MakeMessage, reply: str | None
) -> None:
    if reply:
        server.answer("AUTH", *[reply] * 3)
    password = PASSWORD if reply else "wrong"
    failed = failure(mailer(server, username=USERNAME, password=password), message())
    assert isinstance(failed, MailUnavailable)
    assert f"refuses the login of {USERNAME} (mail.username, mail.password): 535" in str(failed)
    assert str(failed).isprintable()


def test_a_login_where_there_is_none_is_named(mailer: MakeMailer, message: MakeMessage) -> None:
    with mail_server(auth_require_tls=True) as server:  # without TLS it offers no AUTH then
        failed = failure(mailer(server, **LOGIN), message())
    assert isinstance(failed, MailUnavailable)
    assert "mail.username" in str(failed)


def test_a_port_where_nobody_listens_is_named(mailer: MakeMailer, message: MakeMessage) -> None:
    with mail_server() as server:
        pass
    failed = failure(mailer(server), message())
    assert isinstance(failed, MailUnavailable)
    assert f"127.0.0.1 port {server.port} refuses connections" in str(failed)


def test_a_host_that_does_not_exist_is_named(server: MailServer, mailer: MakeMailer, message: MakeMessage) -> None:
    failed = failure(mailer(server, host="nowhere.invalid"), message())
    assert isinstance(failed, MailUnavailable)
    assert str(failed).startswith("The host nowhere.invalid (mail.host) cannot be found: ")


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END"])
def test_a_server_that_is_silent_is_not_waited_for_for_ever(
    server: MailServer, mailer: MakeMailer, message: MakeMessage, step: str
) -> None:
    server.answer(step, 30)
    began = time.monotonic()
    failed = failure(mailer(server, timeout=1), message())
    assert time.monotonic() - began < 3
    assert not isinstance(failed, MailRefused)
    assert server.received == []


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END"])
def test_a_server_that_hangs_up_may_be_asked_again(
    server: MailServer, mailer: MakeMailer, message: MakeMessage, step: str
) -> None:
    server.answer(step, HANG_UP)
    sender, sent = mailer(server), message()
    assert not isinstance(failure(sender, sent), MailRefused)
    sender.send(sent)
    assert [received["Message-ID"] for received in server.received] == [f"<{sent.token}@example.org>"]


def test_the_answer_to_the_end_of_a_message_is_awaited_long_when_it_would_be_sent_again(
    server: MailServer, mailer: MakeMailer, message: MakeMessage
) -> None:
    server.answer("END", 2.5)
    mailer(server, timeout=1).send(message(), handing_over=lambda: None)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("step", "reply", "kind"),
    [
        ("CONNECT", "554 No mail here", MailUnavailable),
        ("MAIL", "550 You are not trips@example.org", MailUnavailable),
        ("RCPT", "550 5.1.1 No such user", MailRefused),
        ("RCPT", "551 Moved", MailRefused),
        ("RCPT", "451 4.7.1 Greylisted", MailDelayed),
        ("RCPT", "421 Shutting down", MailUnavailable),
        ("RCPT", "530 5.7.0 Log in first", MailUnavailable),
        ("RCPT", "554 5.7.1 Relay access denied", MailUnavailable),
        ("DATA", "452 Too many", MailDelayed),
        ("DATA", "554 Not today", MailRefused),
        ("END", "550 Spam", MailRefused),
        ("END", "451 Disk full", MailDelayed),
        ("END", "nonsense", MailDelayed),
    ],
)
def test_a_refusal_says_whether_to_try_again_and_what_the_server_said(
    server: MailServer, mailer: MakeMailer, message: MakeMessage, step: str, reply: str, kind: type[MailError]
) -> None:
    server.answer(step, reply)
    failed = failure(mailer(server), message())
    assert type(failed) is kind
    if reply != "nonsense":
        assert reply in str(failed)
    assert server.received == []


def test_a_policy_against_one_who_has_logged_in_is_about_the_message(
    server: MailServer, mailer: MakeMailer, message: MakeMessage
) -> None:
    server.answer("RCPT", "550 5.7.1 Ada wants no mail from you")
    assert isinstance(failure(mailer(server, **LOGIN), message()), MailRefused)


def test_a_long_reply_is_cut(server: MailServer, mailer: MakeMailer, message: MakeMessage) -> None:
    server.answer("RCPT", "550-" + "x" * 400 + "\r\n550-" + "y" * 400 + "\r\n550 z")
    assert len(str(failure(mailer(server), message()))) < 400


def test_a_name_beyond_ascii_needs_smtputf8(mailer: MakeMailer, message: MakeMessage) -> None:
    sent = message(to="jörg@müller.example", subject="Grüße")
    with mail_server(enable_SMTPUTF8=False) as server:
        failed = failure(mailer(server), sent)
        assert isinstance(failed, MailRefused)
        assert "SMTPUTF8" in str(failed)
    with mail_server() as server:
        mailer(server).send(sent)
    assert server.envelopes[0].rcpt_tos == ["jörg@xn--mller-kva.example"]
    assert "SMTPUTF8" in server.envelopes[0].mail_options
    assert (server.received[0]["To"], server.received[0]["Subject"]) == (
        "jörg@xn--mller-kva.example",
        "[tripkit] Grüße",
    )


def test_a_domain_beyond_ascii_needs_nothing(mailer: MakeMailer, message: MakeMessage) -> None:
    with mail_server(enable_SMTPUTF8=False) as server:
        mailer(server, sender="Büro <post@büro.example>").send(message(to="ada@müller.example"))
    [envelope] = server.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("post@xn--bro-hoa.example", ["ada@xn--mller-kva.example"])
    assert server.received[0]["From"] == "Büro <post@xn--bro-hoa.example>"


def test_the_caller_is_told_just_before_the_message_may_count_as_sent(
    server: MailServer, mailer: MakeMailer, message: MakeMessage
) -> None:
    def told() -> None:
        assert "DATA" in server.steps
        assert "END" not in server.steps

    mailer(server).send(message(), handing_over=told)
    assert server.steps[-1] == "END"


def test_a_caller_that_refuses_then_keeps_the_message_from_being_sent(
    server: MailServer, mailer: MakeMailer, message: MakeMessage
) -> None:
    def refuse() -> None:
        raise RuntimeError("somebody else has it")

    with pytest.raises(RuntimeError, match="somebody else"):
        mailer(server).send(message(), handing_over=refuse)
    mailer(server).send(message(subject="Another"))  # the server is done with the first by then
    assert server.subjects() == ["[tripkit] Another"]


def test_a_connection_that_breaks_in_the_middle_of_the_content_may_be_tried_again(
    server: MailServer, mailer: MakeMailer, message: MakeMessage
) -> None:
    """With a server of a few lines: it reads a part of the content and closes."""
    replies = [b"250 mail.example.org", b"250 OK", b"250 OK", b"354 Go on"]

    def serve(listener: socket.socket) -> None:
        with listener, listener.accept()[0] as connection:
            connection.sendall(b"220 mail.example.org\r\n")
            for reply in replies:
                connection.recv(4096)
                connection.sendall(reply + b"\r\n")
            connection.recv(100)

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, args=(listener,))
    thread.start()
    sender = mailer(server, port=listener.getsockname()[1])
    failed = failure(sender, message(text="x" * 5_000_000))
    thread.join()
    assert isinstance(failed, MailDelayed | MailUnavailable)
