"""Things that people name: by their number, by their title, or by an unambiguous piece of it."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Final

from tripkit.errors import Ambiguous, NotFound
from tripkit.schemas.members import MemberOut
from tripkit.services import addresses, jsontext

#: From 0 to 1: what is less alike was hardly meant.
_ALIKE: Final = 0.7
#: Letters that are compared, and titles that are: it takes time.
_LETTERS, _TITLES = 50, 200
#: Words of each that are looked at.
_WORDS: Final = 8


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
    """At most three whose title, or some words of it, are much like what was typed; the most alike first."""
    count = len(wanted.split()[:_WORDS])
    matcher = SequenceMatcher(b=wanted[:_LETTERS], autojunk=False)
    found = [(_likeness(matcher, title.casefold(), count), number, title) for number, title in titles[:_TITLES]]
    best = sorted((each for each in found if each[0] >= _ALIKE), key=lambda each: -each[0])
    return [(number, title) for _, number, title in best[:3]]


def _likeness(matcher: SequenceMatcher[str], title: str, count: int) -> float:
    """How much a title, a word of it, or as many words of it as were typed, are like that."""
    words = title.split()[:_WORDS]
    several = [" ".join(words[at : at + count]) for at in range(len(words) - count + 1)] if count > 1 else []
    best = 0.0
    for piece in (title, *words, *several):
        matcher.set_seq1(piece[:_LETTERS])
        if min(matcher.real_quick_ratio(), matcher.quick_ratio()) >= _ALIKE:
            best = max(best, matcher.ratio())
    return best


def member(who: str, members: Iterable[MemberOut]) -> int:
    """The number of the member or the invitation with this username or address; raises `NotFound`."""
    for each in members:
        if each.username is not None and each.username.casefold() == who.casefold():
            return each.id
        if each.email is not None and addresses.same(each.email, who):
            return each.id
    raise NotFound("member", who)
