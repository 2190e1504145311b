"""Sessions: one for each sign-in, a chain of rotating refresh tokens, and access tokens that die with it."""

import secrets
from datetime import timedelta
from typing import Final

import peewee
from msgspec.structs import replace

from tripkit.config import Settings
from tripkit.database import Command, Engine, Param, Statement, atomic, params, row
from tripkit.errors import AccountDisabled, InvalidToken, NotFound, TokenReused
from tripkit.models import Session, User
from tripkit.schemas.sessions import SessionList, SessionOut
from tripkit.schemas.users import NOWHERE, Actor, Client, TokenPair
from tripkit.security import clientip
from tripkit.security.jwt import Tokens
from tripkit.services import policy
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock

#: Sessions in a list. There may be more; whoever has them ends them together.
LISTED: Final = 100

_LIVE = (
    Session.ended_at.is_null()
    & (Session.expires_at > Param("now", Session.expires_at))
    & (Session.refresh_until > Param("now", Session.refresh_until))
)
#: A refresh is what shows that a session is in use: access tokens are only read.
_LAST_USED = peewee.fn.COALESCE(Session.rotated_at, Session.created_at)

ACTOR = Statement(
    lambda: (
        Session.select(
            Session.user, User.username, User.is_admin, Session.id, Session.authenticated_at, User.is_verified
        )
        .join(User)
        .where((Session.id == Param("session_id")) & (Session.user == Param("user_id")) & _LIVE & User.is_active)
    ),
    record=row,
)
CREATE = Statement(
    lambda: Session.insert(
        params(
            Session.user,
            Session.current_jti,
            Session.created_at,
            Session.refresh_until,
            Session.expires_at,
            Session.client,
            Session.device,
            Session.authenticated_at,
        )
    ).returning(Session.id),
    record=int,
)
ALIVE = Statement(
    lambda: (
        Session.select(
            Session.id,
            Session.device,
            Session.client,
            Session.created_at,
            Session.rotated_at,
            Session.refresh_until,
            Session.expires_at,
        )
        .where((Session.user == Param("user_id")) & _LIVE)
        .order_by(_LAST_USED.desc(), Session.id.desc())
        .limit(LISTED)
    ),
    record=lambda number, device, address, created, refreshed, idle, expires: SessionOut(
        number, device, address, created, refreshed or created, idle, expires, is_current=False
    ),
)
#: One conditional UPDATE: the current token may rotate; its parent may once more, shortly, while nobody used the child.
ROTATE = Command(
    lambda: Session.update(
        {
            Session.current_jti: Param("new"),
            Session.parent_jti: Param("old"),
            Session.rotated_at: peewee.Case(
                None,
                ((Session.current_jti == Param("old"), Param("now", Session.rotated_at)),),
                Session.rotated_at,
            ),
            Session.refresh_until: Param("refresh_until", Session.refresh_until),
            Session.client: Param("client"),
            Session.device: Param("device"),
        }
    ).where(
        (Session.id == Param("session_id"))
        & _LIVE
        & (
            (Session.current_jti == Param("old"))
            | ((Session.parent_jti == Param("old")) & (Session.rotated_at > Param("grace_from")))
        )
    )
)
EXPIRES = Statement(
    lambda: (
        Session.select(Session.expires_at, User.is_active)
        .join(User)
        .where((Session.id == Param("session_id")) & (Session.user == Param("user_id")) & _LIVE)
    ),
    record=row,
)
END = Command(
    lambda: Session.update({Session.ended_at: Param("now")}).where(
        (Session.id == Param("session_id")) & Session.ended_at.is_null()
    )
)
END_OWN = Command(
    lambda: Session.update({Session.ended_at: Param("now")}).where(
        (Session.id == Param("session_id")) & (Session.user == Param("user_id")) & _LIVE
    )
)
END_OTHERS = Command(
    lambda: Session.update({Session.ended_at: Param("now")}).where(
        (Session.user == Param("user_id")) & (Session.id != Param("keep")) & Session.ended_at.is_null()
    )
)
CLIENTS = Statement(
    lambda: (
        Session.select(Session.client)
        .join(User)
        .where(User.email_key == Param("email_key"))
        .order_by(Session.id.desc())
        .limit(100)
    ),
    record=str,
)
FORGET = Command(
    lambda: Session.delete().where(
        (Session.expires_at < Param("now")) | (Session.refresh_until < Param("unrefreshed_since"))
    )
)


