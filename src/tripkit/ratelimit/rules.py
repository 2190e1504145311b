"""From settings to rules."""

from collections.abc import Mapping
from typing import Final

from tripkit.config import OPTIONS, Ratelimit
from tripkit.config.rates import parse
from tripkit.ratelimit.base import Rule

#: What a key of each rule is made of.
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "anonymous": ("client",),
    "login": ("account", "client"),
    "login_account": ("account",),
    "login_client": ("client",),
    "signup": ("client",),
    "reset": ("account",),
    "invite": ("user",),
    "invite_address": ("account",),
    "share_password": ("link", "client"),
    "share_password_link": ("link",),
    "shared": ("client",),
    "export": ("user",),
    "refusals": ("client",),
    "oauth": ("client",),
    "user": ("user",),
}
#: What guards passwords, mailboxes and the audit trail is counted even when the store of counters is away.
STRICT: Final = frozenset(
    {
        "login",
        "login_account",
        "login_client",
        "signup",
        "reset",
        "invite",
        "invite_address",
        "share_password",
        "share_password_link",
        "refusals",
    }
)


def rules_of(options: Ratelimit) -> Mapping[str, Rule]:
    """Every rule by its name; those that are off have no windows."""
    names = [option.key.removeprefix("ratelimit.") for option in OPTIONS.values() if option.rule]
    return {name: Rule(name, parse(getattr(options, name)), strict=name in STRICT) for name in names}
