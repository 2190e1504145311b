"""The golden trip on both databases."""

import json
from typing import Any

import msgspec

from tripkit.bootstrap import Tripkit
from tripkit.schemas.expenses import ExpenseIn
from tripkit.schemas.items import ItemIn, ItemQuery
from tripkit.schemas.money import RatesIn
from tripkit.schemas.plans import PlanIn
from tripkit.schemas.travellers import TravellerIn
from tripkit.schemas.users import Actor
from tripkit.services.item_places import complete

from .. import golden


def test_the_golden_trip_is_what_was_worked_out_by_hand(tripkit: Tripkit, ada: Actor) -> None:
    def shown(record: Any) -> Any:
        return json.loads(msgspec.json.encode(record))

    plan = tripkit.plans.create(ada, msgspec.convert(golden.PLAN, PlanIn))
    rates = [{"base": base, "quote": quote, "rate": rate} for base, quote, rate in golden.RATES]
    tripkit.money.replace_rates(ada, plan.id, msgspec.convert({"rates": rates}, RatesIn))
    tripkit.items.create_many(ada, plan.id, [complete(msgspec.convert(each, ItemIn)) for each in golden.ITEMS])
    days = tripkit.items.by_day(ada, plan.id, ItemQuery()).days
    items = [item for day in days for item in day.items]
    people = {name: tripkit.travellers.create(ada, plan.id, TravellerIn(name)).id for name in golden.TRAVELLERS}
    for expense in golden.EXPENSES:
        fields = golden.numbered(expense, people, {item.title: item.id for item in items})
        tripkit.expenses.create(ada, plan.id, msgspec.convert(fields, ExpenseIn))
    golden.check(
        shown(items),
        shown(tripkit.money.totals(ada, plan.id)),
        shown(tripkit.checks.check(ada, plan.id)),
        shown(tripkit.balances.balances(ada, plan.id)),
    )
