"""Tickets of sign-ins with a provider: random, kept as hashes only, for minutes, and taken back once."""

import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum
from typing import Final, TypeVar

import msgspec

from tripkit.database import Command, Engine, Param, Statement, atomic, params
from tripkit.models import OAuthTicket
from tripkit.services.clock import Clock

T = TypeVar("T", bound=msgspec.Struct)


class Step(StrEnum):
    """What a ticket is good for."""

    #: A browser is at the provider; it comes back with the `state`.
    STATE = "state"
    #: A front end may redeem a code for tokens, or to link.
    HANDOVER = "handover"
    #: An app may send an ID token that bears this nonce.
    NONCE = "nonce"
    #: Somebody who is signed in may send their browser to link.
    LINK = "link"


LIFETIMES: Final = {
    Step.STATE: timedelta(minutes=10),
    Step.HANDOVER: timedelta(seconds=60),
    Step.NONCE: timedelta(minutes=10),
    Step.LINK: timedelta(seconds=60),
}
CREATE = Command(
    lambda: OAuthTicket.insert(
        params(OAuthTicket.digest, OAuthTicket.purpose, OAuthTicket.payload, OAuthTicket.expires_at)
    )
)
USE = Statement(
    lambda: (
        OAuthTicket.delete()
        .where(
            (OAuthTicket.digest == Param("digest"))
            & (OAuthTicket.purpose == Param("purpose"))
            & (OAuthTicket.expires_at > Param("now"))
        )
        .returning(OAuthTicket.payload)
    ),
    record=bytes,
)
FORGET = Command(lambda: OAuthTicket.delete().where(OAuthTicket.expires_at <= Param("now")))


class OAuthTickets:
    """Issues tickets of 256 bits, and takes each back once."""

    def __init__(self, db: Engine, clock: Clock) -> None:
        self.db = db
        self._clock = clock

    @atomic
    def issue(self, step: Step, payload: msgspec.Struct) -> str:
        """A new ticket."""
        ticket = secrets.token_urlsafe(32)
        CREATE.run(
            self.db,
            digest=digest(ticket),
            purpose=step,
            payload=msgspec.json.encode(payload).decode(),
            expires_at=self._clock() + LIFETIMES[step],
        )
        return ticket

    @atomic
    def use(self, step: Step, ticket: str, kind: type[T]) -> T | None:
        """What the ticket was issued for, with which it is gone; None when it is unknown, used or too old."""
        found = USE.one(self.db, digest=digest(ticket), purpose=step, now=self._clock())
        return None if found is None else msgspec.json.decode(found, type=kind)

    @atomic
    def forget_expired(self) -> int:
        """Delete what has expired; how many they were."""
        return FORGET.run(self.db, now=self._clock())


def digest(secret: str) -> str:
    """How a secret is kept."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
