"""Verifying, resetting and changing by mail: what a link does, once, in time, and for nobody else."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pyotp
import pytest

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import Settings
from tripkit.errors import (
    AccountDisabled,
    Conflict,
    EmailNotVerified,
    InvalidCredentials,
    InvalidToken,
    SecondFactorRequired,
    Taken,
    ValidationFailed,
)
from tripkit.mail.base import Message
from tripkit.models import Identity
from tripkit.schemas.administration import InviteIn
from tripkit.schemas.api_tokens import ApiTokenIn
from tripkit.schemas.audit import AuditQuery
from tripkit.schemas.users import Actor, Client, LoginIn, ResetIn, SignedIn, UserPatch
from tripkit.services import policy
from tripkit.services.links import Links, Page
from tripkit.services.one_time_tokens import Purpose
from tripkit.services.outbox import WAITING
from tripkit.services.policy import OPERATOR

from ..conftest import FakeClock

NEW = "an entirely new phrase"
CLIENT = Client("192.0.2.7", "tests", "request-7")


@pytest.fixture
def mail(tripkit: Tripkit) -> Callable[[], list[Message]]:
    """What waits to be sent, in order."""
    return lambda: [msgspec.json.decode(each[1], type=Message) for each in WAITING.all(tripkit.db)]


@pytest.fixture
def token(mail: Any) -> Callable[..., str]:
    """`token("verify_email")`: the one in the last mail of a kind."""

    def token(kind: str, to: str | None = None) -> str:
        found = [each for each in mail() if each.kind == kind and to in (None, each.to)]
        return re.search(r"\?token=([\w-]+)", found[-1].text)[1]  # type: ignore[index]

    return token


@pytest.fixture
def verified(tripkit: Tripkit, ada: Actor) -> Actor:
    tripkit.administration.verify(OPERATOR, ada.user_id)
    return ada


def events(tripkit: Tripkit) -> list[tuple[str, int | None, int | None]]:
    return [(row.event, row.actor, row.subject) for row in tripkit.audit_trail.each(OPERATOR, AuditQuery())]


def is_alive(tripkit: Tripkit, signed_in: SignedIn) -> bool:
    try:
        return bool(tripkit.sessions.authenticate(signed_in.tokens.access))
    except InvalidToken:
        return False


def log_in(tripkit: Tripkit, password: str, email: str = "ada@example.org") -> SignedIn:
    return tripkit.accounts.log_in(LoginIn(email, password), CLIENT)


def reset(tripkit: Tripkit, token: str, password: str = NEW) -> None:
    tripkit.password_reset.confirm(ResetIn(token, password, password), CLIENT)


def use(tripkit: Tripkit, purpose: Purpose, token: str) -> None:
    """What the link of this purpose does."""
    {
        Purpose.VERIFY_EMAIL: lambda: tripkit.email_verification.verify(token, CLIENT),
        Purpose.RESET_PASSWORD: lambda: reset(tripkit, token),
        Purpose.CONFIRM_EMAIL: lambda: tripkit.email_change.confirm(token, CLIENT),
        Purpose.REVERT_EMAIL: lambda: tripkit.email_change.revert(token, CLIENT),
    }[purpose]()


LINKED = [Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD, Purpose.CONFIRM_EMAIL, Purpose.REVERT_EMAIL]
KINDS = dict(zip(LINKED, ["verify_email", "reset_password", "confirm_new_email", "email_changed"], strict=True))
HOURS = dict(zip(LINKED, [24, 1, 24, 7 * 24], strict=True))


@pytest.fixture
def link(tripkit: Tripkit, ada: Actor, token: Any) -> Callable[[Purpose], str]:
    """A token of each kind, as it comes to be."""

    def link(purpose: Purpose) -> str:
        if purpose is Purpose.RESET_PASSWORD:
            tripkit.password_reset.request("ada@example.org", CLIENT)
        elif purpose is not Purpose.VERIFY_EMAIL:
            tripkit.administration.verify(OPERATOR, ada.user_id)
            tripkit.accounts.edit(ada, UserPatch(email="countess@example.org"))
            if purpose is Purpose.REVERT_EMAIL:
                tripkit.email_change.confirm(token("confirm_new_email"), CLIENT)
        return str(token(KINDS[purpose], None if purpose is Purpose.CONFIRM_EMAIL else "ada@example.org"))

    return link


# --- every kind of token ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", LINKED)
def test_a_link_works_once_and_not_with_a_bit_changed(tripkit: Tripkit, link: Any, purpose: Purpose) -> None:
    token = link(purpose)
    with pytest.raises(InvalidToken):
        use(tripkit, purpose, token[:-1] + chr(ord(token[-1]) ^ 1))
    use(tripkit, purpose, token)
    with pytest.raises(InvalidToken, match="Ask for a new link"):
        use(tripkit, purpose, token)


@pytest.mark.parametrize("purpose", LINKED)
def test_a_link_expires(tripkit: Tripkit, link: Any, purpose: Purpose, clock: FakeClock) -> None:
    token = link(purpose)
    clock.advance(hours=HOURS[purpose])
    with pytest.raises(InvalidToken):
        use(tripkit, purpose, token)


@pytest.mark.parametrize("purpose", LINKED)
def test_a_token_of_another_purpose_does_nothing(tripkit: Tripkit, link: Any, purpose: Purpose) -> None:
    token = link(purpose)
    before = tripkit.administration.everybody(OPERATOR)
    for other in LINKED:
        if other is not purpose:
            with pytest.raises(InvalidToken):
                use(tripkit, other, token)
    assert tripkit.administration.everybody(OPERATOR) == before
    use(tripkit, purpose, token)


@pytest.mark.parametrize("purpose", LINKED)
def test_of_ten_who_use_a_link_at_once_one_succeeds(
    tripkit: Tripkit, link: Any, purpose: Purpose, in_threads: Any
) -> None:
    token = link(purpose)
    outcomes = in_threads(10, lambda: use(tripkit, purpose, token), tripkit)
    assert outcomes.count(None) == 1
    assert sum(isinstance(each, InvalidToken) for each in outcomes) == 9


@pytest.mark.parametrize("purpose", LINKED)
def test_a_link_changes_the_account_it_was_sent_for_and_no_other(
    tripkit: Tripkit, link: Any, bob: Actor, purpose: Purpose
) -> None:
    before = tripkit.administration.get(OPERATOR, bob.user_id)
    use(tripkit, purpose, link(purpose))
    assert tripkit.administration.get(OPERATOR, bob.user_id) == before
    assert len(tripkit.administration.sessions(OPERATOR, bob.user_id)) == 1


@pytest.mark.parametrize("purpose", LINKED)
def test_a_disabled_account_is_not_changed_and_the_link_is_not_lost(
    tripkit: Tripkit, link: Any, ada: Actor, purpose: Purpose
) -> None:
    token = link(purpose)
    tripkit.administration.set_active(OPERATOR, ada.user_id, active=False)
    with pytest.raises(AccountDisabled):
        use(tripkit, purpose, token)
    tripkit.administration.set_active(OPERATOR, ada.user_id, active=True)
    use(tripkit, purpose, token)


@pytest.mark.parametrize("purpose", LINKED)
def test_a_deleted_account_leaves_no_link_behind(tripkit: Tripkit, link: Any, ada: Actor, purpose: Purpose) -> None:
    token = link(purpose)
    tripkit.administration.delete(OPERATOR, ada.user_id)
    with pytest.raises(InvalidToken):
        use(tripkit, purpose, token)


@pytest.mark.parametrize("purpose", LINKED)
def test_what_was_done_is_recorded_without_token_and_address(
    tripkit: Tripkit, link: Any, ada: Actor, purpose: Purpose
) -> None:
    token = link(purpose)
    use(tripkit, purpose, token)
    done = dict(zip(LINKED, ["user.verified", "password.reset", "email.changed", "email.reverted"], strict=True))[
        purpose
    ]
    assert events(tripkit)[-1] == (done, None, ada.user_id)
    rows = msgspec.json.encode(list(tripkit.audit_trail.each(OPERATOR, AuditQuery()))).decode()
    assert not any(secret in rows for secret in (token, "example.org", NEW))


# --- verifying --------------------------------------------------------------------------------------------------------


def test_signing_up_mails_a_link_that_verifies(tripkit: Tripkit, ada: Actor, mail: Any, token: Any) -> None:
    assert [(each.kind, each.to, each.hours) for each in mail()] == [("verify_email", "ada@example.org", 24)]
    assert not tripkit.accounts.profile(ada).is_verified
    tripkit.email_verification.verify(token("verify_email"), CLIENT)
    assert tripkit.accounts.profile(ada).is_verified
    with pytest.raises(Conflict, match="confirmed already"):
        tripkit.email_verification.resend(ada)


def test_a_sign_up_that_is_refused_mails_nothing(ada: Actor, sign_up: Any, mail: Any) -> None:
    with pytest.raises(Taken):
        sign_up("ada")
    assert len(mail()) == 1


def test_sending_it_again_makes_the_first_link_worthless(tripkit: Tripkit, ada: Actor, token: Any) -> None:
    first = token("verify_email")
    tripkit.email_verification.resend(ada)
    with pytest.raises(InvalidToken):
        tripkit.email_verification.verify(first, CLIENT)
    tripkit.email_verification.verify(token("verify_email"), CLIENT)
    assert [name for name, *_ in events(tripkit)][-2:] == ["user.verification_requested", "user.verified"]


@pytest.mark.parametrize("purpose", [Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD])
def test_a_link_to_an_address_that_was_left_does_nothing(
    tripkit: Tripkit, ada: Actor, link: Any, purpose: Purpose
) -> None:
    token = link(purpose)
    tripkit.administration.edit(OPERATOR, ada.user_id, UserPatch(email="other@example.org"))
    with pytest.raises(InvalidToken):
        use(tripkit, purpose, token)
    stale = tripkit.one_time_tokens.issue(
        purpose, ada.user_id, tripkit.clock() - tripkit.clock().replace(year=2020), {"email": "ada@example.org"}
    )
    with pytest.raises(InvalidToken, match="another address"):
        use(tripkit, purpose, stale)
    assert not tripkit.accounts.profile(ada).is_verified


def test_who_must_be_verified_is_decided_by_policy(tripkit: Tripkit, sign_up: Any, token: Any) -> None:
    signed_in = sign_up("ada")
    actor = tripkit.sessions.authenticate(signed_in.tokens.access)
    policy.require_verified(actor, required=False)
    with pytest.raises(EmailNotVerified):
        policy.require_verified(actor, required=True)
    tripkit.email_verification.verify(token("verify_email"), CLIENT)
    policy.require_verified(tripkit.sessions.authenticate(signed_in.tokens.access), required=True)


# --- resetting --------------------------------------------------------------------------------------------------------


def test_a_reset_sets_the_password_verifies_and_ends_all_sessions(
    tripkit: Tripkit, sign_up: Any, token: Any, password: str
) -> None:
    signed_in = sign_up("ada")
    assert tripkit.password_reset.request("ADA@Example.org", CLIENT) is None
    first = token("reset_password")
    tripkit.password_reset.request("ada@example.org", CLIENT)
    with pytest.raises(InvalidToken):
        reset(tripkit, first)
    reset(tripkit, token("reset_password"))
    assert not is_alive(tripkit, signed_in)
    assert log_in(tripkit, NEW).user.is_verified
    with pytest.raises(InvalidCredentials):
        log_in(tripkit, password)


def test_whom_no_reset_is_mailed(tripkit: Tripkit, ada: Actor, mail: Any) -> None:
    tripkit.invitations.invite(OPERATOR, InviteIn("eve@example.org"))
    tripkit.administration.set_active(OPERATOR, ada.user_id, active=False)
    before = len(mail())
    reasons = [
        tripkit.password_reset.request(email, CLIENT)
        for email in ("nobody@example.org", "no address", "\x00", "ada@example.org", "eve@example.org")
    ]
    assert reasons == ["unknown address", "unknown address", "unknown address", "disabled", "invited"]
    assert len(mail()) == before


def test_a_weak_or_unconfirmed_password_leaves_the_link_good(tripkit: Tripkit, link: Any) -> None:
    token = link(Purpose.RESET_PASSWORD)
    with pytest.raises(ValidationFailed) as failed:
        tripkit.password_reset.confirm(ResetIn(token, "12345678", "other"), CLIENT)
    assert failed.value.errors.keys() == {"password", "password_confirm"}
    reset(tripkit, token)


@pytest.fixture
def ways_in(tripkit: Tripkit) -> Callable[[Actor], list[int]]:
    """`ways_in(actor)` counts the API tokens, second factors and linked providers; it makes one of each at first."""
    made: set[int] = set()

    def count(actor: Actor) -> list[int]:
        if actor.user_id not in made:
            made.add(actor.user_id)
            tripkit.api_tokens.create(actor, ApiTokenIn("trap", ["plans:read"]))
            secret = tripkit.second_factors.set_up(actor).secret
            tripkit.second_factors.activate(actor, pyotp.TOTP(secret).at(tripkit.clock()))
            tripkit.db.unit(
                lambda: tripkit.db.database.execute(
                    Identity.insert(user=actor.user_id, provider="google", subject="1", created_at=tripkit.clock())
                )
            )
        tables = ("api_tokens", "second_factors", "identities")
        return [tripkit.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]

    return count


@pytest.mark.parametrize("was_verified", [False, True])
def test_the_first_proof_of_an_address_shuts_out_whoever_squatted_on_it(
    tripkit: Tripkit, ada: Actor, token: Any, ways_in: Any, was_verified: bool
) -> None:
    if was_verified:
        tripkit.administration.verify(OPERATOR, ada.user_id)
    assert ways_in(ada) == [1, 1, 1]
    tripkit.password_reset.request("ada@example.org", CLIENT)
    reset(tripkit, token("reset_password"))
    assert ways_in(ada) == ([1, 1, 1] if was_verified else [0, 0, 0])
    assert tripkit.administration.sessions(OPERATOR, ada.user_id) == []


def test_taking_the_address_back_leaves_an_intruder_no_way_in(
    tripkit: Tripkit, verified: Actor, token: Any, ways_in: Any
) -> None:
    assert ways_in(verified) == [1, 1, 1]
    tripkit.accounts.edit(verified, UserPatch(email="intruder@example.org"))
    tripkit.email_change.confirm(token("confirm_new_email"), CLIENT)
    tripkit.email_change.revert(token("email_changed"), CLIENT)
    assert ways_in(verified) == [0, 0, 0]


def test_after_a_reset_a_code_is_still_asked_for(tripkit: Tripkit, verified: Actor, token: Any, ways_in: Any) -> None:
    ways_in(verified)
    tripkit.password_reset.request("ada@example.org", CLIENT)
    reset(tripkit, token("reset_password"))
    with pytest.raises(SecondFactorRequired):
        log_in(tripkit, NEW)


def test_a_new_password_stops_what_an_intruder_had_begun(tripkit: Tripkit, verified: Actor, token: Any) -> None:
    tripkit.accounts.edit(verified, UserPatch(email="intruder@example.org"))
    tripkit.password_reset.request("ada@example.org", CLIENT)
    reset(tripkit, token("reset_password"))
    with pytest.raises(InvalidToken):
        tripkit.email_change.confirm(token("confirm_new_email"), CLIENT)


# --- changing the address ---------------------------------------------------------------------------------------------


def test_an_address_changes_when_it_is_confirmed_and_the_old_one_is_told(
    tripkit: Tripkit, verified: Actor, mail: Any, token: Any, password: str
) -> None:
    other = log_in(tripkit, password)
    asked = tripkit.accounts.edit(verified, UserPatch(email="Countess@example.org", first_name="Augusta"))
    assert (asked.email, asked.pending_email, asked.first_name) == (
        "ada@example.org", "Countess@example.org", "Augusta",
    )  # fmt: skip
    assert tripkit.accounts.profile(verified) == asked
    assert (mail()[-1].kind, mail()[-1].to) == ("confirm_new_email", "Countess@example.org")
    tripkit.email_change.confirm(token("confirm_new_email"), CLIENT)
    changed = tripkit.accounts.profile(verified)
    assert (changed.email, changed.is_verified, changed.pending_email) == ("Countess@example.org", True, None)
    assert not is_alive(tripkit, other)
    assert (mail()[-1].kind, mail()[-1].to) == ("email_changed", "ada@example.org")
    assert log_in(tripkit, password, "countess@example.org")


def test_an_address_that_was_never_verified_cannot_take_the_account_back(
    tripkit: Tripkit, ada: Actor, token: Any, mail: Any
) -> None:
    tripkit.accounts.edit(ada, UserPatch(email="countess@example.org"))
    tripkit.email_change.confirm(token("confirm_new_email"), CLIENT)
    assert [each.kind for each in mail()] == ["verify_email", "confirm_new_email"]


def test_the_present_address_drops_the_change_and_another_replaces_it(tripkit: Tripkit, ada: Actor, token: Any) -> None:
    tripkit.accounts.edit(ada, UserPatch(email="one@example.org"))
    first = token("confirm_new_email")
    tripkit.accounts.edit(ada, UserPatch(email="two@example.org"))
    second = token("confirm_new_email")
    assert tripkit.accounts.edit(ada, UserPatch(email="ada@example.org")).pending_email is None
    for each in (first, second):
        with pytest.raises(InvalidToken):
            tripkit.email_change.confirm(each, CLIENT)


def test_a_pending_address_is_forgotten_with_its_link(tripkit: Tripkit, ada: Actor, clock: FakeClock) -> None:
    tripkit.accounts.edit(ada, UserPatch(email="one@example.org"))
    clock.advance(hours=24)
    assert tripkit.accounts.profile(ada).pending_email is None


@pytest.mark.parametrize("purpose", [Purpose.CONFIRM_EMAIL, Purpose.REVERT_EMAIL])
def test_an_address_that_was_taken_meanwhile_is_a_conflict_and_the_link_is_not_lost(
    tripkit: Tripkit, link: Any, sign_up: Any, purpose: Purpose
) -> None:
    token = link(purpose)
    email = "countess@example.org" if purpose is Purpose.CONFIRM_EMAIL else "ada@example.org"
    thief = sign_up("thief", email=email)
    with pytest.raises(Taken) as taken:
        use(tripkit, purpose, token)
    assert "another account" in taken.value.errors["email"][0]
    tripkit.administration.delete(OPERATOR, thief.user.id)
    use(tripkit, purpose, token)


def test_taking_it_back_sets_the_old_address_and_shuts_everybody_out(
    tripkit: Tripkit, verified: Actor, link: Any, token: Any, mail: Any, password: str
) -> None:
    undo = link(Purpose.REVERT_EMAIL)
    intruder = log_in(tripkit, password, "countess@example.org")
    tripkit.email_change.revert(undo, CLIENT)
    assert tripkit.administration.find(OPERATOR, "ada").email == "ada@example.org"
    assert not is_alive(tripkit, intruder)
    with pytest.raises(InvalidCredentials):
        log_in(tripkit, password)
    assert (mail()[-1].kind, mail()[-1].to) == ("reset_password", "ada@example.org")
    reset(tripkit, token("reset_password"))
    assert log_in(tripkit, NEW).user.email == "ada@example.org"


def test_two_changes_in_a_row_do_not_shut_out_the_first_address(tripkit: Tripkit, verified: Actor, token: Any) -> None:
    for email in ("intruder@example.org", "intruder2@example.org"):
        tripkit.accounts.edit(verified, UserPatch(email=email))
        tripkit.email_change.confirm(token("confirm_new_email"), CLIENT)
    first, second = token("email_changed", "ada@example.org"), token("email_changed", "intruder@example.org")
    tripkit.email_change.revert(second, CLIENT)
    tripkit.email_change.revert(first, CLIENT)
    assert tripkit.administration.find(OPERATOR, "ada").email == "ada@example.org"


def test_whoever_takes_it_back_first_cannot_be_overruled_by_a_later_address(
    tripkit: Tripkit, verified: Actor, token: Any
) -> None:
    for email in ("intruder@example.org", "intruder2@example.org"):
        tripkit.accounts.edit(verified, UserPatch(email=email))
        tripkit.email_change.confirm(token("confirm_new_email"), CLIENT)
    tripkit.email_change.revert(token("email_changed", "ada@example.org"), CLIENT)
    with pytest.raises(InvalidToken):
        tripkit.email_change.revert(token("email_changed", "intruder@example.org"), CLIENT)


# --- inviting, and where links lead -----------------------------------------------------------------------------------


def test_an_invitation_is_mailed_with_its_token(tripkit: Tripkit, mail: Any, token: Any, make_user: Any) -> None:
    invited = tripkit.invitations.invite(OPERATOR, InviteIn("eve@example.org", first_name="Eve"))
    assert (mail()[-1].kind, mail()[-1].to) == ("invitation", "eve@example.org")
    assert token("invitation") == invited.token
    assert "The administrator invites you" in mail()[-1].subject
    again = tripkit.invitations.renew(make_user("grace", admin=True), invited.user.id)
    assert token("invitation") == again.token
    assert "grace invites you" in mail()[-1].subject


@pytest.mark.parametrize(
    ("server", "link"),
    [
        ({}, "http://127.0.0.1:8000/account/verify?token=abc-_"),
        ({"host": "::", "port": 80}, "http://127.0.0.1:80/account/verify?token=abc-_"),
        ({"host": "::1"}, "http://[::1]:8000/account/verify?token=abc-_"),
        ({"public_url": "https://a.example/trips/"}, "https://a.example/trips/account/verify?token=abc-_"),
        (
            {"public_url": "https://a.example", "frontend_url": "http://localhost:3000"},
            "http://localhost:3000/account/verify?token=abc-_",
        ),
        (
            {"frontend_url": "https://bücher.example:8443/é"},
            "https://xn--bcher-kva.example:8443/%C3%A9/account/verify?token=abc-_",
        ),
    ],
)
def test_a_link_leads_where_the_settings_say(server: dict[str, Any], link: str) -> None:
    settings = Settings()
    settings = msgspec.structs.replace(settings, server=msgspec.structs.replace(settings.server, **server))
    assert Links(settings).to(Page.VERIFY, "abc-_") == link


def test_mail_leads_to_the_front_end_when_there_is_one(settings: Settings, sign_up: Any, mail: Any, ada: Actor) -> None:
    server = msgspec.structs.replace(settings.server, frontend_url="https://app.example.org")
    opened = open_tripkit(msgspec.structs.replace(settings, server=server))
    opened.email_verification.resend(ada)
    opened.close()
    assert "https://app.example.org/account/verify?token=" in mail()[-1].text
