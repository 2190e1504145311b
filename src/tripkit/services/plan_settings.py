"""How a plan counts and is checked: kept beside it, and written as a part of it."""

from decimal import Decimal
from typing import Final

import msgspec
from msgspec import Raw

from tripkit.database import Engine, Param, Statement, params
from tripkit.models import PlanSettings
from tripkit.schemas.money import Rate
from tripkit.services.rates import Rates

_KEPT: Final = (PlanSettings.rates, PlanSettings.ignored_checks, PlanSettings.budgets)
_rates: Final = msgspec.json.Decoder(list[Rate])
_budgets: Final = msgspec.json.Decoder(dict[str, Decimal])


class Kept(msgspec.Struct, frozen=True):
    """The settings of one plan."""

    rates: list[Rate] = []
    #: Codes of findings.
    ignored_checks: list[str] = []
    #: In the currency of the plan.
    budgets: dict[str, Decimal] = {}

    @property
    def by_pair(self) -> Rates:
        """The rates as `services.rates` takes them."""
        return {(each.base, each.quote): each.rate for each in self.rates}


def _kept(rates: Raw, ignored_checks: list[str], budgets: Raw) -> Kept:
    return Kept(_rates.decode(rates), ignored_checks, _budgets.decode(budgets))


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
    texts = {name: msgspec.json.encode(getattr(kept, name)).decode() for name in Kept.__struct_fields__}
    SAVE.one(db, plan=plan_id, **texts)
