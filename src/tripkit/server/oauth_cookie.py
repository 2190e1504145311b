"""The cookie that binds a sign-in with a provider to the browser that began it.

It holds a secret for each of the last few that this browser began, so that two tabs do not disturb each other. It
lives as long as a sign-in may take, is not readable by scripts, and is only sent when the browser comes here itself.
With `__Host-` no other host, and no insecure one, can set it.
"""

import re
from typing import Final

from sanic import Request

from tripkit.services.oauth_tickets import LIFETIMES, Step

NAME: Final = "tripkit-oauth"
SECURE_NAME: Final = f"__Host-{NAME}"
#: Sign-ins of one browser that may be under way.
MOST: Final = 4
_SECRET: Final = re.compile("[A-Za-z0-9_-]{43}")


def secrets_of(request: Request, *, secure: bool) -> list[str]:
    """The secrets that this browser holds, the newest last."""
    text = str(request.cookies.get(_name(secure)) or "")
    return [each for each in text.split(".") if _SECRET.fullmatch(each)][-MOST:]


def with_secret(request: Request, secret: str, *, secure: bool) -> str:
    """The cookie to set, for a sign-in that begins."""
    value = ".".join([*secrets_of(request, secure=secure)[1 - MOST :], secret])
    seconds = int(LIFETIMES[Step.STATE].total_seconds())
    marks = "; Secure" if secure else ""
    return f"{_name(secure)}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax{marks}"


def _name(secure: bool) -> str:
    return SECURE_NAME if secure else NAME
