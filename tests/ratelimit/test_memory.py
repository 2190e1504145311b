"""Counters in memory: what counts, for how long, and what makes room when there are too many."""

import asyncio
import threading

import pytest

from tripkit.metrics import REGISTRY
from tripkit.ratelimit import Charge, Counter, Rule, Window

from .limited import Limited

DAY = 86400
QUOTA = Rule("anonymous", (Window(10, 30 * DAY),))
TWO = Rule("user", (Window(2, 1), Window(3, 60)))
ONCE = Rule("signup", (Window(1, 3600),))
SHORT = Rule("login", (Window(1, 300),))


@pytest.fixture
def limited() -> Limited:
    return Limited()


def evictions() -> float:
    return REGISTRY.get_sample_value("tripkit_ratelimit_evictions_total") or 0


# --- windows --------------------------------------------------------------------------------------------------------


def test_the_window_begins_with_the_first_charge_and_no_other_arms_it_again(limited: Limited) -> None:
    charge = Charge(QUOTA, "192.0.2.1")
    for _ in range(10):
        assert limited.spend(charge).allowed
        limited.now += DAY
    refused = limited.spend(charge)
    assert (refused.allowed, refused.retry_after) == (False, 20 * DAY)
    limited.now += 20 * DAY - 1
    assert not limited.spend(charge).allowed
    limited.now += 1
    again = limited.spend(charge)
    assert (again.allowed, again.states[0].remaining, again.states[0].reset) == (True, 9, 30 * DAY)


def test_a_refusal_costs_nothing_in_any_window(limited: Limited) -> None:
    charge = Charge(TWO, "7")
    assert [limited.spend(charge).allowed for _ in range(4)] == [True, True, False, False]
    limited.now += 1
    assert [limited.spend(charge).allowed for _ in range(2)] == [True, False]
    limited.now += 59
    assert limited.spend(charge).allowed


def test_a_refusal_lasts_until_every_window_has_room(limited: Limited) -> None:
    charge = Charge(TWO, "7")
    for _ in range(2):
        limited.spend(charge)
    assert limited.spend(charge).retry_after == 1
    limited.now += 1
    limited.spend(charge)
    assert limited.spend(charge).retry_after == 59


def test_charges_made_together_are_refused_together(limited: Limited) -> None:
    full, other = Charge(TWO, "full"), Charge(TWO, "other")
    limited.spend(full)
    limited.spend(full)
    assert not limited.spend(full, other).allowed
    assert limited.spend(other).states[0].remaining == 1


def test_a_refund_takes_back_one_charge_of_the_running_window_only(limited: Limited) -> None:
    charge = Charge(TWO, "7")
    decision = limited.spend(charge)
    limited.spend(charge)
    limited.refund(decision, [charge])
    assert limited.spend(charge).allowed
    assert not limited.spend(charge).allowed
    limited.now += 60
    limited.spend(charge)
    limited.refund(decision, [charge])
    assert limited.spend(charge).states[0].remaining == 0


def test_a_refund_of_one_charge_leaves_the_others(limited: Limited) -> None:
    one, other = Charge(ONCE, "one"), Charge(ONCE, "other")
    decision = limited.spend(one, other)
    limited.refund(decision, [one])
    assert limited.spend(one).allowed
    assert not limited.spend(other).allowed


def test_a_refund_leaves_a_window_that_began_after_a_reset(limited: Limited) -> None:
    charge = Charge(ONCE, "7")
    decision = limited.spend(charge)
    assert limited.forget("signup/3600 7")
    limited.now += 1
    limited.spend(charge)
    limited.refund(decision, [charge])
    assert not limited.spend(charge).allowed


def test_a_limit_that_was_changed_holds_at_once_for_windows_that_run(limited: Limited) -> None:
    for limit, allowed in ((10, True), (1, False), (3, True)):
        assert limited.spend(Charge(Rule("user", (Window(limit, 60),)), "7")).allowed == allowed
    assert limited.counters() == [Counter("user/60 7", 2, 3, limited.now + 60)]


def test_forgetting_a_counter_gives_all_of_it_back(limited: Limited) -> None:
    charge = Charge(QUOTA, "192.0.2.1")
    for _ in range(10):
        limited.spend(charge)
    [counter] = limited.counters()
    assert (counter.rule, counter.seconds, counter.key) == ("anonymous", 30 * DAY, "192.0.2.1")
    assert limited.forget(counter.name)
    assert not limited.forget(counter.name)
    assert limited.spend(charge).states[0].remaining == 9


def test_what_has_ended_is_neither_listed_nor_forgotten(limited: Limited) -> None:
    limited.spend(Charge(SHORT, "7"))
    limited.now += 300
    assert limited.counters() == []
    assert not limited.forget("login/300 7")


