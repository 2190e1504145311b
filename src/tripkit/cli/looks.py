"""How things look on a terminal: colours or none, signs that its character set has, and a pager for what is long.

Colours are the sixteen of the terminal itself, so that they suit a light background and a dark one.
"""

import codecs
import os
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final, Literal, cast, get_args

from tripkit.errors import InvalidInput

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Color = Literal["auto", "always", "never"]
#: Set by the option of this name for the whole run.
color: Color = "auto"
#: How `less` shows what it is given, unless somebody has said otherwise: short texts at once, and colours as they are.
LESS: Final = "FRX"

ICONS: Final = {
    "flight": "🛫", "train": "🚆", "bus": "🚌", "ferry": "🚢", "car": "🚗", "lodging": "🏨", "food": "🍜",
    "activity": "🎫", "note": "📝", "other": "📌",
}  # fmt: skip
_ASCII: Final = {
    "–": "-", "→": "->", "·": "-", "…": "...", "█": "#", "░": ".", "⚠": "!", "✗": "x", "⇄": "~", "─": "-", "✓": "x",
}  # fmt: skip
#: What stands in one column each, for a terminal without these signs, in tables that are laid out already.
_ONE_FOR_ONE: Final = {"–": "-", "→": ">", "…": "~", "·": "-", "•": "*"}
_CHARSET_ERRORS: Final = "tripkit.nearest"


def color_of(text: str) -> Color:
    """What `--color` was given; raises `InvalidInput`."""
    if text not in get_args(Color):
        raise InvalidInput(f"--color is auto, always or never, and not {text}.")
    return cast("Color", text)


def console() -> "Console":
    """Where answers are shown."""
    from rich.console import Console

    return Console(
        highlight=False, force_terminal=color == "always" or None, no_color={"never": True, "always": False}.get(color)
    )


def is_plain() -> bool:
    """Whether the terminal can show no more than ASCII."""
    charset = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("_", "-")
    return not charset.startswith("utf") or os.environ.get("TERM") in ("dumb", "linux")


def fit_charset() -> None:
    """Let standard output show what its character set has not as what is nearest to it, and not fail."""
    stream = sys.stdout
    if isinstance(stream, TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
        codecs.register_error(_CHARSET_ERRORS, _nearest)
        stream.reconfigure(errors=_CHARSET_ERRORS)


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """Letters without their accents, and question marks as wide as what they stand for."""
    import unicodedata

    assert isinstance(error, UnicodeEncodeError)
    found = ""
    for character in error.object[error.start : error.end]:
        plain = "".join(each for each in unicodedata.normalize("NFKD", character) if each.isascii())
        unknown = "" if unicodedata.combining(character) else "?"
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        found += _ONE_FOR_ONE.get(character) or plain[:width] or unknown * width
    return found, error.end


def sign(text: str) -> str:
    """Our own signs as the terminal can show them; it is for no text of people."""
    if not is_plain():
        return text
    return "".join(_ASCII.get(character, character) for character in text)


def icon(kind: str) -> str:
    """A picture for a kind of item, or its first letters."""
    return kind[:2] if is_plain() else ICONS.get(kind, ICONS["other"])


def show(*found: "RenderableType") -> None:
    """Print to the terminal, through a pager when it is longer than the screen."""
    screen = console()
    with screen.capture() as captured:
        for each in found:
            screen.print(each)
    text = captured.get()
    if text.count("\n") < screen.height or not _pages():
        screen.file.write(text)
        screen.file.flush()
        return
    import pydoc

    os.environ.setdefault("LESS", LESS)
    pydoc.pager(text)


def _pages() -> bool:
    """Whether there is a person in front of a screen that can be leafed through."""
    wanted = os.environ.get("PAGER", "less") not in ("", "cat")
    return wanted and sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
