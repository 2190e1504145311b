"""Counters in the database: what is kept of them, what is shown, and how they are reset."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import DatabaseUnavailable, Forbidden, Malformed, NotFound, ValidationFailed
from tripkit.ratelimit import Charge, Counter, MemoryLimiter, Rule, Window, rules_of
from tripkit.ratelimit.keys import account_key
from tripkit.ratelimit.rules import KEYS
from tripkit.schemas.rate_limits import Standing
from tripkit.schemas.users import Actor
from tripkit.services.policy import OPERATOR
from tripkit.services.rate_limit_admin import RateLimitAdmin

from ..conftest import FakeClock

MONTH = 30 * 86400


@pytest.fixture
def ends(clock: FakeClock) -> float:
    """A moment an hour from now."""
    return clock().timestamp() + 3600


@pytest.fixture
def keep(tripkit: Tripkit, ends: float) -> Callable[..., None]:
    """`keep(**{"signup/3600 192.0.2.1": 3})`: counters that end in an hour."""

    def keep(counts: dict[str, int]) -> None:
        tripkit.rate_limits.save({name: Counter(name, count, 0, ends) for name, count in counts.items()})

    return keep


# --- what is kept ---------------------------------------------------------------------------------------------------


def test_counters_come_back_as_they_were_saved_last(tripkit: Tripkit, ends: float) -> None:
    name = "anonymous/2592000 2001:db8::/64"
    for count in (1, 10):
        tripkit.rate_limits.save({name: Counter(name, count, 10, ends)})
    assert tripkit.rate_limits.counters() == [Counter(name, 10, 10, ends)]


def test_what_is_gone_is_deleted(tripkit: Tripkit, keep) -> None:
    keep({"signup/3600 a": 1, "signup/3600 b": 2})
    tripkit.rate_limits.save({"signup/3600 a": None, "signup/3600 never": None})
    assert [each.name for each in tripkit.rate_limits.counters()] == ["signup/3600 b"]


def test_windows_that_ended_are_left_out_and_deleted_little_by_little(
    tripkit: Tripkit, keep, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep({f"signup/3600 {number}": 1 for number in range(1005)})
    clock.advance(seconds=1800)
    later = clock().timestamp() + 3600
    tripkit.rate_limits.save({"signup/3600 later": Counter("signup/3600 later", 1, 20, later)})
    assert tripkit.rate_limits.forget_expired() == 0
    clock.advance(seconds=1801)
    assert [each.key for each in tripkit.rate_limits.counters()] == ["later"]
    assert [tripkit.rate_limits.forget_expired() for _ in range(3)] == [1000, 5, 0]
    assert [each.key for each in tripkit.rate_limits.counters()] == ["later"]


def test_rules_that_are_not_in_force_are_left_out_and_limits_are_those_of_today(
    tripkit: Tripkit, keep, ends: float
) -> None:
    keep({"anonymous/86400 a": 3, "nothing/3600 a": 3, "user/3600 7": 3, "anonymous/2592000 a": 3})
    assert tripkit.rate_limits.counters() == [Counter("anonymous/2592000 a", 3, 10, ends)]


def test_the_longest_key_of_an_account_can_be_kept(tripkit: Tripkit, keep) -> None:
    account = account_key("ä" * 250 + "@example.org")
    keep({f"login_account/3600 {account}": 1})
    [found] = tripkit.rate_limits.counters()
    assert found.key == account
    assert account != account_key("ä" * 249 + "@example.org")


def test_a_reset_deletes_what_is_kept_and_asks_for_the_rest_until_it_is_done(tripkit: Tripkit, keep) -> None:
    keep({"signup/3600 192.0.2.1": 1, "login_account/3600 ada@example.org": 1})
    assert [each.rule for each in tripkit.rate_limits.reset("192.0.2.1")] == ["signup"]
    assert [each.rule for each in tripkit.rate_limits.counters()] == ["login_account"]
    [(number, key)] = tripkit.rate_limits.resets().items()
    assert key == "192.0.2.1"
    tripkit.rate_limits.reset("192.0.2.1")
    tripkit.rate_limits.reset_done([number])
    assert list(tripkit.rate_limits.resets().values()) == ["192.0.2.1"]


# --- what administrators see ----------------------------------------------------------------------------------------


def test_only_administrators_see_and_reset(tripkit: Tripkit, ada: Actor) -> None:
    admin = tripkit.rate_limit_admin
    for use in (lambda: admin.standings(ada), lambda: admin.explain(ada, "::1"), lambda: admin.reset(ada, "::1")):
        with pytest.raises(Forbidden):
            use()


def test_counters_are_listed_by_rule_and_key(tripkit: Tripkit, keep, clock: FakeClock) -> None:
    keep({"signup/3600 b": 2, "signup/3600 a": 20, "anonymous/2592000 c": 3})
    until = clock() + timedelta(hours=1)
    assert tripkit.rate_limit_admin.standings(OPERATOR) == [
        Standing("anonymous", "c", 10, MONTH, 3, until),
        Standing("signup", "a", 20, 3600, 20, until),
        Standing("signup", "b", 20, 3600, 2, until),
    ]


def test_every_rule_says_what_it_counts_by(tripkit: Tripkit) -> None:
    assert set(KEYS) == set(rules_of(tripkit.settings.ratelimit))


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:DB8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
    ],
)
def test_an_address_is_explained_by_what_it_counts_as(tripkit: Tripkit, keep, address: str, key: str) -> None:
    keep({f"anonymous/2592000 {key}": 7, "anonymous/2592000 192.0.2.99": 10})
    found = {each.rule: each for each in tripkit.rate_limit_admin.explain(OPERATOR, address)}
    assert {each.key for each in found.values()} == {key}
    assert list(found) == [
        "anonymous",
        "login",
        "login_client",
        "signup",
        "share_password",
        "shared",
        "refusals",
        "oauth",
    ]
    assert (found["anonymous"].spent, found["signup"].spent) == (7, 0)
    assert found["login_client"] == Standing("login_client", key, 50, 300, None, None)


def test_an_account_is_explained_by_its_email_address(tripkit: Tripkit, keep, clock: FakeClock) -> None:
    keep({"login_account/3600 ada@example.org": 99})
    assert tripkit.rate_limit_admin.explain(OPERATOR, "ADA@Example.org") == [
        Standing("login", "ada@example.org", 10, 300, None, None),
        Standing("login_account", "ada@example.org", 100, 3600, 99, clock() + timedelta(hours=1)),
        Standing("reset", "ada@example.org", 3, 3600, 0, None),
        Standing("invite_address", "ada@example.org", 5, 86400, 0, None),
    ]


@pytest.mark.parametrize("address", ["", "ada", "192.0.2.0/24", "192.0.2.1 192.0.2.2", "ada@"])
def test_what_is_no_address_is_not_explained(tripkit: Tripkit, address: str) -> None:
    with pytest.raises(ValidationFailed, match=r"address: is neither an IP address nor an email address\."):
        tripkit.rate_limit_admin.explain(OPERATOR, address)


@pytest.mark.parametrize("key", ["", "  ", "x" * 256])
def test_a_key_has_a_length(tripkit: Tripkit, key: str) -> None:
    with pytest.raises(ValidationFailed, match="1 to 255"):
        tripkit.rate_limit_admin.reset(OPERATOR, key)


@pytest.mark.parametrize("text", ["a\0b", "\ud800@example.org"])
def test_what_no_database_can_store_is_refused(tripkit: Tripkit, text: str) -> None:
    with pytest.raises(Malformed):
        tripkit.rate_limit_admin.reset(OPERATOR, text)
    with pytest.raises(Malformed):
        tripkit.rate_limit_admin.explain(OPERATOR, text)


def test_a_reset_takes_addresses_as_people_write_them(tripkit: Tripkit, keep) -> None:
    keep({"signup/3600 2001:db8::/64": 1, "login_account/3600 ada@example.org": 1})
    assert [each.rule for each in tripkit.rate_limit_admin.reset(OPERATOR, "2001:DB8::17")] == ["signup"]
    assert [each.rule for each in tripkit.rate_limit_admin.reset(OPERATOR, "Ada@Example.ORG")] == ["login_account"]
    tripkit.rate_limit_admin.reset(OPERATOR, "Ada@Example.org 2001:db8::17")
    assert list(tripkit.rate_limits.resets().values()) == [
        "2001:db8::/64",
        "ada@example.org",
        "ada@example.org 2001:db8::/64",
    ]


# --- a store that is shared -----------------------------------------------------------------------------------------


class Shared(MemoryLimiter):
    """Stands where Redis would: it is asked itself, and closed after each question."""

    closed = 0
    away = False

    async def counters(self) -> AsyncIterator[Counter]:
        if self.away:
            raise ConnectionError("redis://127.0.0.1: no answer in time")
        async for counter in super().counters():
            yield counter

    async def close(self) -> None:
        self.closed += 1


@pytest.fixture
def shared(clock: FakeClock) -> Shared:
    return Shared(lambda: clock().timestamp(), 1000)


@pytest.fixture
def admin(tripkit: Tripkit, shared: Shared) -> RateLimitAdmin:
    rules = {"login": Rule("login", (Window(2, 300),)), "user": Rule("user", (Window(5, 60),))}
    return RateLimitAdmin(tripkit.db, rules, tripkit.rate_limits, lambda: shared)


@pytest.fixture
def spend(shared: Shared) -> Callable[[str, str], None]:
    def spend(rule: str, key: str) -> None:
        asyncio.run(shared.spend([Charge(Rule(rule, (Window(2, 300),)), key)]))

    return spend


def test_a_shared_store_is_asked_itself_and_shows_every_window(
    admin: RateLimitAdmin, shared: Shared, ada: Actor, clock: FakeClock, spend
) -> None:
    spend("login", "ada@example.org 192.0.2.1")
    until = clock() + timedelta(seconds=300)
    login = Standing("login", "ada@example.org 192.0.2.1", 2, 300, 1, until)
    assert admin.standings(OPERATOR) == [login]
    assert admin.explain(OPERATOR, "192.0.2.1") == [login]
    assert admin.explain(OPERATOR, "ada@example.org") == [login, Standing("user", str(ada.user_id), 5, 60, 0, None)]
    assert shared.closed == 3


def test_a_reset_of_a_shared_store_is_done_there(admin: RateLimitAdmin, tripkit: Tripkit, spend) -> None:
    spend("login", "ada@example.org 192.0.2.1")
    spend("login", "bob@example.org 192.0.2.2")
    assert [each.key for each in admin.reset(OPERATOR, "192.0.2.1")] == ["ada@example.org 192.0.2.1"]
    assert [each.key for each in admin.standings(OPERATOR)] == ["bob@example.org 192.0.2.2"]
    assert tripkit.rate_limits.resets() == {}
    with pytest.raises(NotFound, match=r"no counter for 192\.0\.2\.1"):
        admin.reset(OPERATOR, "192.0.2.1")


def test_a_shared_store_that_is_away_is_a_clear_refusal(admin: RateLimitAdmin, shared: Shared) -> None:
    shared.away = True
    for use in (admin.standings, lambda actor: admin.explain(actor, "::1"), lambda actor: admin.reset(actor, "::1")):
        with pytest.raises(DatabaseUnavailable, match="no answer in time"):
            use(OPERATOR)
    assert shared.closed == 3