@pytest.mark.parametrize("loops", [1, 8])
def test_of_many_at_once_exactly_as_many_pass_as_may(limited: Limited, loops: int) -> None:
    allowed: list[bool] = []

    async def many() -> None:
        decisions = await asyncio.gather(*(limited.limiter.spend([Charge(QUOTA, "192.0.2.1")]) for _ in range(200)))
        allowed.extend(decision.allowed for decision in decisions)

    threads = [threading.Thread(target=lambda: asyncio.run(many())) for _ in range(loops)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(allowed), len(allowed)) == (10, 200 * loops)


# --- room -----------------------------------------------------------------------------------------------------------


def test_what_is_spent_outlives_any_number_of_passers_by() -> None:
    limited = Limited(max_entries=1000)
    before = evictions()
    for _ in range(10):
        limited.spend(Charge(QUOTA, "192.0.2.1"))
    for number in range(5000):
        assert limited.spend(Charge(QUOTA, f"passer-by {number}")).allowed
    assert not limited.spend(Charge(QUOTA, "192.0.2.1")).allowed
    assert len(limited.counters()) == 1000
    assert evictions() == before


def test_the_quota_holds_while_100_000_others_come_by_and_across_a_restart() -> None:
    limited = Limited(max_entries=100_000)
    charge = Charge(QUOTA, "192.0.2.1")

    async def others(first: int) -> None:
        for number in range(first, first + 100_000):
            assert (await limited.limiter.spend([Charge(QUOTA, f"192.0.2.1:{number}")])).allowed

    assert all(limited.spend(charge).allowed for _ in range(10))
    assert not limited.spend(charge).allowed
    asyncio.run(others(0))
    limited.now += 29 * DAY
    assert not limited.spend(charge).allowed

    kept = limited.counters()
    limited = Limited(max_entries=100_000, now=limited.now)
    limited.limiter.restore(kept)
    assert not limited.spend(charge).allowed
    asyncio.run(others(100_000))
    limited.now += DAY - 1
    assert not limited.spend(charge).allowed
    limited.now += 1
    assert limited.spend(charge).states[0].remaining == 9


def test_what_has_ended_makes_room_first() -> None:
    limited = Limited(max_entries=10)
    limited.spend(Charge(SHORT, "ended"))
    limited.now += 300
    for number in range(9):
        limited.spend(Charge(QUOTA, str(number)))
    limited.spend(Charge(QUOTA, "one more"))
    assert {counter.key for counter in limited.counters()} == {*map(str, range(9)), "one more"}


def test_what_was_unused_longest_makes_room_before_what_is_spent() -> None:
    limited = Limited(max_entries=4)
    limited.spend(Charge(ONCE, "spent"))
    for key in ("a", "b", "c", "a"):
        limited.spend(Charge(QUOTA, key))
    limited.spend(Charge(QUOTA, "d"))
    assert {counter.key for counter in limited.counters()} == {"spent", "c", "a", "d"}


def test_when_all_are_spent_the_one_nearest_its_end_makes_room_and_is_counted() -> None:
    limited = Limited(max_entries=1000)
    before = evictions()
    for number in range(1000):
        limited.spend(Charge(ONCE, str(number)))
        limited.now += 1
    assert limited.spend(Charge(ONCE, "one more")).allowed
    assert evictions() == before + 1
    assert not limited.spend(Charge(ONCE, "1")).allowed
    assert limited.spend(Charge(ONCE, "0")).allowed


@pytest.mark.parametrize(("pause", "gone"), [(3400, "long"), (3200, "short")])
def test_of_spent_windows_of_several_lengths_the_nearest_end_counts(pause: float, gone: str) -> None:
    limited = Limited(max_entries=2)
    limited.spend(Charge(ONCE, "long"))
    limited.now += pause
    limited.spend(Charge(SHORT, "short"))
    limited.spend(Charge(ONCE, "new"))
    assert {counter.key for counter in limited.counters()} == {"long", "short", "new"} - {gone}


def test_what_was_refunded_is_unspent_again() -> None:
    limited = Limited(max_entries=2)
    decision = limited.spend(Charge(ONCE, "refunded"))
    limited.spend(Charge(ONCE, "spent"))
    limited.refund(decision, [Charge(ONCE, "refunded")])
    limited.spend(Charge(ONCE, "new"))
    assert {counter.key for counter in limited.counters()} == {"spent", "new"}


def test_what_has_ended_does_not_pile_up(limited: Limited) -> None:
    for number in range(500):
        limited.spend(Charge(SHORT, f"old {number}"))
    limited.now += 300
    for number in range(250):
        limited.spend(Charge(SHORT, f"new {number}"))
    assert sum(map(len, limited.limiter._tallies.values())) == 250


