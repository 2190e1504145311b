"""The connection: how long a client may take, and stricter reading where Sanic is lenient.

Sanic's timer starts anew at each byte, so a client that sends one byte now and then is never cut off. Here a request
has `server.request_timeout` from its first byte to its last, head and body together.
"""

import re
from collections.abc import Sequence
from time import monotonic
from typing import Any, Final

from sanic.exceptions import BadRequest, RequestTimeout, ServiceUnavailable
from sanic.http import Http, Stage
from sanic.log import error_logger
from sanic.server.protocols.http_protocol import HttpProtocol

from tripkit.config.networks import UNIX
from tripkit.errors import Malformed
from tripkit.security import clientip

#: Seconds between two looks at a connection, at least.
_SHORTEST: Final = 0.1
#: A line that a proxy reads in another way than this server is how requests are smuggled (RFC 9112, 2.2, 5.1, 11.2).
_TOKEN: Final = rb"[!#$%&'*+.^_`|~\w-]++"
_HEAD: Final = re.compile(rb"(?:%b [^\x00\r\n]*+(?:\r\n%b:[^\x00\r\n]*+)*+)?" % (_TOKEN, _TOKEN), re.ASCII)
_NUMBERS: Final = {10: re.compile("[0-9]{1,19}"), 16: re.compile("[0-9A-Fa-f]{1,16}")}


def check_head(head: bytes) -> None:
    """Raise `BadRequest` for a head with folded lines, bare line ends, NUL, or an odd method or name of a header."""
    if _HEAD.fullmatch(head) is None:
        raise BadRequest("Bad Request")


def check_host(hosts: Sequence[str], version: str) -> None:
    """Raise `Malformed` unless there is one Host that can be one (RFC 9112, 3.2); HTTP/1.0 does not ask for it."""
    if len(hosts) == 1 and clientip.host(hosts[0]) is not None:
        return
    if hosts or version != "1.0":
        raise Malformed("Send one Host header, with the name or the address that the request is for.")


class StrictHttp(Http):
    """Sanic's reader of requests, which takes no number that only Python reads as one (`0x5`, `٥`)."""

    protocol: "Protocol"

    def __init__(self, protocol: "Protocol") -> None:
        super().__init__(protocol)  # type: ignore[no-untyped-call]
        self.request_body = self.exception = None

    def init_for_request(self) -> None:
        super().init_for_request()  # type: ignore[no-untyped-call]
        self.protocol.began = monotonic() if self.recv_buffer else None

    def create_empty_request(self) -> None:
        self.url = None  # it may be the very thing that cannot be read, and would fail again
        super().create_empty_request()

    @staticmethod
    def _safe_int(value: str, base: int = 10) -> int:
        if _NUMBERS[base].fullmatch(value.strip(" \t")) is None:
            raise ValueError(value)
        return int(value, base)


class Protocol(HttpProtocol):
    """One connection."""

    HTTP_CLASS = StrictHttp
    __slots__ = ("began", "peer")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        #: When the first byte of the request that is under way arrived.
        self.began: float | None = None
        #: Who is at the other end.
        self.peer = clientip.NOBODY

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)  # type: ignore[no-untyped-call]
        # Asked once, and of both ends: that no address is known does not make it a unix socket.
        info = self.conn_info
        if info is not None:
            is_unix = isinstance(info.sockname, str | bytes)
            self.peer = self.app.ctx.clients.peer(UNIX if is_unix else info.client_ip)

    def data_received(self, data: bytes) -> None:
        last_sent = self._time
        if self.began is None:
            self.began = monotonic()
        super().data_received(data)
        self._time = last_sent  # what comes in is counted from its beginning, and puts off nothing

    def abort(self) -> None:
        # Sanic's also forgets the transport, and then fails on a connection that has not sent a whole head.
        if self.transport is not None:
            self.transport.abort()

    def check_timeouts(self) -> None:
        """End what takes too long; else look again when it would. In place of Sanic's method of this name."""
        if self._task is None or self._http is None or self.transport is None:
            return
        try:
            left = self._seconds_left()
            if left <= 0:
                self._end()
                left = 1.0
        except Exception:
            error_logger.exception("protocol.check_timeouts")
            left = 1.0
        shortest = min(self.keep_alive_timeout, self.request_timeout, self.response_timeout) / 2
        wait = max(_SHORTEST, min(left, shortest))
        self._callback_check_timeouts = self.loop.call_later(wait, self.check_timeouts)

    @property
    def _arriving(self) -> bool:
        """Whether more of a request is to come, be it one that has been answered before it was whole."""
        return self._http.stage is Stage.REQUEST or bool(self._http.request_body)

    def _seconds_left(self) -> float:
        now = monotonic()
        allowed: float
        if self._arriving:
            allowed, since = self.request_timeout, self.began or now
        elif self._http.stage is Stage.IDLE:
            allowed, since = self.keep_alive_timeout, self._time
        else:
            allowed, since = self.response_timeout, max(self._time, self.began or 0)
        return allowed - (now - since)

    def _end(self) -> None:
        http = self._http
        if http.stage is Stage.IDLE:
            self.close()
        elif not self._can_write.is_set() or http.exception is not None:
            self.abort()  # whoever does not read gets no answer either
        else:
            late = self._arriving
            http.exception = RequestTimeout("late") if late else ServiceUnavailable("late")
            http.request_body = None  # the rest is not waited for
            if self._task is not None:
                self._task.cancel()
