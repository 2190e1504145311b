"""Links that are mailed or printed: they lead to a page from anywhere. (`server/links.py` has those of answers.)"""

from enum import StrEnum
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import idna

from tripkit.config import Settings

LOCALHOST: Final = "127.0.0.1"
EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to
_OF_A_PATH: Final = "/%:@!$&'()*+,;=~"


class Page(StrEnum):
    """The pages that links lead to, here (`server/routes/account_pages.py`) and on a front end."""

    VERIFY = "/account/verify"
    RESET = "/account/reset"
    EMAIL = "/account/email"
    EMAIL_UNDO = "/account/email/undo"
    INVITATION = "/account/invitation"
    PLAN_INVITATION = "/account/plan-invitation"


def shared_page(token: str) -> str:
    """The path of the page behind a link to a plan. It is always on this server."""
    return f"/s/{token}"


class Links:
    """Makes links from the settings alone. What a client says in its Host header would lead to whoever sent it."""

    def __init__(self, settings: Settings) -> None:
        server = settings.server
        self._own = _ascii(server.public_url or address(server.host, server.port))
        self._base = _ascii(server.frontend_url) if server.frontend_url else self._own

    def to(self, page: Page, token: str) -> str:
        """The link to a page, with a token: ASCII only."""
        return f"{self._base}{page}?{urlencode({'token': token})}"

    def shared(self, token: str) -> str:
        """The link to the page of a shared plan."""
        return self._own + shared_page(token)


def address(host: str, port: int) -> str:
    """How to reach a server on this machine that listens there."""
    if host in EVERYWHERE:
        host = LOCALHOST
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _ascii(url: str) -> str:
    """A URL as it stands in a mail (RFC 3986, RFC 5891), without a slash at its end."""
    parts = urlsplit(url.rstrip("/"))
    host = parts.netloc
    if not host.isascii():
        name, colon, port = host.partition(":")
        host = idna.encode(name, uts46=True).decode() + colon + port
    return f"{parts.scheme}://{host}{quote(parts.path, safe=_OF_A_PATH)}"
