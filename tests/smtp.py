"""A mail server of the tests' own, which takes what it is sent, or does as it is told at a step of the dialogue."""

# ruff: noqa: N802  aiosmtpd finds methods by the names of commands

import asyncio
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult

#: Told as an answer: the connection is closed instead.
HANG_UP = "hang up"
USERNAME, PASSWORD = "mailer@example.org", "hunter2-of-the-mail-server"


class Gate:
    """An answer that keeps the client waiting until it is opened; then it is `answer`, or goes on as usual."""

    def __init__(self, answer: str | None = None) -> None:
        self.answer = answer
        self._reached, self._opened = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self._reached.set()
        self._opened.wait(20)

    def wait(self) -> None:
        """Until a client has come here."""
        assert self._reached.wait(20)

    def open(self) -> None:
        self._opened.set()


class MailServer:
    """An SMTP server on a port of 127.0.0.1, in a thread of its own.

    `answer("RCPT", "550 No such user")` is for the next recipient only. An answer is a reply, `HANG_UP`, a number of
    seconds to wait before going on as usual, or a `Gate`. The steps are CONNECT, EHLO, AUTH, MAIL, RCPT, DATA (before
    the content), and END (after it, before it is taken).
    """

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None, **options: Any) -> None:
        self._port, self._tls, self._options = port, tls, options
        self._answers: dict[str, deque[Any]] = defaultdict(deque)
        self.received: list[EmailMessage] = []
        self.envelopes: list[Any] = []
        #: Steps that were reached, in order.
        self.steps: list[str] = []
        self._sessions: list[Session] = []
        self._gates: list[Gate] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> "MailServer":
        self._thread.start()
        self._server = self._run(self._loop.create_server(self._protocol, "127.0.0.1", self._port, ssl=self._tls))
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        for gate in self._gates:
            gate.open()
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def answer(self, step: str, *answers: str | float | Gate) -> None:
        """What to say the next time, and the times after, that this step is reached."""
        self._answers[step].extend(answers)
        self._gates += [each for each in answers if isinstance(each, Gate)]

    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for message in self.received]

    async def do(self, step: str, session: "Session") -> str | None:
        """The answer to this step, or None to go on as usual."""
        self.steps.append(step)
        if not self._answers[step]:
            return None
        told = self._answers[step].popleft()
        if isinstance(told, Gate):
            await asyncio.get_running_loop().run_in_executor(None, told)
            return told.answer
        if isinstance(told, int | float):
            await asyncio.sleep(told)
            return None
        if told == HANG_UP:
            session.transport.abort()
            await asyncio.sleep(60)  # is cancelled when the connection is gone
        return str(told)

    def take(self, envelope: Any) -> None:
        self.envelopes.append(envelope)
        self.received.append(BytesParser(policy=policy.default).parsebytes(envelope.original_content))  # type: ignore[arg-type]

    def _protocol(self) -> "Session":
        options = {"authenticator": _authenticate, "auth_require_tls": False, "enable_SMTPUTF8": True} | self._options
        self._sessions.append(Session(self, hostname="mail.example.org", loop=self._loop, **options))
        return self._sessions[-1]

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _close(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for session in self._sessions:
            if session.transport is not None:
                session.transport.abort()
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.get_running_loop().shutdown_default_executor()
        await asyncio.sleep(0.01)  # connections are told that they are gone


class Session(SMTP):
    """One connection to the server."""

    def __init__(self, server: MailServer, **options: Any) -> None:
        self._mail_server = server
        super().__init__(_Handler(server), **options)

    async def _handle_client(self) -> None:
        if reply := await self._mail_server.do("CONNECT", self):
            await self.push(reply)
            self.transport.close()  # type: ignore[union-attr]
            return
        with suppress(ConnectionResetError):
            await super()._handle_client()

    async def smtp_AUTH(self, arg: str) -> None:
        reply = await self._mail_server.do("AUTH", self)
        await (self.push(reply) if reply else super().smtp_AUTH(arg))

    async def smtp_DATA(self, arg: str) -> None:
        reply = await self._mail_server.do("DATA", self)
        await (self.push(reply) if reply else super().smtp_DATA(arg))


class _Handler:
    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, lines: list[str]) -> list[str]:
        session.host_name = hostname
        reply = await self._server.do("EHLO", server)
        return [reply] if reply else lines

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._server.do("MAIL", server) or "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if reply := await self._server.do("RCPT", server):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if reply := await self._server.do("END", server):
            return reply
        self._server.take(envelope)
        return "250 OK: queued"


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    accepted = (data.login, data.password) == (USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=accepted, handled=accepted)


@contextmanager
def mail_server(**options: Any) -> Iterator[MailServer]:
    """A server while this lasts."""
    server = MailServer(**options).start()
    try:
        yield server
    finally:
        server.stop()


class Certificates:
    """An authority, and what servers need that it certifies."""

    def __init__(self) -> None:
        self._authority = trustme.CA()

    def trust(self, path: Any) -> str:
        """A file with the authority, for SSL_CERT_FILE."""
        self._authority.cert_pem.write_to_path(str(path))
        return str(path)

    def context(self, *names: str) -> ssl.SSLContext:
        """For a server that may call itself by these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*names).configure_cert(context)
        return context
