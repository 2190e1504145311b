"""What stands for the password of a link in a browser: a cookie for each link, for as long as the grant in it holds.

Programs send the grant as the header `Share-Grant`. The name of the cookie tells nothing of the link. It is not
readable by scripts, and with `__Host-` no other host, and no insecure one, can set it.
"""

from typing import Final

from sanic import Request

from tripkit.services import share_links
from tripkit.services.share_grants import LIFETIME

HEADER: Final = "share-grant"
NAME: Final = "tripkit-share"


def grant_of(request: Request, token: str) -> str:
    """The grant that came with a request for this link, or an empty text."""
    names = (_name(token, secure=secure) for secure in (True, False))
    sent = (request.headers.get(HEADER), *(request.cookies.get(name) for name in names))
    return next((str(grant) for grant in sent if grant), "")


def with_grant(token: str, grant: str, *, secure: bool) -> str:
    """The cookie to set."""
    marks = "; Secure" if secure else ""
    seconds = int(LIFETIME.total_seconds())
    return f"{_name(token, secure=secure)}={grant}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax{marks}"


def _name(token: str, *, secure: bool) -> str:
    return f"{'__Host-' if secure else ''}{NAME}-{share_links.digest(token)[:16]}"
