"""Things that people name: by their number, by their title, or by an unambiguous piece of it."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from tripkit.errors import Ambiguous, NotFound
from tripkit.services import jsontext

#: From 0 to 1: what is less alike was hardly meant.
_ALIKE: Final = 0.7
#: Letters that are compared, and titles that are: it takes time.
_LETTERS, _TITLES = 50, 200


def number(name: str) -> int | None:
    """The number that a name is, if it is one."""
    return int(name) if name.isascii() and name.isdecimal() and len(name) < 19 else None


def pick(kind: str, name: str, titles: Sequence[tuple[int, str]], *, trashed: bool = False) -> int:
    """The id of what is called so among `(id, title)`. A whole title goes before a piece of another.

    Raises `NotFound`, with what may have been meant, and `Ambiguous`.
    """
    wanted = name.strip().casefold()
    exact = [(found, title) for found, title in titles if wanted and title.casefold() == wanted]
    matches = exact or [(found, title) for found, title in titles if wanted and wanted in title.casefold()]
    if not matches:
        what = f"{kind} in the trash called" if trashed else kind
        raise NotFound(what, jsontext.shorten(name), near=near(wanted, titles))
    if len(matches) > 1:
        raise Ambiguous(kind, name, matches)
    return int(matches[0][0])


def near(wanted: str, titles: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """At most three whose title, or a word of it, is much like what was typed; the most alike first."""
    matcher = SequenceMatcher(b=wanted[:_LETTERS], autojunk=False)
    found = [(_likeness(matcher, title.casefold()), number, title) for number, title in titles[:_TITLES]]
    best = sorted((each for each in found if each[0] >= _ALIKE), key=lambda each: -each[0])
    return [(number, title) for _, number, title in best[:3]]


def _likeness(matcher: SequenceMatcher[str], title: str) -> float:
    best = 0.0
    for piece in (title, *title.split()[:8]):
        matcher.set_seq1(piece[:_LETTERS])
        if min(matcher.real_quick_ratio(), matcher.quick_ratio()) >= _ALIKE:
            best = max(best, matcher.ratio())
    return best
