"""Who acts for commands."""

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import Ambiguous, Forbidden, NotFound
from tripkit.schemas.users import Actor
from tripkit.services.policy import OPERATOR


def as_command(actor: Actor) -> Actor:
    return Actor(actor.user_id, actor.username, actor.is_admin)


@pytest.mark.parametrize("name", ["ada", "ADA", "Ada@Example.org", "1"])
def test_the_actor_is_named_by_username_address_or_number(tripkit: Tripkit, ada: Actor, bob: Actor, name: str) -> None:
    assert tripkit.actors.find(name if name != "1" else str(ada.user_id)) == as_command(ada)


@pytest.mark.parametrize("name", ["", "eve", "77", "eve@example.org", "a@b@c", "1" * 30])
def test_nobody_else_acts(tripkit: Tripkit, ada: Actor, name: str) -> None:
    with pytest.raises(NotFound):
        tripkit.actors.find(name)


def test_the_only_account_is_the_one_that_acts(tripkit: Tripkit, make_user: object) -> None:
    with pytest.raises(NotFound):
        tripkit.actors.only()
    ada = make_user("ada")  # type: ignore[operator]
    assert tripkit.actors.only() == as_command(ada)
    bob = make_user("bob")  # type: ignore[operator]
    with pytest.raises(Ambiguous) as several:
        tripkit.actors.only()
    assert several.value.candidates == [(ada.user_id, "ada"), (bob.user_id, "bob")]


def test_a_disabled_account_does_not_act(tripkit: Tripkit, ada: Actor) -> None:
    tripkit.administration.set_active(OPERATOR, ada.user_id, active=False)
    with pytest.raises(Forbidden, match="`tripkit user enable ada`"):
        tripkit.actors.find("ada")
    with pytest.raises(Forbidden):
        tripkit.actors.only()
