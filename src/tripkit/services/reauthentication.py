"""Asking people who are signed in for their password, or a code, again: whoever finds an open session has neither."""

from msgspec import UNSET, UnsetType

from tripkit.database import Engine, Param, Statement, atomic, row
from tripkit.errors import NotConfirmed, ValidationFailed
from tripkit.models import User
from tripkit.schemas.users import Actor, Reauthenticated, ReauthenticationIn
from tripkit.security.passwords import Passwords
from tripkit.services import policy
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock
from tripkit.services.second_factors import SecondFactors
from tripkit.services.sessions import Sessions

DIGEST = Statement(lambda: User.select(User.password_hash).where(User.id == Param("id")), record=row)


class Reauthentication:
    """Checks what is given again, and begins a new session with it."""

    def __init__(
        self,
        db: Engine,
        sessions: Sessions,
        passwords: Passwords,
        second_factors: SecondFactors,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self.db = db
        self._sessions, self._passwords, self._second_factors = sessions, passwords, second_factors
        self._audit, self._clock = audit, clock

    def give(self, actor: Actor, form: ReauthenticationIn) -> Reauthenticated:
        """A new session in the place of the actor's, whose owner is there. Slow: it hashes. Raises `NotConfirmed`.

        Whoever has stolen a token of the session that was there is left behind, and not confirmed along.
        """
        policy.refuse_api_tokens(actor)
        if (form.password is UNSET) == (form.code is UNSET):
            raise ValidationFailed({"password": ["or code has to be sent, and not both."]})
        if form.code is UNSET:
            self.require(actor, form.password, "password", Event.REAUTHENTICATED)
        return self._begin(actor, form.code)

    def require(self, actor: Actor, password: str | UnsetType, field: str, event: Event) -> None:
        """Unless a password is sent with what it confirms, it must have been given a short time ago. Slow: it hashes.

        Raises `ReauthenticationRequired`, or `NotConfirmed` for `field`, which is recorded as a refused `event`.
        """
        if password is UNSET:
            policy.require_recent_authentication(actor, self._clock())
            return
        policy.refuse_api_tokens(actor)
        if not self._passwords.verify(self._digest(actor), password):
            self._audit.record(event, actor, refused="wrong password")
            raise NotConfirmed({field: ["is not your current password."]})

    def require_password(self, actor: Actor, password: str | UnsetType, field: str, event: Event) -> None:
        """As `require`, but whoever has a password gives it: neither a code nor a login just now stands for it."""
        policy.refuse_api_tokens(actor)
        if password is UNSET and self._digest(actor) is not None:
            raise ValidationFailed({field: ["is required."]})
        self.require(actor, password, field, event)

    def _digest(self, actor: Actor) -> str | None:
        found = DIGEST.one(self.db, id=actor.user_id)
        return found[0] if found else None

    @atomic
    def _begin(self, actor: Actor, code: str | UnsetType) -> Reauthenticated:
        if code is not UNSET:
            self._second_factors.confirm(actor, code, Event.REAUTHENTICATED)
        tokens = self._sessions.renew(actor)
        self._audit.record(Event.REAUTHENTICATED, actor)
        return Reauthenticated(self._clock() + policy.RECENT, tokens)
