"""Sessions: instant ends, rotating refresh tokens, and what happens when one comes back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import Settings
from tripkit.database import Engine, SqliteEngine, Writer
from tripkit.errors import InvalidToken, TokenReused
from tripkit.schemas.users import Client, SignedIn, TokenPair
from tripkit.services.sessions import Sessions

from ..conftest import on_sqlite

DAY = 86_400
GRACE = 10


@pytest.fixture
def sessions(tripkit: Tripkit) -> Sessions:
    return tripkit.sessions


@pytest.fixture
def pair(sign_up: Callable[..., SignedIn]) -> TokenPair:
    """What Ada got when she signed up."""
    return sign_up("ada").tokens


@pytest.fixture
def elsewhere(settings: Settings, tripkit: Tripkit, clock: Any) -> Iterator[Sessions]:
    """The same instance in another process: it sees what was committed, and remembers nothing."""
    opened = open_tripkit(settings, clock=clock)
    yield opened.sessions
    opened.close()


@contextmanager
def as_in_a_server(db: Engine) -> Iterator[None]:
    """Units are written as a server writes them: on SQLite by one writer, on Postgres by each thread."""
    if not isinstance(db, SqliteEngine):
        yield
        return
    writer = Writer(db, capacity=100)
    writer.start()
    try:
        yield
    finally:
        writer.stop()


def is_alive(sessions: Sessions, pair: TokenPair) -> bool:
    try:
        return bool(sessions.authenticate(pair.access))
    except InvalidToken:
        return False


def test_an_access_token_says_who_acts_and_in_which_session(sessions: Sessions, pair: TokenPair) -> None:
    actor = sessions.authenticate(pair.access)
    assert (actor.username, actor.is_admin) == ("ada", False)
    assert actor.session_id is not None


def test_a_refresh_token_does_not_authenticate_nor_an_access_token_refresh(sessions: Sessions, pair: TokenPair) -> None:
    with pytest.raises(InvalidToken):
        sessions.authenticate(pair.refresh)
    with pytest.raises(InvalidToken):
        sessions.refresh(pair.access)
    assert is_alive(sessions, pair)


def test_logging_out_kills_the_session_at_once_everywhere(
    sessions: Sessions, elsewhere: Sessions, pair: TokenPair
) -> None:
    assert is_alive(elsewhere, pair)
    sessions.end(sessions.authenticate(pair.access))
    for each in (sessions, elsewhere):
        with pytest.raises(InvalidToken, match="its session has ended"):
            each.authenticate(pair.access)
        with pytest.raises(InvalidToken, match="its session has ended"):
            each.refresh(pair.refresh)


def test_logging_out_ends_one_session_only(tripkit: Tripkit, sign_up: Any, pair: TokenPair) -> None:
    sessions, bobs = tripkit.sessions, sign_up("bob").tokens
    other = sessions.start(sessions.authenticate(pair.access).user_id, Client())
    sessions.end(sessions.authenticate(pair.access))
    assert [is_alive(sessions, each) for each in (pair, other, bobs)] == [False, True, True]


def test_an_access_token_lives_an_hour(sessions: Sessions, pair: TokenPair, clock: Any) -> None:
    clock.advance(seconds=3599)
    assert is_alive(sessions, pair)
    clock.advance(seconds=1)
    with pytest.raises(InvalidToken, match="expired"):
        sessions.authenticate(pair.access)
    assert is_alive(sessions, sessions.refresh(pair.refresh))


# --- rotation -------------------------------------------------------------------------------------------------------


def test_a_refresh_gives_a_new_pair_of_the_same_session(sessions: Sessions, pair: TokenPair) -> None:
    rotated = sessions.refresh(pair.refresh)
    assert len({pair.access, pair.refresh, rotated.access, rotated.refresh}) == 4
    assert sessions.authenticate(rotated.access) == sessions.authenticate(pair.access)
    assert sessions.refresh(rotated.refresh)


def test_a_chain_of_refreshes_goes_on(sessions: Sessions, pair: TokenPair, clock: Any) -> None:
    for _ in range(5):
        clock.advance(seconds=60)
        pair = sessions.refresh(pair.refresh)
        assert is_alive(sessions, pair)


def test_a_used_token_that_comes_back_kills_the_session_and_the_kill_is_committed(
    sessions: Sessions, elsewhere: Sessions, pair: TokenPair, clock: Any
) -> None:
    rotated = sessions.refresh(pair.refresh)
    clock.advance(seconds=GRACE)
    with pytest.raises(TokenReused):
        sessions.refresh(pair.refresh)
    for each in (sessions, elsewhere):
        assert not is_alive(each, pair)
        assert not is_alive(each, rotated)
        with pytest.raises(InvalidToken, match="its session has ended"):
            each.refresh(rotated.refresh)


@on_sqlite
def test_the_kill_is_committed_by_the_writer_of_a_server_too(
    tripkit: Tripkit, elsewhere: Sessions, pair: TokenPair, clock: Any
) -> None:
    with as_in_a_server(tripkit.db):
        rotated = tripkit.sessions.refresh(pair.refresh)
        clock.advance(seconds=GRACE)
        with pytest.raises(TokenReused):
            tripkit.sessions.refresh(pair.refresh)
        assert not is_alive(elsewhere, rotated)


def test_reuse_kills_that_session_only(sessions: Sessions, pair: TokenPair, sign_up: Any, clock: Any) -> None:
    other = sign_up("bob").tokens
    sessions.refresh(pair.refresh)
    clock.advance(seconds=GRACE)
    with pytest.raises(TokenReused):
        sessions.refresh(pair.refresh)
    assert is_alive(sessions, other)


# --- the grace of ten seconds ---------------------------------------------------------------------------------------


def test_a_refresh_whose_answer_was_lost_may_be_repeated_and_the_lost_token_dies(
    sessions: Sessions, pair: TokenPair, clock: Any
) -> None:
    lost = sessions.refresh(pair.refresh)
    clock.advance(seconds=GRACE - 0.000001)
    again = sessions.refresh(pair.refresh)
    assert is_alive(sessions, again)
    with pytest.raises(TokenReused):
        sessions.refresh(lost.refresh)
    assert not is_alive(sessions, again)


def test_the_repeated_refresh_begins_a_chain_that_goes_on(sessions: Sessions, pair: TokenPair, clock: Any) -> None:
    sessions.refresh(pair.refresh)
    clock.advance(seconds=5)
    again = sessions.refresh(pair.refresh)
    clock.advance(seconds=60)
    assert is_alive(sessions, sessions.refresh(again.refresh))


def test_once_the_successor_was_used_the_parent_is_dead_also_within_the_grace(
    sessions: Sessions, pair: TokenPair, clock: Any
) -> None:
    successor = sessions.refresh(pair.refresh)
    grandchild = sessions.refresh(successor.refresh)
    clock.advance(seconds=1)
    with pytest.raises(TokenReused):
        sessions.refresh(pair.refresh)
    assert not is_alive(sessions, grandchild)


def test_repeating_does_not_lengthen_the_grace(sessions: Sessions, pair: TokenPair, clock: Any) -> None:
    for _ in range(3):
        sessions.refresh(pair.refresh)
        clock.advance(seconds=3)
    sessions.refresh(pair.refresh)
    clock.advance(seconds=1)
    with pytest.raises(TokenReused):
        sessions.refresh(pair.refresh)


def test_a_grace_of_nothing_forbids_every_repetition(
    settings: Settings, tripkit: Tripkit, pair: TokenPair, clock: Any
) -> None:
    security = msgspec.structs.replace(settings.security, refresh_grace=0)
    strict = open_tripkit(msgspec.structs.replace(settings, security=security), clock=clock)
    strict.sessions.refresh(pair.refresh)
    with pytest.raises(TokenReused):
        strict.sessions.refresh(pair.refresh)
    strict.close()


# --- the ends -------------------------------------------------------------------------------------------------------


def test_each_refresh_gives_seven_days_more(sessions: Sessions, pair: TokenPair, clock: Any) -> None:
    for _ in range(3):
        clock.advance(seconds=7 * DAY - 1)
        pair = sessions.refresh(pair.refresh)
    clock.advance(seconds=7 * DAY)
    with pytest.raises(InvalidToken, match="expired"):
        sessions.refresh(pair.refresh)


def test_a_session_ends_after_ninety_days_however_often_it_was_refreshed(
    sessions: Sessions, pair: TokenPair, clock: Any
) -> None:
    for _ in range(15):
        clock.advance(seconds=6 * DAY - 1)
        pair = sessions.refresh(pair.refresh)
    clock.advance(seconds=14)
    assert is_alive(sessions, pair)
    clock.advance(seconds=1)
    assert not is_alive(sessions, pair)
    with pytest.raises(InvalidToken, match="its session has ended"):
        sessions.refresh(pair.refresh)


def test_sessions_that_are_long_over_are_forgotten_and_others_are_not(
    sessions: Sessions, pair: TokenPair, sign_up: Any, clock: Any
) -> None:
    clock.advance(days=7, minutes=59)
    fresh = sign_up("bob").tokens
    assert sessions.forget_expired() == 0  # its last access token could still be in use
    clock.advance(minutes=2)
    assert sessions.forget_expired() == 1
    assert sessions.refresh(fresh.refresh)
    assert sessions.forget_expired() == 0


def test_a_session_that_is_refreshed_is_forgotten_when_it_ends_for_good(
    sessions: Sessions, pair: TokenPair, clock: Any
) -> None:
    for _ in range(14):
        clock.advance(days=6)
        pair = sessions.refresh(pair.refresh)
    assert sessions.forget_expired() == 0
    clock.advance(days=6, hours=2)
    assert sessions.forget_expired() == 1


def test_an_account_knows_the_networks_that_it_was_signed_in_from(
    tripkit: Tripkit, sessions: Sessions, sign_up: Any, clock: Any
) -> None:
    ada, bob = sign_up("ada").user, sign_up("bob").user
    for user, address in ((ada, "203.0.113.7"), (ada, "2001:db8:1:2::7"), (bob, "198.51.100.9"), (bob, "")):
        sessions.start(user.id, Client(address))
    for network in ("192.0.2.1", "203.0.113.7", "2001:db8:1:2::/64"):
        assert sessions.knows("ada@example.org", network)
    for network in ("198.51.100.9", "203.0.113.8", "2001:db8:1:3::/64", ""):
        assert not sessions.knows("ada@example.org", network)
    assert not sessions.knows("bob@example.org", "")
    assert not sessions.knows("nobody@example.org", "192.0.2.1")
    clock.advance(days=8)
    sessions.forget_expired()
    assert not sessions.knows("ada@example.org", "203.0.113.7")


# --- a race ---------------------------------------------------------------------------------------------------------


def test_one_token_raced_by_twenty_clients_leaves_one_surviving_chain(
    tripkit: Tripkit, pair: TokenPair, in_threads: Any, clock: Any
) -> None:
    with as_in_a_server(tripkit.db):
        outcomes = in_threads(20, lambda: tripkit.sessions.refresh(pair.refresh), tripkit)
    assert all(isinstance(each, TokenPair) for each in outcomes), "all within the grace"

    [(current,)] = tripkit.db.execute("SELECT current_jti FROM sessions")
    tokens = tripkit.sessions._tokens
    surviving = [each for each in outcomes if tokens.verify("refresh", each.refresh, clock.now).token_id == current]
    assert len(surviving) == 1
    assert is_alive(tripkit.sessions, tripkit.sessions.refresh(surviving[0].refresh))
    dead = next(each for each in outcomes if each is not surviving[0])
    with pytest.raises(TokenReused):
        tripkit.sessions.refresh(dead.refresh)


def test_one_token_raced_without_a_grace_is_taken_once(
    settings: Settings, tripkit: Tripkit, pair: TokenPair, in_threads: Any, clock: Any
) -> None:
    security = msgspec.structs.replace(settings.security, refresh_grace=0)
    strict = open_tripkit(msgspec.structs.replace(settings, security=security), clock=clock)
    with as_in_a_server(strict.db):
        outcomes = in_threads(20, lambda: strict.sessions.refresh(pair.refresh), strict)
    assert [type(each) for each in outcomes].count(TokenPair) == 1
    assert all(isinstance(each, TokenPair | InvalidToken) for each in outcomes)
    strict.close()
