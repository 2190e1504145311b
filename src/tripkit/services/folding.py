"""Text as it is compared when people may leave accents and capitals out."""

import re
import unicodedata
from typing import Final

#: Accents of Latin, Greek and Cyrillic. In other scripts marks are part of what is written.
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
#: Marks that do not part words: D.C., Xi'an, Hawaiʻi.
_IN_WORDS: Final = re.compile(r"[.'`’‘ʻʼ]")
#: Latin letters that Unicode does not take apart into a letter and an accent.
_LETTERS: Final = str.maketrans(
    {"æ": "ae", "ð": "d", "đ": "d", "ħ": "h", "ı": "i", "ł": "l", "œ": "oe", "ø": "o", "þ": "th"}
)


def fold(text: str) -> str:
    """Words in lower case without accents, a space between: `fold("Málaga–Łódź")` is `"malaga lodz"`."""
    # Twice, since some letters have another case only when they are taken apart, and the other way round.
    lower = _IN_WORDS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    apart = unicodedata.normalize("NFKD", lower)
    letters = unicodedata.normalize("NFKC", _ACCENTS.sub("", apart)).translate(_LETTERS)
    return " ".join("".join(each if unicodedata.category(each)[0] in "LMN" else " " for each in letters).split())
