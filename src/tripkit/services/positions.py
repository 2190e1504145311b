"""Positions of things in an order that people make: numbers between which there is room for others."""

from collections.abc import Sequence


def at(others: Sequence[float], place: int) -> float | None:
    """A position that makes something the `place`-th (from 1) among others, which are in their order.

    None where the neighbours are too close for a number between them: count all positions anew, and ask again.
    """
    before = others[place - 2] if 2 <= place <= len(others) + 1 else None
    after = others[place - 1] if place <= len(others) else None
    if after is None:
        return others[-1] + 1 if others else 1.0
    if before is None:
        return after - 1
    between = (before + after) / 2
    return between if before < between < after else None
