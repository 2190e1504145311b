"""Mail on its way out. It is put here in the unit that causes it, so both are kept or neither is.

A sender takes a message for as long as it may need, talks to the mail server, and deletes the message. Just before the
mail server may count it as sent, that is written down. So nothing is sent twice:

- A sender that dies before has sent nothing: when its time is up, another takes the message.
- A sender that dies after leaves nobody who knows: the message is not sent again, and that is told.
- A mail server that breaks off before its last answer has not accepted the message (RFC 5321, 6.1): it gets it again,
  with the same Message-ID.
"""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec

from tripkit.config import Settings
from tripkit.database import Command, Engine, Param, Statement, atomic, params, row
from tripkit.errors import Busy, DatabaseUnavailable, MailError, MailRefused, MailUnavailable
from tripkit.mail import messages
from tripkit.mail.base import FINAL_ANSWER, Mailer, Message
from tripkit.models import OutboxMessage
from tripkit.schemas.outbox import Delivery, WaitingMail
from tripkit.schemas.users import Actor
from tripkit.services import addresses, policy
from tripkit.services.clock import Clock

#: Each wait is twice the one before.
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(hours=1)
GIVE_UP: Final = timedelta(days=3)
_LONGEST_PROBLEM: Final = 500
_SETTLING: Final = 60
_SETTLING_PAUSE: Final = 0.5

_MINE = (OutboxMessage.id == Param("id")) & (OutboxMessage.attempts == Param("attempts"))
_LATER = {OutboxMessage.due_at: Param("until", OutboxMessage.due_at)}

PUT = Command(
    lambda: OutboxMessage.insert(
        params(
            OutboxMessage.user,
            OutboxMessage.content,
            OutboxMessage.give_up_at,
            OutboxMessage.due_at,
            OutboxMessage.attempts,
            OutboxMessage.problem,
        )
    )
)
NEXT = Statement(
    lambda: (
        OutboxMessage.select(OutboxMessage.id, OutboxMessage.attempts, OutboxMessage.due_at)
        .order_by(OutboxMessage.due_at, OutboxMessage.id)
        .limit(1)
    ),
    record=row,
)
#: One statement, so that one of many takes it.
TAKE = Statement(
    lambda: (
        OutboxMessage.update({OutboxMessage.attempts: OutboxMessage.attempts + 1, **_LATER})
        .where(_MINE & (OutboxMessage.due_at <= Param("now")))
        .returning(
            OutboxMessage.id,
            OutboxMessage.attempts,
            OutboxMessage.content,
            OutboxMessage.give_up_at,
            OutboxMessage.handed_over_at,
        )
    ),
    record=lambda *columns: _Taken(*columns),
)
HAND_OVER = Command(
    lambda: OutboxMessage.update(
        {OutboxMessage.handed_over_at: Param("now", OutboxMessage.handed_over_at), **_LATER}
    ).where(_MINE)
)
RETRY = Command(
    lambda: OutboxMessage.update(
        {OutboxMessage.handed_over_at: None, OutboxMessage.problem: Param("problem"), **_LATER}
    ).where(_MINE)
)
POSTPONE = Command(
    lambda: OutboxMessage.update(_LATER).where(
        (OutboxMessage.due_at < Param("until")) & OutboxMessage.handed_over_at.is_null()
    )
)
REMOVE = Command(lambda: OutboxMessage.delete().where(_MINE))
WAITING = Statement(
    lambda: OutboxMessage.select(
        OutboxMessage.id, OutboxMessage.content, OutboxMessage.due_at, OutboxMessage.attempts, OutboxMessage.problem
    ).order_by(OutboxMessage.id),
    record=row,
)


