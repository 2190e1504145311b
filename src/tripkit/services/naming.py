"""What people name on the command line: by its number, or by an unambiguous piece of what it is called."""

from collections.abc import Iterable

from tripkit.errors import Ambiguous, NotFound
from tripkit.schemas.members import MemberOut
from tripkit.services import jsontext


def number(text: str) -> int | None:
    """The number that `text` is, if it can be one of a thing."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def pick(kind: str, text: str, called: Iterable[tuple[int, str]]) -> int:
    """The number of the one that `text` names, of those with a number and a name; letter case does not matter.

    The whole name comes before pieces of others. Raises `NotFound` and `Ambiguous`.
    """
    wanted = text.strip().casefold()
    known = list(called) if wanted else []
    exact = [each for each in known if each[1].casefold() == wanted]
    matches = exact or [each for each in known if wanted in each[1].casefold()]
    if not matches:
        raise NotFound(kind, jsontext.shorten(text))
    if len(matches) > 1:
        raise Ambiguous(kind, text, matches)
    return matches[0][0]


def member(who: str, members: Iterable[MemberOut]) -> int:
    """The number of the member or the invitation with this username or address; raises `NotFound`."""
    from tripkit.services import addresses  # it takes long to load

    for each in members:
        if each.username is not None and each.username.casefold() == who.casefold():
            return each.id
        if each.email is not None and addresses.same(each.email, who):
            return each.id
    raise NotFound("member", who)
