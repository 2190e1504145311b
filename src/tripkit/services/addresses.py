"""Email addresses: what is accepted, and when two are the same."""

import unicodedata
from functools import cache
from types import ModuleType

from tripkit.errors import ValidationFailed


@cache
def _library() -> ModuleType:
    import email_validator  # it takes an eighth of the time of a command, and few commands see an address

    # The library's own way of accepting such domains. Home networks use them; nobody else can own them.
    refused = set(email_validator.SPECIAL_USE_DOMAIN_NAMES) - {"local", "localhost", "test"}
    email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = sorted(refused)
    return email_validator


def normalize(address: str) -> tuple[str, str]:
    """The address as it is shown, and the key by which it is compared (NFC, casefold, IDNA domain).

    Domains of home networks (`ada@nas.local`) are accepted. Raises `ValidationFailed` for the field `email`.
    """
    library = _library()
    try:
        found = library.validate_email(address, check_deliverability=False, globally_deliverable=False)
    except library.EmailNotValidError as error:
        raise ValidationFailed({"email": [f"is not an email address: {error}"]}) from None
    local = unicodedata.normalize("NFC", found.local_part).casefold()
    return found.normalized, f"{local}@{(found.ascii_domain or found.domain).lower()}"


def key(address: str) -> str | None:
    """The key of an address that somebody typed, or None when it is none."""
    try:
        return normalize(address)[1]
    except ValidationFailed:
        return None


def same(one: str, other: str) -> bool:
    """Whether two addresses are the same, however they are written."""
    return key(one) == key(other)
