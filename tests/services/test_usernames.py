"""Usernames that are made up are always ones that people could have chosen."""

import re
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from tripkit.services.usernames import candidates


@given(st.lists(st.text(max_size=80), max_size=3))
def test_whatever_the_wishes_are_the_candidates_are_valid_and_differ(wishes: list[str]) -> None:
    found = list(islice(candidates(*wishes), 20))
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{3,30}", name) for name in found)
    assert len({name.casefold() for name in found}) == 20
