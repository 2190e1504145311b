"""What the parts of the client share."""

from collections.abc import Sequence
from typing import Final, TypeVar
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from tripkit.client.http import Http
from tripkit.errors import InvalidInput
from tripkit.schemas.names import Resolved, TitleQuery

T = TypeVar("T")
_LARGEST: Final = 2**63 - 1


class Resource:
    """Some routes of one server."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def _resolve(self, path: str, name: str, *, trashed: bool) -> int:
        """The id of what is named by its number, which is not asked for, or by its title."""
        if name.isascii() and name.isdecimal() and len(name) < 19:
            return int(name)
        return self._http.read(path, Resolved, TitleQuery(name, trashed)).id


def at(*parts: str | int) -> str:
    """The address of something: `at("plans", 7, "items")`."""
    for part in parts:
        if isinstance(part, int) and not 0 <= part <= _LARGEST:
            raise InvalidInput(f"{part} is no id: an id is from 1 to {_LARGEST}.")
    return f"/api/{'/'.join(map(str, parts))}/"


def cursor_of(following: str | None) -> str | None:
    """The cursor in the link to the next page."""
    if following is None:
        return None
    found: Sequence[str] = parse_qs(urlsplit(following).query).get("cursor", [])
    return found[0] if found else None


class Page(Struct, frozen=True):
    """What all pages of lists have."""

    next: str | None
