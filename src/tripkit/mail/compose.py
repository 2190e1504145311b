"""From a message to what goes over the wire: headers that nobody can add to, and addresses that servers understand."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

import idna
from msgspec import Struct

from tripkit.config import Mail, split_sender
from tripkit.errors import MailRefused
from tripkit.mail.base import Message

#: Without a setting nothing is sent, only printed.
NOBODY: Final = "tripkit@localhost"
_LONGEST: Final = 320
#: RFC 5321, 4.1.2: Dot-string, and with RFC 6531 everything beyond ASCII. Quoted local parts are not offered.
_ATOM: Final = r'[^\x00-\x20"(),.:;<>@\[\\\]\x7f]+'
_LOCAL: Final = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
#: Encoded so that every server takes it, whatever is in it: no line is long, and no byte beyond ASCII.
_POLICY: Final = SMTP.clone(cte_type="7bit")


class Letter(Struct, frozen=True):
    """A message as SMTP takes it."""

    sender: str
    recipient: str
    content: bytes
    international: bool
    """The recipient's name is beyond ASCII, so the server must know SMTPUTF8 (RFC 6531)."""


def compose(message: Message, options: Mail) -> Letter:
    """The letter for a message. Raises `MailRefused` when the recipient is no address."""
    name, address = split_sender(options.sender or NOBODY) or ("", NOBODY)
    sender, recipient = _address(address, name), _address(message.to)
    international = not recipient.addr_spec.isascii()
    mail = EmailMessage(_POLICY.clone(utf8=international))
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = subject(message, options)
    mail["Date"] = message.written_at
    mail["Message-ID"] = f"<{message.token}@{sender.domain}>"
    # RFC 3834: no vacation notices in reply, please; the other header is for those that only know Exchange.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return Letter(sender.addr_spec, recipient.addr_spec, mail.as_bytes(), international)


def subject(message: Message, options: Mail) -> str:
    """The whole subject: one line, whatever went into it."""
    return " ".join(f"{options.subject_prefix} {message.subject}".split())


def _address(text: str, name: str = "") -> Address:
    local, _, domain = text.rpartition("@")
    if len(text) <= _LONGEST and text.isprintable() and _LOCAL.fullmatch(local):
        domain = _ascii(domain)
        if _DOMAIN.fullmatch(domain):
            return Address(display_name=name, username=local, domain=domain)
    raise MailRefused(f"{text[:_LONGEST]!r} is not an address that mail can be sent to.")


def _ascii(domain: str) -> str:
    """As name servers know it, by the rules that `email-validator` accepts addresses by; empty if there is no such."""
    try:
        return domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return ""
