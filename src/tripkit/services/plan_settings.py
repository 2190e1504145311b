"""How a plan counts and is checked: kept beside it, and written as a part of it."""

from typing import Final

import msgspec
from msgspec import Raw

from tripkit.database import Engine, Param, Statement, params
from tripkit.models import PlanSettings
from tripkit.schemas.money import Rate
from tripkit.services.rates import Rates

_KEPT: Final = (PlanSettings.rates, PlanSettings.ignored_checks)
_rates: Final = msgspec.json.Decoder(list[Rate])


class Kept(msgspec.Struct, frozen=True):
    """The settings of one plan."""

    rates: list[Rate] = []
    #: Codes of findings.
    ignored_checks: list[str] = []

    @property
    def by_pair(self) -> Rates:
        """The rates as `services.rates` takes them."""
        return {(each.base, each.quote): each.rate for each in self.rates}


def _kept(rates: Raw, ignored_checks: list[str]) -> Kept:
    return Kept(_rates.decode(rates), ignored_checks)


ONE = Statement(lambda: PlanSettings.select(*_KEPT).where(PlanSettings.plan == Param("plan")), record=_kept)
SAVE = Statement(
    lambda: (
        PlanSettings.insert(params(PlanSettings.plan, *_KEPT))
        .on_conflict(conflict_target=[PlanSettings.plan], preserve=_KEPT)
        .returning(PlanSettings.id)
    ),
    record=int,
)


def read(db: Engine, plan_id: int) -> Kept:
    """The settings of a plan."""
    return ONE.one(db, plan=plan_id) or Kept()


def save(db: Engine, plan_id: int, kept: Kept) -> None:
    """Keep them. The plan is locked by this unit (`Plans.to_write`)."""
    rates, ignored = (msgspec.json.encode(each).decode() for each in (kept.rates, kept.ignored_checks))
    SAVE.one(db, plan=plan_id, rates=rates, ignored_checks=ignored)
