"""Rules for rate limits as people write them: `10/30d`, or several windows, `5/s, 100/h`, or `off`."""

import re
from typing import Final

import msgspec

OFF: Final = "off"
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WINDOW: Final = re.compile(r"(\d{1,9})/(\d{0,5})([smhd])", re.ASCII)
_LONGEST: Final = 366 * 86400


class Window(msgspec.Struct, frozen=True):
    """At most `limit` in `seconds`."""

    limit: int
    seconds: int

    def __str__(self) -> str:
        """`10 in 30 days`."""
        return f"{self.limit} in {_span(self.seconds)}"


def parse(text: str) -> tuple[Window, ...]:
    """The windows of a rule, shortest first; none when off. Raises `ValueError` with what is wrong and a remedy."""
    if text.strip() == OFF:
        return ()
    windows = sorted((_window(part.strip()) for part in text.split(",")), key=lambda window: window.seconds)
    if len({window.seconds for window in windows}) < len(windows):
        raise ValueError("it gives two limits for the same window. Keep one of them.")
    return tuple(windows)


def _window(text: str) -> Window:
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text!r} is no rule. Write a number, a slash and a time in s, m, h or d, "
            "like 10/30d or 5/s, 100/h; or off."
        )
    limit, seconds = int(found[1]), int(found[2] or 1) * _UNITS[found[3]]
    if limit == 0:
        raise ValueError(f"{text!r} would refuse everything. Allow at least 1, or write off to set no limit.")
    if not 0 < seconds <= _LONGEST:
        raise ValueError(f"the time in {text!r} must be from 1 second to 366 days.")
    return Window(limit, seconds)


def _span(seconds: int) -> str:
    """A length of time in its largest unit, exactly."""
    units = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next((size, unit) for size, unit in units if seconds % size == 0)
    return f"{seconds // size} {unit}{'' if seconds == size else 's'}"
