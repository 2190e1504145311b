"""The golden trip on the command line."""

from ... import golden
from .conftest import Do

OPTIONS = {"start": "--start", "end": "--end", "cost": "--cost", "currency": "--currency", "status": "--status",
           "booking_reference": "--reference", "kind": "--kind"}  # fmt: skip


def test_the_golden_trip_is_what_was_worked_out_by_hand(do: Do) -> None:
    plan = dict(golden.PLAN)
    options = [
        word for name, value in plan.items() if name != "title" for word in (f"--{name.replace('_', '-')}", value)
    ]
    do("plan", "new", plan["title"], *options)
    for rate in golden.RATES:
        do("plan", "rate", "half way", *rate)
    for item in golden.ITEMS:
        words = [word for name, option in OPTIONS.items() if name in item for word in (option, item[name])]
        ends = {"--from" if "end_place" in item else "--place": item["place"]["name"]}
        if "end_place" in item:
            ends["--to"] = item["end_place"]["name"]
        do("item", "add", "half way", item["title"], *words, *(word for pair in ends.items() for word in pair))
    for name in golden.TRAVELLERS:
        do("traveller", "add", "half way", name)
    for expense in golden.EXPENSES:
        words = [word for name in ("date", "currency", "kind", "split", "item") if name in expense
                 for word in (f"--{name}", expense[name])]  # fmt: skip
        words += [
            word
            for option, field in (("--paid-by", "paid_by"), ("--for", "shared_by"))
            for name, value in expense[field]
            for word in (option, f"{name}={value}" if value else name)
        ]
        do("expense", "add", "half way", expense["title"], expense["amount"], *words)
    golden.check(
        do.json("item", "list", "half way"),
        do.json("plan", "totals", "half way"),
        do.json("plan", "check", "half way", code=6),
        do.json("plan", "balances", "half way"),
    )
