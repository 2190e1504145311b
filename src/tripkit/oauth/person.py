"""From the claims of a provider to a person. Nothing in them is believed to be text, short or harmless."""

import re
from collections.abc import Mapping
from typing import Any, Final

from tripkit.config import OAuth
from tripkit.errors import SignInFailed
from tripkit.oauth.base import Person

#: OpenID Connect Core 1.0, section 2.
_LONGEST_SUBJECT: Final = 255
_LONGEST: Final = 254
_NOT_TEXT: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def person(claims: Mapping[str, Any], options: OAuth, *, is_verified: bool) -> Person:
    """The person whom these claims describe. Raises `SignInFailed` without a usable subject."""
    return Person(
        subject=subject(claims.get("sub")),
        email=text(claims.get(options.email_claim)),
        is_verified=is_verified or options.trust_email,
        username=text(claims.get(options.username_claim)),
        first_name=text(claims.get(options.first_name_claim)),
        last_name=text(claims.get(options.last_name_claim)),
        groups=_groups(claims.get(options.groups_claim)),
    )


def subject(value: object) -> str:
    """Who somebody is at the provider."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_SUBJECT or _NOT_TEXT.search(value):
        raise SignInFailed("the provider does not say who it is")
    return value


def text(value: object) -> str:
    """A claim as text of one line; empty for anything else."""
    return value.strip() if isinstance(value, str) and len(value) <= _LONGEST and not _NOT_TEXT.search(value) else ""


def truth(value: object) -> bool:
    """Whether a claim says yes. Some providers write it as text."""
    return value is True or value == "true"


def _groups(value: object) -> tuple[str, ...] | None:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else None
