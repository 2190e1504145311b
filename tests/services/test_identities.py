"""Identities: whose account somebody gets whom a provider knows, and whose never."""

from collections.abc import Callable
from typing import Any

import msgspec
import pyotp
import pytest

from tripkit.bootstrap import Tripkit
from tripkit.config import OAuth
from tripkit.errors import (
    AccountDisabled,
    AccountExists,
    Conflict,
    Forbidden,
    InvalidCredentials,
    NotFound,
    ReauthenticationRequired,
    SecondFactorRequired,
    SignInFailed,
    SignInRefused,
    SignupClosed,
)
from tripkit.oauth.base import OAuthProvider, Person
from tripkit.oauth.providers import open_provider
from tripkit.schemas.second_factor import ChallengeIn
from tripkit.schemas.users import Actor, Client, LoginIn, SignedIn
from tripkit.services.identities import Identities
from tripkit.services.policy import OPERATOR

SignUp = Callable[..., SignedIn]
WHERE = Client("192.0.2.7", "tests", "request-1")
ADA = Person("sub-ada", "ada@example.org", True, "ada", "Ada", "Lovelace")


@pytest.fixture
def provider(clock: Any) -> Callable[..., OAuthProvider]:
    """`provider("google", auto_create=False)`."""

    def make(name: str = "google", **options: Any) -> OAuthProvider:
        given = {"client_id": "x", "client_secret": "y", "issuer": "https://a.example"}
        return open_provider(name, OAuth(**(given | options)), clock)

    return make


@pytest.fixture
def identities(tripkit: Tripkit, clock: Any) -> Identities:
    labels = {"google": "Google", "home": "home", "facebook": "Facebook"}
    return Identities(
        tripkit.db,
        tripkit.account_changes,
        tripkit.administration,
        tripkit.audit,
        clock,
        tripkit.settings,
        labels,
    )


@pytest.fixture
def enter(identities: Identities, provider: Any) -> Callable[..., int]:
    """`enter(person, "google")`: the id of the account."""

    def one(person: Person = ADA, name: str = "google", **options: Any) -> int:
        return identities.enter(provider(name, **options), person, WHERE)

    return one


@pytest.fixture
def actor_of(tripkit: Tripkit) -> Callable[[int], Actor]:
    """The actor of somebody who has just signed in with a provider."""

    def one(user_id: int) -> Actor:
        signed_in = tripkit.accounts.sign_in(user_id, WHERE, provider="google")
        return tripkit.sessions.authenticate(signed_in.tokens.access, WHERE)

    return one


def verify(tripkit: Tripkit, username: str) -> None:
    tripkit.db.unit(lambda: tripkit.db.execute(f"UPDATE users SET is_verified = true WHERE username = '{username}'"))


def recorded(tripkit: Tripkit) -> list[tuple[str, int | None]]:
    """The trail: event and subject."""
    return [tuple(row) for row in tripkit.db.execute("SELECT event, subject FROM audit_events ORDER BY id").fetchall()]


def changed(**fields: Any) -> Person:
    return msgspec.structs.replace(ADA, **fields)


# --- new accounts ---------------------------------------------------------------------------------------------------


def test_somebody_new_gets_an_account_without_a_password(tripkit: Tripkit, enter: Any, password: str) -> None:
    user = tripkit.administration.find(OPERATOR, str(enter()))
    assert (user.email, user.username, user.first_name, user.last_name) == ("ada@example.org", "ada", "Ada", "Lovelace")
    assert (user.is_active, user.is_verified, user.is_admin) == (True, True, False)
    assert (user.google_id, user.facebook_id) == ("sub-ada", None)
    for secret in ("", password):
        with pytest.raises(InvalidCredentials):
            tripkit.accounts.log_in(LoginIn("ada@example.org", secret), Client())
    assert recorded(tripkit)[:2] == [("identity.linked", user.id), ("user.signed_up", user.id)]


def test_who_comes_back_gets_the_same_account_whatever_else_has_changed(tripkit: Tripkit, enter: Any) -> None:
    user_id = enter()
    for person in (
        ADA,
        changed(email="countess@example.org", username="countess"),
        changed(email="", is_verified=False),
        changed(email="ADA@Example.ORG", is_verified=False),
        changed(email="not an address"),
    ):
        assert enter(person) == user_id
    assert tripkit.administration.find(OPERATOR, "ada").email == "ada@example.org"
    assert len(tripkit.administration.everybody(OPERATOR)) == 1


