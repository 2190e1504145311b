"""Invitations: whom they let in, once."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import Settings
from tripkit.errors import (
    AccountDisabled,
    Conflict,
    InvalidCredentials,
    InvalidToken,
    NotFound,
    SignupClosed,
    Taken,
    TripkitError,
    ValidationFailed,
)
from tripkit.schemas.administration import InvitationIn, Invited, InviteIn
from tripkit.schemas.audit import AuditQuery
from tripkit.schemas.users import Actor, Client, LoginIn, SignedIn
from tripkit.services.one_time_tokens import Purpose
from tripkit.services.policy import OPERATOR

from ..conftest import FakeClock

NEW = "an entirely new phrase"
CLIENT = Client("192.0.2.7", "tests", "request-7")


@pytest.fixture
def invited(tripkit: Tripkit) -> Invited:
    return tripkit.invitations.invite(OPERATOR, InviteIn("eve@example.org", "eve", "Eve", "Moneypenny"))


@pytest.fixture
def accept(tripkit: Tripkit) -> Callable[..., SignedIn]:
    def accept(token: str, password: str = NEW, **fields: Any) -> SignedIn:
        form = InvitationIn(**{"token": token, "password": password, "password_confirm": password} | fields)
        return tripkit.invitations.accept(form, CLIENT)

    return accept


def test_an_invited_account_waits_for_its_person(tripkit: Tripkit, invited: Invited, clock: FakeClock) -> None:
    user = invited.user
    assert (user.email, user.username, user.first_name, user.last_name) == (
        "eve@example.org",
        "eve",
        "Eve",
        "Moneypenny",
    )
    assert (user.is_active, user.is_verified, user.is_admin, user.invited_at) == (True, False, False, clock.now)
    assert (invited.expires_at - clock.now).days == 7
    for secret in ("", NEW, invited.token):
        with pytest.raises(InvalidCredentials):
            tripkit.accounts.log_in(LoginIn("eve@example.org", secret), CLIENT)


def test_accepting_sets_the_password_verifies_the_address_and_signs_in(
    tripkit: Tripkit, invited: Invited, accept: Any
) -> None:
    signed_in = accept(invited.token)
    assert signed_in.user == msgspec.structs.replace(invited.user, is_verified=True, invited_at=None)
    assert tripkit.sessions.authenticate(signed_in.tokens.access).user_id == invited.user.id
    assert tripkit.accounts.log_in(LoginIn("eve@example.org", NEW), CLIENT).user == signed_in.user
    with pytest.raises(InvalidToken, match=r"Ask for another invitation\."):
        accept(invited.token, "another new phrase")
    with pytest.raises(Conflict, match="eve has an account in use"):
        tripkit.invitations.renew(OPERATOR, invited.user.id)


def test_both_ends_are_recorded_and_the_token_is_not(tripkit: Tripkit, invited: Invited, accept: Any) -> None:
    accept(invited.token)
    rows = list(tripkit.audit_trail.each(OPERATOR, AuditQuery()))
    assert [(row.event, row.actor, row.subject, row.client) for row in rows] == [
        ("user.invited", 0, invited.user.id, ""),
        ("invitation.accepted", None, invited.user.id, "192.0.2.7"),
    ]
    everything = msgspec.json.encode(rows).decode()
    assert not any(secret in everything for secret in (invited.token, NEW, "eve@", "Moneypenny"))


def test_the_person_may_choose_another_username(accept: Any, invited: Invited, ada: Actor) -> None:
    with pytest.raises(Taken) as taken:
        accept(invited.token, username="ADA")
    assert taken.value.errors.keys() == {"username"}
    assert accept(invited.token, username="Miss.Moneypenny").user.username == "Miss.Moneypenny"


def test_an_invited_administrator_is_one(tripkit: Tripkit, accept: Any) -> None:
    invited = tripkit.invitations.invite(OPERATOR, InviteIn("eve@example.org", is_admin=True))
    assert tripkit.sessions.authenticate(accept(invited.token).tokens.access).is_admin


@pytest.mark.parametrize(
    ("email", "pattern"),
    [
        ("grace.hopper@example.org", r"grace\.hopper"),
        ("ada@example.org", r"ada\d{1,5}"),
        ("Ada+trips@example.org", "Adatrips"),
        ("j@example.org", "userj"),
        ("山田@example.org", "user"),
        (f"{'x' * 60}@example.org", "x{24}"),
    ],
)
def test_without_a_username_one_is_made_from_the_address(
    tripkit: Tripkit, sign_up: Callable[..., SignedIn], email: str, pattern: str
) -> None:
    sign_up("ada", email="other@example.org")
    username = tripkit.invitations.invite(OPERATOR, InviteIn(email)).user.username
    assert re.fullmatch(pattern, username)


def test_whom_an_account_has_already_is_not_invited(tripkit: Tripkit, ada: Actor, invited: Invited) -> None:
    for email, username in [("ADA@example.org", "eve2"), ("eve2@example.org", "Ada"), ("EVE@example.org", "eve3")]:
        with pytest.raises(Taken):
            tripkit.invitations.invite(OPERATOR, InviteIn(email, username))
    with pytest.raises(ValidationFailed) as failed:
        tripkit.invitations.invite(OPERATOR, InviteIn("nobody", "bob", "A\nB"))
    assert failed.value.errors.keys() == {"email", "first_name"}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"password_confirm": "x"}, {"password_confirm"}),
        ({"password": "12345", "password_confirm": "12345"}, {"password"}),
        ({"password": "moneypenny1"}, {"password"}),
    ],
)
def test_a_password_that_breaks_a_rule_leaves_the_invitation_open(
    accept: Any, invited: Invited, fields: dict[str, str], wrong: set[str]
) -> None:
    with pytest.raises(ValidationFailed) as failed:
        accept(invited.token, **fields)
    assert failed.value.errors.keys() == wrong
    assert accept(invited.token)


def test_an_invitation_expires_and_can_be_renewed(
    tripkit: Tripkit, accept: Any, invited: Invited, clock: FakeClock
) -> None:
    clock.advance(days=7)
    with pytest.raises(InvalidToken):
        accept(invited.token)
    renewed = tripkit.invitations.renew(OPERATOR, invited.user.id)
    assert renewed.user.id == invited.user.id
    assert renewed.user.invited_at == clock.now
    again = tripkit.invitations.renew(OPERATOR, invited.user.id)
    with pytest.raises(InvalidToken):
        accept(renewed.token)
    assert accept(again.token).user.username == "eve"


def test_what_was_never_invited_is_not_renewed(tripkit: Tripkit, ada: Actor) -> None:
    with pytest.raises(Conflict, match="needs no invitation"):
        tripkit.invitations.renew(OPERATOR, ada.user_id)
    with pytest.raises(NotFound):
        tripkit.invitations.renew(OPERATOR, 77)


@pytest.mark.parametrize("purpose", [each for each in Purpose if each is not Purpose.INVITATION])
def test_a_token_of_another_purpose_is_no_invitation(
    tripkit: Tripkit, accept: Any, invited: Invited, purpose: Purpose
) -> None:
    token = tripkit.one_time_tokens.issue(purpose, invited.user.id, invited.expires_at - tripkit.clock())
    with pytest.raises(InvalidToken):
        accept(token)


def test_an_invitation_does_not_replace_a_password_that_was_set_meanwhile(
    tripkit: Tripkit, accept: Any, invited: Invited
) -> None:
    tripkit.administration.set_password(OPERATOR, invited.user.id, "given by the operator")
    with pytest.raises(InvalidToken, match=r"in use already\. Log in instead"):
        accept(invited.token)
    assert tripkit.accounts.log_in(LoginIn("eve@example.org", "given by the operator"), CLIENT)


def test_a_disabled_or_deleted_account_lets_nobody_in(tripkit: Tripkit, accept: Any, invited: Invited) -> None:
    tripkit.administration.set_active(OPERATOR, invited.user.id, active=False)
    with pytest.raises(AccountDisabled):
        accept(invited.token)
    tripkit.administration.delete(OPERATOR, invited.user.id)
    with pytest.raises(InvalidToken):
        accept(invited.token)


def test_of_ten_who_accept_at_once_one_is_let_in(
    tripkit: Tripkit, accept: Any, invited: Invited, in_threads: Any
) -> None:
    passwords = iter(f"{NEW} {number}" for number in range(10))
    outcomes = in_threads(10, lambda: accept(invited.token, next(passwords)), tripkit)
    assert [type(each) for each in outcomes].count(SignedIn) == 1
    assert all(isinstance(each, SignedIn | InvalidToken) for each in outcomes)
    assert len(tripkit.administration.sessions(OPERATOR, invited.user.id)) == 1


@pytest.fixture
def mode(request: pytest.FixtureRequest, settings: Settings, clock: Any, tripkit: Tripkit) -> Iterator[Tripkit]:
    """The same instance with another way of signing up."""
    security = msgspec.structs.replace(settings.security, signup=request.param)
    opened = open_tripkit(msgspec.structs.replace(settings, security=security), clock=clock)
    yield opened
    opened.close()


@pytest.mark.parametrize("mode", ["open", "invite"], indirect=True)
def test_invitations_are_for_all_modes_but_closed(mode: Tripkit) -> None:
    invited = mode.invitations.invite(OPERATOR, InviteIn("eve@example.org"))
    assert mode.invitations.accept(InvitationIn(invited.token, NEW, NEW), CLIENT).user.is_verified


@pytest.mark.parametrize("mode", ["closed"], indirect=True)
def test_when_sign_up_is_closed_nobody_is_invited_and_no_invitation_counts(mode: Tripkit, invited: Invited) -> None:
    def refused(call: Callable[[], Any]) -> type[TripkitError]:
        with pytest.raises(TripkitError) as caught:
            call()
        return caught.type

    assert {
        refused(lambda: mode.invitations.invite(OPERATOR, InviteIn("bob@example.org"))),
        refused(lambda: mode.invitations.renew(OPERATOR, invited.user.id)),
        refused(lambda: mode.invitations.accept(InvitationIn(invited.token, NEW, NEW), CLIENT)),
    } == {SignupClosed}
