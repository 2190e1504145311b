"""The words of a text, as they are searched for: folded, and the same on every database.

Where a script has no spaces between words, as Chinese, Japanese and Thai have none, each two neighbouring characters
are a word, and so is the last one alone: `京都駅` is `京都`, `都駅` and `駅`. A symbol such as an emoji is a word.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import msgspec

from tripkit.services.folding import fold

#: Longer words are cut, in texts as in what is searched for.
_LONGEST: Final = 64
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
#: Words with what may stand in them, such as an apostrophe. More than these part words; `fold` knows all that does.
_PIECE: Final = re.compile(
    r"[^\s!-&(-\-/:-@\[-_{-~\xa1\xab\xb7\xbb\xbf\u2010-\u2017\u201c-\u206f\u3001-\u3003\u3008-\u3020]+"
)
_RUN: Final = re.compile(f"([{_UNSPACED}]+)")
_JOINTS: Final = ".'`’‘ʻʼ"
_JOINT: Final = re.compile(f"[{_JOINTS}]")
#: A dot between words, and not of an abbreviation.
_STOP: Final = re.compile(r"(?<=\w\w)\.|\.(?=\w\w)")


class Term(msgspec.Struct, frozen=True):
    """A word that is searched for. Unless it is `whole`, words that begin with it are meant, too."""

    text: str
    whole: bool = False
    """It is two characters of a script without spaces."""


class _Unit(msgspec.Struct, frozen=True):
    """A stretch of a text: words, or a run of characters of a script without spaces."""

    words: tuple[str, ...]
    parts: tuple[str, ...]
    """What is joined to a word by an apostrophe or a dot: `l'été` is found as `lete` and as `ete`."""
    start: int
    end: int
    run: bool


def indexed(texts: Iterable[str]) -> list[str]:
    """The words by which texts are found, each once."""
    found: dict[str, None] = {}
    for text in texts:
        for unit in _units(text):
            found.update(dict.fromkeys(_grams(unit.words[0]) if unit.run else unit.words + unit.parts))
    return list(found)


def searched(text: str) -> list[Term]:
    """What somebody searches for; all of it has to be found. Empty when there is no word in it."""
    found: dict[Term, None] = {}
    for unit in _units(_STOP.sub(" ", text)):
        if unit.run and len(unit.words[0]) > 1:
            found.update((Term(gram, whole=True), None) for gram in _grams(unit.words[0])[:-1])
        else:
            found.update((Term(word), None) for word in unit.words)
    return list(found)


def marks(text: str, terms: Iterable[Term]) -> tuple[list[tuple[int, int]], set[str]]:
    """Where terms are in a text: start and end of each stretch, in characters, in order; and which terms are there."""
    wanted = tuple(term.text for term in terms)
    there: set[str] = set()
    ranges: list[tuple[int, int]] = []
    for unit in _units(text):
        if unit.run:
            found = list(_in_run(unit, wanted))
            there.update(each for each, _, _ in found)
            exact = len(unit.words[0]) == unit.end - unit.start
            ranges += _joined((start, end) if exact else (unit.start, unit.end) for _, start, end in found)
        elif hits := [word for word in unit.words + unit.parts if word.startswith(wanted)]:
            there.update(each for each in wanted if any(word.startswith(each) for word in hits))
            ranges.append((unit.start, unit.end))
    return ranges, there


def _in_run(unit: _Unit, wanted: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    for each in wanted:
        at = unit.words[0].find(each)
        while at >= 0:
            yield each, unit.start + at, unit.start + at + len(each)
            at = unit.words[0].find(each, at + 1)


def _joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order, those that touch as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _units(text: str) -> Iterator[_Unit]:
    for piece in _PIECE.finditer(text):
        at = piece.start()
        for number, part in enumerate(_RUN.split(piece[0])):
            start, at = at, at + len(part)
            words = _folded(part) if part else ()
            if words and number % 2:
                yield _Unit(("".join(words),), (), start, at, run=True)
            elif words:
                inner = part.strip(_JOINTS)
                start += part.index(inner)
                parts = _folded(_JOINT.sub(" ", inner)) if _JOINT.search(inner) else ()
                yield _Unit(words, parts, start, start + len(inner), run=False)


@lru_cache(20_000)
def _folded(part: str) -> tuple[str, ...]:
    """The words of a part, and its symbols."""
    # A sign that only changes how the symbol before it is drawn is left over as a mark of its own.
    words = [word[:_LONGEST] for word in fold(part).split() if any(map(str.isalnum, word))]
    if not part.isascii():
        words += [each for each in part if unicodedata.category(each) == "So"]
    return tuple(words)


def _grams(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run))]
