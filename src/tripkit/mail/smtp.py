"""Sending through a mail server (RFC 5321), with STARTTLS (RFC 3207), TLS or neither."""

import re
import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Final, NoReturn

from tripkit.config import Mail
from tripkit.errors import MailDelayed, MailError, MailRefused, MailUnavailable
from tripkit.mail.base import FINAL_ANSWER, Message
from tripkit.mail.compose import Letter, compose

PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_QUIT: Final = 2
_LONGEST_REPLY: Final = 300
#: Not about this message: 421 shuts down, 530 wants a login.
_ABOUT_US: Final = (421, 530)


class SmtpMailer:
    """Sends each message over a connection of its own."""

    def __init__(self, options: Mail) -> None:
        self._options = options
        self._port = options.port or PORTS[options.security]
        self._server = f"{options.host} port {self._port}"

    def send(self, message: Message, *, handing_over: Callable[[], None] | None = None) -> None:
        """Send it, and return once the mail server has accepted it.

        With `handing_over` the server gets as long for its last answer as RFC 5321 says, since whoever gives it sends
        again what failed.
        """
        letter = compose(message, self._options)
        with self._connected() as smtp:
            self._transmit(smtp, letter, handing_over)
            with suppress(OSError):  # what was accepted stays so
                _wait_at_most(_QUIT, smtp)
                smtp.quit()

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        options = self._options
        try:
            with closing(self._connect()) as smtp:
                if options.security == "starttls":
                    smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo_or_helo_if_needed()
                if options.username:
                    smtp.login(options.username, options.password)
                yield smtp
        except OSError as error:  # all errors of smtplib are such
            raise MailUnavailable(self._explain(error)) from None

    def _connect(self) -> smtplib.SMTP:
        options = self._options
        if options.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(options.host, self._port, timeout=options.timeout, context=context)
        return smtplib.SMTP(options.host, self._port, timeout=options.timeout)

    def _transmit(self, smtp: smtplib.SMTP, letter: Letter, handing_over: Callable[[], None] | None) -> None:
        options = ["SMTPUTF8"] if letter.international else []
        if letter.international and not smtp.has_extn("smtputf8"):
            raise MailRefused(
                f"{self._server} cannot send to {letter.recipient}: it does not know SMTPUTF8, which letters beyond "
                "ASCII before the @ need."
            )
        code, reply = smtp.mail(letter.sender, options)
        if code != 250:
            raise MailUnavailable(f"{self._server} takes no mail from {letter.sender}: {self._quote(code, reply)}")
        code, reply = smtp.rcpt(letter.recipient)
        if code not in (250, 251):
            self._refuse(f"takes no mail for {letter.recipient}", code, reply)
        code, reply = smtp.docmd("DATA")
        if code != 354:
            self._refuse("does not take the message", code, reply)
        smtp.send(re.sub(rb"(?m)^\.", b"..", letter.content))
        if handing_over:
            handing_over()
            _wait_at_most(FINAL_ANSWER, smtp)
        try:
            code, reply = smtp.docmd(".")
        except smtplib.SMTPServerDisconnected:
            raise MailDelayed(f"{self._server} broke off before it said whether it took the message.") from None
        if code != 250:
            self._refuse("does not take the message", code, reply)

    def _refuse(self, what: str, code: int, reply: bytes) -> NoReturn:
        kind: type[MailError] = MailRefused if 500 <= code < 600 else MailDelayed
        # Who has not logged in is told like this (RFC 3463) that he should have.
        if code in _ABOUT_US or (reply.startswith(b"5.7.") and not self._options.username):
            kind = MailUnavailable
        raise kind(f"{self._server} {what}: {self._quote(code, reply)}")

    def _explain(self, error: OSError) -> str:
        """What went wrong with the connection, and which setting to look at."""
        server, options = self._server, self._options
        cause = error.__context__ if isinstance(error, smtplib.SMTPServerDisconnected) else error
        if isinstance(cause, TimeoutError):
            hint = "" if options.security == "tls" else " If it expects TLS from the start, mail.security must be tls."
            return f"{server} did not answer within {options.timeout} s (mail.timeout).{hint}"
        if isinstance(error, smtplib.SMTPServerDisconnected):
            return f"{server} closed the connection."
        if isinstance(error, smtplib.SMTPAuthenticationError):
            quoted = self._quote(error.smtp_code, error.smtp_error)
            return f"{server} refuses the login of {options.username} (mail.username, mail.password): {quoted}"
        if isinstance(error, smtplib.SMTPResponseException):
            return f"{server} does not want to talk: {self._quote(error.smtp_code, error.smtp_error)}"
        if isinstance(error, smtplib.SMTPException):
            return f"{server} does not offer what the settings ask for (mail.security, mail.username): {error}"
        return self._explain_network(error)

    def _explain_network(self, error: OSError) -> str:
        server, security = self._server, self._options.security
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"The certificate of {server} is not accepted: {error.verify_message}."
        if isinstance(error, ssl.SSLError):
            other = "starttls" if security == "tls" else "tls"
            return f"{server} does not speak TLS as mail.security = {security} asks. Is it {other}? ({error.reason})"
        if isinstance(error, socket.gaierror):
            return f"The host {self._options.host} (mail.host) cannot be found: {error.strerror}."
        if isinstance(error, ConnectionRefusedError):
            return f"{server} refuses connections. Is that where the mail server is (mail.host, mail.port)?"
        return f"{server} cannot be reached: {error.strerror or error}."

    def _quote(self, code: int, reply: bytes | str) -> str:
        """What the server said, in one line that is not long, and without the password should it say that."""
        text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
        for secret in self._secrets():
            text = text.replace(secret, "***")
        text = "".join(char if char.isprintable() else " " for char in text)
        return f"{code} {' '.join(text.split())}"[:_LONGEST_REPLY]

    def _secrets(self) -> list[str]:
        """The password, and the forms in which a login sends it."""
        username, password = self._options.username, self._options.password
        sent = [password, f"\0{username}\0{password}"] if password else []
        return [*[b64encode(text.encode()).decode() for text in sent], *sent[:1]]


def _wait_at_most(seconds: int, smtp: smtplib.SMTP) -> None:
    if smtp.sock:
        smtp.sock.settimeout(seconds)
