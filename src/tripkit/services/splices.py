"""Long texts that change a little: what was cut out of them, and what was put in its place."""

from typing import Any, Final

import msgspec
from msgspec import Raw

#: Texts up to this length are kept whole: they are easier to read so.
SHORT: Final = 200


class Splice(msgspec.Struct, frozen=True, array_like=True):
    """At this place (in characters), this was removed and this inserted."""

    at: int
    removed: str
    inserted: str


def between(before: Any, after: Any) -> Splice | None:
    """How one long text became another; None for short ones, and for what is no text."""
    was, now = _text(before), _text(after)
    if was is None or now is None or max(len(was), len(now)) <= SHORT:
        return None
    start = _shared(was, now, from_end=False)
    was, now = was[start:], now[start:]
    end = _shared(was, now, from_end=True)
    return Splice(start, was[: len(was) - end], now[: len(now) - end])


def undone(after: Any, splice: Splice) -> Any:
    """The text as it was before."""
    now = _text(after) or ""
    was = now[: splice.at] + splice.removed + now[splice.at + len(splice.inserted) :]
    return Raw(was.encode()) if isinstance(after, Raw) else was


def _text(value: Any) -> str | None:
    if isinstance(value, Raw):
        return bytes(value).decode()
    return value if isinstance(value, str) else None


def _shared(one: str, other: str, *, from_end: bool) -> int:
    """How many characters both have in common at their beginning, or end; by halves, since slices compare quickly."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        same = one[-middle:] == other[-middle:] if from_end else one[:middle] == other[:middle]
        low, high = (middle, high) if same else (low, middle - 1)
    return low