def test_a_subject_that_takes_over_an_address_gets_an_account_of_its_own(tripkit: Tripkit, enter: Any) -> None:
    ada = enter()
    tripkit.administration.delete(OPERATOR, ada)
    other = enter(changed(subject="sub-new"))
    assert other != ada
    with pytest.raises(AccountExists):
        enter(changed(is_verified=False))


def test_the_same_subject_at_another_provider_is_somebody_else(tripkit: Tripkit, enter: Any) -> None:
    first = enter()
    second = enter(changed(email="other@example.org"), "home")
    assert first != second


def test_an_unverified_address_makes_an_unverified_account(tripkit: Tripkit, enter: Any) -> None:
    assert not tripkit.administration.find(OPERATOR, str(enter(changed(is_verified=False)))).is_verified


@pytest.mark.parametrize("email", ["", "not an address", "a@b@c", "ada@[127.0.0.1]", "x" * 250 + "@example.org"])
def test_without_an_address_that_can_be_used_no_account_is_made(tripkit: Tripkit, enter: Any, email: str) -> None:
    with pytest.raises(SignInRefused, match="gave no email address that can be used"):
        enter(changed(email=email))
    assert tripkit.administration.everybody(OPERATOR) == []


def test_accounts_are_only_made_where_that_is_wanted(tripkit: Tripkit, enter: Any) -> None:
    with pytest.raises(SignInRefused, match="no account for you"):
        enter(auto_create=False)
    assert tripkit.administration.everybody(OPERATOR) == []
    user_id = enter()
    assert enter(auto_create=False) == user_id


@pytest.mark.parametrize(
    ("fields", "username"),
    [
        ({"username": "grace.hopper"}, "grace.hopper"),
        ({"username": "grace@corp.example"}, "grace"),
        ({"username": "Zoë Ångström"}, "Zoe-Angstrom"),
        ({"username": "山田"}, "ada"),
        ({"username": "x", "email": "ab@example.org"}, "AdaLovelace"),
        ({"username": "", "email": "山田@example.org", "first_name": "花", "last_name": "子"}, "traveller"),
        ({"username": "../../etc/passwd"}, "etc-passwd"),
        ({"username": "x" * 60}, "x" * 30),
        ({"username": "-_." * 5 + "abc"}, "abc"),
    ],
)
def test_usernames_are_made_of_what_there_is(
    tripkit: Tripkit, enter: Any, fields: dict[str, str], username: str
) -> None:
    assert tripkit.administration.find(OPERATOR, str(enter(changed(**fields)))).username == username


def test_a_username_that_is_taken_gets_a_number(tripkit: Tripkit, sign_up: SignUp, enter: Any) -> None:
    sign_up("ADA", email="first@example.org")
    names = []
    for number in range(12):
        user_id = enter(changed(subject=f"s{number}", email=f"a{number}@example.org"))
        names.append(tripkit.administration.find(OPERATOR, str(user_id)).username)
    assert names[:8] == [f"ada{number}" for number in range(2, 10)]
    assert all(name.startswith("ada-") and len(name) == 10 for name in names[8:])


def test_names_that_could_deceive_are_left_out(tripkit: Tripkit, enter: Any) -> None:
    user_id = enter(changed(first_name="\u202eada", last_name="Lovelace\u2028"))
    user = tripkit.administration.find(OPERATOR, str(user_id))
    assert (user.first_name, user.last_name) == ("", "")


def test_of_many_who_come_first_at_once_all_get_the_one_account(tripkit: Tripkit, enter: Any, in_threads: Any) -> None:
    outcomes = in_threads(10, enter, tripkit)
    assert len(set(outcomes)) == 1
    assert [user.id for user in tripkit.administration.everybody(OPERATOR)] == [outcomes[0]]


