"""Pages: how much of a list goes into one answer."""

from collections.abc import Iterator
from typing import Final, Protocol, TypeVar

from msgspec import Raw

#: A page ends early when its plans are this large, in characters of JSON and description.
PAGE_CHARACTERS: Final = 4 * 1024 * 1024
_NOTHING: Final = Raw(b"")


class _Large(Protocol):
    @property
    def description(self) -> str: ...


P = TypeVar("P", bound=_Large)


def take(found: Iterator[P], limit: int) -> tuple[list[P], bool]:
    """The plans of one page, and whether others were found that did not fit. Give it one row more than `limit`."""
    results: list[P] = []
    size = 0
    for plan in found:
        if len(results) == limit or (results and size > PAGE_CHARACTERS):
            return results, True
        results.append(plan)
        size += memoryview(getattr(plan, "plan_data", _NOTHING)).nbytes + len(plan.description)
    return results, False
