"""Where a browser may be sent when a sign-in is over: to front ends of ours, and nowhere else."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tripkit.errors import ValidationFailed

LONGEST: Final = 2000
#: Browsers read `\` as `/`, and leave out tabs and line breaks; none of them belongs in an address.
_PLAIN: Final = re.compile(r"[!#-;=?-\[\]_a-z{|}~%]*", re.IGNORECASE)
_ORIGIN: Final = re.compile(r"https?://[^/?#@]+(?=[/?#]|$)", re.IGNORECASE)
#: What is added on the way back.
RESERVED: Final = ("code",)


def origin_of(url: str) -> str:
    """`https://trips.example.org` of any address there; empty for none."""
    found = _ORIGIN.match(url)
    return found[0].lower() if found else ""


def check(url: str, origins: Iterable[str]) -> str:
    """`url`, if it is a path here or an address of one of these origins. Raises `ValidationFailed`."""
    if len(url) > LONGEST:
        raise _refusal(f"must have at most {LONGEST} characters.")
    if not _PLAIN.fullmatch(url) or not (_is_path(url) or _is_at(url, origins)):
        raise _refusal(
            "must be a path of this server, or an address whose origin is in server.cors_origins or server.public_url."
        )
    if any(name in RESERVED for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)):
        raise _refusal("must not have a parameter `code`: that is what is added to it.")
    return url


def with_code(url: str, code: str) -> str:
    """The address with the one-time code among its parameters."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode({"code": code}))))))


def _is_path(url: str) -> bool:
    return url.startswith("/") and not url.startswith("//")


def _is_at(url: str, origins: Iterable[str]) -> bool:
    return origin_of(url) in {origin_of(each) for each in origins} - {""}


def _refusal(message: str) -> ValidationFailed:
    return ValidationFailed({"next": [message]})
