"""What people type, and what they mean."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.errors import Ambiguous, NotFound
from tripkit.services import names

PLANS = [(1, "Kyoto in April"), (2, "Kyoto"), (3, "Lisbon weekend"), (4, "Straße nach Süden")]


@pytest.mark.parametrize(
    ("typed", "number"), [("kyoto", 2), (" APRIL ", 1), ("lisbon weekend", 3), ("STRASSE", 4), ("süd", 4)]
)
def test_a_title_or_a_piece_of_one(typed: str, number: int) -> None:
    assert names.pick("plan", typed, PLANS) == number


def test_several_and_none() -> None:
    with pytest.raises(Ambiguous) as several:
        names.pick("plan", "in", [*PLANS[:1], (7, "Berlin")])
    assert several.value.candidates == [(1, "Kyoto in April"), (7, "Berlin")]
    for typed in ("", "  ", "Paris"):
        with pytest.raises(NotFound) as none:
            names.pick("plan", typed, PLANS)
        assert none.value.near == []


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("kioto", [2, 1]),
        ("lisbn", [3]),
        ("lisboa weekend", [3]),
        ("in aprl", [1]),
        ("strase nach suden", [4]),
        ("x", []),
    ],
)
def test_a_slip_of_the_finger_is_answered_with_what_may_be_meant(typed: str, near: list[int]) -> None:
    with pytest.raises(NotFound) as none:
        names.pick("plan", typed, PLANS)
    assert sorted(number for number, _ in none.value.near) == sorted(near)
    assert ("Did you mean" in str(none.value)) == bool(near)


@pytest.mark.parametrize(("typed", "number"), [("7", 7), ("007", 7), ("9" * 18, int("9" * 18)), ("9" * 19, None),
                                               ("-1", None), ("٧", None), ("", None), ("7a", None)])  # fmt: skip
def test_numbers(typed: str, number: int | None) -> None:
    assert names.number(typed) == number


@given(st.text(max_size=300), st.lists(st.text(max_size=250), max_size=5))
def test_whatever_is_typed_is_found_or_refused(typed: str, titles: list[str]) -> None:
    known = list(enumerate(titles))
    with suppress(NotFound, Ambiguous):
        assert names.pick("plan", typed, known) in dict(known)


def test_looking_for_what_was_meant_is_bounded() -> None:
    titles = [(number, "ab" * 25 + " " + "ba ab abba " * 15) for number in range(20_000)]
    began = time.perf_counter()
    names.near("ba" * 5_000, titles)
    assert time.perf_counter() - began < 3