def test_of_many_with_one_address_at_once_one_gets_it(tripkit: Tripkit, enter: Any, in_threads: Any) -> None:
    subjects = iter(f"s{number}" for number in range(10))
    outcomes = in_threads(10, lambda: enter(changed(subject=next(subjects), is_verified=False)), tripkit)
    assert [type(each) for each in outcomes].count(int) == 1
    assert [type(each) for each in outcomes].count(AccountExists) == 9
    assert len(tripkit.administration.everybody(OPERATOR)) == 1


# --- an account with the same address -------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["ada@example.org", "ADA@Example.ORG"])
def test_both_sides_verified_are_one_person(
    tripkit: Tripkit, sign_up: SignUp, enter: Any, password: str, address: str
) -> None:
    ada = sign_up("ada").user
    verify(tripkit, "ada")
    assert enter(changed(email=address)) == ada.id
    assert enter(changed(email="")) == ada.id
    user = tripkit.accounts.log_in(LoginIn("ada@example.org", password), Client()).user
    assert user.google_id == "sub-ada"


@pytest.mark.parametrize(("here", "there"), [(False, True), (True, False), (False, False)])
def test_an_account_is_not_taken_over_by_an_address_that_one_side_has_not_verified(
    tripkit: Tripkit, sign_up: SignUp, enter: Any, here: bool, there: bool
) -> None:
    ada = sign_up("ada").user
    if here:
        verify(tripkit, "ada")
    with pytest.raises(AccountExists, match="Sign in to it as you did before, and link Google"):
        enter(changed(is_verified=there))
    assert tripkit.administration.find(OPERATOR, "ada").google_id is None
    assert [user.id for user in tripkit.administration.everybody(OPERATOR)] == [ada.id]


def test_a_second_subject_of_a_provider_does_not_get_in_by_the_address(tripkit: Tripkit, enter: Any) -> None:
    enter()
    with pytest.raises(Conflict, match="linked with somebody else at Google"):
        enter(changed(subject="sub-other"))
    assert tripkit.administration.find(OPERATOR, "ada").google_id == "sub-ada"


def test_a_second_provider_joins_the_account_of_a_verified_address(tripkit: Tripkit, enter: Any) -> None:
    user_id = enter()
    assert enter(changed(subject="other"), "home") == user_id


# --- who stays out --------------------------------------------------------------------------------------------------


def test_disabled_accounts_stay_out(tripkit: Tripkit, enter: Any, sign_up: SignUp) -> None:
    user_id = enter()
    tripkit.administration.set_active(OPERATOR, user_id, active=False)
    with pytest.raises(AccountDisabled):
        enter()
    with pytest.raises(AccountDisabled):
        tripkit.accounts.sign_in(user_id, WHERE, provider="google")
    bob = sign_up("bob").user
    verify(tripkit, "bob")
    tripkit.administration.set_active(OPERATOR, bob.id, active=False)
    with pytest.raises(AccountDisabled):
        enter(changed(subject="sub-bob", email="bob@example.org"))
    assert tripkit.administration.find(OPERATOR, "bob").google_id is None


@pytest.mark.parametrize(
    ("person", "enters"),
    [
        (ADA, True),
        (changed(email="ADA@EXAMPLE.ORG"), True),
        (changed(email="ada@sub.example.org"), False),
        (changed(email="ada@notexample.org"), False),
        (changed(email="ada@example.org.evil.example"), False),
        (changed(email="example.org@evil.example"), False),
        (changed(is_verified=False), False),
        (changed(email=""), False),
    ],
)
def test_only_verified_addresses_of_allowed_domains_sign_in(
    tripkit: Tripkit, enter: Any, identities: Identities, provider: Any, ada: Actor, person: Person, enters: bool
) -> None:
    tripkit.administration.delete(OPERATOR, ada.user_id)
    domains = ("other.example", "Example.org")
    if enters:
        assert enter(person, allowed_domains=domains)
        return
    with pytest.raises(SignInRefused, match="of a domain that may not"):
        enter(person, allowed_domains=domains)
    assert tripkit.administration.everybody(OPERATOR) == []


# --- administrators -------------------------------------------------------------------------------------------------


def is_admin(tripkit: Tripkit, user_id: int) -> bool:
    return tripkit.administration.find(OPERATOR, str(user_id)).is_admin


