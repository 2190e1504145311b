"""Counters in memory: what counts, for how long, and what makes room when there are too many."""

import asyncio
from collections.abc import Sequence

import pytest

from tripkit.ratelimit import Charge, Decision, MemoryLimiter, Rule, Window

QUOTA = Rule("anonymous", (Window(10, 30 * 86400),))
TWO = Rule("user", (Window(2, 1), Window(3, 60)))


class Limited:
    """A limiter with a clock that stands still until it is moved."""

    def __init__(self, max_entries: int = 1000) -> None:
        self.now = 1_800_000_000.0
        self.limiter = MemoryLimiter(lambda: self.now, max_entries)

    def spend(self, *charges: Charge) -> Decision:
        return asyncio.run(self.limiter.spend(charges))

    def refund(self, decision: Decision, charges: Sequence[Charge]) -> None:
        asyncio.run(self.limiter.refund(decision, charges))


@pytest.fixture
def limited() -> Limited:
    return Limited()


def test_the_window_begins_with_the_first_charge_and_no_other_arms_it_again(limited: Limited) -> None:
    charge = Charge(QUOTA, "192.0.2.1")
    for _ in range(10):
        assert limited.spend(charge).allowed
        limited.now += 86400
    refused = limited.spend(charge)
    assert (refused.allowed, refused.retry_after) == (False, 20 * 86400)
    limited.now += 20 * 86400 - 1
    assert not limited.spend(charge).allowed
    limited.now += 1
    again = limited.spend(charge)
    assert (again.allowed, again.states[0].remaining) == (True, 9)


def test_a_refusal_costs_nothing_in_any_window(limited: Limited) -> None:
    charge = Charge(TWO, "7")
    assert [limited.spend(charge).allowed for _ in range(4)] == [True, True, False, False]
    limited.now += 1
    assert [limited.spend(charge).allowed for _ in range(2)] == [True, False]
    limited.now += 59
    assert limited.spend(charge).allowed


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


def test_what_is_spent_outlives_any_number_of_passers_by() -> None:
    limited = Limited(max_entries=1000)
    for _ in range(10):
        limited.spend(Charge(QUOTA, "192.0.2.1"))
    for number in range(5000):
        assert limited.spend(Charge(QUOTA, f"passer-by {number}")).allowed
    assert not limited.spend(Charge(QUOTA, "192.0.2.1")).allowed
    assert len(limited.limiter.snapshot()) == 1000
    assert limited.limiter.evicted == 0


def test_when_all_are_spent_the_one_nearest_its_end_makes_room_and_is_counted() -> None:
    limited = Limited(max_entries=1000)
    once = Rule("signup", (Window(1, 3600),))
    for number in range(1000):
        limited.spend(Charge(once, str(number)))
        limited.now += 1
    assert limited.spend(Charge(once, "one more")).allowed
    assert limited.limiter.evicted == 1
    assert not limited.spend(Charge(once, "1")).allowed
    assert limited.spend(Charge(once, "0")).allowed
