"""Countries of ISO 3166."""

from functools import cache
from importlib import resources

from tripkit.errors import ValidationFailed
from tripkit.services import jsontext
from tripkit.services.folding import fold


def canonical(code: str) -> str | None:
    """The alpha-2 code of a country in capitals, from any letter case; None if there is no such country."""
    known = code.upper()
    return known if code.isascii() and known in _names() else None


def refusal(code: str) -> str:
    """Why `code` is refused as a country."""
    return f"must be an ISO 3166-1 code such as JP, not {jsontext.shorten(code)}."


def wanted(code: str) -> str:
    """The country that a filter names; raises `ValidationFailed` if there is none."""
    if (known := canonical(code)) is None:
        raise ValidationFailed({"country": [refusal(code)]})
    return known


def name(code: str) -> str:
    """The usual English name of a country that `canonical` knows."""
    return _names()[code]


def listed() -> list[tuple[str, str]]:
    """Every code with its name, by name."""
    return sorted(_names().items(), key=lambda each: fold(each[1]))


@cache
def _names() -> dict[str, str]:
    """Every code with its name: those of ISO 3166-1 as the time zone database lists them, and Kosovo.

    Kosovo has no code of its own there; XK, from those left free for users, is what everybody uses.
    """
    rows = resources.files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text("utf-8").splitlines()
    return dict(row.split("\t") for row in rows if not row.startswith("#")) | {"XK": "Kosovo"}
