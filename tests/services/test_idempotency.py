"""Idempotency keys: work is done once, and its answer comes again exactly."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from tripkit.bootstrap import Tripkit
from tripkit.errors import Conflict, KeyReused, TripkitError, ValidationFailed
from tripkit.schemas.plans import PlanIn, PlanOut, PlanQuery
from tripkit.schemas.users import Actor, PasswordIn

ROUTE = "POST /api/plans"
KEY = "5f0c7d3e"
PRINT = "a" * 64
Once = Callable[..., tuple[PlanOut, bool]]


@pytest.fixture
def once(tripkit: Tripkit) -> Once:
    """`once(ada, title="Kyoto", key="other")`: make a plan with a key."""

    def make(actor: Actor, *, title: str = "Kyoto", **asked: Any) -> tuple[PlanOut, bool]:
        work = asked.get("work") or partial(
            tripkit.plans.create,
            actor,
            PlanIn(title=title, destination="Japan", plan_data=asked.get("data", Raw(b"{}"))),
        )
        return tripkit.idempotency.once(
            actor,
            asked.get("route", ROUTE),
            asked.get("key", KEY),
            asked.get("fingerprint", PRINT),
            PlanOut,
            work,
        )

    return make


def titles(tripkit: Tripkit, actor: Actor) -> list[str]:
    return sorted(plan.title for plan in tripkit.plans.page(actor, PlanQuery(limit=100)).results)


def kept(tripkit: Tripkit) -> int:
    found: int = tripkit.db.execute("SELECT count(*) FROM idempotency_keys").fetchone()[0]
    return found


def test_a_repeat_does_nothing_and_gets_the_first_answer(tripkit: Tripkit, ada: Actor, once: Once, clock: Any) -> None:
    first, replayed = once(ada)
    assert not replayed
    clock.advance(hours=1)
    tripkit.plans.replace(ada, first.id, PlanIn(title="Osaka", destination="Japan"))
    assert once(ada) == (first, True), "the plan as it was, whatever became of it"
    assert titles(tripkit, ada) == ["Osaka"]


def test_a_repeat_is_answered_after_the_plan_was_put_into_the_trash(tripkit: Tripkit, ada: Actor, once: Once) -> None:
    first, _ = once(ada)
    tripkit.plans.trash(ada, first.id)
    assert once(ada) == (first, True)


def test_answers_come_back_byte_for_byte(tripkit: Tripkit, ada: Actor, once: Once) -> None:
    data = Raw(
        '{"z":1,  "a":123456789012345678901234567890,"p":1.10,"t":1E-400,"ü":"\\u00e9 \U0001f5fb","l":[ 1.0 ]}'.encode()
    )
    work = partial(
        tripkit.plans.create,
        ada,
        PlanIn(
            title="T", destination="D", budget=Decimal("12.5"), start_date=date(2027, 4, 1), plan_data=data, tags=["b"]
        ),
    )
    first, _ = once(ada, work=work)
    again, replayed = once(ada, work=work)
    assert replayed
    assert bytes(again.plan_data) == bytes(data)
    assert msgspec.json.encode(again) == msgspec.json.encode(first)


def test_another_request_with_the_same_key_is_refused(tripkit: Tripkit, ada: Actor, once: Once) -> None:
    once(ada)
    with pytest.raises(KeyReused, match=r"was used for another request .* Use a new key") as refused:
        once(ada, title="Osaka", fingerprint="b" * 64)
    assert isinstance(refused.value, Conflict)
    assert titles(tripkit, ada) == ["Kyoto"]
    assert once(ada)[1], "the first one can still be repeated"


@pytest.mark.parametrize("other", [{"key": "other"}, {"key": KEY.upper()}, {"key": KEY + " "}, {"route": "POST /x"}])
def test_another_key_or_route_is_another_request(
    tripkit: Tripkit, ada: Actor, once: Once, other: dict[str, str]
) -> None:
    once(ada)
    assert not once(ada, title="Osaka", **other)[1]
    assert titles(tripkit, ada) == ["Kyoto", "Osaka"]


def test_keys_of_others_are_their_own(tripkit: Tripkit, ada: Actor, bob: Actor, once: Once) -> None:
    hers, _ = once(ada)
    his, replayed = once(bob, title="Osaka")
    assert not replayed
    assert (his.user, his.title) == ("bob", "Osaka")
    assert once(ada) == (hers, True)


def test_after_24_hours_a_key_is_new(tripkit: Tripkit, ada: Actor, once: Once, clock: Any) -> None:
    first, _ = once(ada)
    clock.advance(hours=24, microseconds=-1)
    assert once(ada) == (first, True)
    clock.advance(microseconds=1)
    second, replayed = once(ada, title="Osaka", fingerprint="b" * 64)
    assert not replayed
    assert second.id != first.id
    clock.advance(hours=23)
    assert once(ada, fingerprint="b" * 64) == (second, True), "it is kept for 24 hours of its own"
    assert kept(tripkit) == 1


def test_a_failure_keeps_nothing_so_the_request_may_be_repeated(tripkit: Tripkit, ada: Actor, once: Once) -> None:
    def fail() -> PlanOut:
        tripkit.plans.create(ada, PlanIn(title="Half", destination="Japan"))
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        once(ada, work=fail)
    assert (kept(tripkit), titles(tripkit, ada)) == (0, [])
    with pytest.raises(ValidationFailed):
        once(ada, title="   ")
    assert kept(tripkit) == 0
    assert not once(ada, fingerprint="b" * 64)[1]
    assert titles(tripkit, ada) == ["Kyoto"]


def test_a_refusal_that_leaves_a_trace_leaves_no_answer(tripkit: Tripkit, ada: Actor, once: Once) -> None:
    class Traced(TripkitError):
        leaves_trace = True

    def refuse() -> PlanOut:
        tripkit.plans.create(ada, PlanIn(title="Trace", destination="Japan"))
        raise Traced

    with pytest.raises(Traced):
        once(ada, work=refuse)
    assert not once(ada, fingerprint="b" * 64)[1]
    assert titles(tripkit, ada) == ["Kyoto", "Trace"]


def test_of_20_at_once_one_does_the_work(tripkit: Tripkit, ada: Actor, once: Once, in_threads: Any) -> None:
    outcomes = in_threads(20, lambda: once(ada), tripkit.db)
    assert len({msgspec.json.encode(plan) for plan, _ in outcomes}) == 1
    assert sorted(replayed for _, replayed in outcomes) == [False] + [True] * 19
    assert titles(tripkit, ada) == ["Kyoto"]


def test_of_20_at_once_on_a_key_that_is_over_one_does_the_work(
    tripkit: Tripkit, ada: Actor, once: Once, in_threads: Any, clock: Any
) -> None:
    once(ada, title="Old")
    clock.advance(days=2)
    outcomes = in_threads(20, lambda: once(ada), tripkit.db)
    assert sorted(replayed for _, replayed in outcomes) == [False] + [True] * 19
    assert titles(tripkit, ada) == ["Kyoto", "Old"]


def test_when_the_first_of_many_fails_the_next_does_the_work(
    tripkit: Tripkit, ada: Actor, once: Once, in_threads: Any
) -> None:
    tries = iter(range(20))

    def work() -> PlanOut:
        if next(tries) < 3:
            raise RuntimeError("the power went")
        return tripkit.plans.create(ada, PlanIn(title="Kyoto", destination="Japan"))

    outcomes = in_threads(20, lambda: once(ada, work=work), tripkit.db)
    assert sum(isinstance(outcome, RuntimeError) for outcome in outcomes) == 3
    assert sorted(outcome[1] for outcome in outcomes if isinstance(outcome, tuple)) == [False] + [True] * 16
    assert titles(tripkit, ada) == ["Kyoto"]


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "tab\there", "line\n", "del\x7f", "nul\x00", "\udcff"])
def test_keys_that_cannot_be_one_are_refused(tripkit: Tripkit, ada: Actor, once: Once, key: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        once(ada, key=key)
    assert refused.value.errors == {"Idempotency-Key": ["must have 1 to 255 characters, all of printable ASCII."]}
    assert titles(tripkit, ada) == []


@pytest.mark.parametrize("key", ["x", "x" * 255, 'with spaces and "quotes" ~!\'%_'])
def test_all_printable_ascii_makes_a_key(ada: Actor, once: Once, key: str) -> None:
    first, _ = once(ada, key=key)
    assert once(ada, key=key) == (first, True)


def test_keys_that_are_over_are_forgotten(tripkit: Tripkit, ada: Actor, once: Once, clock: Any) -> None:
    once(ada, key="old")
    clock.advance(hours=1)
    young, _ = once(ada, key="young")
    assert tripkit.idempotency.forget_expired() == 0
    clock.advance(hours=23)
    assert tripkit.idempotency.forget_expired() == 1
    assert once(ada, key="young") == (young, True)
    assert kept(tripkit) == 1


def test_keys_go_with_their_user(tripkit: Tripkit, ada: Actor, bob: Actor, once: Once, password: str) -> None:
    once(ada)
    once(bob)
    tripkit.accounts.delete_own(ada, PasswordIn(password))
    assert kept(tripkit) == 1


def test_somebody_who_was_deleted_meanwhile_is_a_conflict(
    tripkit: Tripkit, ada: Actor, once: Once, password: str
) -> None:
    tripkit.accounts.delete_own(ada, PasswordIn(password))
    with pytest.raises(Conflict, match="deleted meanwhile"):
        once(ada)


def test_the_largest_plan_is_kept_whole(ada: Actor, once: Once) -> None:
    first, _ = once(ada, data=Raw(b'{"text":"' + b"x" * 262_000 + b'"}'))
    assert once(ada) == (first, True)
