"""Email addresses: what is accepted, and when two are the same."""

import unicodedata

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from tripkit.errors import ValidationFailed

# The library's own way of accepting such domains. Home networks use them; nobody else can own them.
SPECIAL_USE_DOMAIN_NAMES[:] = sorted(set(SPECIAL_USE_DOMAIN_NAMES) - {"local", "localhost", "test"})


def normalize(address: str) -> tuple[str, str]:
    """The address as it is shown, and the key by which it is compared (NFC, casefold, IDNA domain).

    Domains of home networks (`ada@nas.local`) are accepted. Raises `ValidationFailed` for the field `email`.
    """
    try:
        found = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
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
