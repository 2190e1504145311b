"""The money of plans on a server."""

from collections.abc import Callable
from typing import Final

from tripkit.client.resource import Resource, at
from tripkit.errors import NotFound, StaleVersion, ValidationFailed
from tripkit.schemas.money import BudgetsIn, BudgetsOut, Rate, RatesIn, RatesOut, Totals

#: A single rate is changed among all of them: so often it is tried when somebody else writes to the plan.
_TRIES: Final = 5


class Money(Resource):
    """Exchange rates and totals."""

    def rates(self, plan_id: int) -> RatesOut:
        """The rates of a plan."""
        return self._http.read(at("plans", plan_id, "rates"), RatesOut)

    def replace_rates(self, plan_id: int, form: RatesIn, *, expected: int | None = None) -> RatesOut:
        """Other rates, and only these. `expected` is the version of the plan that you know."""
        return self._http.write("PUT", at("plans", plan_id, "rates"), RatesOut, form, expected=expected)

    def set_rate(self, plan_id: int, rate: Rate) -> RatesOut:
        """One rate, in place of any between both currencies."""

        def change(rates: list[Rate]) -> list[Rate]:
            return [*_others(rates, rate.base, rate.quote), rate]

        try:
            return self._change(plan_id, change)
        except ValidationFailed as failed:
            # It is the last of all; what is wrong is said as of one.
            raise ValidationFailed({name.rpartition(".")[2]: said for name, said in failed.errors.items()}) from None

    def forget_rate(self, plan_id: int, base: str, quote: str) -> RatesOut:
        """No rate between both currencies; raises `NotFound` if there is none."""

        def change(rates: list[Rate]) -> list[Rate]:
            others = _others(rates, base, quote)
            if len(others) == len(rates):
                raise NotFound("rate in this plan between", f"{base.upper()} and {quote.upper()}")
            return others

        return self._change(plan_id, change)

    def budgets(self, plan_id: int) -> BudgetsOut:
        """What kinds of items may cost."""
        return self._http.read(at("plans", plan_id, "budgets"), BudgetsOut)

    def replace_budgets(self, plan_id: int, form: BudgetsIn, *, expected: int | None = None) -> BudgetsOut:
        """Other budgets of kinds, and only these. `expected` is the version of the plan that you know."""
        return self._http.write("PUT", at("plans", plan_id, "budgets"), BudgetsOut, form, expected=expected)

    def totals(self, plan_id: int) -> Totals:
        """What a plan costs, by currency, status and kind, against its budget."""
        return self._http.read(at("plans", plan_id, "totals"), Totals)

    def _change(self, plan_id: int, change: Callable[[list[Rate]], list[Rate]]) -> RatesOut:
        for left in reversed(range(_TRIES)):
            found = self.rates(plan_id)
            try:
                return self.replace_rates(plan_id, RatesIn(change(found.rates)), expected=found.version)
            except StaleVersion:
                if not left:
                    raise
        raise AssertionError


def _others(rates: list[Rate], base: str, quote: str) -> list[Rate]:
    return [each for each in rates if {each.base, each.quote} != {base.upper(), quote.upper()}]
