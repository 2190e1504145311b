"""What makes the fields of an expense right, beyond their types."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tripkit.errors import ValidationFailed
from tripkit.schemas.expenses import REPAYMENT, Payment, Share
from tripkit.schemas.plans import PlanOut
from tripkit.schemas.travellers import TravellerOut
from tripkit.services import expense_records, money, splitting, validation, wall_time
from tripkit.services.money import Money


def checked(values: dict[str, Any], plan: PlanOut, travellers: Sequence[TravellerOut]) -> dict[str, Any]:
    """The fields of a whole expense, tidied; raises `ValidationFailed` with every rule they break."""
    values = dict(values)
    names = {each.id: each.name for each in travellers}
    if values["shared_by"] is None:
        values["shared_by"] = [Share(each) for each in names]
    errors: dict[str, list[str]] = {}

    def look(check: Callable[[], None]) -> bool:
        try:
            check()
        except ValidationFailed as failed:
            errors.update(failed.errors)
            return False
        return True

    look(lambda: _texts(values))
    costs = look(lambda: _amount(values, plan))
    people = look(lambda: _people(values, names))
    if costs and people:
        cost = Money(values["amount"], values["currency"])
        look(lambda: _payments(values, cost, names))
        look(lambda: _shares(values, cost, names))
    if errors:
        raise ValidationFailed(errors)
    return values


def merged(expense: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """An expense with changes. Whoever paid alone has paid another amount; in another split everybody begins anew."""
    values = expense | changes
    if "paid_by" not in changes and len(values["paid_by"]) == 1:
        values["paid_by"] = [Payment(values["paid_by"][0].traveller_id)]
    if "shared_by" not in changes and values["split"] != expense["split"]:
        values["shared_by"] = [Share(each.traveller_id) for each in values["shared_by"]]
    return values


def _texts(values: dict[str, Any]) -> None:
    errors = {}
    values["title"] = values["title"].strip()
    if not values["title"]:
        errors["title"] = ["must not be blank."]
    elif not validation.is_one_line(values["title"]):
        errors["title"] = ["must be one line without control characters."]
    if values["date"].year not in wall_time.YEARS:
        years = wall_time.YEARS
        errors["date"] = [f"must be in a year from {years[0]} to {years[-1]}, not {values['date'].year}."]
    if values["kind"] == REPAYMENT and values["item_id"] is not None:
        errors["item_id"] = ["is what was paid for, and a repayment pays for nothing. Leave it out."]
    if errors:
        raise ValidationFailed(errors)


def _amount(values: dict[str, Any], plan: PlanOut) -> None:
    values["currency"] = (values["currency"] or plan.currency).upper()
    values["amount"] = money.checked(values["amount"], values["currency"], field="amount")


def _people(values: dict[str, Any], names: Mapping[int, str]) -> None:
    """Everybody is a traveller of the plan, and is named once."""
    if not names:
        raise ValidationFailed({"paid_by": ["must be travellers, and this plan has none yet. Add them first."]})
    errors = {}
    for field in ("paid_by", "shared_by"):
        seen = set()
        for number, each in enumerate(values[field]):
            where = f"{field}[{number}].traveller_id"
            if each.traveller_id not in names:
                shown = ", ".join(f"{traveller} ({name})" for traveller, name in list(names.items())[:10])
                errors[where] = [f"must be a traveller of this plan, such as {shown}; not {each.traveller_id}."]
            elif each.traveller_id in seen:
                errors[where] = [f"names {names[each.traveller_id]} again. Give each once."]
            seen.add(each.traveller_id)
    if errors:
        raise ValidationFailed(errors)


def _payments(values: dict[str, Any], cost: Money, names: Mapping[int, str]) -> None:
    payments: list[Payment] = values["paid_by"]
    if len(payments) == 1 and payments[0].amount is None:
        payments = [Payment(payments[0].traveller_id, cost.amount)]
    given = {each.traveller_id: each.amount for each in payments if each.amount is not None}
    if missing := [names[each.traveller_id] for each in payments if each.amount is None]:
        raise ValidationFailed({"paid_by": [f"must have the amount of each of several; {missing[0]} has none."]})
    paid = splitting.exactly(cost, given, field="paid_by")
    values["paid_by"] = [Payment(*each) for each in paid.items()]


def _shares(values: dict[str, Any], cost: Money, names: Mapping[int, str]) -> None:
    """Each has just what the split asks for, and shares add up."""
    split, people = values["split"], values["shared_by"]
    wanted = {"shares": "weight", "exact": "amount"}.get(split)
    for name in ("weight", "amount"):
        for number, each in enumerate(people):
            given = getattr(each, name) is not None
            if given and name != wanted:
                raise ValidationFailed(
                    {f"shared_by[{number}].{name}": [f"is not for the split {split}. Leave it out, or choose another."]}
                )
            if not given and name == wanted:
                problem = f"is needed for the split {split}, also of {names[each.traveller_id]}."
                raise ValidationFailed({f"shared_by[{number}].{name}": [problem]})
    found = expense_records.shares(cost, split, {names[each.traveller_id]: each for each in people})
    if split == "shares":
        values["shared_by"] = [msgspec.structs.replace(each, weight=_plain(each.weight)) for each in people]
    if split == "exact":
        values["shared_by"] = [msgspec.structs.replace(each, amount=found[names[each.traveller_id]]) for each in people]


def _plain(weight: Decimal | None) -> Decimal:
    """Without an exponent and needless zeros: 1E+3 is 1000."""
    return abs(Decimal(f"{(weight or Decimal(0)).normalize():f}"))
