"""Giving the password or a code again, and what needs that."""

from collections.abc import Callable
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import Conflict, InvalidToken, NotConfirmed, ReauthenticationRequired, ValidationFailed
from tripkit.schemas.users import (
    Actor,
    Client,
    DeleteAccountIn,
    LoginIn,
    PasswordChangeIn,
    Reauthenticated,
    ReauthenticationIn,
    SignedIn,
    UserPatch,
)
from tripkit.services import policy

from ..conftest import FakeClock

NEW = "an entirely new phrase"
#: What nobody does who only found an open session.
GUARDED: dict[str, Callable[[Tripkit, Actor], Any]] = {
    "email": lambda tripkit, actor: tripkit.accounts.edit(actor, UserPatch(email="eve@example.org")),
    "deletion": lambda tripkit, actor: tripkit.accounts.delete_own(actor, DeleteAccountIn()),
    "sessions": lambda tripkit, actor: tripkit.sessions.end_others(actor),
    "second factor": lambda tripkit, actor: tripkit.second_factors.set_up(actor),
}


@pytest.fixture
def access(sign_up: Callable[..., SignedIn]) -> str:
    return sign_up("ada").tokens.access


@pytest.mark.parametrize("what", GUARDED)
def test_a_fresh_login_is_good_for_ten_minutes(
    tripkit: Tripkit, access: str, clock: FakeClock, what: str, password: str
) -> None:
    clock.advance(minutes=10, microseconds=-1)
    actor = tripkit.sessions.authenticate(access)
    clock.advance(microseconds=1)
    with pytest.raises(ReauthenticationRequired, match="10 minutes"):
        GUARDED[what](tripkit, actor)
    clock.advance(microseconds=-1)
    GUARDED[what](tripkit, actor)


@pytest.mark.parametrize("what", GUARDED)
def test_the_password_given_again_is_good_for_ten_minutes(
    tripkit: Tripkit, access: str, clock: FakeClock, what: str, password: str
) -> None:
    clock.advance(minutes=30)
    given = tripkit.reauthentication.give(tripkit.sessions.authenticate(access), ReauthenticationIn(password=password))
    assert given.until == clock.now + policy.RECENT
    clock.advance(minutes=10)
    with pytest.raises(ReauthenticationRequired):
        GUARDED[what](tripkit, tripkit.sessions.authenticate(given.tokens.access))
    clock.advance(microseconds=-1)
    GUARDED[what](tripkit, tripkit.sessions.authenticate(given.tokens.access))


def test_it_begins_a_new_session_and_tokens_that_were_stolen_are_dead(
    tripkit: Tripkit, sign_up: Callable[..., SignedIn], clock: FakeClock, password: str
) -> None:
    stolen = sign_up("ada").tokens
    before = tripkit.sessions.authenticate(stolen.access)
    given = tripkit.reauthentication.give(before, ReauthenticationIn(password=password))
    for use, token in ((tripkit.sessions.authenticate, stolen.access), (tripkit.sessions.refresh, stolen.refresh)):
        with pytest.raises(InvalidToken, match="its session has ended"):
            use(token)
    after = tripkit.sessions.authenticate(tripkit.sessions.refresh(given.tokens.refresh).access)
    assert after.session_id != before.session_id
    assert [each.id for each in tripkit.sessions.alive(after).results] == [after.session_id]


def test_of_many_who_give_it_at_once_one_goes_on(
    tripkit: Tripkit, ada: Actor, password: str, in_threads: Callable[..., Any]
) -> None:
    form = ReauthenticationIn(password=password)
    outcomes = in_threads(10, lambda: tripkit.reauthentication.give(ada, form), tripkit)
    assert [type(each) for each in outcomes].count(Reauthenticated) == 1
    assert [type(each) for each in outcomes].count(InvalidToken) == 9


def test_it_counts_for_the_session_in_which_it_was_given(
    tripkit: Tripkit, access: str, clock: FakeClock, password: str
) -> None:
    other = tripkit.accounts.log_in(LoginIn("ada@example.org", password), Client()).tokens.access
    clock.advance(minutes=30)
    tripkit.reauthentication.give(tripkit.sessions.authenticate(access), ReauthenticationIn(password=password))
    with pytest.raises(ReauthenticationRequired):
        tripkit.sessions.end_others(tripkit.sessions.authenticate(other))


