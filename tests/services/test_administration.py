"""Accounts of others: finding, making, changing and deleting them, and who may."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import (
    Forbidden,
    InvalidCredentials,
    InvalidToken,
    LastAdmin,
    Malformed,
    NotFound,
    Taken,
    TripkitError,
    ValidationFailed,
)
from tripkit.schemas.administration import InviteIn, UserQuery
from tripkit.schemas.audit import AuditQuery
from tripkit.schemas.users import Actor, Client, LoginIn, NewUser, SignedIn, UserPatch
from tripkit.services import administration
from tripkit.services.administration import Administration
from tripkit.services.policy import OPERATOR

from ..conftest import FakeClock

NEW = "an entirely new phrase"
SignUp = Callable[..., SignedIn]
MakeUser = Callable[..., Actor]
Do = Callable[[Tripkit, Actor, int], Any]

READING: dict[str, Do] = {
    "page": lambda tripkit, actor, _: tripkit.administration.page(actor, UserQuery()),
    "everybody": lambda tripkit, actor, _: tripkit.administration.everybody(actor),
    "find": lambda tripkit, actor, user: tripkit.administration.find(actor, str(user)),
    "get": lambda tripkit, actor, user: tripkit.administration.get(actor, user),
    "sessions": lambda tripkit, actor, user: tripkit.administration.sessions(actor, user),
    "audit page": lambda tripkit, actor, _: tripkit.audit_trail.page(actor, AuditQuery()),
    "audit each": lambda tripkit, actor, _: list(tripkit.audit_trail.each(actor, AuditQuery())),
    "audit verify": lambda tripkit, actor, _: tripkit.audit_trail.verify(actor),
}
#: What makes accounts, and the event that it leaves.
MAKING: dict[str, Do] = {
    "user.created": lambda tripkit, actor, _: tripkit.administration.create(
        actor, NewUser("mallory@example.org", "mallory", NEW)
    ),
    "user.invited": lambda tripkit, actor, _: tripkit.invitations.invite(actor, InviteIn("mallory@example.org")),
}
#: What changes the account of somebody, and the event that it leaves.
CHANGING: dict[str, Do] = {
    "user.changed": lambda tripkit, actor, user: tripkit.administration.edit(actor, user, UserPatch(first_name="B")),
    "password.changed": lambda tripkit, actor, user: tripkit.administration.set_password(actor, user, NEW),
    "user.disabled": lambda tripkit, actor, user: tripkit.administration.set_active(actor, user, active=False),
    "user.enabled": lambda tripkit, actor, user: tripkit.administration.set_active(actor, user, active=True),
    "user.promoted": lambda tripkit, actor, user: tripkit.administration.set_admin(actor, user, admin=True),
    "user.demoted": lambda tripkit, actor, user: tripkit.administration.set_admin(actor, user, admin=False),
    "user.verified": lambda tripkit, actor, user: tripkit.administration.verify(actor, user),
    "sessions.ended": lambda tripkit, actor, user: tripkit.administration.end_sessions(actor, user),
    "user.deleted": lambda tripkit, actor, user: tripkit.administration.delete(actor, user),
}
EVERYTHING = READING | MAKING | CHANGING
TAKING_ACCESS = ["password.changed", "user.disabled", "user.demoted", "sessions.ended", "user.deleted"]
LOSING_AN_ADMIN = ["user.disabled", "user.demoted", "user.deleted"]


@pytest.fixture
def accounts(tripkit: Tripkit) -> Administration:
    return tripkit.administration


def is_alive(tripkit: Tripkit, signed_in: SignedIn) -> bool:
    try:
        return tripkit.sessions.authenticate(signed_in.tokens.access).user_id == signed_in.user.id
    except InvalidToken:
        return False


# --- who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", EVERYTHING)
def test_only_administrators_administer(tripkit: Tripkit, ada: Actor, bob: Actor, action: str) -> None:
    before = tripkit.administration.everybody(OPERATOR), list(tripkit.audit_trail.each(OPERATOR, AuditQuery()))
    with pytest.raises(Forbidden):
        EVERYTHING[action](tripkit, ada, bob.user_id)
    with pytest.raises(Forbidden):
        EVERYTHING[action](tripkit, bob, bob.user_id)
    after = tripkit.administration.everybody(OPERATOR), list(tripkit.audit_trail.each(OPERATOR, AuditQuery()))
    assert after == before


@pytest.mark.parametrize("action", EVERYTHING)
def test_administrators_and_the_operator_may_do_it(
    make_user: MakeUser, bob: Actor, tripkit: Tripkit, action: str
) -> None:
    EVERYTHING[action](tripkit, make_user("root", admin=True), bob.user_id)


@pytest.mark.parametrize("action", ["get", "find", "sessions", *CHANGING])
def test_an_account_that_is_not_there_is_not_found(tripkit: Tripkit, action: str) -> None:
    with pytest.raises(NotFound, match="There is no user 77"):
        EVERYTHING[action](tripkit, OPERATOR, 77)


@pytest.mark.parametrize("event", [*MAKING, *CHANGING])
def test_every_change_is_recorded_without_names_and_addresses(
    tripkit: Tripkit, make_user: MakeUser, bob: Actor, event: str
) -> None:
    root = msgspec.structs.replace(make_user("root", admin=True), client=Client("192.0.2.9", "browser", "request-7"))
    outcome = EVERYTHING[event](tripkit, root, bob.user_id)
    entry = tripkit.audit_trail.page(OPERATOR, AuditQuery(limit=1)).results[0]
    subject = bob.user_id if event in CHANGING else getattr(outcome, "user", outcome).id
    assert (entry.event, entry.refused, entry.actor, entry.subject) == (event, "", root.user_id, subject)
    assert (entry.client, entry.request, entry.via) == ("192.0.2.9", "request-7", f"session {root.session_id}")
    recorded = msgspec.json.encode(entry).decode()
    assert not any(secret in recorded for secret in ("bob", "mallory", "@", NEW))


# --- finding --------------------------------------------------------------------------------------------------------


def test_everybody_is_listed_in_the_order_they_came(accounts: Administration, ada: Actor, bob: Actor) -> None:
    assert [user.id for user in accounts.everybody(OPERATOR)] == [ada.user_id, bob.user_id]


@pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.org", "Ada@EXAMPLE.org", "1"])
def test_people_are_found_by_name_address_or_number(
    accounts: Administration, ada: Actor, bob: Actor, name: str
) -> None:
    assert accounts.find(OPERATOR, name if name != "1" else str(ada.user_id)).id == ada.user_id


@pytest.mark.parametrize("name", ["", "eve", "77", "-1", "1" * 30, "ad", "ada@", "١"])
def test_people_who_are_not_there_are_not_found(accounts: Administration, ada: Actor, name: str) -> None:
    with pytest.raises(NotFound):
        accounts.find(OPERATOR, name)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ADA", ["ada"]),
        ("example.org", ["ada", "zoe"]),
        ("ada@example", ["ada"]),
        ("ZOË ç", ["zoe"]),
        ("zoe\u0308", ["zoe"]),
        ("çelik", ["zoe"]),
        ("%", []),
        ("_", []),
        ("' OR 1=1 --", []),
        ("", ["ada", "zoe"]),
    ],
)
def test_search_looks_at_address_username_and_name_in_every_letter_case(
    accounts: Administration, ada: Actor, sign_up: SignUp, search: str, found: list[str]
) -> None:
    sign_up("zoe", first_name="Zoë", last_name="Çelik")
    assert [user.username for user in accounts.everybody(OPERATOR, search)] == found


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_pages_hold_each_account_once(
    accounts: Administration, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(administration, "BATCH", batch)
    names = [f"user{number}" for number in range(5)] + ["ada"]
    for name in names:
        make_user(name)
    seen, cursor = [], None
    while True:
        page = accounts.page(OPERATOR, UserQuery(limit=2, q="user", cursor=cursor))
        seen += [user.username for user in page.results]
        assert len(page.results) <= 2
        if (cursor := page.cursor) is None:
            break
    assert seen == names[:5]


def test_a_cursor_that_was_made_up_is_refused(tripkit: Tripkit, ada: Actor) -> None:
    plans = tripkit._cursors.write("plans -updated_at", 1, 1)
    for cursor in ("", "1", plans):
        with pytest.raises(Malformed):
            tripkit.administration.page(OPERATOR, UserQuery(cursor=cursor))
        with pytest.raises(Malformed):
            tripkit.audit_trail.page(OPERATOR, AuditQuery(cursor=cursor))


# --- making and changing --------------------------------------------------------------------------------------------


def test_somebody_made_by_an_administrator_can_log_in(tripkit: Tripkit, accounts: Administration) -> None:
    made = accounts.create(OPERATOR, NewUser("eve@example.org", "eve", NEW, is_admin=True))
    assert made.is_admin
    assert tripkit.accounts.log_in(LoginIn("eve@example.org", NEW), Client()).user == made
    with pytest.raises(Taken):
        accounts.create(OPERATOR, NewUser("EVE@example.org", "eve2", NEW))
    with pytest.raises(ValidationFailed):
        accounts.create(OPERATOR, NewUser("x@example.org", "x_y", "password"))


@pytest.mark.parametrize("action", TAKING_ACCESS)
def test_what_takes_access_away_ends_every_session_at_once(
    tripkit: Tripkit, make_user: MakeUser, sign_up: SignUp, password: str, action: str
) -> None:
    make_user("root", admin=True)
    sessions = [sign_up("ada"), tripkit.accounts.log_in(LoginIn("ada@example.org", password), Client())]
    other = sign_up("bob")
    tripkit.administration.set_admin(OPERATOR, sessions[0].user.id, admin=True)
    CHANGING[action](tripkit, OPERATOR, sessions[0].user.id)
    assert [is_alive(tripkit, each) for each in (*sessions, other)] == [False, False, True]
    for each in sessions:
        with pytest.raises(TripkitError):
            tripkit.sessions.refresh(each.tokens.refresh)


def test_promotion_is_seen_at_once(tripkit: Tripkit, sign_up: SignUp) -> None:
    signed_in = sign_up("ada")
    assert tripkit.administration.set_admin(OPERATOR, signed_in.user.id, admin=True).is_admin
    assert tripkit.sessions.authenticate(signed_in.tokens.access).is_admin


def test_an_address_can_be_vouched_for(accounts: Administration, ada: Actor) -> None:
    assert not accounts.get(OPERATOR, ada.user_id).is_verified
    assert accounts.verify(OPERATOR, ada.user_id).is_verified


def test_the_sessions_of_somebody_are_those_that_have_not_ended(
    tripkit: Tripkit, sign_up: SignUp, password: str, clock: FakeClock
) -> None:
    user = sign_up("ada").user
    for device in ("phone", "laptop"):
        tripkit.accounts.log_in(LoginIn("ada@example.org", password), Client("192.0.2.7", device))
    gone = tripkit.accounts.log_in(LoginIn("ada@example.org", password), Client("192.0.2.7", "kiosk"))
    tripkit.sessions.end(tripkit.sessions.authenticate(gone.tokens.access))
    found = tripkit.administration.sessions(OPERATOR, user.id)
    assert [(each.client, each.device) for each in found] == [
        ("192.0.2.7", "laptop"),
        ("192.0.2.7", "phone"),
        ("192.0.2.1", "tests"),
    ]
    assert {each.created_at for each in found} == {clock.now}
    assert tripkit.administration.end_sessions(OPERATOR, user.id) == 3
    assert tripkit.administration.sessions(OPERATOR, user.id) == []


def test_a_session_that_cannot_be_refreshed_any_more_is_not_shown(
    tripkit: Tripkit, sign_up: SignUp, clock: FakeClock
) -> None:
    user = sign_up("ada").user
    clock.advance(days=8)
    assert tripkit.administration.sessions(OPERATOR, user.id) == []


# --- the last administrator -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", LOSING_AN_ADMIN)
def test_the_last_active_administrator_stays(
    tripkit: Tripkit, make_user: MakeUser, sign_up: SignUp, action: str
) -> None:
    root, eve = make_user("root", admin=True), make_user("eve", admin=True)
    tripkit.administration.set_active(OPERATOR, eve.user_id, active=False)  # no longer counts
    before = tripkit.administration.get(OPERATOR, root.user_id)
    for actor in (root, OPERATOR):
        with pytest.raises(LastAdmin, match="root is the only active administrator"):
            CHANGING[action](tripkit, actor, root.user_id)
    assert tripkit.administration.get(OPERATOR, root.user_id) == before
    assert tripkit.administration.sessions(OPERATOR, root.user_id), "nothing was done, so nobody was signed out"
    tripkit.administration.set_active(OPERATOR, eve.user_id, active=True)
    CHANGING[action](tripkit, OPERATOR, root.user_id)


@pytest.mark.parametrize("action", LOSING_AN_ADMIN)
def test_others_may_go_while_there_is_one_administrator_or_none(
    tripkit: Tripkit, make_user: MakeUser, action: str
) -> None:
    ada = make_user("ada")
    CHANGING[action](tripkit, OPERATOR, ada.user_id)
    make_user("root", admin=True)
    CHANGING[action](tripkit, OPERATOR, make_user("bob").user_id)


@pytest.mark.parametrize("action", LOSING_AN_ADMIN)
def test_of_administrators_who_remove_each_other_at_once_one_is_left(
    tripkit: Tripkit, make_user: MakeUser, in_threads: Any, action: str
) -> None:
    admins = [make_user(f"admin{number}", admin=True) for number in range(4)]
    pairs = iter(zip(admins, [*admins[1:], admins[0]], strict=True))

    def remove() -> None:
        actor, other = next(pairs)
        CHANGING[action](tripkit, actor, other.user_id)

    outcomes = in_threads(4, remove, tripkit)
    assert outcomes.count(None) == 3
    assert [type(each) for each in outcomes if each] == [LastAdmin]
    left = [user for user in tripkit.administration.everybody(OPERATOR) if user.is_admin and user.is_active]
    assert len(left) == 1


def test_a_password_given_by_an_administrator_replaces_the_old(
    tripkit: Tripkit, sign_up: SignUp, password: str
) -> None:
    user = sign_up("ada").user
    tripkit.administration.set_password(OPERATOR, user.id, NEW)
    with pytest.raises(InvalidCredentials):
        tripkit.accounts.log_in(LoginIn("ada@example.org", password), Client())
    assert tripkit.accounts.log_in(LoginIn("ada@example.org", NEW), Client()).user == user
