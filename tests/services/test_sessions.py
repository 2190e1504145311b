"""Sessions: instant ends, rotating refresh tokens, and what happens when one comes back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import Settings
from tripkit.database import Engine, SqliteEngine, Writer
from tripkit.errors import InvalidToken, NotFound, ReauthenticationRequired, TokenReused
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


def test_an_idle_session_ends_at_once_for_access_tokens_that_live_longer(
    settings: Settings, tripkit: Tripkit, sign_up: Any, clock: Any
) -> None:
    security = msgspec.structs.replace(settings.security, access_lifetime=30 * DAY)
    patient = open_tripkit(msgspec.structs.replace(settings, security=security), clock=clock)
    user_id = sign_up("ada").user.id
    pair = patient.sessions.start(user_id, Client())
    clock.advance(seconds=7 * DAY - 1)
    assert is_alive(patient.sessions, pair)
    clock.advance(seconds=1)
    with pytest.raises(InvalidToken, match="its session has ended"):
        patient.sessions.authenticate(pair.access)
    patient.close()


# --- the list -------------------------------------------------------------------------------------------------------


def test_sessions_are_listed_with_where_and_when(sessions: Sessions, pair: TokenPair, clock: Any) -> None:
    began = clock.now
    actor = sessions.authenticate(pair.access)
    clock.advance(seconds=60)
    sessions.start(actor.user_id, Client("2001:db8::1", "phone"))
    clock.advance(seconds=60)
    sessions.refresh(pair.refresh, Client("192.0.2.77", "laptop, newer"))
    first, second = sessions.alive(actor).results
    assert (first.id, first.address, first.device) == (actor.session_id, "192.0.2.77", "laptop, newer")
    assert (first.created_at, first.last_used_at, first.is_current) == (began, clock.now, True)
    assert (second.address, second.device, second.is_current) == ("2001:db8::1", "phone", False)
    assert second.last_used_at == second.created_at
    assert (first.expires_at - began).days == 90
    assert (first.idle_until - clock.now).days == 7


def test_sessions_that_are_over_and_those_of_others_are_not_listed(
    sessions: Sessions, pair: TokenPair, sign_up: Any, clock: Any
) -> None:
    bobs = sessions.authenticate(sign_up("bob").tokens.access)
    ended = sessions.authenticate(sessions.start(sessions.authenticate(pair.access).user_id, Client()).access)
    sessions.end(ended)
    assert [each.id for each in sessions.alive(bobs).results] == [bobs.session_id]
    assert [each.is_current for each in sessions.alive(sessions.authenticate(pair.access)).results] == [True]
    clock.advance(days=7)
    assert sessions.alive(bobs).results == []


def test_one_session_is_ended_and_all_others(sessions: Sessions, pair: TokenPair, sign_up: Any) -> None:
    actor = sessions.authenticate(pair.access)
    bobs = sign_up("bob").tokens
    others = [sessions.start(actor.user_id, Client()) for _ in range(3)]
    sessions.end_one(actor, sessions.authenticate(others[0].access).session_id or 0)
    assert [is_alive(sessions, each) for each in (pair, *others, bobs)] == [True, False, True, True, True]
    sessions.end_others(actor)
    assert [is_alive(sessions, each) for each in (pair, *others, bobs)] == [True, False, False, False, True]


def test_nobody_ends_the_session_of_somebody_else_or_one_that_is_over(
    sessions: Sessions, pair: TokenPair, sign_up: Any
) -> None:
    actor, bobs = sessions.authenticate(pair.access), sign_up("bob").tokens
    for number in (sessions.authenticate(bobs.access).session_id or 0, 9**9):
        with pytest.raises(NotFound):
            sessions.end_one(actor, number)
    assert is_alive(sessions, bobs)
    sessions.end(actor)
    with pytest.raises(NotFound):
        sessions.end_one(actor, actor.session_id or 0)


def test_ending_other_sessions_needs_recent_authentication_and_ending_this_one_does_not(
    sessions: Sessions, pair: TokenPair, clock: Any
) -> None:
    actor = sessions.authenticate(pair.access)
    other = sessions.start(actor.user_id, Client())
    clock.advance(minutes=10)
    with pytest.raises(ReauthenticationRequired):
        sessions.end_others(actor)
    with pytest.raises(ReauthenticationRequired):
        sessions.end_one(actor, sessions.authenticate(other.access).session_id or 0)
    sessions.end_one(actor, actor.session_id or 0)
    assert [is_alive(sessions, each) for each in (pair, other)] == [False, True]


def test_of_more_than_a_hundred_sessions_those_used_last_are_listed(
    sessions: Sessions, pair: TokenPair, clock: Any
) -> None:
    actor = sessions.authenticate(pair.access)
    for _ in range(101):
        clock.advance(seconds=1)
        newest = sessions.start(actor.user_id, Client())
    assert is_alive(sessions, pair)
    listed = [each.id for each in sessions.alive(actor).results]
    assert len(listed) == 100
    assert listed[0] == sessions.authenticate(newest.access).session_id
    assert actor.session_id not in listed
    clock.advance(seconds=1)
    sessions.refresh(pair.refresh)
    assert sessions.alive(actor).results[0].is_current


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
