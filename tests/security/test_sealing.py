"""Secrets at rest: they come back with their key, and with no other."""

import pytest

from tripkit.security.keys import KeyRing
from tripkit.security.sealing import Sealer

FIRST, SECOND = b"a" * 48, b"b" * 48
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def sealer(*keys: bytes, purpose: str = "test") -> Sealer:
    return Sealer(KeyRing(keys[0], keys[1:]), purpose)


def test_what_was_sealed_is_opened_with_the_key_and_differs_each_time() -> None:
    one, two = sealer(FIRST).seal(SECRET), sealer(FIRST).seal(SECRET)
    assert one != two
    assert SECRET not in one
    assert [sealer(FIRST).open(each) for each in (one, two)] == [SECRET, SECRET]
    assert len(one) <= 255


def test_an_earlier_key_opens_and_the_current_one_seals() -> None:
    sealed = sealer(FIRST).seal(SECRET)
    assert sealer(SECOND, FIRST).open(sealed) == SECRET
    assert sealer(SECOND).open(sealed) is None
    renewed = sealer(SECOND, FIRST)
    assert sealer(SECOND).open(renewed.seal(SECRET)) == SECRET
    assert renewed.key_id == sealer(SECOND).key_id != sealer(FIRST).key_id


def test_another_purpose_does_not_open() -> None:
    assert sealer(FIRST, purpose="other").open(sealer(FIRST).seal(SECRET)) is None


@pytest.mark.parametrize("position", [0, 10, 40, 70, -3])
def test_what_was_altered_is_not_opened(position: int) -> None:
    sealed = list(sealer(FIRST).seal(SECRET))
    sealed[position] = "A" if sealed[position] != "A" else "B"
    assert sealer(FIRST).open("".join(sealed)) is None
    assert sealer(FIRST).open("") is None
