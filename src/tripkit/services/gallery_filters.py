"""What visitors of the gallery look for, where a database would have to know words, countries and seasons."""

from collections.abc import Callable
from datetime import date
from typing import Final

from tripkit.errors import ValidationFailed
from tripkit.schemas.gallery import GalleryPlan, GalleryQuery, Season
from tripkit.services import countries
from tripkit.services.folding import fold

#: By the seasons of the north.
_MONTHS: Final[dict[Season, frozenset[int]]] = {
    "spring": frozenset((3, 4, 5)),
    "summer": frozenset((6, 7, 8)),
    "autumn": frozenset((9, 10, 11)),
    "winter": frozenset((12, 1, 2)),
}

_NAMES: Final = ("q", "country", "min_days", "max_days", "month", "season")
#: Whether a plan is meant; the second argument says that an item of it is in the country that is looked for.
Filter = Callable[[GalleryPlan, bool], bool]


def any_in(query: GalleryQuery) -> bool:
    """Whether a query looks for anything that is found here, and not by the database."""
    return any(getattr(query, name) is not None for name in _NAMES)


def of(query: GalleryQuery) -> Filter:
    """What a query looks for. Raises `ValidationFailed` for a country that does not exist, and days that cannot be."""
    errors = {}
    country = None if query.country is None else countries.canonical(query.country)
    if query.country is not None and country is None:
        errors["country"] = [countries.refusal(query.country)]
    if query.min_days and query.max_days and query.min_days > query.max_days:
        errors["max_days"] = [f"must not be less than min_days, which is {query.min_days}."]
    if errors:
        raise ValidationFailed(errors)
    words = None if query.q is None else fold(query.q).split()
    called = country and f" {fold(countries.name(country))} "

    def wanted(plan: GalleryPlan, there: bool) -> bool:
        return (
            (words is None or _has_words(plan, words))
            and (not called or there or called in f" {fold(plan.destination)} ")
            and _lasts(plan, query.min_days, query.max_days)
            and (query.month is None or query.month in _months(plan))
            and (query.season is None or not _MONTHS[query.season].isdisjoint(_months(plan)))
        )

    return wanted


def _has_words(plan: GalleryPlan, words: list[str]) -> bool:
    text = fold(f"{plan.title} {plan.destination}")
    return bool(words) and all(word in text for word in words)


def _lasts(plan: GalleryPlan, least: int | None, most: int | None) -> bool:
    if least is None and most is None:
        return True
    if plan.start_date is None or plan.end_date is None:
        return False
    days = (plan.end_date - plan.start_date).days + 1
    return (least is None or days >= least) and (most is None or days <= most)


def _months(plan: GalleryPlan) -> set[int]:
    """The months in which a plan is on; none without a date."""
    first, last = plan.start_date or plan.end_date, plan.end_date or plan.start_date
    if first is None or last is None:
        return set()
    return {(first.month + after - 1) % 12 + 1 for after in range(min(_between(first, last), 11) + 1)}


def _between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
