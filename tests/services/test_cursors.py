"""Cursors: only ours, for this list, and whole."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripkit.errors import Malformed
from tripkit.security.keys import KeyRing
from tripkit.services.cursors import Cursors

CURSORS = Cursors(KeyRing(b"k" * 32))
VALUES = st.none() | st.text(st.characters(codec="utf-8")) | st.integers(-(2**63), 2**63 - 1)


def refuse(cursor: str, scope: str = "plans title") -> None:
    with pytest.raises(Malformed, match="Start again without it"):
        CURSORS.read(scope, cursor)


@given(place=st.lists(VALUES, max_size=3))
def test_a_place_comes_back_as_it_was(place: list[Any]) -> None:
    assert CURSORS.read("plans title", CURSORS.write("plans title", *place)) == place


@given(data=st.data())
def test_a_cursor_that_was_altered_anywhere_is_refused(data: st.DataObject) -> None:
    cursor = CURSORS.write("plans title", "Kyoto", 7)
    place = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters().filter(lambda character: character != cursor[place]))
    refuse(cursor[:place] + other + cursor[place + 1 :])
    refuse(cursor[:place])
    refuse(cursor[:place] + other + cursor[place:])


@given(junk=st.text(max_size=60))
def test_junk_is_refused(junk: str) -> None:
    refuse(junk)


def test_another_spelling_of_the_same_bytes_is_refused() -> None:
    cursor = next(each for n in range(9) if len(each := CURSORS.write("plans title", "x" * n, 7)) % 4 == 3)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    refuse(cursor[:-1] + alphabet[alphabet.index(cursor[-1]) ^ 1])
    refuse(cursor + "=")
    refuse(cursor + "\n")


def test_a_cursor_is_of_one_list() -> None:
    refuse(CURSORS.write("plans -title", "Kyoto", 7))


def test_a_cursor_made_with_another_key_is_refused() -> None:
    refuse(Cursors(KeyRing(b"f" * 32)).write("plans title", "Kyoto", 7))


def test_a_cursor_can_stand_in_an_address_as_it_is() -> None:
    assert set(CURSORS.write("plans title", "京都?&=/+%", 7)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )
