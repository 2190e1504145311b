"""What people are told. Each function is one message, with exactly the values that its template needs.

`name` is how somebody is called, or empty when it is not known; `hours` says how long the link works. Names and titles
are taken as people wrote them. A link is whole: it leads somewhere from any mailbox.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from tripkit.mail.base import Message
from tripkit.mail.render import render

#: Of a name or a title, which may be there to make the message say something else.
LONGEST: Final = 80
_LINK: Final = re.compile(r"https?://[!-~]+")
#: Controls, line breaks, marks that turn the direction of text, and halves of surrogate pairs.
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
#: Where a mail program would begin to see an address in a name; a joiner, which is invisible, keeps it from that.
_LIKE_A_LINK: Final = re.compile(r"(?<=[./:@])(?=\S)")
_JOINER: Final = "\N{WORD JOINER}"


def verify_email(to: str, *, name: str, link: str, hours: int) -> Message:
    """To somebody who signed up: the link shows that the address is theirs."""
    return _with_link("verify_email", to, link, hours, name=name)


def reset_password(to: str, *, name: str, link: str, hours: int) -> Message:
    """To somebody who cannot sign in: the link leads to a new password."""
    return _with_link("reset_password", to, link, hours, name=name)


def email_changed(to: str, *, name: str, link: str, hours: int) -> Message:
    """To the old address, after the change: the link takes it back."""
    return _with_link("email_changed", to, link, hours, name=name)


def confirm_new_email(to: str, *, name: str, link: str, hours: int) -> Message:
    """To the new address, before the change: the link makes it."""
    return _with_link("confirm_new_email", to, link, hours, name=name)


def invitation(to: str, *, name: str = "", inviter: str, link: str, hours: int) -> Message:
    """To somebody who is to have an account: the link sets its password."""
    return _with_link("invitation", to, link, hours, name=name, inviter=inviter)


def plan_invitation(to: str, *, name: str = "", inviter: str, title: str, link: str, hours: int) -> Message:
    """To somebody who is to share a plan: the link accepts that."""
    return _with_link("plan_invitation", to, link, hours, name=name, inviter=inviter, title=title)


def test(to: str) -> Message:
    """To whoever sets up mail."""
    return _message("test", to, {"greeting": _greeting("")})


def _with_link(kind: str, to: str, link: str, hours: int, **written: str) -> Message:
    if not _LINK.fullmatch(link):
        raise ValueError("a link in a message must begin with http:// or https://, and be percent-encoded")
    values = {name: _clean(value) for name, value in written.items()}
    values |= {"greeting": _greeting(values["name"]), "link": link, "site": _site(link), "time": _time(hours)}
    return _message(kind, to, values, hours)


def _message(kind: str, to: str, values: dict[str, str], hours: int | None = None) -> Message:
    subject, text, html = render(kind, values)
    return Message(kind=kind, to=to, subject=subject, text=text, html=html, hours=hours)


def _clean(written: str) -> str:
    """What somebody wrote, as it may stand in a message to somebody else: one line, not long, and no link."""
    line = " ".join(_UNSAFE.sub(" ", written).split())
    line = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
    return _LIKE_A_LINK.sub(_JOINER, line)


def _greeting(name: str) -> str:
    return f"Hello {name}," if name else "Hello,"


def _site(link: str) -> str:
    return urlsplit(link).netloc.rpartition("@")[2]


def _time(hours: int) -> str:
    """`1 hour`, `36 hours`, `7 days`."""
    count, unit = (hours // 24, "day") if hours >= 48 and hours % 24 == 0 else (hours, "hour")
    return f"{count} {unit}{'' if count == 1 else 's'}"