def test_a_wrong_password_confirms_nothing_and_is_recorded(tripkit: Tripkit, access: str, clock: FakeClock) -> None:
    clock.advance(minutes=30)
    actor = tripkit.sessions.authenticate(access)
    with pytest.raises(NotConfirmed) as failed:
        tripkit.reauthentication.give(actor, ReauthenticationIn(password="wrong phrase"))
    assert failed.value.errors.keys() == {"password"}
    with pytest.raises(ReauthenticationRequired):
        tripkit.sessions.end_others(tripkit.sessions.authenticate(access))
    rows = tripkit.db.execute("SELECT event, refused, via FROM audit_events ORDER BY id").fetchall()
    assert tuple(rows[-1]) == ("session.reauthenticated", "wrong password", f"session {actor.session_id}")


@pytest.mark.parametrize("form", [ReauthenticationIn(), ReauthenticationIn(password="x", code="123456")])
def test_one_of_the_two_is_sent(tripkit: Tripkit, ada: Actor, form: ReauthenticationIn) -> None:
    with pytest.raises(ValidationFailed, match="or code has to be sent"):
        tripkit.reauthentication.give(ada, form)


def test_without_a_second_factor_there_is_no_code_to_give(tripkit: Tripkit, ada: Actor) -> None:
    with pytest.raises(Conflict, match="no second factor"):
        tripkit.reauthentication.give(ada, ReauthenticationIn(code="123456"))


def test_nothing_begins_in_a_session_that_has_ended(tripkit: Tripkit, ada: Actor, password: str) -> None:
    tripkit.sessions.end(ada)
    with pytest.raises(InvalidToken):
        tripkit.reauthentication.give(ada, ReauthenticationIn(password=password))


def test_a_password_that_is_sent_along_needs_nothing_else(
    tripkit: Tripkit, access: str, clock: FakeClock, password: str
) -> None:
    clock.advance(minutes=30)
    actor = tripkit.sessions.authenticate(access)
    tripkit.accounts.change_password(actor, PasswordChangeIn(NEW, NEW, password))
    tripkit.accounts.delete_own(actor, DeleteAccountIn(NEW))


def test_a_new_password_takes_the_current_one_however_fresh_the_session_is(tripkit: Tripkit, ada: Actor) -> None:
    with pytest.raises(ValidationFailed) as failed:
        tripkit.accounts.change_password(ada, PasswordChangeIn(NEW, NEW))
    assert failed.value.errors == {"current_password": ["is required."]}


def test_whoever_has_no_password_sets_one_while_the_session_is_fresh(
    tripkit: Tripkit, access: str, clock: FakeClock
) -> None:
    actor = tripkit.sessions.authenticate(access)
    tripkit.db.unit(lambda: tripkit.db.execute("UPDATE users SET password_hash = NULL"))
    clock.advance(minutes=10)
    with pytest.raises(ReauthenticationRequired):
        tripkit.accounts.change_password(actor, PasswordChangeIn(NEW, NEW))
    clock.advance(microseconds=-1)
    tripkit.accounts.change_password(actor, PasswordChangeIn(NEW, NEW))
    assert tripkit.accounts.log_in(LoginIn("ada@example.org", NEW), Client())


def test_the_rest_of_the_profile_needs_nothing(tripkit: Tripkit, access: str, clock: FakeClock) -> None:
    clock.advance(minutes=30)
    actor = tripkit.sessions.authenticate(access)
    assert tripkit.accounts.edit(actor, UserPatch(email="ada@example.org", first_name="Ada")).first_name == "Ada"
    with pytest.raises(ReauthenticationRequired):
        tripkit.accounts.edit(actor, UserPatch(email="eve@example.org", first_name="Eve"))
    assert tripkit.accounts.profile(actor).first_name == "Ada"


def test_commands_are_asked_for_nothing(tripkit: Tripkit, ada: Actor) -> None:
    by_command = tripkit.actors.find("ada")
    assert tripkit.second_factors.set_up(by_command)
    tripkit.accounts.edit(by_command, UserPatch(email="ada@example.net"))
