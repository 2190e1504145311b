"""Answers whose standing headers were encoded once, and not for every request."""

from collections.abc import Iterator, Mapping

from sanic.response import HTTPResponse

Encoded = tuple[tuple[bytes, bytes], ...]


class Answer(HTTPResponse):
    """A response. `standing` are headers that are the same on many answers, ready to be sent."""

    __slots__ = ("standing",)

    def __init__(
        self,
        body: bytes = b"",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = None,
    ) -> None:
        super().__init__(body, status, dict(headers or {}), content_type)
        self.standing: Encoded = ()

    @staticmethod
    def _sanitize_header_value(value: str) -> str:
        # Sanic's translation of each name and value is a tenth of an answer; what it would change is not printable.
        return value if value.isprintable() else HTTPResponse._sanitize_header_value(value)

    @property
    def processed_headers(self) -> Iterator[tuple[bytes, bytes]]:
        yield from self.standing
        yield from super().processed_headers


def encoded(headers: Mapping[str, str]) -> Encoded:
    """Headers of our own making, ready to be sent."""
    return tuple((name.encode("ascii"), value.encode("ascii")) for name, value in headers.items())