def test_the_admin_group_is_followed_when_somebody_signs_in(
    tripkit: Tripkit, enter: Any, make_user: Callable[..., Actor]
) -> None:
    make_user("root", admin=True)  # somebody else, since the last administrator stays one
    group = {"admin_group": "trips-admins"}
    user_id = enter(changed(groups=("family",)), **group)
    assert not is_admin(tripkit, user_id)
    enter(changed(groups=("family", "trips-admins")), **group)
    assert is_admin(tripkit, user_id)
    enter(changed(groups=None), **group)
    assert is_admin(tripkit, user_id)
    enter(changed(groups=()), **group)
    assert not is_admin(tripkit, user_id)
    assert is_admin(tripkit, enter(changed(subject="new", email="n@example.org", groups=("trips-admins",)), **group))


def test_the_last_administrator_stays_one_whatever_the_group(tripkit: Tripkit, enter: Any) -> None:
    user_id = enter(changed(groups=("admins",)), admin_group="admins")
    enter(changed(groups=()), admin_group="admins")
    assert is_admin(tripkit, user_id)


def test_without_an_admin_group_nobody_is_made_or_unmade(tripkit: Tripkit, enter: Any) -> None:
    user_id = enter(changed(groups=("", "admins")))
    assert not is_admin(tripkit, user_id)
    tripkit.administration.set_admin(OPERATOR, user_id, admin=True)
    enter(changed(groups=()))
    assert is_admin(tripkit, user_id)


# --- linking and unlinking ------------------------------------------------------------------------------------------


def test_somebody_signed_in_links_and_unlinks(
    tripkit: Tripkit, identities: Identities, provider: Any, ada: Actor, enter: Any, clock: Any
) -> None:
    linked = identities.link(ada, provider("google"), changed(email="other@example.org", is_verified=False))
    assert (linked.provider, linked.label, linked.subject) == ("google", "Google", "sub-ada")
    assert (linked.email, linked.created_at) == ("other@example.org", clock.now)
    assert identities.of(ada) == [linked]
    assert identities.link(ada, provider("google"), ADA) == linked
    assert enter(changed(email="")) == ada.user_id
    identities.link(ada, provider("facebook"), changed(subject="10001"))
    profile = tripkit.accounts.profile(ada)
    assert (profile.google_id, profile.facebook_id) == ("sub-ada", "10001")
    identities.unlink(ada, "google")
    assert [each.provider for each in identities.of(ada)] == ["facebook"]
    events = ["identity.linked", "identity.linked", "identity.unlinked"]
    assert recorded(tripkit)[-3:] == [(event, ada.user_id) for event in events]


def test_what_belongs_to_somebody_else_cannot_be_linked(
    identities: Identities, provider: Any, ada: Actor, bob: Actor
) -> None:
    identities.link(ada, provider(), ADA)
    with pytest.raises(Conflict, match="belongs to another account"):
        identities.link(bob, provider(), ADA)
    with pytest.raises(Conflict, match="Unlink them first"):
        identities.link(ada, provider(), changed(subject="sub-second"))
    assert identities.of(bob) == []
    assert [each.subject for each in identities.of(ada)] == ["sub-ada"]


def test_linking_keeps_to_the_allowed_domains(identities: Identities, provider: Any, ada: Actor) -> None:
    with pytest.raises(SignInRefused):
        identities.link(ada, provider(allowed_domains=("corp.example",)), ADA)
    assert identities.of(ada) == []


def test_what_is_not_linked_cannot_be_unlinked(identities: Identities, ada: Actor, enter: Any) -> None:
    enter(changed(email="other@example.org"))
    for name in ("google", "nothing", ""):
        with pytest.raises(NotFound):
            identities.unlink(ada, name)


def test_the_last_way_into_an_account_stays(
    tripkit: Tripkit, identities: Identities, provider: Any, enter: Any, actor_of: Any
) -> None:
    actor = actor_of(enter())
    with pytest.raises(Conflict, match="only way into your account"):
        identities.unlink(actor, "google")
    # A provider that is not configured any more is no way in.
    identities.link(actor, provider("gone"), changed(subject="x"))
    with pytest.raises(Conflict, match="only way into your account"):
        identities.unlink(actor, "google")
    identities.unlink(actor, "gone")
    identities.link(actor, provider("home"), changed(subject="x"))
    identities.unlink(actor, "google")
    with pytest.raises(Conflict, match="only way into your account"):
        identities.unlink(actor, "home")
    tripkit.administration.set_password(OPERATOR, actor.user_id, "an entirely new phrase")
    identities.unlink(actor_of(actor.user_id), "home")


