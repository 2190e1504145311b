"""Headers hold one line each, whatever somebody wants them to hold."""

from collections.abc import Callable
from email import policy
from email.parser import BytesParser, Parser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.config import Mail
from tripkit.errors import MailRefused
from tripkit.mail.base import Message
from tripkit.mail.compose import compose

MakeMessage = Callable[..., Message]
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version"]


def parsed(message: Message, **options: Any) -> Any:
    return BytesParser(policy=policy.default).parsebytes(compose(message, Mail(**options)).content)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org\n",
        "ada\x00@example.org",
        "ada@example.org, eve@example.org",
        "Ada <ada@example.org>",
        "<ada@example.org>",
        '"ada eve"@example.org',
        "ada eve@example.org",
        "ada..eve@example.org",
        ".ada@example.org",
        "ada@-example.org",
        "ada@exa_mple.org",
        "ada@[127.0.0.1]",
        "ada(comment)@example.org",
        "ada\u202e@example.org",
        "ada\u200b@example.org",
        "ada@exa\u202emple.org",
        "\ud800@example.org",
        "ada@" + "x" * 400,
        "ada@\u2488.example",
    ],
)
def test_what_is_no_address_is_refused(message: MakeMessage, address: str) -> None:
    with pytest.raises(MailRefused, match="is not an address") as refused:
        compose(message(to=address), Mail())
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("address", "wire", "international"),
    [
        ("ada+trips@nas.local", "ada+trips@nas.local", False),
        ("o'neil/x=y@localhost", "o'neil/x=y@localhost", False),
        ("ada@Müller.example", "ada@xn--mller-kva.example", False),
        ("ada@faß.example", "ada@xn--fa-hia.example", False),
        ("jörg@example.org", "jörg@example.org", True),
        ("用户@例子.example", "用户@xn--fsqu00a.example", True),
        ("a" * 64 + "@" + ".".join(["b" * 60] * 3), "a" * 64 + "@" + ".".join(["b" * 60] * 3), False),
    ],
)
def test_addresses_are_written_as_mail_servers_know_them(
    message: MakeMessage, address: str, wire: str, international: bool
) -> None:
    letter = compose(message(to=address), Mail())
    assert (letter.recipient, letter.international) == (wire, international)
    mail = Parser(policy=policy.default).parsestr(letter.content.decode())
    assert [found.addr_spec for found in mail["To"].addresses] == [wire]


@given(st.text())
def test_no_subject_adds_a_header(message: MakeMessage, subject: str) -> None:
    letter = compose(message(subject=subject.encode(errors="ignore").decode()), Mail(subject_prefix=""))
    mail = BytesParser(policy=policy.default).parsebytes(letter.content)
    assert list(mail.keys()) == [*HEADERS, "Content-Type"]
    assert letter.content.isascii()
    assert all(len(line) <= 998 for line in letter.content.split(b"\r\n"))


@pytest.mark.parametrize(
    "subject", ["Kyoto\r\nBcc: eve@example.org", "Kyoto\nBcc: eve@example.org", "Kyoto\x0bBcc: eve@x"]
)
def test_a_subject_stays_one_line(message: MakeMessage, subject: str) -> None:
    mail = parsed(message(subject=subject))
    assert mail["Subject"].startswith("[tripkit] Kyoto Bcc: eve@")
    assert "Bcc" not in mail


@pytest.mark.parametrize(
    ("prefix", "expected"), [("[tripkit]", "[tripkit] Kyoto"), ("", "Kyoto"), ("Grüße:", "Grüße: Kyoto")]
)
def test_a_subject_begins_with_the_prefix(message: MakeMessage, prefix: str, expected: str) -> None:
    assert parsed(message(), subject_prefix=prefix)["Subject"] == expected


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("", "", "tripkit@localhost"),
        ("trips@example.org", "", "trips@example.org"),
        ("Smith, Jones & Co. <trips@example.org>", "Smith, Jones & Co.", "trips@example.org"),
        ("Büro (Kyōto) <post@büro.example>", "Büro (Kyōto)", "post@xn--bro-hoa.example"),
    ],
)
def test_the_sender_is_the_one_of_the_settings(message: MakeMessage, sender: str, name: str, address: str) -> None:
    [found] = parsed(message(), sender=sender)["From"].addresses
    assert (found.display_name, found.addr_spec) == (name, address)


def test_the_message_id_is_the_same_each_time_and_in_the_domain_of_the_sender(message: MakeMessage) -> None:
    sent = message()
    ids = {parsed(sent, sender="trips@example.org")["Message-ID"] for _ in range(2)}
    assert ids == {f"<{sent.token}@example.org>"}
