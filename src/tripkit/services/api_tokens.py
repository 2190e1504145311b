"""API tokens: secrets that people make for programs. Each is bound to scopes, may expire, and can be revoked."""

import hashlib
import re
import secrets
import string
from datetime import datetime, timedelta
from functools import cache
from typing import Final, cast

from tripkit.database import Command, Engine, Param, Statement, atomic, params, row
from tripkit.errors import Conflict, InvalidToken, NotFound, ValidationFailed
from tripkit.models import ApiToken, User
from tripkit.schemas.api_tokens import ApiTokenIn, ApiTokenList, ApiTokenOut, NewApiToken, Scope
from tripkit.schemas.users import Actor, Client
from tripkit.services import policy, validation
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock

#: By which people, and programs that look for leaked secrets, know a token.
PREFIX: Final = "tripkit_pat_"
_ALPHABET: Final = string.digits + string.ascii_letters
#: 43 of 62 characters are 256 bits.
_LENGTH: Final = 43
_TOKEN: Final = re.compile(f"{PREFIX}[0-9A-Za-z]{{{_LENGTH}}}")
#: Tokens of one account.
MOST: Final = 100
#: The use of a token is noted once in this time, so that a busy one does not cost a write for each request.
NOTED: Final = timedelta(minutes=10)

_COLUMNS: Final = (
    ApiToken.id,
    ApiToken.name,
    ApiToken.scopes,
    ApiToken.created_at,
    ApiToken.expires_at,
    ApiToken.last_used_at,
)


@cache
def _split(scopes: str) -> frozenset[Scope]:
    return frozenset(cast("list[Scope]", scopes.split()))


def _record(number: int, name: str, scopes: str, *moments: datetime | None) -> ApiTokenOut:
    return ApiTokenOut(number, name, sorted(_split(scopes)), *moments)  # type: ignore[arg-type]


ACTOR = Statement(
    lambda: (
        ApiToken.select(
            ApiToken.user,
            User.username,
            User.is_admin,
            ApiToken.id,
            ApiToken.scopes,
            ApiToken.last_used_at,
            User.is_verified,
        )
        .join(User)
        .where(
            (ApiToken.digest == Param("digest"))
            & (ApiToken.expires_at.is_null() | (ApiToken.expires_at > Param("now", ApiToken.expires_at)))
            & User.is_active
        )
    ),
    record=row,
)
NOTE_USE = Command(
    lambda: ApiToken.update({ApiToken.last_used_at: Param("now")}).where(
        (ApiToken.id == Param("id"))
        & (ApiToken.last_used_at.is_null() | (ApiToken.last_used_at <= Param("before", ApiToken.last_used_at)))
    )
)
CREATE = Statement(
    lambda: ApiToken.insert(
        params(
            ApiToken.digest,
            ApiToken.user,
            ApiToken.name,
            ApiToken.scopes,
            ApiToken.created_at,
            ApiToken.expires_at,
        )
    ).returning(*_COLUMNS),
    record=_record,
)
OF_USER = Statement(
    lambda: ApiToken.select(*_COLUMNS).where(ApiToken.user == Param("user_id")).order_by(ApiToken.id.desc()),
    record=_record,
)
ONE = Statement(
    lambda: ApiToken.select(*_COLUMNS).where((ApiToken.id == Param("id")) & (ApiToken.user == Param("user_id"))),
    record=_record,
)
REVOKE = Command(lambda: ApiToken.delete().where((ApiToken.id == Param("id")) & (ApiToken.user == Param("user_id"))))
REVOKE_ALL = Command(lambda: ApiToken.delete().where(ApiToken.user == Param("user_id")))


class ApiTokens:
    """Makes tokens, says whose one is, and takes them back. Only their hashes are kept."""

    def __init__(self, db: Engine, audit: Audit, clock: Clock) -> None:
        self.db = db
        self._audit, self._clock = audit, clock

    def authenticate(self, token: str, client: Client) -> tuple[Actor, bool]:
        """Who sent this token, looked up each time; and whether its use should be noted (see `note_use`).

        Its owner's being an administrator counts with the scope `admin` only. Raises `InvalidToken`.
        """
        now = self._clock()
        found = ACTOR.one(self.db, digest=_digest(token), now=now) if _TOKEN.fullmatch(token) else None
        if found is None:
            raise InvalidToken("it is unknown, was revoked, or has expired")
        user_id, username, is_admin, token_id, text, last_used, is_verified = found
        scopes = _split(text)
        actor = Actor(
            user_id,
            username,
            is_admin and "admin" in scopes,
            client=client,
            token_id=token_id,
            scopes=scopes,
            is_verified=is_verified,
        )
        return actor, last_used is None or last_used <= now - NOTED

    @atomic
    def note_use(self, actor: Actor) -> None:
        """Remember that the actor's token was used, unless somebody else just did."""
        now = self._clock()
        NOTE_USE.run(self.db, id=actor.token_id, now=now, before=now - NOTED)

    @atomic
    def create(self, actor: Actor, form: ApiTokenIn) -> NewApiToken:
        """A new token of the actor. Raises `ReauthenticationRequired`."""
        now = self._clock()
        policy.require_recent_authentication(actor, now)
        self._check(actor, form)
        if len(OF_USER.all(self.db, user_id=actor.user_id)) >= MOST:
            raise Conflict(f"You have {MOST} tokens, which is the most there may be. Revoke one that is not in use.")
        token = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        days = form.expires_in_days
        made = CREATE.one(
            self.db,
            digest=_digest(token),
            user=actor.user_id,
            name=form.name.strip(),
            scopes=" ".join(sorted(set(form.scopes))),
            created_at=now,
            expires_at=None if days is None else now + timedelta(days=days),
        )
        assert made is not None
        scopes = " ".join(made.scopes)
        self._audit.record(Event.TOKEN_CREATED, actor, token=made.id, scopes=scopes, expires_in_days=days)
        return NewApiToken(made.id, made.name, made.scopes, made.created_at, made.expires_at, None, token)

    def all(self, actor: Actor) -> ApiTokenList:
        """The actor's tokens, also those that have expired."""
        return ApiTokenList(OF_USER.all(self.db, user_id=actor.user_id))

    def get(self, actor: Actor, token_id: int) -> ApiTokenOut:
        """A token of the actor. Raises `NotFound`."""
        found = ONE.one(self.db, id=token_id, user_id=actor.user_id)
        if found is None:
            raise NotFound("API token", token_id)
        return found

    @atomic
    def revoke(self, actor: Actor, token_id: int) -> None:
        """A token of the actor is worth nothing from now on. Raises `NotFound` and `ReauthenticationRequired`."""
        policy.require_recent_authentication(actor, self._clock())
        if not REVOKE.run(self.db, id=token_id, user_id=actor.user_id):
            raise NotFound("API token", token_id)
        self._audit.record(Event.TOKEN_REVOKED, actor, token=token_id)

    @atomic
    def revoke_all(self, user_id: int) -> int:
        """Revoke every token of somebody, as a part of what makes it necessary; how many they were."""
        return REVOKE_ALL.run(self.db, user_id=user_id)

    def _check(self, actor: Actor, form: ApiTokenIn) -> None:
        errors = {}
        if not form.name.strip() or not validation.is_one_line(form.name):
            errors["name"] = ["must be one line of text without control characters."]
        if "admin" in form.scopes and not actor.is_admin:
            errors["scopes"] = ["may hold admin for an administrator only. Leave it out."]
        if errors:
            raise ValidationFailed(errors)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
