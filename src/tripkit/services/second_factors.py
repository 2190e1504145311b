"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when the app is gone.

A code of the app is taken once, and none that is older than it. Wrong codes are counted for each person, in the
database: after ten in a row the codes of the app pause, longer each time. Recovery codes go on: nobody guesses 120
bits, and their owner is not kept out by whoever tries.
"""

import hashlib
import re
import secrets
from base64 import b32encode
from datetime import datetime, timedelta
from typing import Final

import pyotp
from msgspec import Struct
from pyotp.exceptions import OTPVerificationError

from tripkit.database import Command, Engine, Param, Statement, atomic, params
from tripkit.errors import Conflict, InvalidCode, InvalidToken, NotConfirmed, NotFound, TooManyRequests
from tripkit.models import RecoveryCode, SecondFactor
from tripkit.schemas.second_factor import ChallengeIn, RecoveryCodes, SecondFactorOut, SecondFactorSetup
from tripkit.schemas.users import Actor, Client
from tripkit.security.sealing import Sealer
from tripkit.services import policy
from tripkit.services.audit import Audit, Event
from tripkit.services.clock import Clock
from tripkit.services.one_time_tokens import OneTimeTokens, Purpose

#: For which the keys are derived that seal the secrets.
PURPOSE: Final = "second factor"
#: Steps of 30 s before and after the present one, for clocks that differ.
WINDOW: Final = 1
#: How long the second step of a login may take, and how many wrong codes it may have.
CHALLENGE_LIFETIME: Final = timedelta(minutes=5)
CHALLENGE_FAILURES: Final = 5
#: Wrong codes in a row before codes of the app pause: for a minute, then twice as long after each further one.
FREE_FAILURES: Final = 10
LONGEST_PAUSE: Final = timedelta(days=1)
RECOVERY_CODES: Final = 10
_APP_CODE: Final = re.compile("[0-9]{6}")
_REPLAYED: Final = "This code was used before. Wait for the next one."
_NONE: Final = "There is no second factor on this account."
_PAUSED: Final = "Too many wrong codes: those of the app are not taken for a while, recovery codes are."
_UNREADABLE: Final = (
    "The key of this server was replaced, so codes of the app cannot be checked any more. "
    "Use a recovery code, or ask whoever runs this server to remove the second factor."
)


class _Factor(Struct, frozen=True):
    sealed: str
    confirmed_at: datetime | None
    failures: int
    failed_at: datetime | None


_MINE = SecondFactor.user == Param("user_id")
FACTOR = Statement(
    lambda: SecondFactor.select(
        SecondFactor.sealed, SecondFactor.confirmed_at, SecondFactor.failures, SecondFactor.failed_at
    ).where(_MINE),
    record=_Factor,
)
FACTOR_TO_WRITE = Statement(FACTOR.build, FACTOR.record, locks=SecondFactor)
#: A secret that waits to be confirmed makes room for a newer one; an active one does not.
SET_UP = Command(
    lambda: SecondFactor.insert(
        params(
            SecondFactor.user,
            SecondFactor.sealed,
            SecondFactor.key,
            SecondFactor.last_step,
            SecondFactor.failures,
        )
    ).on_conflict(
        conflict_target=[SecondFactor.user],
        preserve=[SecondFactor.sealed, SecondFactor.key],
        where=SecondFactor.confirmed_at.is_null(),
    )
)
ACTIVATE = Command(
    lambda: SecondFactor.update(params(SecondFactor.confirmed_at, SecondFactor.last_step)).where(
        _MINE & SecondFactor.confirmed_at.is_null()
    )
)
USE_STEP = Command(
    lambda: SecondFactor.update({SecondFactor.last_step: Param("step"), SecondFactor.failures: 0}).where(
        _MINE & (SecondFactor.last_step < Param("step"))
    )
)
USE_RECOVERY_CODE = Command(
    lambda: RecoveryCode.delete().where(
        (RecoveryCode.user == Param("user_id")) & (RecoveryCode.digest == Param("digest"))
    )
)
FAIL = Command(
    lambda: SecondFactor.update(
        {SecondFactor.failures: SecondFactor.failures + 1, SecondFactor.failed_at: Param("now")}
    ).where(_MINE)
)
FORGIVE = Command(lambda: SecondFactor.update({SecondFactor.failures: 0}).where(_MINE))
REMOVE = Command(lambda: SecondFactor.delete().where(_MINE))
ADD_RECOVERY_CODE = Command(lambda: RecoveryCode.insert(params(RecoveryCode.user, RecoveryCode.digest)))
RECOVERY_CODES_LEFT = Statement(
    lambda: RecoveryCode.select(RecoveryCode.id).where(RecoveryCode.user == Param("user_id")), record=int
)
REMOVE_RECOVERY_CODES = Command(lambda: RecoveryCode.delete().where(RecoveryCode.user == Param("user_id")))
OF_OLD_KEYS = Statement(
    lambda: SecondFactor.select(SecondFactor.user, SecondFactor.sealed).where(SecondFactor.key != Param("key")),
    record=lambda user_id, sealed: (user_id, sealed),
    locks=SecondFactor,
)
RESEAL = Command(lambda: SecondFactor.update(params(SecondFactor.sealed, SecondFactor.key)).where(_MINE))


class SecondFactors:
    """Sets second factors up, asks for their codes, and removes them."""

    def __init__(
        self, db: Engine, sealer: Sealer, challenges: OneTimeTokens, audit: Audit, clock: Clock, *, issuer: str
    ) -> None:
        """`issuer`: the name under which the app shows the account."""
        self.db = db
        self._sealer, self._challenges, self._audit, self._clock = sealer, challenges, audit, clock
        self._issuer = issuer

    # --- for its owner ------------------------------------------------------------------------------------------

    def status(self, actor: Actor) -> SecondFactorOut:
        """Whether the actor has one, and how many recovery codes are left."""
        factor = FACTOR.one(self.db, user_id=actor.user_id)
        active_since = factor.confirmed_at if factor else None
        left = len(RECOVERY_CODES_LEFT.all(self.db, user_id=actor.user_id))
        return SecondFactorOut(active_since is not None, active_since, left)

    @atomic
    def set_up(self, actor: Actor) -> SecondFactorSetup:
        """A new secret for the app. It counts for nothing until `activate`. Raises `ReauthenticationRequired`."""
        policy.require_recent_authentication(actor, self._clock())
        secret = pyotp.random_base32()
        values = {"sealed": self._sealer.seal(secret), "key": self._sealer.key_id}
        if not SET_UP.run(self.db, user=actor.user_id, last_step=0, failures=0, **values):
            raise Conflict("There is a second factor already. Remove it first.")
        uri = pyotp.TOTP(secret).provisioning_uri(name=actor.username, issuer_name=self._issuer)
        return SecondFactorSetup(uri, secret)

    @atomic
    def activate(self, actor: Actor, code: str) -> RecoveryCodes:
        """From now on a code is needed to log in. Raises `NotConfirmed` unless `code` is one of the app."""
        now = self._clock()
        policy.require_recent_authentication(actor, now)
        factor = FACTOR_TO_WRITE.one(self.db, user_id=actor.user_id)
        if factor is None or factor.confirmed_at is not None:
            raise Conflict("There is no second factor that waits to be confirmed. Set one up first.")
        secret = self._sealer.open(factor.sealed)
        step = self._step(secret, _typed(code)) if secret else None
        if step is None:
            raise NotConfirmed({"code": ["is wrong. Is the clock of the device right?"]})
        ACTIVATE.run(self.db, user_id=actor.user_id, confirmed_at=now, last_step=step)
        codes = self._new_recovery_codes(actor.user_id)
        self._audit.record(Event.SECOND_FACTOR_ADDED, actor)
        return codes

    @atomic
    def renew_recovery_codes(self, actor: Actor) -> RecoveryCodes:
        """New recovery codes; the earlier ones are worth nothing. Raises `ReauthenticationRequired`."""
        policy.require_recent_authentication(actor, self._clock())
        if self._active(actor.user_id) is None:
            raise Conflict(_NONE)
        codes = self._new_recovery_codes(actor.user_id)
        self._audit.record(Event.RECOVERY_CODES_CHANGED, actor)
        return codes

    @atomic
    def confirm(self, actor: Actor, code: str, event: Event) -> None:
        """Use up a code of the actor, to confirm what is done. Raises `NotConfirmed`, recorded as refused `event`."""
        policy.refuse_api_tokens(actor)
        factor = self._active(actor.user_id)
        if factor is None:
            raise Conflict(_NONE)
        try:
            self._use(actor.user_id, factor, code)
        except InvalidCode as wrong:
            self._audit.record(event, actor, refused="wrong code")
            raise NotConfirmed({"code": [str(wrong)]}) from None

    @atomic
    def disable(self, actor: Actor, code: str) -> None:
        """Remove the actor's second factor. Raises `NotConfirmed` unless `code` is right."""
        self.confirm(actor, code, Event.SECOND_FACTOR_REMOVED)
        self.forget(actor.user_id)
        self._audit.record(Event.SECOND_FACTOR_REMOVED, actor)

    # --- for administrators and other services ------------------------------------------------------------------

    @atomic
    def remove(self, actor: Actor, user_id: int) -> None:
        """Remove somebody's second factor, who lost it. Raises `NotFound` when there is none."""
        policy.require_admin(actor)
        if not self.forget(user_id):
            raise NotFound("second factor of user", user_id)
        self._audit.record(Event.SECOND_FACTOR_REMOVED, actor, subject=user_id)

    @atomic
    def forget(self, user_id: int) -> bool:
        """Remove a second factor as a part of what makes it necessary; whether there was one."""
        self._challenges.revoke(Purpose.SECOND_FACTOR, user_id)
        REMOVE_RECOVERY_CODES.run(self.db, user_id=user_id)
        return bool(REMOVE.run(self.db, user_id=user_id))

    @atomic
    def reseal(self) -> int:
        """Seal with the current key what an earlier one has sealed, while that is still there; how many they were."""
        count = 0
        for user_id, sealed in OF_OLD_KEYS.all(self.db, key=self._sealer.key_id):
            if (secret := self._sealer.open(sealed)) is not None:
                count += RESEAL.run(self.db, user_id=user_id, sealed=self._sealer.seal(secret), key=self._sealer.key_id)
        return count

    # --- logging in ---------------------------------------------------------------------------------------------

    @atomic
    def challenge(self, user_id: int, proof: str) -> str | None:
        """The secret that the second step of a login has to bring, or None if no code is needed.

        `proof` says which first step it belongs to; `answer` gives it back.
        """
        factor = FACTOR.one(self.db, user_id=user_id)
        if factor is None or factor.confirmed_at is None:
            return None
        payload = {"proof": proof, "failures": factor.failures}
        return self._challenges.issue(Purpose.SECOND_FACTOR, user_id, CHALLENGE_LIFETIME, payload)

    @atomic
    def answer(self, form: ChallengeIn, client: Client) -> tuple[int, str, str]:
        """Use a challenge and a code up; the user and the proof of the challenge, and what kind of code it was.

        Raises `InvalidToken` for the challenge and `InvalidCode` for the code.
        """
        user_id, payload = self._challenges.peek(Purpose.SECOND_FACTOR, form.challenge)
        factor = self._active(user_id)
        if factor is None:
            raise InvalidToken("the second factor was removed meanwhile")
        try:
            way = self._use(user_id, factor, form.code)
        except InvalidCode:
            if factor.failures + 1 - payload["failures"] >= CHALLENGE_FAILURES:
                self._challenges.revoke(Purpose.SECOND_FACTOR, user_id)
            self._audit.record(Event.LOGGED_IN, None, subject=user_id, client=client, refused="wrong code")
            raise
        self._challenges.use(Purpose.SECOND_FACTOR, form.challenge)
        return user_id, payload["proof"], way

    # --- the parts ----------------------------------------------------------------------------------------------

    def _active(self, user_id: int) -> _Factor | None:
        """The factor, which stays as it is until the unit ends."""
        factor = FACTOR_TO_WRITE.one(self.db, user_id=user_id)
        return factor if factor and factor.confirmed_at else None

    def _use(self, user_id: int, factor: _Factor, code: str) -> str:
        """Take a code, once; what kind it was. Raises `InvalidCode`, or `TooManyRequests` while the app's pause."""
        typed = _typed(code)
        if _APP_CODE.fullmatch(typed):
            self._refuse_while_paused(factor)
            secret = self._sealer.open(factor.sealed)
            if secret is None:
                raise InvalidCode(_UNREADABLE)
            if (step := self._step(secret, typed)) is not None:
                if not USE_STEP.run(self.db, user_id=user_id, step=step):
                    raise InvalidCode(_REPLAYED)  # no guess: it does not count as a failure
                return "app"
        elif USE_RECOVERY_CODE.run(self.db, user_id=user_id, digest=_digest(typed)):
            FORGIVE.run(self.db, user_id=user_id)
            return "recovery code"
        FAIL.run(self.db, user_id=user_id, now=self._clock())
        raise InvalidCode

    def _step(self, secret: str, typed: str) -> int | None:
        """The time step whose code this is."""
        try:
            return pyotp.TOTP(secret).verify_and_get_timecode(typed, for_time=self._clock(), valid_window=WINDOW)
        except OTPVerificationError:
            return None

    def _refuse_while_paused(self, factor: _Factor) -> None:
        over = factor.failures - FREE_FAILURES
        if over < 0 or factor.failed_at is None:
            return
        pause = min(timedelta(minutes=2 ** min(over, 16)), LONGEST_PAUSE)
        left = factor.failed_at + pause - self._clock()
        if left > timedelta(0):
            raise TooManyRequests("second_factor", _PAUSED, _seconds(left))

    def _new_recovery_codes(self, user_id: int) -> RecoveryCodes:
        REMOVE_RECOVERY_CODES.run(self.db, user_id=user_id)
        codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
        for code in codes:
            ADD_RECOVERY_CODE.run(self.db, user=user_id, digest=_digest(_typed(code)))
        return RecoveryCodes(codes)


def _recovery_code() -> str:
    """120 random bits: four groups of six letters and digits."""
    text = b32encode(secrets.token_bytes(15)).decode().lower()
    return "-".join(text[start : start + 6] for start in range(0, 24, 6))


def _typed(code: str) -> str:
    """A code without what people put between its parts."""
    return re.sub(r"[\s-]", "", code).lower()


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _seconds(span: timedelta) -> int:
    return max(int(span.total_seconds()), 0) + 1
