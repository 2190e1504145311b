"""Usernames for people who were not asked for one."""

import re
import secrets
import unicodedata
from collections.abc import Iterator
from typing import Final

_LONGEST: Final = 30
_SHORTEST: Final = 3
_NOT_ALLOWED: Final = re.compile(r"[^A-Za-z0-9._-]+")


def candidates(*wishes: str) -> Iterator[str]:
    """Usernames made of the first wish that can be one, then ever less alike ones, without end."""
    name = next((found for wish in wishes if len(found := _username(wish)) >= _SHORTEST), "traveller")
    yield name
    for number in range(2, 10):
        yield f"{name[: _LONGEST - 1]}{number}"
    while True:
        yield f"{name[: _LONGEST - 7]}-{secrets.token_hex(3)}"


def _username(wish: str) -> str:
    """`Zoë Ångström` as `Zoe-Angstrom`; of an address the part before the @."""
    plain = unicodedata.normalize("NFKD", wish.partition("@")[0])
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _NOT_ALLOWED.sub("-", letters).strip("-._")[:_LONGEST]
