"""Who comes along."""

from collections.abc import Callable
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import Ambiguous, Conflict, NotFound, StaleVersion, Taken, ValidationFailed
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.travellers import TravellerIn, TravellerOut
from tripkit.schemas.users import Actor
from tripkit.services import travellers


@pytest.fixture
def plan(make_plan: Callable[..., PlanOut], ada: Actor) -> PlanOut:
    return make_plan(ada)


@pytest.fixture
def add(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[..., TravellerOut]:
    return lambda name, **options: tripkit.travellers.create(ada, plan.id, TravellerIn(name), **options)


@pytest.fixture
def names(tripkit: Tripkit, ada: Actor, plan: PlanOut) -> Callable[[], list[str]]:
    return lambda: [each.name for each in tripkit.travellers.of_plan(ada, plan.id).travellers]


def test_travellers_stand_in_the_order_in_which_they_were_added(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, names: Any, clock: Any
) -> None:
    assert names() == []
    zoe = add("  Zoë ")
    assert zoe == TravellerOut(zoe.id, plan.id, "Zoë", clock.now)
    add("bob")
    assert names() == ["Zoë", "bob"]
    assert tripkit.travellers.get(ada, plan.id, zoe.id) == zoe
    assert tripkit.travellers.of_plan(ada, plan.id).version == plan.version + 2


def test_two_travellers_are_told_apart_by_more_than_accents_and_capitals(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, names: Any, make_plan: Any
) -> None:
    zoe, bob = add("Zoë"), add("Bob")
    add("🙂")
    for name in ("zoe", "ZOË", "Zoe.", "🙂"):
        with pytest.raises(Taken, match="is in this plan already"):
            add(name)
    with pytest.raises(Taken, match='"Zoë"'):
        tripkit.travellers.rename(ada, plan.id, bob.id, TravellerIn("zoe"))
    assert tripkit.travellers.rename(ada, plan.id, zoe.id, TravellerIn("Zoe")).name == "Zoe"
    assert names() == ["Zoe", "Bob", "🙂"]
    assert tripkit.travellers.create(ada, make_plan(ada).id, TravellerIn("Zoe")), "in another plan"


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "a\x00b", "right\u202eleft"])
def test_names_are_one_line_and_not_blank(add: Any, names: Any, name: str) -> None:
    with pytest.raises(ValidationFailed) as failed:
        add(name)
    assert failed.value.errors.keys() == {"name"}
    assert names() == []


def test_every_write_is_one_to_the_plan_and_may_ask_for_its_version(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any, clock: Any
) -> None:
    zoe = add("Zoe", expected=plan.version)
    clock.advance(seconds=1)
    for write in (
        lambda: add("Eve", expected=plan.version),
        lambda: tripkit.travellers.rename(ada, plan.id, zoe.id, TravellerIn("Eve"), expected=plan.version),
        lambda: tripkit.travellers.delete(ada, plan.id, zoe.id, expected=plan.version),
    ):
        with pytest.raises(StaleVersion):
            write()
    tripkit.travellers.rename(ada, plan.id, zoe.id, TravellerIn("Eve"), expected=plan.version + 1)
    tripkit.travellers.delete(ada, plan.id, zoe.id, expected=plan.version + 2)
    now = tripkit.plans.get(ada, plan.id)
    assert (now.version, now.updated_at) == (plan.version + 3, clock.now)
    with pytest.raises(NotFound, match="traveller"):
        tripkit.travellers.get(ada, plan.id, zoe.id)


def test_a_plan_has_a_hundred_travellers_at_most(
    monkeypatch: pytest.MonkeyPatch, tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any
) -> None:
    assert travellers.MOST == 100
    monkeypatch.setattr(travellers, "MOST", 2)
    first = add("One")
    add("Two")
    with pytest.raises(Conflict, match="2 travellers"):
        add("Three")
    tripkit.travellers.delete(ada, plan.id, first.id)
    add("Three")


def test_the_same_name_at_once_is_added_once(
    tripkit: Tripkit, ada: Actor, plan: PlanOut, names: Any, in_threads: Any
) -> None:
    found = in_threads(5, lambda: tripkit.travellers.create(ada, plan.id, TravellerIn("Zoe")), tripkit.db)
    assert sorted(type(each).__name__ for each in found) == ["Taken"] * 4 + ["TravellerOut"]
    assert names() == ["Zoe"]


def test_a_traveller_is_named_by_name_number_or_piece(tripkit: Tripkit, ada: Actor, plan: PlanOut, add: Any) -> None:
    def resolve(name: str) -> int:
        return tripkit.travellers.resolve(ada, plan.id, name)

    zoe, ann, anna = add("Zoë Smith"), add("Ann"), add("Anna")
    number = add(str(zoe.id))
    assert (resolve("smith"), resolve("zoe smith"), resolve("ANN"), resolve("anna")) == (
        zoe.id,
        zoe.id,
        ann.id,
        anna.id,
    )
    assert resolve(str(zoe.id)) == number.id, "a name is before a number"
    assert resolve(f" {ann.id}") == ann.id
    with pytest.raises(Ambiguous, match="Anna"):
        resolve("an")
    for nobody in ("Eve", "", " ", "99999999999999999999"):
        with pytest.raises(NotFound):
            resolve(nobody)


def test_others_do_not_know_of_the_travellers(tripkit: Tripkit, bob: Actor, plan: PlanOut, add: Any) -> None:
    zoe = add("Zoe")
    for work in (
        lambda: tripkit.travellers.of_plan(bob, plan.id),
        lambda: tripkit.travellers.get(bob, plan.id, zoe.id),
        lambda: tripkit.travellers.resolve(bob, plan.id, "Zoe"),
        lambda: tripkit.travellers.create(bob, plan.id, TravellerIn("Eve")),
        lambda: tripkit.travellers.rename(bob, plan.id, zoe.id, TravellerIn("Eve")),
        lambda: tripkit.travellers.delete(bob, plan.id, zoe.id),
    ):
        with pytest.raises(NotFound, match="plan"):
            work()
