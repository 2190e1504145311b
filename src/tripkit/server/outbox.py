"""The thread of a server process that sends mail: at once what was put here, and in time what has to be tried again."""

import logging
import threading
from typing import Final

from tripkit import metrics
from tripkit.bootstrap import Tripkit
from tripkit.errors import TripkitError
from tripkit.schemas.outbox import Delivery

_log = logging.getLogger("tripkit.mail")

#: Seconds between two looks for what other processes have put, or left.
LOOK: Final = 5
#: ... and at least, should something be due that cannot be taken.
_PAUSE: Final = 0.2
#: Seconds a stop waits for a message that will not be lost.
_STOP: Final = 1


class OutboxSender:
    """Sends what is in the outbox. Any number of processes may do so at once."""

    def __init__(self, tripkit: Tripkit) -> None:
        self._outbox, self._db, self._patience = tripkit.outbox, tripkit.db, tripkit.settings.mail.timeout
        self._stopping = threading.Event()
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name="tripkit-mail", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """End after the message that is on its way; one that has not been handed over yet may be left for later."""
        self._stopping.set()
        self._outbox.news.set()
        self._thread.join(_STOP)
        if self._outbox.unsettled:  # nobody else could find out what became of it
            self._thread.join(self._patience)

    def _run(self) -> None:
        try:
            while True:
                self._outbox.news.clear()
                if self._stopping.is_set():
                    return
                self._outbox.news.wait(self._round())
        finally:
            self._db.close()

    def _round(self) -> float:
        """Send what is due; how long to wait then."""
        try:
            for delivery in self._outbox.deliver_due(stopping=self._stopping.is_set):
                _tell(delivery)
            self._problem = ""
            due = self._outbox.seconds_until_due()
            return LOOK if due is None else min(LOOK, max(due, _PAUSE))
        except TripkitError as error:
            if str(error) != self._problem:  # once, and not every few seconds
                _log.warning("no mail can be sent: %s", error)
            self._problem = str(error)
        except Exception:
            _log.exception("unexpected error while sending mail")
        return LOOK


def _tell(delivery: Delivery) -> None:
    """Count it, and log a line. Whom it is to is only hinted at: logs are kept for long, and read by many."""
    metrics.MAIL.labels(delivery.result).inc()
    name, _, domain = delivery.to.rpartition("@")
    hint = f"{name[:1]}…@"
    reason = delivery.reason.replace(f"{name}@", hint) if name else delivery.reason
    fields = {"mail": delivery.id, "kind": delivery.kind, "to": hint + domain, "reason": reason or None}
    level = logging.INFO if delivery.result == "sent" else logging.WARNING
    _log.log(level, _SAID[delivery.result], extra={"fields": {k: v for k, v in fields.items() if v is not None}})


_SAID: Final = {
    "sent": "mail was sent",
    "delayed": "mail is delayed, and tried again",
    "refused": "mail was refused, and is not tried again",
    "expired": "mail could not be sent in time, and is not tried again",
    "unknown": "mail may have been sent or not, and is not tried again",
}