class Sessions:
    """Starts, refreshes, checks and ends sessions."""

    def __init__(self, db: Engine, tokens: Tokens, audit: Audit, clock: Clock, settings: Settings) -> None:
        self.db = db
        self._tokens, self._audit, self._clock = tokens, audit, clock
        self._security = settings.security

    @atomic
    def start(self, user_id: int, client: Client) -> TokenPair:
        """A new session of this user; its first pair of tokens."""
        now = self._clock()
        expires = now + timedelta(seconds=self._security.session_lifetime)
        refresh_until = min(expires, now + timedelta(seconds=self._security.refresh_lifetime))
        token_id = secrets.token_hex(16)
        session_id = CREATE.one(
            self.db,
            user=user_id,
            current_jti=token_id,
            created_at=now,
            refresh_until=refresh_until,
            expires_at=expires,
            client=client.address[:64],
            device=client.device[:200],
            authenticated_at=now,
        )
        assert session_id is not None
        return self._pair(user_id, session_id, token_id)

    def authenticate(self, access_token: str, client: Client = NOWHERE) -> Actor:
        """Who sent this access token. Its session and user are looked up each time, so that an end is at once."""
        now = self._clock()
        claims = self._tokens.verify_access(access_token, now)
        found = ACTOR.one(self.db, session_id=claims.session_id, user_id=claims.user_id, now=now)
        if found is None:
            raise InvalidToken("its session has ended")
        user_id, username, is_admin, session_id, authenticated_at, is_verified = found
        return Actor(
            user_id,
            username,
            is_admin,
            session_id,
            client,
            authenticated_at=authenticated_at,
            is_verified=is_verified,
        )

    def knows(self, email_key: str, network: str) -> bool:
        """Whether the account with this address was signed in from this network (`Origin.network`), not long ago."""
        clients = CLIENTS.all(self.db, email_key=email_key)
        return bool(network) and any(clientip.network(client) == network for client in clients)

    @atomic
    def refresh(self, refresh_token: str, client: Client = NOWHERE) -> TokenPair:
        """Rotate: a new pair for a refresh token, which is worth nothing from now on.

        Raises `InvalidToken`, and `TokenReused` when it was used before, which ends the session.
        """
        now = self._clock()
        claims = self._tokens.verify("refresh", refresh_token, now)
        found = EXPIRES.one(self.db, session_id=claims.session_id, user_id=claims.user_id, now=now)
        if found is None:
            raise InvalidToken("its session has ended")
        expires, is_active = found
        if not is_active:
            raise AccountDisabled
        token_id = secrets.token_hex(16)
        rotated = ROTATE.run(
            self.db,
            session_id=claims.session_id,
            old=claims.token_id,
            new=token_id,
            now=now,
            refresh_until=min(expires, now + timedelta(seconds=self._security.refresh_lifetime)),
            grace_from=now - timedelta(seconds=self._security.refresh_grace),
            client=client.address[:64],
            device=client.device[:200],
        )
        if not rotated:
            END.run(self.db, session_id=claims.session_id, now=now)
            self._audit.record(
                Event.LOGGED_OUT,
                None,
                subject=claims.user_id,
                client=client,
                session=claims.session_id,
                why="its refresh token was used twice",
            )
            raise TokenReused
        return self._pair(claims.user_id, claims.session_id, token_id)

    @atomic
    def end(self, actor: Actor) -> None:
        """Log out: the session of this request and all its tokens are dead."""
        END.run(self.db, session_id=actor.session_id, now=self._clock())
        self._audit.record(Event.LOGGED_OUT, actor)

    def alive(self, actor: Actor) -> SessionList:
        """The actor's sessions, the 100 used last."""
        found = ALIVE.all(self.db, user_id=actor.user_id, now=self._clock())
        return SessionList([replace(each, is_current=each.id == actor.session_id) for each in found])

    @atomic
    def end_one(self, actor: Actor, session_id: int) -> None:
        """End a session of the actor. Raises `NotFound`, and `ReauthenticationRequired` if it is not the one in use."""
        now = self._clock()
        if session_id != actor.session_id:
            policy.require_recent_authentication(actor, now)
        if not END_OWN.run(self.db, session_id=session_id, user_id=actor.user_id, now=now):
            raise NotFound("session", session_id)
        self._audit.record(Event.LOGGED_OUT, actor, session=session_id)

    @atomic
    def end_others(self, actor: Actor) -> None:
        """End all sessions of the actor but the one in use. Raises `ReauthenticationRequired`."""
        policy.require_recent_authentication(actor, self._clock())
        count = self.end_all(actor.user_id, but=actor.session_id)
        self._audit.record(Event.OTHERS_LOGGED_OUT, actor, count=count)

    @atomic
    def renew(self, actor: Actor) -> TokenPair:
        """A session that begins now, in the place of the actor's, whose tokens are dead: some may be in other hands."""
        if not END_OWN.run(self.db, session_id=actor.session_id, user_id=actor.user_id, now=self._clock()):
            raise InvalidToken("its session has ended")
        return self.start(actor.user_id, actor.client)

    @atomic
    def end_all(self, user_id: int, *, but: int | None = None) -> int:
        """End every session of a user, except one; how many were ended."""
        return END_OTHERS.run(self.db, user_id=user_id, keep=but or 0, now=self._clock())

    @atomic
    def forget_expired(self) -> int:
        """Delete the sessions whose tokens could no longer be used anyway; how many they were."""
        now = self._clock()
        last_access = timedelta(seconds=self._security.access_lifetime)
        return FORGET.run(self.db, now=now, unrefreshed_since=now - last_access)

    def _pair(self, user_id: int, session_id: int, refresh_id: str) -> TokenPair:
        now = self._clock()
        security = self._security
        access = self._tokens.issue(
            "access",
            user_id=user_id,
            session_id=session_id,
            token_id=secrets.token_hex(16),
            now=now,
            until=now + timedelta(seconds=security.access_lifetime),
        )
        refresh = self._tokens.issue(
            "refresh",
            user_id=user_id,
            session_id=session_id,
            token_id=refresh_id,
            now=now,
            until=now + timedelta(seconds=security.refresh_lifetime),
        )
        return TokenPair(access=access, refresh=refresh)
