"""Mailers that talk to a real server."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tripkit.config import Mail
from tripkit.mail.base import Message
from tripkit.mail.smtp import SmtpMailer

from ..smtp import Certificates, MailServer, mail_server


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A server without encryption."""
    with mail_server() as started:
        yield started


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    return Certificates()


@pytest.fixture
def trusted(certificates: Certificates, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Certificates:
    """An authority that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", certificates.trust(tmp_path / "authority.pem"))
    return certificates


@pytest.fixture
def mailer() -> Callable[..., SmtpMailer]:
    """`mailer(server, security="tls")`"""

    def make(server: MailServer, **options: Any) -> SmtpMailer:
        given = {"host": "127.0.0.1", "port": server.port, "security": "none", "timeout": 5} | options
        return SmtpMailer(Mail(backend="smtp", **({"sender": "trips@example.org"} | given)))

    return make


@pytest.fixture
def message() -> Callable[..., Message]:
    """`message(to="bob@example.org")`"""

    def make(**fields: Any) -> Message:
        given = {
            "kind": "test",
            "to": "ada@example.org",
            "subject": "Kyoto",
            "text": "Hello.\n",
            "html": "<p>Hello.</p>",
        }
        return Message(**(given | fields))

    return make