class Outbox:
    """Keeps mail until it has gone out, and sends it."""

    def __init__(self, db: Engine, mailer: Callable[[], Mailer], clock: Clock, settings: Settings) -> None:
        """`mailer` gives the way to send, when there is something to send."""
        self.db = db
        self._mailer, self._clock = mailer, clock
        #: How long a sender may need up to the end of a message. One that needs longer finds that it was taken away.
        self._lease = timedelta(seconds=2 * settings.mail.timeout)
        #: Set when something new was put here by this process, and committed.
        self.news = threading.Event()
        #: Whether a message was handed over of which it is not known yet what became of it.
        self.unsettled = False

    @atomic
    def put(self, message: Message, user_id: int | None = None) -> None:
        """Keep a message about this account, to be sent soon. It goes out if the unit around this is committed."""
        now = self._clock()
        message = msgspec.structs.replace(message, written_at=now)
        useful = timedelta(hours=message.hours) if message.hours is not None else GIVE_UP
        PUT.run(
            self.db,
            user=user_id,
            content=msgspec.json.encode(message).decode(),
            give_up_at=now + min(useful, GIVE_UP),
            due_at=now,
            attempts=0,
            problem="",
        )
        self.db.after_commit(self.news.set)

    def deliver_due(self, *, stopping: Callable[[], bool] = lambda: False) -> Iterator[Delivery]:
        """Send what is due, one after the other, and say what became of each.

        It waits for the mail server, so it is not for the event loop, nor for a unit. What has not been handed over
        when `stopping` becomes true is left for later.
        """
        while not stopping() and (found := NEXT.one(self.db)) is not None:
            message_id, attempts, due_at = found
            if due_at > self._clock():
                return
            if (taken := self._take(message_id, attempts)) and (delivery := self._deliver(taken, stopping)):
                yield delivery

    def seconds_until_due(self) -> float | None:
        """When there is something to do next; None when nothing waits."""
        found = NEXT.one(self.db)
        return max(0.0, (found[2] - self._clock()).total_seconds()) if found else None

    def waiting(self, actor: Actor) -> list[WaitingMail]:
        """What waits to be sent, in the order it was put here."""
        policy.require_admin(actor)
        found = []
        for message_id, content, due_at, attempts, problem in WAITING.all(self.db):
            message = msgspec.json.decode(content, type=Message)
            found.append(
                WaitingMail(message_id, message.to, message.kind, message.written_at, due_at, attempts, problem)
            )
        return found

    def send_test(self, actor: Actor, address: str) -> None:
        """Send a message to this address now, past the outbox. Raises `ValidationFailed` or `MailError`."""
        policy.require_admin(actor)
        self._mailer().send(messages.test(addresses.normalize(address)[0]))

    # --- the way of one message ---------------------------------------------------------------------------------

    @atomic
    def _take(self, message_id: int, attempts: int) -> "_Taken | None":
        """Take a message that is due, unless another sender was quicker."""
        now = self._clock()
        return TAKE.one(self.db, id=message_id, attempts=attempts, now=now, until=now + self._lease)

    def _deliver(self, taken: "_Taken", stopping: Callable[[], bool]) -> Delivery | None:
        if taken.handed_over_at is not None:
            return self._drop(taken, "unknown", "The sender ended before it knew whether the mail server took it.")
        if taken.give_up_at <= self._clock():
            return self._drop(taken, "expired", "It could not be sent in time.")
        try:
            self._mailer().send(taken.message, handing_over=partial(self._hand_over, taken, stopping))
        except _LeftAlone as left:
            if left.is_mine:
                self._retry(taken, "", timedelta())
            return None
        except MailRefused as error:
            return self._drop(taken, "refused", str(error))
        except MailError as error:
            return self._delay(taken, error)
        except Exception:
            self._retry(taken, "unexpected error", _wait(taken.attempts))
            raise
        else:
            return self._drop(taken, "sent")
        finally:
            self.unsettled = False

    def _hand_over(self, taken: "_Taken", stopping: Callable[[], bool]) -> None:
        if stopping():
            raise _LeftAlone(is_mine=True)
        self.unsettled = True
        if not self._mark_handed_over(taken):
            raise _LeftAlone(is_mine=False)

    @atomic
    def _mark_handed_over(self, taken: "_Taken") -> int:
        now = self._clock()
        until = now + timedelta(seconds=FINAL_ANSWER) + self._lease
        return HAND_OVER.run(self.db, id=taken.id, attempts=taken.attempts, now=now, until=until)

    def _delay(self, taken: "_Taken", error: MailError) -> Delivery:
        wait = _wait(taken.attempts)
        if self._clock() + wait >= taken.give_up_at:
            return self._drop(taken, "expired", str(error))
        others = isinstance(error, MailUnavailable)
        _settled(lambda: self._retry(taken, str(error), wait, all_others=others))
        return taken.delivery("delayed", str(error))

    @atomic
    def _retry(self, taken: "_Taken", problem: str, wait: timedelta, *, all_others: bool = False) -> None:
        until = self._clock() + wait
        RETRY.run(self.db, id=taken.id, attempts=taken.attempts, until=until, problem=problem[:_LONGEST_PROBLEM])
        if all_others:  # they would fare no better: a server that is down, or refuses the login, is not pestered
            POSTPONE.run(self.db, until=until)

    def _drop(self, taken: "_Taken", result: Any, reason: str = "") -> Delivery:
        _settled(lambda: self._remove(taken))
        return taken.delivery(result, reason)

    @atomic
    def _remove(self, taken: "_Taken") -> None:
        REMOVE.run(self.db, id=taken.id, attempts=taken.attempts)


class _Taken:
    """A message that a sender has taken."""

    def __init__(
        self, id: int, attempts: int, content: str, give_up_at: datetime, handed_over_at: datetime | None
    ) -> None:
        self.id, self.attempts, self.give_up_at, self.handed_over_at = id, attempts, give_up_at, handed_over_at
        self.message = msgspec.json.decode(content, type=Message)

    def delivery(self, result: Any, reason: str) -> Delivery:
        return Delivery(self.id, self.message.to, self.message.kind, result, reason)


class _LeftAlone(Exception):
    """The message is not handed over: this sender stops, or the message is not its own any more."""

    def __init__(self, *, is_mine: bool) -> None:
        self.is_mine = is_mine
        super().__init__()


def _settled(work: Callable[[], None]) -> None:
    """Write down what became of a message, also when the database is busy: nobody could find it out later."""
    for _ in range(_SETTLING):
        try:
            return work()
        except (Busy, DatabaseUnavailable):
            time.sleep(_SETTLING_PAUSE)
    return work()


def _wait(attempts: int) -> timedelta:
    return min(FIRST_WAIT * (1 << min(attempts - 1, 20)), LONGEST_WAIT)
