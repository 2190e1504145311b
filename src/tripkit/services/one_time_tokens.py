"""Tokens that are sent to somebody, expire, and are used once: for verifying, resetting, inviting."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

import msgspec

from tripkit.database import Command, Engine, Param, Statement, atomic, params, row
from tripkit.errors import InvalidToken
from tripkit.models import OneTimeToken
from tripkit.services.clock import Clock


class Purpose(StrEnum):
    """What a token is good for, and nothing else."""

    VERIFY_EMAIL = "verify email"
    RESET_PASSWORD = "reset password"  # noqa: S105
    CONFIRM_EMAIL = "confirm new email"
    REVERT_EMAIL = "revert email"
    INVITATION = "invitation"
    SECOND_FACTOR = "second factor"


CREATE = Command(
    lambda: OneTimeToken.insert(
        params(
            OneTimeToken.digest,
            OneTimeToken.purpose,
            OneTimeToken.user,
            OneTimeToken.payload,
            OneTimeToken.created_at,
            OneTimeToken.expires_at,
        )
    )
)
_THIS = (
    (OneTimeToken.digest == Param("digest"))
    & (OneTimeToken.purpose == Param("purpose"))
    & (OneTimeToken.expires_at > Param("now"))
)
PEEK = Statement(lambda: OneTimeToken.select(OneTimeToken.user, OneTimeToken.payload).where(_THIS), record=row)
USE = Statement(
    lambda: OneTimeToken.delete().where(_THIS).returning(OneTimeToken.user, OneTimeToken.payload), record=row
)
REVOKE = Command(
    lambda: OneTimeToken.delete().where(
        (OneTimeToken.user == Param("user_id")) & (OneTimeToken.purpose == Param("purpose"))
    )
)
REVOKE_LATER = Command(
    lambda: OneTimeToken.delete().where(
        (OneTimeToken.user == Param("user_id"))
        & (OneTimeToken.purpose == Param("purpose"))
        & (OneTimeToken.id > Param("after"))
    )
)
NUMBER = Statement(lambda: OneTimeToken.select(OneTimeToken.id).where(_THIS), record=int)
WAITING = Statement(
    lambda: OneTimeToken.select(OneTimeToken.payload).where(
        (OneTimeToken.user == Param("user_id"))
        & (OneTimeToken.purpose == Param("purpose"))
        & (OneTimeToken.expires_at > Param("now"))
    ),
    record=msgspec.json.decode,
)
FORGET = Command(lambda: OneTimeToken.delete().where(OneTimeToken.expires_at <= Param("now")))


class OneTimeTokens:
    """Issues tokens of 256 bits, and takes each back once. Only their hashes are kept."""

    def __init__(self, db: Engine, clock: Clock) -> None:
        self.db = db
        self._clock = clock

    @atomic
    def issue(
        self,
        purpose: Purpose,
        user_id: int,
        lifetime: timedelta,
        payload: Mapping[str, Any] | None = None,
        *,
        keep_earlier: bool = False,
    ) -> str:
        """A new token; earlier ones of the same purpose and user are worth nothing any more, unless they are kept."""
        if not keep_earlier:
            REVOKE.run(self.db, user_id=user_id, purpose=purpose)
        token, digest = new_secret()
        now = self._clock()
        CREATE.run(
            self.db,
            digest=digest,
            purpose=purpose,
            user=user_id,
            payload=msgspec.json.encode(payload or {}).decode(),
            created_at=now,
            expires_at=now + lifetime,
        )
        return token

    def peek(self, purpose: Purpose, token: str) -> tuple[int, dict[str, Any]]:
        """As `use`, and the token stays."""
        return self._read(PEEK, purpose, token)

    @atomic
    def use(self, purpose: Purpose, token: str) -> tuple[int, dict[str, Any]]:
        """The user and the payload of a token, which is gone with that. Raises `InvalidToken`."""
        return self._read(USE, purpose, token)

    @atomic
    def revoke(self, purpose: Purpose, user_id: int) -> None:
        """Take back what was issued to a user."""
        REVOKE.run(self.db, user_id=user_id, purpose=purpose)

    @atomic
    def revoke_later(self, purpose: Purpose, user_id: int, token: str) -> None:
        """Take back what was issued to a user after this token."""
        number = NUMBER.one(self.db, digest=digest_of(token), purpose=purpose, now=self._clock())
        if number is not None:
            REVOKE_LATER.run(self.db, user_id=user_id, purpose=purpose, after=number)

    def waiting(self, purpose: Purpose, user_id: int) -> dict[str, Any] | None:
        """The payload of a token that a user could still use, or None."""
        found: dict[str, Any] | None = WAITING.one(self.db, user_id=user_id, purpose=purpose, now=self._clock())
        return found

    @atomic
    def forget_expired(self) -> int:
        """Delete what has expired; how many they were."""
        return FORGET.run(self.db, now=self._clock())

    def _read(self, statement: Statement[tuple[Any, ...]], purpose: Purpose, token: str) -> tuple[int, dict[str, Any]]:
        found = statement.one(self.db, digest=digest_of(token), purpose=purpose, now=self._clock())
        if found is None:
            raise InvalidToken("it is unknown, was used before, or has expired")
        user_id, payload = found
        return user_id, msgspec.json.decode(payload)


def new_secret() -> tuple[str, str]:
    """A token of 256 bits, and what is kept of it."""
    token = secrets.token_urlsafe(32)
    return token, digest_of(token)


def digest_of(token: str) -> str:
    """What is kept of a token: whoever reads the database cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()
