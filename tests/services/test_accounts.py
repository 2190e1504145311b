"""Accounts: signing up and in, and the profile."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import Settings
from tripkit.database import Param, Statement
from tripkit.errors import (
    AccountDisabled,
    InvalidCredentials,
    InvalidToken,
    LastAdmin,
    NotFound,
    SignupClosed,
    Taken,
    TripkitError,
    ValidationFailed,
)
from tripkit.models import User
from tripkit.schemas.plans import PlanQuery
from tripkit.schemas.users import (
    Actor,
    Client,
    DeleteAccountIn,
    LoginIn,
    NewUser,
    PasswordChangeIn,
    SignedIn,
    SignupIn,
    UserOut,
    UserPatch,
)
from tripkit.security.passwords import Passwords
from tripkit.services.accounts import Accounts
from tripkit.services.policy import OPERATOR

NEW = "an entirely new phrase"
SignUp = Callable[..., SignedIn]
DIGEST = Statement(lambda: User.select(User.password_hash).where(User.id == Param("user_id")), record=str)


@pytest.fixture
def accounts(tripkit: Tripkit) -> Accounts:
    return tripkit.accounts


@pytest.fixture
def log_in(accounts: Accounts, password: str) -> Callable[..., SignedIn]:
    def log_in(email: str = "ada@example.org", secret: str = password) -> SignedIn:
        return accounts.log_in(LoginIn(email, secret), Client("192.0.2.7", "tests"))

    return log_in


def with_security(settings: Settings, **changes: Any) -> Settings:
    return msgspec.structs.replace(settings, security=msgspec.structs.replace(settings.security, **changes))


def is_alive(tripkit: Tripkit, signed_in: SignedIn) -> bool:
    try:
        return tripkit.sessions.authenticate(signed_in.tokens.access).user_id == signed_in.user.id
    except InvalidToken:
        return False


# --- signing up -----------------------------------------------------------------------------------------------------


def test_signing_up_makes_an_account_that_is_signed_in(tripkit: Tripkit, sign_up: SignUp, clock: Any) -> None:
    made = sign_up("ada", first_name="Ada", last_name="Lovelace")
    assert made.user == UserOut(
        id=made.user.id,
        email="ada@example.org",
        username="ada",
        first_name="Ada",
        last_name="Lovelace",
        is_active=True,
        is_verified=False,
        is_admin=False,
        date_joined=clock.now,
    )
    actor = tripkit.sessions.authenticate(made.tokens.access)
    assert (actor.user_id, actor.username, actor.is_admin) == (made.user.id, "ada", False)
    assert tripkit.accounts.profile(actor) == made.user


def test_the_password_is_stored_as_a_hash_only(tripkit: Tripkit, sign_up: SignUp, password: str) -> None:
    sign_up("ada")
    row = tripkit.db.execute("SELECT * FROM users").fetchone()
    assert any(str(value).startswith("$argon2id$") for value in row)
    assert not any(password in str(value) for value in row)


def test_all_that_is_wrong_with_a_sign_up_is_told_at_once(sign_up: SignUp, tripkit: Tripkit) -> None:
    with pytest.raises(ValidationFailed) as failed:
        sign_up("ada", email="a@b@c", password="12345678", password_confirm="x", first_name="A\nda", last_name="\x1b")
    assert failed.value.errors.keys() == {"email", "password", "password_confirm", "first_name", "last_name"}
    assert len(failed.value.errors["password"]) == 2
    assert tripkit.administration.everybody(OPERATOR) == []


@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "@example.org",
        "ada@",
        "a@b@c",
        "ada@exam ple.org",
        "ada@.org",
        "ada@example..org",
        "ada@example.org.",
        f"ada@{'x' * 64}.org",
        "ada@[127.0.0.1]",
        '"ada"@example.org',
        "a\x00da@example.org",
    ],
)
def test_what_is_no_email_address_is_refused(sign_up: SignUp, email: str) -> None:
    with pytest.raises(ValidationFailed) as failed:
        sign_up("ada", email=email)
    assert failed.value.errors.keys() == {"email"}
    assert failed.value.errors["email"][0].startswith("is not an email address: ")


@pytest.mark.parametrize(
    "email", ["ada@nas.local", "ada@home.test", "ada+trips@example.org", "ada@пример.рф", "ü@x.org"]
)
def test_addresses_of_home_networks_and_all_scripts_are_accepted(sign_up: SignUp, email: str) -> None:
    assert sign_up("ada", email=email).user.email == email


SAME = [
    ("ada@example.org", "ADA@Example.ORG"),
    ("ada@bücher.example.org", "ada@xn--bcher-kva.example.org"),
    ("ada@bücher.example.org", "ada@BÜCHER.example.org"),
    ("ren\u00e9@example.org", "rene\u0301@example.org"),
    ("straße@example.org", "STRASSE@example.org"),
]


@pytest.mark.parametrize(("first", "second"), SAME + [(second, first) for first, second in SAME])
def test_one_address_has_one_account_however_it_is_written(
    sign_up: SignUp, log_in: Any, first: str, second: str
) -> None:
    made = sign_up("ada", email=first)
    with pytest.raises(Taken) as taken:
        sign_up("bob", email=second)
    assert taken.value.errors.keys() == {"email"}
    assert log_in(second).user == made.user


@pytest.mark.parametrize("other", ["b.ada@example.org", "ada@example.com", "ada+x@example.org", "a.da@example.org"])
def test_other_addresses_are_other_accounts(sign_up: SignUp, other: str) -> None:
    assert sign_up("ada").user.id != sign_up("bob", email=other).user.id


def test_usernames_are_the_same_in_every_letter_case(sign_up: SignUp) -> None:
    assert sign_up("Ada").user.username == "Ada"
    with pytest.raises(Taken) as taken:
        sign_up("aDA", email="other@example.org")
    assert taken.value.errors.keys() == {"username"}


def test_both_clashes_are_told_at_once(sign_up: SignUp) -> None:
    sign_up("ada")
    with pytest.raises(Taken) as taken:
        sign_up("ADA", email="ADA@example.org")
    assert taken.value.errors.keys() == {"email", "username"}


def test_of_many_who_sign_up_with_one_address_at_once_one_gets_it(
    tripkit: Tripkit, sign_up: SignUp, in_threads: Any
) -> None:
    addresses = iter(["ada@example.org", "ADA@example.org", "Ada@Example.org", "aDa@example.ORG"] * 5)
    names = iter(f"user{number}" for number in range(20))
    outcomes = in_threads(20, lambda: sign_up(next(names), email=next(addresses)), tripkit)
    assert [type(each) for each in outcomes].count(SignedIn) == 1
    assert [type(each) for each in outcomes].count(Taken) == 19
    assert len(tripkit.administration.everybody(OPERATOR)) == 1


@pytest.mark.parametrize(("mode", "says"), [("invite", "invited"), ("closed", "administrators make all accounts")])
def test_sign_up_may_be_closed(settings: Settings, tripkit: Tripkit, clock: Any, mode: str, says: str) -> None:
    closed = open_tripkit(with_security(settings, signup=mode), clock=clock)
    form = SignupIn("ada@example.org", "ada", NEW, NEW)
    with pytest.raises(SignupClosed, match=says):
        closed.accounts.sign_up(form, Client())
    assert closed.administration.create(OPERATOR, NewUser("ada@example.org", "ada", NEW)).username == "ada"
    closed.close()


# --- logging in -----------------------------------------------------------------------------------------------------


def test_logging_in_starts_a_session_of_its_own(tripkit: Tripkit, sign_up: SignUp, log_in: Any) -> None:
    first, second = sign_up("ada"), log_in()
    assert second.user == first.user
    sessions = [tripkit.sessions.authenticate(each.tokens.access).session_id for each in (first, second)]
    assert len(set(sessions)) == 2


def test_a_password_does_not_expire(sign_up: SignUp, log_in: Any, clock: Any) -> None:
    sign_up("ada")
    clock.advance(days=20 * 366)
    assert log_in()


@pytest.mark.parametrize(
    ("email", "secret"),
    [("ada@example.org", "wrong phrase"), ("bob@example.org", NEW), ("no address", NEW), ("", ""), ("ada", NEW)],
)
def test_wrong_credentials_are_refused_without_saying_which(
    sign_up: SignUp, log_in: Any, email: str, secret: str
) -> None:
    sign_up("ada")
    with pytest.raises(InvalidCredentials, match=r"^The email address or the password is wrong\.$"):
        log_in(email, secret)


def test_a_disabled_account_is_told_so_only_with_the_right_password(
    tripkit: Tripkit, sign_up: SignUp, log_in: Any
) -> None:
    user = sign_up("ada").user
    tripkit.administration.set_active(OPERATOR, user.id, active=False)
    with pytest.raises(AccountDisabled):
        log_in()
    with pytest.raises(InvalidCredentials):
        log_in(secret="wrong phrase")
    tripkit.administration.set_active(OPERATOR, user.id, active=True)
    assert log_in().user == user


def digest_of(tripkit: Tripkit, user: UserOut) -> str:
    digest = DIGEST.one(tripkit.db, user_id=user.id)
    assert digest is not None
    return digest


@pytest.fixture
def stronger(settings: Settings, tripkit: Tripkit, clock: Any) -> Iterator[Tripkit]:
    """The same instance after an administrator raised the cost of a hash."""
    opened = open_tripkit(with_security(settings, argon2_memory=16384), clock=clock)
    yield opened
    opened.close()


def test_a_hash_is_made_anew_at_login_when_the_parameters_have_changed(
    tripkit: Tripkit, stronger: Tripkit, sign_up: SignUp, password: str
) -> None:
    user = sign_up("ada").user
    with pytest.raises(InvalidCredentials):
        stronger.accounts.log_in(LoginIn("ada@example.org", "wrong phrase"), Client())
    assert "m=8192" in digest_of(tripkit, user)
    for _ in range(2):
        stronger.accounts.log_in(LoginIn("ada@example.org", password), Client())
        assert "m=16384" in digest_of(tripkit, user)


def test_a_hash_that_is_current_stays(tripkit: Tripkit, sign_up: SignUp, log_in: Any) -> None:
    user = sign_up("ada").user
    before = digest_of(tripkit, user)
    log_in()
    assert digest_of(tripkit, user) == before


def test_a_login_with_a_password_that_was_changed_meanwhile_is_refused(
    stronger: Tripkit, tripkit: Tripkit, sign_up: SignUp, log_in: Any, password: str
) -> None:
    user = sign_up("ada").user

    class Interrupted(Passwords):
        """Hashes for so long that somebody else changes the password in the meantime."""

        def hash(self, password: str) -> str:
            tripkit.administration.set_password(OPERATOR, user.id, NEW)
            return super().hash(password)

    passwords = Interrupted(memory=16384, time=1, parallelism=1)
    factors = stronger.second_factors, stronger.reauthentication
    mail = stronger.account_mail, stronger.email_change
    parts = stronger.audit, stronger.clock, stronger.settings
    slow = Accounts(stronger.db, stronger.account_changes, stronger.sessions, passwords, *factors, *mail, *parts)
    with pytest.raises(InvalidCredentials):
        slow.log_in(LoginIn("ada@example.org", password), Client())
    assert log_in(secret=NEW).user == user
    with pytest.raises(InvalidCredentials):
        log_in(secret=password)


# --- the profile ----------------------------------------------------------------------------------------------------


def test_what_is_left_out_of_an_edit_stays(accounts: Accounts, ada: Actor) -> None:
    before = accounts.profile(ada)
    edited = accounts.edit(ada, UserPatch(first_name="Ada"))
    assert edited == msgspec.structs.replace(before, first_name="Ada") == accounts.profile(ada)
    assert accounts.edit(ada, UserPatch()) == edited


def test_every_field_of_the_profile_can_be_changed_and_the_address_once_it_is_confirmed(
    accounts: Accounts, ada: Actor, log_in: Any
) -> None:
    edited = accounts.edit(ada, UserPatch("countess@example.org", "countess", "Augusta", "King"))
    assert (edited.pending_email, edited.username, edited.first_name, edited.last_name) == (
        "countess@example.org",
        "countess",
        "Augusta",
        "King",
    )
    assert edited.email == "ada@example.org"
    assert log_in("ada@example.org").user == msgspec.structs.replace(edited, pending_email=None)
    with pytest.raises(InvalidCredentials):
        log_in("countess@example.org")


def test_of_many_who_take_one_username_at_once_one_gets_it(
    tripkit: Tripkit, make_user: Callable[..., Actor], in_threads: Any
) -> None:
    people = [make_user(f"user{number}") for number in range(8)]
    waiting = iter(people)
    outcomes = in_threads(8, lambda: tripkit.accounts.edit(next(waiting), UserPatch(username="Ada")), tripkit)
    assert [type(each) for each in outcomes].count(UserOut) == 1
    assert [type(each) for each in outcomes].count(Taken) == 7


@pytest.mark.parametrize(
    ("patch", "fields"),
    [
        (UserPatch(email="BOB@example.org"), {"email"}),
        (UserPatch(username="BoB"), {"username"}),
        (UserPatch(email="bob@example.org", username="bob"), {"email", "username"}),
    ],
)
def test_an_edit_may_not_take_what_belongs_to_somebody_else(
    accounts: Accounts, ada: Actor, bob: Actor, patch: UserPatch, fields: set[str]
) -> None:
    before = accounts.profile(ada)
    with pytest.raises(Taken) as taken:
        accounts.edit(ada, patch)
    assert taken.value.errors.keys() == fields
    assert accounts.profile(ada) == before


def test_all_that_is_wrong_with_an_edit_is_told_at_once(accounts: Accounts, ada: Actor) -> None:
    with pytest.raises(ValidationFailed) as failed:
        accounts.edit(ada, UserPatch(email="a@b@c", first_name="a\nb", last_name="\u2028"))
    assert failed.value.errors.keys() == {"email", "first_name", "last_name"}


@pytest.mark.parametrize("name", ["Zoë", "علی‌رضا", "O’Brien-Smith Jr.", "山田　花子", ""])
def test_names_may_be_written_in_any_script(accounts: Accounts, ada: Actor, name: str) -> None:
    assert accounts.edit(ada, UserPatch(first_name=name, last_name=name)).first_name == name


def test_an_address_that_an_administrator_gives_has_to_be_verified_anew_and_another_letter_case_does_not(
    tripkit: Tripkit, accounts: Accounts, ada: Actor
) -> None:
    tripkit.db.unit(lambda: tripkit.db.execute("UPDATE users SET is_verified = true"))
    assert accounts.edit(ada, UserPatch(first_name="Ada")).is_verified
    same = accounts.edit(ada, UserPatch(email="Ada@Example.org"))
    assert (same.email, same.is_verified) == ("Ada@example.org", True)
    changed = tripkit.administration.edit(OPERATOR, ada.user_id, UserPatch(email="other@example.org"))
    assert (changed.email, changed.is_verified) == ("other@example.org", False)


# --- passwords ------------------------------------------------------------------------------------------------------


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(
    tripkit: Tripkit, sign_up: SignUp, log_in: Any, password: str
) -> None:
    this, other, bobs = sign_up("ada"), log_in(), sign_up("bob")
    actor = tripkit.sessions.authenticate(this.tokens.access)
    tripkit.accounts.change_password(actor, PasswordChangeIn(NEW, NEW, password))
    assert [is_alive(tripkit, each) for each in (this, other, bobs)] == [True, False, True]
    with pytest.raises(InvalidToken):
        tripkit.sessions.refresh(other.tokens.refresh)
    assert tripkit.sessions.refresh(this.tokens.refresh)
    with pytest.raises(InvalidCredentials):
        log_in()
    assert log_in(secret=NEW)


@pytest.mark.parametrize(
    ("current", "new", "confirm", "fields"),
    [
        ("wrong phrase", NEW, NEW, {"current_password"}),
        (None, NEW, NEW + " ", {"new_password_confirm"}),
        (None, "short", "short", {"new_password"}),
        (None, "ada@example", "x", {"new_password", "new_password_confirm"}),
    ],
)
def test_a_password_that_may_not_be_changed_stays(
    accounts: Accounts, ada: Actor, log_in: Any, password: str, current: str | None, new: str, confirm: str, fields: Any
) -> None:
    with pytest.raises(ValidationFailed) as failed:
        accounts.change_password(ada, PasswordChangeIn(new, confirm, current or password))
    assert failed.value.errors.keys() == fields
    assert log_in()


def test_deleting_the_account_takes_its_plans_and_sessions_and_nothing_else(
    tripkit: Tripkit, make_plan: Any, sign_up: SignUp, log_in: Any, bob: Actor, password: str
) -> None:
    signed_in = sign_up("ada")
    ada = tripkit.sessions.authenticate(signed_in.tokens.access)
    make_plan(ada)
    bobs = make_plan(bob)
    tripkit.accounts.delete_own(ada, DeleteAccountIn(password))
    assert not is_alive(tripkit, signed_in)
    with pytest.raises(InvalidCredentials):
        log_in()
    assert list(tripkit.db.execute("SELECT id FROM plans")) == [(bobs.id,)]
    assert list(tripkit.db.execute("SELECT DISTINCT user_id FROM sessions")) == [(bob.user_id,)]
    assert [user.username for user in tripkit.administration.everybody(OPERATOR)] == ["bob"]


def test_an_account_is_not_deleted_with_the_wrong_password(accounts: Accounts, ada: Actor) -> None:
    with pytest.raises(ValidationFailed) as failed:
        accounts.delete_own(ada, DeleteAccountIn("wrong phrase"))
    assert failed.value.errors == {"password": ["is not your current password."]}
    assert accounts.profile(ada).username == "ada"


def test_the_last_administrator_cannot_delete_the_account(
    tripkit: Tripkit, make_user: Callable[..., Actor], password: str
) -> None:
    root = make_user("root", admin=True)
    with pytest.raises(LastAdmin, match="root is the only active administrator"):
        tripkit.accounts.delete_own(root, DeleteAccountIn(password))
    assert tripkit.accounts.profile(root).is_admin
    make_user("eve", admin=True)
    tripkit.accounts.delete_own(root, DeleteAccountIn(password))
    assert [user.username for user in tripkit.administration.everybody(OPERATOR)] == ["eve"]


def test_the_id_of_a_deleted_account_is_never_given_out_again(sign_up: SignUp, tripkit: Tripkit) -> None:
    first = sign_up("ada").user.id
    tripkit.administration.delete(OPERATOR, first)
    assert sign_up("ada").user.id > first


def test_a_profile_that_is_gone_is_not_found(tripkit: Tripkit, accounts: Accounts, ada: Actor) -> None:
    tripkit.administration.delete(OPERATOR, ada.user_id)
    with pytest.raises(NotFound):
        accounts.profile(ada)


def test_the_operator_owns_no_plans(tripkit: Tripkit, make_plan: Any) -> None:
    assert tripkit.plans.page(OPERATOR, PlanQuery()).results == []
    with pytest.raises(TripkitError):
        make_plan(OPERATOR)
