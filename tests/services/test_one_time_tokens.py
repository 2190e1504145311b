"""Tokens that are sent to people: used once, for one purpose, in time."""

from datetime import timedelta
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.errors import InvalidToken
from tripkit.schemas.users import Actor
from tripkit.services.one_time_tokens import Purpose

from ..conftest import FakeClock

HOUR = timedelta(hours=1)


def test_a_token_is_good_once_for_its_purpose(tripkit: Tripkit, ada: Actor) -> None:
    tokens = tripkit.one_time_tokens
    token = tokens.issue(Purpose.VERIFY_EMAIL, ada.user_id, HOUR, {"email": "ada@example.org"})
    with pytest.raises(InvalidToken):
        tokens.use(Purpose.RESET_PASSWORD, token)
    assert tokens.peek(Purpose.VERIFY_EMAIL, token) == (ada.user_id, {"email": "ada@example.org"})
    assert tokens.use(Purpose.VERIFY_EMAIL, token) == (ada.user_id, {"email": "ada@example.org"})
    with pytest.raises(InvalidToken):
        tokens.use(Purpose.VERIFY_EMAIL, token)


def test_a_token_expires_and_a_newer_one_replaces_it(tripkit: Tripkit, ada: Actor, clock: FakeClock) -> None:
    tokens = tripkit.one_time_tokens
    first = tokens.issue(Purpose.RESET_PASSWORD, ada.user_id, HOUR)
    second = tokens.issue(Purpose.RESET_PASSWORD, ada.user_id, HOUR)
    with pytest.raises(InvalidToken):
        tokens.use(Purpose.RESET_PASSWORD, first)
    clock.advance(hours=1)
    with pytest.raises(InvalidToken):
        tokens.use(Purpose.RESET_PASSWORD, second)
    assert tokens.forget_expired() == 1


@pytest.mark.parametrize("position", [0, 21, 42])
def test_a_token_with_one_character_changed_is_worth_nothing(tripkit: Tripkit, ada: Actor, position: int) -> None:
    token = tripkit.one_time_tokens.issue(Purpose.INVITATION, ada.user_id, HOUR)
    other = "A" if token[position] != "A" else "B"
    with pytest.raises(InvalidToken):
        tripkit.one_time_tokens.use(Purpose.INVITATION, token[:position] + other + token[position + 1 :])


def test_of_ten_who_use_a_token_at_once_one_succeeds(tripkit: Tripkit, ada: Actor, in_threads: Any) -> None:
    tokens = tripkit.one_time_tokens
    token = tokens.issue(Purpose.RESET_PASSWORD, ada.user_id, HOUR)
    outcomes = in_threads(10, lambda: tokens.use(Purpose.RESET_PASSWORD, token), tripkit.db)
    assert outcomes.count((ada.user_id, {})) == 1
    assert sum(isinstance(each, InvalidToken) for each in outcomes) == 9
