"""Printing messages for whoever runs the server."""

from collections.abc import Callable
from typing import Any

import pytest

from tripkit.config import Mail
from tripkit.mail import messages
from tripkit.mail.base import Message
from tripkit.mail.console import ConsoleMailer


def test_a_message_is_printed_readably_with_its_link_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    link = "http://127.0.0.1:8000/account/verify?token=" + "x" * 100
    ConsoleMailer(Mail()).send(messages.verify_email("ada@example.org", name="Ada", link=link, hours=24))
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[1:4] == ["To: ada@example.org", "Subject: [tripkit] Confirm your email address", ""]
    assert link in lines
    assert lines[0] == lines[-1] == "-" * 78
    assert "<p>" not in err


def test_nothing_steers_the_terminal(message: Callable[..., Message], capsys: pytest.CaptureFixture[str]) -> None:
    sent = message(to="ada\x1b[2J@example.org", subject="a\r\nb\x9b", text="\x1b]0;x\x07\u202e\n")
    ConsoleMailer(Mail()).send(sent)
    assert all(char.isprintable() or char == "\n" for char in capsys.readouterr().err)


def test_the_caller_is_told_before(message: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse() -> None:
        raise RuntimeError("somebody else has it")

    with pytest.raises(RuntimeError):
        ConsoleMailer(Mail()).send(message(), handing_over=refuse)
    assert capsys.readouterr().err == ""
