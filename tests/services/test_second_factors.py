"""The second factor: setting it up, its codes, and everything that is tried against them."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pyotp
import pytest

from tripkit.bootstrap import Tripkit, open_tripkit
from tripkit.config import Settings
from tripkit.errors import (
    AccountDisabled,
    Conflict,
    Forbidden,
    InvalidCode,
    InvalidCredentials,
    InvalidToken,
    NotConfirmed,
    NotFound,
    ReauthenticationRequired,
    SecondFactorRequired,
    TooManyRequests,
)
from tripkit.schemas.second_factor import ChallengeIn
from tripkit.schemas.users import Actor, Client, LoginIn, ReauthenticationIn, SignedIn
from tripkit.services.policy import OPERATOR
from tripkit.services.second_factors import SecondFactors

from ..conftest import PASSWORD, FakeClock

HERE = Client("192.0.2.7", "tests", "request-1")
WRONG = "wrong"


class Person:
    """Somebody with an app and recovery codes."""

    def __init__(self, tripkit: Tripkit, actor: Actor, clock: FakeClock) -> None:
        self._tripkit, self.actor, self._clock = tripkit, actor, clock
        self.app = pyotp.TOTP(tripkit.second_factors.set_up(actor).secret)
        self.recovery = tripkit.second_factors.activate(actor, self.code()).recovery_codes

    def code(self, offset: int = 0) -> str:
        """What the app shows, or showed, or will show, that many steps away."""
        return self.app.at(self._clock.now, counter_offset=offset)

    def wrong_code(self) -> str:
        right = {self.code(offset) for offset in (-1, 0, 1)}
        return next(code for code in ("000000", "000001", "000002", "000003") if code not in right)

    def challenge(self, secret: str = PASSWORD) -> str:
        with pytest.raises(SecondFactorRequired) as required:
            self._tripkit.accounts.log_in(LoginIn(f"{self.actor.username}@example.org", secret), HERE)
        assert required.value.challenge not in str(required.value)
        return required.value.challenge

    def finish(self, challenge: str, code: str) -> SignedIn:
        return self._tripkit.accounts.finish_log_in(ChallengeIn(challenge, code), HERE)


@pytest.fixture
def factors(tripkit: Tripkit) -> SecondFactors:
    return tripkit.second_factors


@pytest.fixture
def secured(tripkit: Tripkit, ada: Actor, clock: FakeClock) -> Person:
    """Ada with a second factor, half a minute after she set it up."""
    person = Person(tripkit, ada, clock)
    clock.advance(seconds=30)
    return person


# --- setting up -----------------------------------------------------------------------------------------------------


def test_a_factor_counts_once_a_code_has_confirmed_it(tripkit: Tripkit, ada: Actor, clock: FakeClock) -> None:
    login = LoginIn("ada@example.org", PASSWORD)
    setup = tripkit.second_factors.set_up(ada)
    assert tripkit.second_factors.status(ada).is_active is False
    assert tripkit.accounts.log_in(login, HERE)
    codes = tripkit.second_factors.activate(ada, pyotp.TOTP(setup.secret).at(clock.now)).recovery_codes
    status = tripkit.second_factors.status(ada)
    assert (status.is_active, status.active_since, status.recovery_codes_left) == (True, clock.now, 10)
    assert len(set(codes)) == 10
    with pytest.raises(SecondFactorRequired):
        tripkit.accounts.log_in(login, HERE)


def test_the_address_is_one_that_apps_read(factors: SecondFactors, ada: Actor) -> None:
    setup = factors.set_up(ada)
    app = pyotp.parse_uri(setup.uri)
    assert isinstance(app, pyotp.TOTP)
    assert (app.secret, app.name, app.issuer) == (setup.secret, "ada", "tripkit")
    assert (app.digits, app.interval) == (6, 30)


def test_a_wrong_code_confirms_nothing(factors: SecondFactors, ada: Actor, clock: FakeClock) -> None:
    secret = factors.set_up(ada).secret
    for wrong in ("", "12345", "abcdef", "١٢٣٤٥٦", pyotp.TOTP(secret).at(clock.now, counter_offset=2)):
        with pytest.raises(NotConfirmed) as failed:
            factors.activate(ada, wrong)
        assert failed.value.errors.keys() == {"code"}
    assert not factors.status(ada).is_active


def test_setting_up_again_replaces_what_was_not_confirmed(factors: SecondFactors, ada: Actor, clock: FakeClock) -> None:
    first, second = factors.set_up(ada).secret, factors.set_up(ada).secret
    with pytest.raises(NotConfirmed):
        factors.activate(ada, pyotp.TOTP(first).at(clock.now))
    assert factors.activate(ada, pyotp.TOTP(second).at(clock.now))


def test_an_active_factor_is_not_replaced(factors: SecondFactors, secured: Person) -> None:
    with pytest.raises(Conflict, match="already"):
        factors.set_up(secured.actor)
    with pytest.raises(Conflict):
        factors.activate(secured.actor, secured.code())
    assert secured.finish(secured.challenge(), secured.code())


def test_without_a_factor_there_is_nothing_to_confirm_renew_or_disable(factors: SecondFactors, ada: Actor) -> None:
    for attempt in (
        lambda: factors.activate(ada, "123456"),
        lambda: factors.renew_recovery_codes(ada),
        lambda: factors.disable(ada, "123456"),
    ):
        with pytest.raises(Conflict):
            attempt()


def test_changing_it_needs_recent_authentication(factors: SecondFactors, ada: Actor, clock: FakeClock) -> None:
    secret = factors.set_up(ada).secret
    clock.advance(minutes=10)
    for attempt in (
        lambda: factors.set_up(ada),
        lambda: factors.activate(ada, pyotp.TOTP(secret).at(clock.now)),
        lambda: factors.renew_recovery_codes(ada),
    ):
        with pytest.raises(ReauthenticationRequired):
            attempt()


def test_secrets_and_codes_are_not_kept_as_they_are(tripkit: Tripkit, secured: Person) -> None:
    tables = ("second_factors", "recovery_codes", "one_time_tokens", "audit_events")
    challenge = secured.challenge()
    kept = str([tripkit.db.execute(f"SELECT * FROM {table}").fetchall() for table in tables])
    for secret in (
        secured.app.secret,
        challenge,
        *secured.recovery,
        *(code.replace("-", "") for code in secured.recovery),
    ):
        assert secret not in kept


def test_recovery_codes_and_secrets_are_too_long_to_guess(
    tripkit: Tripkit, secured: Person, make_user: Callable[..., Actor]
) -> None:
    codes = [code.replace("-", "") for code in secured.recovery]
    assert all(re.fullmatch("[a-z2-7]{24}", code) for code in codes), "120 bits"
    other = tripkit.second_factors.set_up(make_user("grace")).secret
    assert all(re.fullmatch("[A-Z2-7]{32}", secret) for secret in (secured.app.secret, other)), "160 bits"
    assert len({*codes, secured.app.secret, other}) == 12


# --- logging in -----------------------------------------------------------------------------------------------------


def test_a_code_finishes_a_login(tripkit: Tripkit, secured: Person) -> None:
    signed_in = secured.finish(secured.challenge(), secured.code())
    assert tripkit.sessions.authenticate(signed_in.tokens.access).user_id == secured.actor.user_id


@pytest.mark.parametrize("form", ["{0} {1}", " {0}-{1} ", "{0}{1}\n"])
def test_a_code_may_be_typed_as_it_is_shown(secured: Person, form: str) -> None:
    code = secured.code()
    assert secured.finish(secured.challenge(), form.format(code[:3], code[3:]))


def test_the_wrong_password_is_refused_as_ever(tripkit: Tripkit, secured: Person) -> None:
    with pytest.raises(InvalidCredentials, match="password is wrong"):
        tripkit.accounts.log_in(LoginIn("ada@example.org", "wrong phrase"), HERE)


@pytest.mark.parametrize(("offset", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(secured: Person, clock: FakeClock, offset: int, is_right: bool) -> None:
    clock.advance(minutes=5)
    challenge = secured.challenge()
    if is_right:
        assert secured.finish(challenge, secured.code(offset))
    else:
        with pytest.raises(InvalidCode):
            secured.finish(challenge, secured.code(offset))


def test_a_replayed_code_is_refused(secured: Person, clock: FakeClock) -> None:
    code = secured.code()
    secured.finish(secured.challenge(), code)
    for _ in range(2):
        with pytest.raises(InvalidCode, match="was used before"):
            secured.finish(secured.challenge(), code)
        clock.advance(seconds=15)


def test_the_code_that_confirmed_the_setup_is_used_up(tripkit: Tripkit, ada: Actor, clock: FakeClock) -> None:
    person = Person(tripkit, ada, clock)
    with pytest.raises(InvalidCode, match="was used before"):
        person.finish(person.challenge(), person.code())


def test_after_the_code_of_the_next_step_the_present_one_is_worth_nothing(secured: Person) -> None:
    present, following = secured.code(), secured.code(1)
    assert secured.finish(secured.challenge(), following)
    with pytest.raises(InvalidCode, match="was used before"):
        secured.finish(secured.challenge(), present)


def test_a_recovery_code_lets_in_once(factors: SecondFactors, secured: Person) -> None:
    first, second, *_ = secured.recovery
    assert secured.finish(secured.challenge(), first)
    with pytest.raises(InvalidCode):
        secured.finish(secured.challenge(), first)
    assert secured.finish(secured.challenge(), f" {second.upper().replace('-', ' ')} ")
    assert factors.status(secured.actor).recovery_codes_left == 8


def test_renewed_recovery_codes_replace_the_earlier_ones(
    tripkit: Tripkit, factors: SecondFactors, secured: Person
) -> None:
    renewed = factors.renew_recovery_codes(secured.actor).recovery_codes
    assert not set(renewed) & set(secured.recovery)
    with pytest.raises(InvalidCode):
        secured.finish(secured.challenge(), secured.recovery[0])
    assert secured.finish(secured.challenge(), renewed[0])
    assert factors.status(secured.actor).recovery_codes_left == 9


# --- challenges -----------------------------------------------------------------------------------------------------


def test_a_challenge_is_good_once(secured: Person) -> None:
    challenge = secured.challenge()
    secured.finish(challenge, secured.recovery[0])
    with pytest.raises(InvalidToken):
        secured.finish(challenge, secured.recovery[1])


def test_a_challenge_expires_after_five_minutes(secured: Person, clock: FakeClock) -> None:
    challenge = secured.challenge()
    clock.advance(minutes=5)
    with pytest.raises(InvalidToken, match="expired"):
        secured.finish(challenge, secured.code())


def test_a_challenge_belongs_to_one_person(tripkit: Tripkit, secured: Person, bob: Actor, clock: FakeClock) -> None:
    other = Person(tripkit, bob, clock)
    with pytest.raises(InvalidCode):
        other.finish(other.challenge(), secured.code())
    with pytest.raises(InvalidCode):
        other.finish(other.challenge(), secured.recovery[0])
    assert secured.finish(secured.challenge(), secured.recovery[0]).user.id == secured.actor.user_id


@pytest.mark.parametrize("position", [0, 21, 42])
def test_a_challenge_with_one_bit_changed_is_worth_nothing(secured: Person, position: int) -> None:
    challenge = secured.challenge()
    altered = challenge[:position] + chr(ord(challenge[position]) ^ 1) + challenge[position + 1 :]
    with pytest.raises(InvalidToken):
        secured.finish(altered, secured.code())


def test_after_five_wrong_codes_a_challenge_is_dead(secured: Person) -> None:
    challenge = secured.challenge()
    for _ in range(5):
        with pytest.raises(InvalidCode):
            secured.finish(challenge, secured.wrong_code())
    with pytest.raises(InvalidToken):
        secured.finish(challenge, secured.code())
    assert secured.finish(secured.challenge(), secured.code())


def test_a_new_password_makes_challenges_worthless(tripkit: Tripkit, secured: Person) -> None:
    challenge = secured.challenge()
    tripkit.administration.set_password(OPERATOR, secured.actor.user_id, "an entirely new phrase")
    with pytest.raises(InvalidToken, match="password was changed"):
        secured.finish(challenge, secured.code())
    assert secured.finish(secured.challenge("an entirely new phrase"), secured.code())


def test_a_disabled_account_is_not_let_in_by_a_code(tripkit: Tripkit, secured: Person) -> None:
    challenge = secured.challenge()
    tripkit.administration.set_active(OPERATOR, secured.actor.user_id, active=False)
    with pytest.raises(AccountDisabled):
        secured.finish(challenge, secured.code())


def test_one_challenge_and_code_raced_by_ten_let_one_in(tripkit: Tripkit, secured: Person, in_threads: Any) -> None:
    challenge, code = secured.challenge(), secured.code()
    outcomes = in_threads(10, lambda: secured.finish(challenge, code), tripkit)
    assert sum(isinstance(each, SignedIn) for each in outcomes) == 1
    assert sum(isinstance(each, InvalidToken | InvalidCode) for each in outcomes) == 9


def test_one_code_raced_by_ten_in_a_session_is_taken_once(tripkit: Tripkit, secured: Person, in_threads: Any) -> None:
    form = ReauthenticationIn(code=secured.code())
    outcomes = in_threads(10, lambda: tripkit.reauthentication.give(secured.actor, form), tripkit)
    assert sum(isinstance(each, NotConfirmed) for each in outcomes) == 9


def test_one_recovery_code_raced_by_ten_is_taken_once(tripkit: Tripkit, secured: Person, in_threads: Any) -> None:
    form = ReauthenticationIn(code=secured.recovery[0])
    outcomes = in_threads(10, lambda: tripkit.reauthentication.give(secured.actor, form), tripkit)
    assert sum(isinstance(each, NotConfirmed) for each in outcomes) == 9
    assert tripkit.second_factors.status(secured.actor).recovery_codes_left == 9


# --- guessing -------------------------------------------------------------------------------------------------------


def guess(person: Person, code: str) -> str:
    """How one guess of somebody who knows the password went."""
    try:
        person.finish(person.challenge(), code)
    except InvalidCode:
        return WRONG
    except TooManyRequests:
        return "not looked at"
    return "in"


def test_after_ten_wrong_codes_those_of_the_app_pause_and_recovery_codes_do_not(
    secured: Person, clock: FakeClock
) -> None:
    assert [guess(secured, secured.wrong_code()) for _ in range(12)] == [WRONG] * 10 + ["not looked at"] * 2
    assert guess(secured, secured.code()) == "not looked at"
    clock.advance(seconds=59)
    assert guess(secured, secured.code()) == "not looked at"
    assert guess(secured, secured.recovery[0]) == "in"
    assert guess(secured, secured.code()) == "in"


def test_each_further_wrong_code_doubles_the_pause_up_to_a_day(secured: Person, clock: FakeClock) -> None:
    pauses = []
    for _ in range(10):
        guess(secured, secured.wrong_code())
    for _ in range(14):
        with pytest.raises(TooManyRequests) as refused:
            secured.finish(secured.challenge(), secured.code())
        pauses.append(round(refused.value.retry_after / 60))
        clock.advance(seconds=refused.value.retry_after)
        assert guess(secured, secured.wrong_code()) == WRONG
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440, 1440]
    clock.advance(days=1, seconds=1)
    assert guess(secured, secured.code()) == "in"


def test_a_right_code_ends_the_count(secured: Person, clock: FakeClock) -> None:
    for _ in range(3):
        assert [guess(secured, secured.wrong_code()) for _ in range(9)] == [WRONG] * 9
        assert guess(secured, secured.code()) == "in"
        clock.advance(seconds=60)


def test_the_count_survives_a_restart(settings: Settings, tripkit: Tripkit, secured: Person, clock: FakeClock) -> None:
    for _ in range(10):
        guess(secured, secured.wrong_code())
    challenge = secured.challenge()
    again = open_tripkit(settings, clock=clock)
    with pytest.raises(TooManyRequests):
        again.accounts.finish_log_in(ChallengeIn(challenge, secured.code()), HERE)
    again.close()


def test_guesses_in_a_session_count_as_those_at_the_door(tripkit: Tripkit, secured: Person) -> None:
    for _ in range(5):
        with pytest.raises(NotConfirmed):
            tripkit.reauthentication.give(secured.actor, ReauthenticationIn(code=secured.wrong_code()))
        with pytest.raises(NotConfirmed):
            tripkit.second_factors.disable(secured.actor, secured.wrong_code())
    assert guess(secured, secured.code()) == "not looked at"


def test_guesses_at_the_same_time_do_not_slip_through_together(
    tripkit: Tripkit, secured: Person, in_threads: Any
) -> None:
    for _ in range(9):
        guess(secured, secured.wrong_code())
    form = ReauthenticationIn(code=secured.wrong_code())
    outcomes = in_threads(10, lambda: tripkit.reauthentication.give(secured.actor, form), tripkit)
    assert sorted(type(each).__name__ for each in outcomes) == ["NotConfirmed"] + ["TooManyRequests"] * 9


# --- removing -------------------------------------------------------------------------------------------------------


def test_removing_it_takes_a_code_and_then_the_password_is_enough(
    tripkit: Tripkit, factors: SecondFactors, secured: Person, clock: FakeClock
) -> None:
    with pytest.raises(NotConfirmed):
        factors.disable(secured.actor, secured.wrong_code())
    assert factors.status(secured.actor).is_active
    challenge = secured.challenge()
    clock.advance(minutes=4)
    factors.disable(secured.actor, secured.code())
    assert tripkit.accounts.log_in(LoginIn("ada@example.org", PASSWORD), HERE)
    assert factors.status(secured.actor).recovery_codes_left == 0
    with pytest.raises(InvalidToken):
        secured.finish(challenge, secured.recovery[0])


def test_whoever_lost_the_app_removes_it_with_recovery_codes(factors: SecondFactors, secured: Person) -> None:
    secured.finish(secured.challenge(), secured.recovery[0])
    factors.disable(secured.actor, secured.recovery[1])
    assert not factors.status(secured.actor).is_active


def test_an_administrator_may_remove_it_and_nobody_else(
    tripkit: Tripkit, factors: SecondFactors, secured: Person, bob: Actor
) -> None:
    with pytest.raises(Forbidden):
        factors.remove(bob, secured.actor.user_id)
    factors.remove(OPERATOR, secured.actor.user_id)
    assert tripkit.accounts.log_in(LoginIn("ada@example.org", PASSWORD), HERE)
    with pytest.raises(NotFound):
        factors.remove(OPERATOR, secured.actor.user_id)


def test_a_factor_goes_with_its_owner(tripkit: Tripkit, secured: Person) -> None:
    tripkit.administration.delete(OPERATOR, secured.actor.user_id)
    for table in ("second_factors", "recovery_codes"):
        assert tripkit.db.execute(f"SELECT * FROM {table}").fetchall() == []


# --- keys -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def rekeyed(settings: Settings, tripkit: Tripkit, clock: FakeClock) -> Iterator[Callable[..., Tripkit]]:
    """The same instance after its key was replaced."""
    opened = []

    def open_with(key: str, *previous: str) -> Tripkit:
        security = msgspec.structs.replace(settings.security, secret_key=key, previous_keys=previous)
        opened.append(open_tripkit(msgspec.structs.replace(settings, security=security), clock=clock))
        return opened[-1]

    yield open_with
    for each in opened:
        each.close()


def test_codes_are_taken_after_the_key_was_replaced(
    settings: Settings, secured: Person, rekeyed: Callable[..., Tripkit], clock: FakeClock
) -> None:
    first = (settings.data_dir / "secret.key").read_text().strip()
    both = rekeyed("k" * 48, first)
    assert [both.second_factors.reseal(), both.second_factors.reseal()] == [1, 0]
    challenge = secured.challenge()
    alone = rekeyed("k" * 48)
    assert alone.accounts.finish_log_in(ChallengeIn(challenge, secured.code()), HERE)


def test_without_the_key_recovery_codes_still_let_in_and_the_message_says_so(
    secured: Person, rekeyed: Callable[..., Tripkit]
) -> None:
    challenge = secured.challenge()
    other = rekeyed("k" * 48)
    assert other.second_factors.reseal() == 0
    with pytest.raises(InvalidCode, match="Use a recovery code"):
        other.accounts.finish_log_in(ChallengeIn(challenge, secured.code()), HERE)
    assert other.accounts.finish_log_in(ChallengeIn(challenge, secured.recovery[0]), HERE)


# --- the record -----------------------------------------------------------------------------------------------------


def test_what_happens_is_recorded_without_codes(tripkit: Tripkit, secured: Person, clock: FakeClock) -> None:
    challenge = secured.challenge()
    wrong = secured.wrong_code()
    with pytest.raises(InvalidCode):
        secured.finish(challenge, wrong)
    secured.finish(challenge, secured.recovery[0])
    clock.advance(seconds=60)
    tripkit.second_factors.renew_recovery_codes(secured.actor)
    tripkit.second_factors.disable(secured.actor, secured.code())
    rows = tripkit.db.execute("SELECT event, refused, details FROM audit_events ORDER BY id").fetchall()
    assert [(event, refused) for event, refused, _ in rows][1:] == [
        ("second_factor.added", ""),
        ("session.started", "a code is needed"),
        ("session.started", "wrong code"),
        ("session.started", ""),
        ("recovery_codes.changed", ""),
        ("second_factor.removed", ""),
    ]
    assert rows[4][2] == '{"second_factor":"recovery code"}'