def test_of_two_ways_that_are_closed_at_once_one_stays(
    tripkit: Tripkit, identities: Identities, provider: Any, enter: Any, actor_of: Any, in_threads: Any
) -> None:
    actor = actor_of(enter())
    identities.link(actor, provider("home"), changed(subject="x"))
    names = iter(["google", "home"] * 4)
    in_threads(8, lambda: identities.unlink(actor, next(names)), tripkit)
    assert len(identities.of(actor)) == 1


def test_commands_and_tokens_link_nothing(identities: Identities, provider: Any, ada: Actor) -> None:
    command = Actor(ada.user_id, ada.username)
    with pytest.raises(Forbidden):
        identities.link(command, provider(), ADA)
    with pytest.raises(Forbidden):
        identities.unlink(command, "google")


def test_identities_go_with_the_account(tripkit: Tripkit, enter: Any) -> None:
    tripkit.administration.delete(OPERATOR, enter())
    assert tripkit.db.execute("SELECT count(*) FROM identities").fetchone()[0] == 0
    assert enter()


# --- the session ----------------------------------------------------------------------------------------------------


def test_signing_in_starts_a_session_and_is_recorded(tripkit: Tripkit, enter: Any) -> None:
    user_id = enter()
    signed_in = tripkit.accounts.sign_in(user_id, WHERE, provider="google")
    assert signed_in.user.google_id == "sub-ada"
    assert tripkit.sessions.authenticate(signed_in.tokens.access).user_id == user_id
    event, client, details = tripkit.db.execute(
        "SELECT event, client, details FROM audit_events ORDER BY id DESC LIMIT 1"
    ).fetchone()
    assert (event, client) == ("session.started", "192.0.2.7")
    assert "google" in str(details)
    assert "ada" not in str(details)


def test_an_account_that_is_gone_is_not_signed_in(tripkit: Tripkit, enter: Any) -> None:
    user_id = enter()
    tripkit.administration.delete(OPERATOR, user_id)
    with pytest.raises(SignInFailed, match="the account has been deleted"):
        tripkit.accounts.sign_in(user_id, WHERE, provider="google")


# --- with the rest of the security ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["invite", "closed"])
def test_nobody_new_is_let_in_unless_sign_up_is_open(tripkit: Tripkit, provider: Any, clock: Any, mode: str) -> None:
    security = msgspec.structs.replace(tripkit.settings.security, signup=mode)
    settings = msgspec.structs.replace(tripkit.settings, security=security)
    changes, administration = tripkit.account_changes, tripkit.administration
    strict = Identities(tripkit.db, changes, administration, tripkit.audit, clock, settings, {})
    with pytest.raises(SignupClosed):
        strict.enter(provider(), ADA, WHERE)
    assert tripkit.administration.everybody(OPERATOR) == []


def test_a_second_factor_is_asked_for_after_a_provider_too(tripkit: Tripkit, ada: Actor, clock: Any) -> None:
    app = pyotp.TOTP(tripkit.second_factors.set_up(ada).secret)
    tripkit.second_factors.activate(ada, app.at(clock()))
    with pytest.raises(SecondFactorRequired) as asked:
        tripkit.accounts.sign_in(ada.user_id, WHERE, provider="google")
    clock.advance(seconds=30)
    answer = ChallengeIn(asked.value.challenge, app.at(clock()))
    assert tripkit.accounts.finish_log_in(answer, WHERE).user.id == ada.user_id


def test_linking_and_unlinking_need_recent_authentication(
    identities: Identities, ada: Actor, provider: Any, clock: Any
) -> None:
    clock.advance(minutes=10)
    with pytest.raises(ReauthenticationRequired):
        identities.link(ada, provider(), ADA)
    with pytest.raises(ReauthenticationRequired):
        identities.unlink(ada, "google")
