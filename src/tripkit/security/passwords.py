"""Hashing passwords with Argon2id, and what makes a password too weak."""

import gzip
import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import cache
from importlib import resources
from typing import Final

import argon2

MIN_LENGTH: Final = 8
#: Of digits alone, which are dates and numbers of telephones mostly. Any kind of character may stand alone.
MIN_DIGITS: Final = 15
MAX_BYTES: Final = 1024
#: A password is too similar to a value of the account when this much of it is the same.
SIMILARITY: Final = 0.7
#: Words that whoever guesses tries first here: of this program, what it is for, and its roles. All are documented.
CONTEXT_WORDS: Final = (
    "admin",
    "administrator",
    "holiday",
    "itinerary",
    "journey",
    "operator",
    "password",
    "planner",
    "travel",
    "traveller",
    "tripkit",
    "vacation",
)


class Passwords:
    """Hashes and checks. Both take tens of milliseconds on purpose: never call them on an event loop."""

    def __init__(self, *, memory: int, time: int, parallelism: int) -> None:
        """`memory` is in KiB; the parameters are those of RFC 9106."""
        self._hasher = argon2.PasswordHasher(time_cost=time, memory_cost=memory, parallelism=parallelism)
        self._nobody: str | None = None

    def hash(self, password: str) -> str:
        """A PHC string with a salt of its own."""
        return self._hasher.hash(password.encode())

    def verify(self, digest: str | None, password: str) -> bool:
        """Whether `password` is the one. Without a digest it costs the same time, and is wrong."""
        if digest is None:
            self._nobody = self._nobody or self.hash("nobody has this password")
        try:
            self._hasher.verify(digest or self._nobody or "", password.encode())
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
        return digest is not None

    def outdated(self, digest: str) -> bool:
        """Whether the digest was made with other parameters, so that it should be made anew at login."""
        return self._hasher.check_needs_rehash(digest)


def weaknesses(password: str, about: Mapping[str, str]) -> list[str]:
    """Every reason to refuse `password`; `about` holds what is known of its owner, such as the email address."""
    found = []
    if len(password) < MIN_LENGTH:
        found.append(f"is too short: use at least {MIN_LENGTH} characters.")
    if len(password.encode()) > MAX_BYTES:
        found.append(f"is too long: use at most {MAX_BYTES} bytes.")
        return found
    if password.isdecimal() and len(password) < MIN_DIGITS:
        found.append(f"is entirely numeric: mix in letters or words, or use at least {MIN_DIGITS} digits.")
    if password.lower() in _common():
        found.append("is one of the most common passwords: choose another.")
    similar = [label for label, value in about.items() if _similar(password.lower(), value.lower())]
    found += [f"is too similar to the {label}: choose another." for label in similar]
    if not similar and len(_without_expected(password.lower(), about)) < MIN_LENGTH <= len(password):
        found.append("is too easy to guess: names of yours, and words like travel, do not count. Add other words.")
    return found


def _similar(password: str, value: str) -> bool:
    return any(
        SequenceMatcher(a=password, b=part).quick_ratio() >= SIMILARITY
        for part in _parts(value)
        # Comparing with something far shorter or longer cannot reach the ratio.
        if len(part) * 10 >= len(password) and len(part) <= 320
    )


def _parts(value: str) -> set[str]:
    """A value and what it is made of: "ada" and "example" of ada@example.org."""
    return {part for part in (value, *re.split(r"\W+", value)) if len(part) >= 3}


def _without_expected(password: str, about: Mapping[str, str]) -> str:
    """What is left of a password without the words that are tried first, the longest first."""
    own = {value.lower(): _parts(value.lower()) for value in about.values()}
    # Short parts may be anything: "com" of an address is in "command".
    expected = {part for value, parts in own.items() for part in parts if part == value or len(part) > 3}
    for word in sorted({*CONTEXT_WORDS, *expected}, key=lambda word: (-len(word), word)):
        password = password.replace(word, "")
    return password


@cache
def _common() -> frozenset[str]:
    """20,000 common passwords (source and licence: data/NOTICE)."""
    packed = resources.files("tripkit").joinpath("data/common-passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().split())
