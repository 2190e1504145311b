"""A small HTTP server in a thread, to stand in for a provider on the other side: honest, or hostile in every way."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

#: Status, body, headers. A dict is sent as JSON.
Answer = tuple[int, Any, dict[str, str]]


class Asked:
    """A request, as a stand-in gets it."""

    def __init__(self, method: str, target: str, headers: Any, body: bytes) -> None:
        parts = urlsplit(target)
        self.method, self.path, self.headers = method, parts.path, headers
        self.query = dict(parse_qsl(parts.query))
        self.form = dict(parse_qsl(body.decode()))


class StandIn:
    """Answers by its methods `get_path` and `post_path`, or as `hostile` says for a path."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self.asked: list[str] = []
        #: By path: what is done instead, with the raw handler.
        self.hostile: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.url = ""
        self._lock = threading.Lock()

    def answer(self, asked: Asked) -> Answer:
        raise NotImplementedError

    @contextmanager
    def running(self) -> Iterator[Self]:
        """While this lasts, it listens at `url`."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                asked = Asked(self.command, self.path, self.headers, body)
                with stand_in._lock:
                    stand_in.asked.append(asked.path)
                    hostile = stand_in.hostile.get(asked.path)
                    answer = None if hostile else stand_in.answer(asked)
                if hostile:
                    hostile(self)
                elif answer:
                    send(self, *answer)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

            def date_time_string(self, timestamp: float | None = None) -> str:
                return formatdate(timestamp or stand_in.now(), usegmt=True)

            def log_message(self, *_: Any) -> None:
                pass

            def handle(self) -> None:
                with suppress(ConnectionError, TimeoutError):  # whoever asked did not wait
                    super().handle()

        return Handler


def send(handler: BaseHTTPRequestHandler, status: int, body: Any, headers: dict[str, str]) -> None:
    """An answer, with the length that it has."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(content))} | headers).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)
