"""The outbox: mail goes out once, whatever happens to the server that sends it and to the one that takes it."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import msgspec
import pytest

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import Mail, Settings
from tripkit.errors import Forbidden, MailDelayed, MailRefused, MailUnavailable, ValidationFailed
from tripkit.mail import messages
from tripkit.mail.base import FINAL_ANSWER, Message
from tripkit.schemas.outbox import Delivery
from tripkit.schemas.users import Actor
from tripkit.services.outbox import FIRST_WAIT, GIVE_UP, LONGEST_WAIT, Outbox
from tripkit.services.policy import OPERATOR

from ..conftest import on_sqlite
from ..smtp import HANG_UP, PASSWORD, USERNAME, Gate, MailServer, mail_server

SECRET = "token-that-nobody-may-see"
TIMEOUT = 1


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as started:
        yield started


@pytest.fixture
def settings(settings: Settings, server: MailServer) -> Settings:
    """Mail goes to `server`."""
    options = Mail(
        backend="smtp",
        host="127.0.0.1",
        port=server.port,
        security="none",
        username=USERNAME,
        password=PASSWORD,
        sender="trips@example.org",
        timeout=TIMEOUT,
    )
    return msgspec.structs.replace(settings, mail=options)


@pytest.fixture
def outbox(tripkit: Tripkit) -> Outbox:
    return tripkit.outbox


@pytest.fixture
def other(tripkit: Tripkit, settings: Settings, clock: Any) -> Iterator[Outbox]:
    """The outbox of another process on the same database, or of the same one after a restart."""
    opened = open_tripkit(settings, clock=clock)
    yield opened.outbox
    opened.close()


def message(to: str = "ada@example.org", *, hours: int = 24, name: str = "Ada") -> Message:
    link = f"https://trips.example.org/account/verify?token={SECRET}"
    return messages.verify_email(to, name=name, link=link, hours=hours)


def deliver(outbox: Outbox, **options: Any) -> list[str]:
    return [delivery.result for delivery in outbox.deliver_due(**options)]


def rows(tripkit: Tripkit) -> int:
    found: int = tripkit.db.execute("SELECT count(*) FROM outbox").fetchone()[0]
    return found


def recipients(server: MailServer) -> list[str]:
    return sorted(str(received["To"]) for received in server.received)


# --- putting ----------------------------------------------------------------------------------------------------------


def test_a_message_goes_out_with_what_it_says_and_nothing_of_it_stays(
    outbox: Outbox, server: MailServer, tripkit: Tripkit, clock: Any
) -> None:
    outbox.put(message())
    assert [(each.to, each.result) for each in outbox.deliver_due()] == [("ada@example.org", "sent")]
    [received] = server.received
    assert received["Date"].datetime == clock().replace(microsecond=0)
    assert SECRET in received.get_body(("plain",)).get_content()
    assert rows(tripkit) == 0
    assert deliver(outbox) == []


def test_a_message_is_kept_or_lost_with_the_unit_that_puts_it(tripkit: Tripkit, outbox: Outbox) -> None:
    def work(error: Exception | None) -> None:
        outbox.put(message())
        if error:
            raise error

    with pytest.raises(RuntimeError):
        tripkit.db.unit(partial(work, RuntimeError()))
    assert (rows(tripkit), outbox.news.is_set()) == (0, False)
    tripkit.db.unit(partial(work, None))
    assert (rows(tripkit), outbox.news.is_set()) == (1, True)


def test_putting_waits_for_no_mail_server(outbox: Outbox, server: MailServer) -> None:
    server.answer("CONNECT", 30)
    outbox.put(message())
    assert server.steps == []


def test_messages_go_out_in_the_order_they_were_put(outbox: Outbox, server: MailServer) -> None:
    for name in "abc":
        outbox.put(message(f"{name}@example.org"))
    assert deliver(outbox) == ["sent"] * 3
    assert [received["To"] for received in server.received] == ["a@example.org", "b@example.org", "c@example.org"]


# --- trying again -----------------------------------------------------------------------------------------------------


def test_a_delayed_message_is_tried_again_later_and_later(
    outbox: Outbox, server: MailServer, tripkit: Tripkit, clock: Any
) -> None:
    server.answer("RCPT", *["451 4.7.1 Greylisted"] * 12)
    outbox.put(message(hours=72))
    waits = []
    for _ in range(12):
        [delivery] = outbox.deliver_due()
        assert delivery.result == "delayed"
        assert "451 4.7.1 Greylisted" in delivery.reason
        wait = outbox.seconds_until_due()
        assert wait is not None
        clock.advance(seconds=wait - 0.001)
        assert deliver(outbox) == []
        clock.advance(seconds=0.001)
        waits.append(wait)
    assert waits[:4] == [5, 10, 20, 40]
    assert waits[0] == FIRST_WAIT.total_seconds()
    assert waits[-1] == LONGEST_WAIT.total_seconds()
    assert deliver(outbox) == ["sent"]
    assert len(server.received) == 1
    assert outbox.seconds_until_due() is None


def test_a_retry_survives_a_restart(outbox: Outbox, other: Outbox, server: MailServer, clock: Any) -> None:
    server.answer("END", "451 Disk full")
    outbox.put(message())
    assert deliver(outbox) == ["delayed"]
    assert deliver(other) == []
    clock.advance(seconds=5)
    assert deliver(other) == ["sent"]
    assert len(server.received) == 1


@pytest.mark.parametrize("step", ["CONNECT", "MAIL", "RCPT", "DATA", "END"])
def test_a_mail_server_that_dies_mid_message_gets_the_same_message_again(
    outbox: Outbox, server: MailServer, clock: Any, step: str
) -> None:
    sent = message()
    server.answer(step, HANG_UP)
    outbox.put(sent)
    assert deliver(outbox) == ["delayed"]
    clock.advance(seconds=5)
    assert deliver(outbox) == ["sent"]
    assert [received["Message-ID"] for received in server.received] == [f"<{sent.token}@example.org>"]


def test_a_refused_message_is_dropped(outbox: Outbox, server: MailServer, tripkit: Tripkit) -> None:
    server.answer("RCPT", "550 5.1.1 No such user")
    outbox.put(message())
    outbox.put(message("bob@example.org"))
    refused, sent = outbox.deliver_due()
    assert (refused.to, refused.result) == ("ada@example.org", "refused")
    assert "550 5.1.1 No such user" in refused.reason
    assert sent.result == "sent", "the others go on"
    assert rows(tripkit) == 0


def test_an_address_that_is_none_is_dropped(outbox: Outbox, server: MailServer, tripkit: Tripkit) -> None:
    outbox.put(message("ada@example.org\r\nBcc: eve@example.org"))
    assert deliver(outbox) == ["refused"]
    assert (server.steps, rows(tripkit)) == ([], 0)


def test_a_mail_server_that_is_down_is_not_pestered_for_every_message(
    outbox: Outbox, server: MailServer, clock: Any
) -> None:
    server.answer("AUTH", *["535 Wrong password"] * 3)
    for number in range(20):
        outbox.put(message(f"user{number}@example.org"))
    assert deliver(outbox) == ["delayed"]
    assert server.steps.count("CONNECT") == 1
    clock.advance(seconds=5)
    assert deliver(outbox) == ["sent"] * 20


@pytest.mark.parametrize(("hours", "kept"), [(2, 2), (24 * 30, GIVE_UP.total_seconds() / 3600)])
def test_a_message_is_given_up_when_it_is_of_no_use_any_more(
    outbox: Outbox, server: MailServer, tripkit: Tripkit, clock: Any, hours: int, kept: float
) -> None:
    outbox.put(message(hours=hours))
    clock.advance(hours=kept, seconds=-1)
    server.answer("RCPT", "451 Later")
    [delivery] = outbox.deliver_due()
    assert delivery.result == "expired", "the next try would be too late"
    assert "451 Later" in delivery.reason
    outbox.put(message(hours=hours))
    clock.advance(hours=kept)
    assert deliver(outbox) == ["expired"]
    assert (server.received, rows(tripkit)) == ([], 0)


def test_what_nobody_thought_of_delays_a_message_and_is_not_swallowed(
    outbox: Outbox, server: MailServer, tripkit: Tripkit, clock: Any
) -> None:
    tripkit.__dict__["mailer"] = None
    outbox.put(message())
    with pytest.raises(AttributeError):
        deliver(outbox)
    assert deliver(outbox) == []
    del tripkit.__dict__["mailer"]
    clock.advance(seconds=5)
    assert deliver(outbox) == ["sent"]


# --- many senders, and some that die ----------------------------------------------------------------------------------


def test_of_many_senders_one_takes_each_message(
    outbox: Outbox, server: MailServer, settings: Settings, clock: Any, tripkit: Tripkit, in_threads: Any
) -> None:
    expected = sorted(f"user{number}@example.org" for number in range(30))
    for address in expected:
        outbox.put(message(address))
    tripkits = [open_tripkit(settings, clock=clock) for _ in range(4)]
    waiting = iter(tripkits)
    taken: list[list[str]] = []

    def send() -> None:
        mine = next(waiting)
        try:
            taken.append(deliver(mine.outbox))
        finally:
            mine.close()

    assert in_threads(4, send, tripkit.db) == [None] * 4
    assert recipients(server) == expected
    assert sum(map(len, taken)) == 30
    assert rows(tripkit) == 0
    for each in tripkits:
        each.close()


@pytest.fixture
def deliver_elsewhere(settings: Settings, clock: Any) -> Iterator[Callable[..., "Future[list[str]]"]]:
    """Deliver in a process of its own, as it were; what comes of it, later."""
    pool = ThreadPoolExecutor(4)

    def work(options: dict[str, Any]) -> list[str]:
        mine = open_tripkit(settings, clock=clock)
        try:
            return deliver(mine.outbox, **options)
        finally:
            mine.close()

    yield lambda **options: pool.submit(work, options)
    pool.shutdown()


def test_what_a_sender_has_is_left_to_it(
    outbox: Outbox, server: MailServer, deliver_elsewhere: Any, clock: Any
) -> None:
    server.answer("RCPT", gate := Gate())
    server.answer("END", last := Gate())
    outbox.put(message())
    elsewhere = deliver_elsewhere()
    gate.wait()
    assert deliver(outbox) == []
    gate.open()
    last.wait()
    clock.advance(seconds=FINAL_ANSWER)
    assert deliver(outbox) == []
    last.open()
    assert elsewhere.result() == ["sent"]
    assert len(server.received) == 1


def test_a_sender_that_was_away_for_too_long_sends_nothing_any_more(
    outbox: Outbox, server: MailServer, deliver_elsewhere: Any, clock: Any
) -> None:
    server.answer("RCPT", gate := Gate())
    outbox.put(message())
    elsewhere = deliver_elsewhere()
    gate.wait()
    clock.advance(seconds=2 * TIMEOUT)
    assert deliver(outbox) == ["sent"]
    gate.open()
    assert elsewhere.result() == []
    assert len(server.received) == 1


def test_a_sender_that_was_away_for_too_long_leaves_the_message_to_whoever_took_it(
    outbox: Outbox, server: MailServer, deliver_elsewhere: Any, clock: Any
) -> None:
    server.answer("RCPT", gate := Gate(), "451 Later")
    outbox.put(message())
    elsewhere = deliver_elsewhere()
    gate.wait()
    clock.advance(seconds=2 * TIMEOUT)
    assert deliver(outbox) == ["delayed"]
    gate.open()
    assert (elsewhere.result(), server.received) == ([], [])
    assert deliver(outbox) == [], "not before its time"
    clock.advance(seconds=10)
    assert deliver(outbox) == ["sent"]
    assert len(server.received) == 1


def test_what_a_sender_handed_over_before_it_was_gone_is_not_sent_again(
    outbox: Outbox, server: MailServer, deliver_elsewhere: Any, clock: Any, tripkit: Tripkit
) -> None:
    server.answer("END", gate := Gate())
    outbox.put(message())
    elsewhere = deliver_elsewhere()
    gate.wait()
    clock.advance(seconds=FINAL_ANSWER + 2 * TIMEOUT)
    [delivery] = outbox.deliver_due()
    assert delivery == Delivery(1, "ada@example.org", "verify_email", "unknown", delivery.reason)
    assert rows(tripkit) == 0
    gate.open()
    assert elsewhere.result() == ["sent"], "it was only slow"
    assert len(server.received) == 1


def test_a_sender_that_is_to_stop_leaves_what_it_has_not_handed_over(
    outbox: Outbox, server: MailServer, deliver_elsewhere: Any
) -> None:
    stopping = threading.Event()
    server.answer("RCPT", gate := Gate())
    outbox.put(message("a@example.org"))
    outbox.put(message("b@example.org"))
    elsewhere = deliver_elsewhere(stopping=stopping.is_set)
    gate.wait()
    stopping.set()
    gate.open()
    assert elsewhere.result() == []
    assert deliver(outbox) == ["sent", "sent"], "at once, without waiting for anything"
    assert recipients(server) == ["a@example.org", "b@example.org"]


@on_sqlite
@pytest.mark.parametrize(("answer", "result"), [(None, "sent"), ("451 Later", "delayed"), ("550 Never", "refused")])
def test_what_became_of_a_message_is_written_down_when_the_database_is_busy_then(
    server: MailServer,
    settings: Settings,
    clock: Any,
    outbox: Outbox,
    answer: str | None,
    result: str,
    tripkit: Tripkit,
) -> None:
    server.answer("END", gate := Gate(answer))
    options = msgspec.structs.replace(settings.database, busy_timeout=1)
    mine = open_tripkit(msgspec.structs.replace(settings, database=options), clock=clock)
    outbox.put(message())
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(lambda: (deliver(mine.outbox), mine.close())[0])
        gate.wait()
        tripkit.db.execute("BEGIN IMMEDIATE")
        gate.open()
        time.sleep(1.2)
        assert not sending.done()
        tripkit.db.execute("ROLLBACK")
        assert sending.result() == [result]
    mine.close()
    assert rows(tripkit) == (result == "delayed")
    clock.advance(seconds=5)
    assert deliver(outbox) == (["sent"] if result == "delayed" else [])


# --- looking, and testing ---------------------------------------------------------------------------------------------


def test_what_waits_is_listed_without_what_it_says(outbox: Outbox, server: MailServer, clock: Any) -> None:
    put_at = clock()
    outbox.put(message())
    server.answer("RCPT", "451 Later")
    deliver(outbox)
    [waiting] = outbox.waiting(OPERATOR)
    assert (waiting.to, waiting.kind, waiting.attempts) == ("ada@example.org", "verify_email", 1)
    assert (waiting.written_at, waiting.next_try) == (put_at, put_at + FIRST_WAIT)
    assert "451 Later" in waiting.problem
    assert SECRET not in str(msgspec.json.encode(waiting))


def test_only_administrators_look_and_test(outbox: Outbox, ada: Actor, server: MailServer) -> None:
    with pytest.raises(Forbidden):
        outbox.waiting(ada)
    with pytest.raises(Forbidden):
        outbox.send_test(ada, "ada@example.org")
    assert server.steps == []


def test_a_test_is_sent_at_once_and_waits_nowhere(outbox: Outbox, server: MailServer, tripkit: Tripkit) -> None:
    outbox.send_test(OPERATOR, "Ada@Example.org")
    assert recipients(server) == ["Ada@example.org"]
    assert rows(tripkit) == 0


def test_a_test_that_fails_says_why(outbox: Outbox, server: MailServer) -> None:
    with pytest.raises(ValidationFailed) as invalid:
        outbox.send_test(OPERATOR, "ada@example.org\r\nBcc: eve@example.org")
    assert list(invalid.value.errors) == ["email"]
    server.answer("RCPT", "550 No such user")
    with pytest.raises(MailRefused, match="550 No such user"):
        outbox.send_test(OPERATOR, "ada@example.org")
    server.answer("END", 30)
    with pytest.raises(MailDelayed, match="before it said"):
        outbox.send_test(OPERATOR, "ada@example.org")
    server.answer("AUTH", *["535 No"] * 2)
    with pytest.raises(MailUnavailable, match="refuses the login"):
        outbox.send_test(OPERATOR, "ada@example.org")


def test_no_password_is_kept_with_the_problem(outbox: Outbox, server: MailServer) -> None:
    server.answer("AUTH", *[f"535 {PASSWORD} is wrong"] * 2)
    outbox.put(message())
    deliver(outbox)
    [waiting] = outbox.waiting(OPERATOR)
    assert "535 *** is wrong" in waiting.problem
    assert PASSWORD not in waiting.problem
