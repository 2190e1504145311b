"""The rules about sending mail that a type cannot say."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tripkit.config.sections import Mail

_THIS_MACHINE: Final = re.compile(r"localhost|127\.[0-9.]+|::1")
_HOST: Final = re.compile(r"(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_NAME: Final = re.compile(r'[^<>"\\\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*')
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[\w.-]+")


def split_sender(sender: str) -> tuple[str, str] | None:
    """Name and address of `Our trips <trips@example.org>`; the name may be missing. None for anything else."""
    name, bracket, rest = sender.rpartition("<")
    if bracket and not rest.endswith(">"):
        return None
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1]
    address = rest.removesuffix(">") if bracket else rest.strip()
    return (name, address) if _NAME.fullmatch(name) and _ADDRESS.fullmatch(address) else None


def mistakes(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each setting that is wrong, by its dotted key, and why. `values` holds what is not at its default."""
    mail = Mail(**{key.removeprefix("mail."): value for key, value in values.items() if key.startswith("mail.")})
    if mail.backend == "smtp":
        if not mail.host:
            yield "mail.host", "empty, and mail.backend is smtp. Name the mail server."
        if not mail.sender:
            yield "mail.sender", "empty, and mail.backend is smtp. Say who mail is from."
    if mail.host and not _HOST.fullmatch(mail.host):
        yield "mail.host", f"{mail.host!r} is not a name like smtp.example.org or an address. The port is mail.port."
    if mail.sender and split_sender(mail.sender) is None:
        yield "mail.sender", f"{mail.sender!r} is not like trips@example.org or Our trips <trips@example.org>."
    for one, other in (("username", "password"), ("password", "username")):
        if getattr(mail, other) and not getattr(mail, one):
            yield f"mail.{one}", f"empty, and mail.{other} is set. A login needs both."
        if not getattr(mail, one).isascii():
            yield f"mail.{one}", "it has characters beyond ASCII, which a login cannot carry."
    if mail.username and mail.security == "none" and mail.host and not _THIS_MACHINE.fullmatch(mail.host):
        yield "mail.security", f"none would send the password readable for all to {mail.host}. Use starttls or tls."