# --- what is kept ---------------------------------------------------------------------------------------------------


def test_changes_are_those_of_lasting_windows_since_they_were_last_asked_for(limited: Limited) -> None:
    limited.spend(Charge(QUOTA, "a"), Charge(SHORT, "a"))
    limited.spend(Charge(QUOTA, "b"))
    assert {name: counter and counter.count for name, counter in limited.changes().items()} == {
        "anonymous/2592000 a": 1,
        "anonymous/2592000 b": 1,
    }
    assert limited.changes() == {}
    limited.spend(Charge(QUOTA, "b"))
    assert [counter and counter.count for counter in limited.changes().values()] == [2]


def test_changes_come_in_parts_and_what_is_not_taken_has_changed_still(limited: Limited) -> None:
    for number in range(10):
        limited.spend(Charge(QUOTA, str(number)))
    parts = limited.limiter.changes(4)
    first, second = next(parts), next(parts)
    parts.close()
    limited.limiter.not_saved(second)
    rest = limited.changes()
    assert (len(first), len(second), len(rest)) == (4, 4, 6)
    assert not first.keys() & rest.keys()


def test_what_was_not_saved_need_not_be_deleted(limited: Limited) -> None:
    limited.spend(Charge(QUOTA, "a"))
    [part] = limited.limiter.changes(10)
    limited.limiter.not_saved(part)
    assert limited.forget("anonymous/2592000 a")
    assert limited.changes() == {}


def test_what_changes_while_changes_are_taken_is_of_the_next_time(limited: Limited) -> None:
    limited.spend(Charge(QUOTA, "a"))
    parts = limited.limiter.changes(1)
    assert [counter and counter.count for counter in next(parts).values()] == [1]
    limited.spend(Charge(QUOTA, "a"))
    assert list(parts) == []
    assert [counter and counter.count for counter in limited.changes().values()] == [2]


def test_what_was_saved_and_made_room_is_to_be_deleted() -> None:
    limited = Limited(max_entries=2)
    limited.spend(Charge(QUOTA, "saved"))
    assert limited.changes()
    for number in range(5):
        limited.spend(Charge(QUOTA, f"passer-by {number}"))
    changes = limited.changes()
    assert changes["anonymous/2592000 saved"] is None
    assert len(changes) == 3  # who only came by was never saved, and need not be deleted


def test_what_comes_back_before_it_was_deleted_is_still_to_be_deleted_when_it_goes_again() -> None:
    limited = Limited(max_entries=2)
    limited.spend(Charge(QUOTA, "saved"))
    assert limited.changes()
    for key in ("a", "b", "saved", "c", "d"):
        limited.spend(Charge(QUOTA, key))
    assert limited.changes()["anonymous/2592000 saved"] is None


def test_restored_counters_go_on_and_are_no_changes(limited: Limited) -> None:
    limited.limiter.restore(
        [Counter("signup/3600 a", 1, 1, limited.now + 60), Counter("signup/3600 b", 1, 1, limited.now)]
    )
    assert limited.changes() == {}
    refused = limited.spend(Charge(ONCE, "a"))
    assert (refused.allowed, refused.retry_after) == (False, 60)
    assert limited.spend(Charge(ONCE, "b")).allowed


def test_restoring_leaves_what_is_counted_already(limited: Limited) -> None:
    limited.spend(Charge(QUOTA, "a"))
    limited.limiter.restore([Counter("anonymous/2592000 a", 10, 10, limited.now + 60)])
    assert limited.spend(Charge(QUOTA, "a")).states[0].remaining == 8


def test_a_clock_that_was_wrong_keeps_nobody_out_for_longer_than_a_window(limited: Limited) -> None:
    limited.limiter.restore([Counter("signup/3600 a", 1, 1, limited.now + 50 * 365 * DAY)])
    assert limited.spend(Charge(ONCE, "a")).retry_after == 3600


def test_restored_counters_make_room_in_the_order_of_their_ends() -> None:
    limited = Limited(max_entries=3)
    ends = {"later": 60, "latest": 70, "sooner": 50}
    limited.limiter.restore([Counter(f"signup/3600 {key}", 1, 1, limited.now + wait) for key, wait in ends.items()])
    limited.spend(Charge(ONCE, "new"))
    assert {counter.key for counter in limited.counters()} == {"later", "latest", "new"}


def test_restoring_more_than_there_is_room_for_keeps_what_is_spent() -> None:
    limited = Limited(max_entries=2)
    spent = Counter("anonymous/2592000 spent", 10, 10, limited.now + 60)
    limited.limiter.restore([spent, *(Counter(f"anonymous/2592000 {n}", 1, 10, limited.now + 70) for n in range(5))])
    assert spent in limited.counters()
    assert len(limited.counters()) == 2
