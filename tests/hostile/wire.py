"""HTTP by hand: bytes on a socket, as no well-meant client sends them."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..live import LiveServer

PROBLEM = "application/problem+json"


class Answer:
    """One answer, taken from the bytes of a connection."""

    def __init__(self, head: bytes, body: bytes) -> None:
        line, *fields = head.decode("latin-1").split("\r\n")
        self.status = int(line.split(" ")[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        self.body = body

    def json(self) -> Any:
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"<{self.status} {self.headers} {self.body[:200]!r}>"


class Wire:
    """A connection with its answers. Everything on it ends after `timeout` seconds."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._received = b""

    def send(self, data: bytes) -> "Wire":
        self.socket.sendall(data)
        return self

    def answer(self, *, head_only: bool = False) -> Answer:
        """The next answer; raises `ConnectionError` when the server closes instead."""
        while b"\r\n\r\n" not in self._received:
            self._more()
        head, _, rest = self._received.partition(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.1 100"):
            self._received = rest
            return Answer(head, b"")
        found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        size = int(found[1]) if found and not head_only else 0
        while len(self._received) < len(head) + 4 + size:
            self._more()
        body = self._received[len(head) + 4 :][:size]
        self._received = self._received[len(head) + 4 + size :]
        return Answer(head, body)

    def is_closed(self) -> bool:
        """Wait for the server to close; False when it sends something first."""
        try:
            return self._received == b"" and self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError(f"closed after {self._received!r}")
        self._received += data


@contextmanager
def connect(server: LiveServer, *, timeout: float = 10) -> Iterator[Wire]:
    with socket.create_connection(server.address, timeout=timeout) as connection:
        yield Wire(connection)


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """The bytes of a request: `request("GET /healthz", "Accept: */*")`."""
    return "\r\n".join([f"{line} HTTP/1.1", "Host: tripkit.test", *headers, "", ""]).encode("latin-1") + body


def is_problem(answer: Answer, *statuses: int) -> None:
    assert answer.status in statuses, answer
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["status"] == answer.status
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
