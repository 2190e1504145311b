"""A message, and what sends one."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final, Protocol

from msgspec import Struct, field

#: Seconds for the answer to the end of a message, which may be in delivery already: whoever hangs up early and sends it
#: again sends it twice (RFC 5321, 4.5.3.2.6, and RFC 1047).
FINAL_ANSWER: Final = 600


class Message(Struct, frozen=True, kw_only=True):
    """One message to one person."""

    kind: str
    """What it is about, for logs: the name of its template."""
    to: str
    """An address without a name; anything else is refused when it is sent."""
    subject: str
    text: str
    html: str
    hours: int | None = None
    """After so many hours it is of no use any more, and is not sent."""
    token: str = field(default_factory=partial(secrets.token_hex, 16))
    """The left part of its Message-ID, the same at each try to send it."""
    written_at: datetime = field(default_factory=partial(datetime.now, UTC))


class Mailer(Protocol):
    """One way to send: `console.ConsoleMailer` or `smtp.SmtpMailer`."""

    def send(self, message: Message, *, handing_over: Callable[[], None] | None = None) -> None:
        """Send it now, and wait for that. Raises `MailError`.

        `handing_over` is called just before the message can begin to count as sent. When it raises, nothing is sent.
        """
