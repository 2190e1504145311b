"""The golden trip on the command line."""

import json

from .. import golden

OPTIONS = {"start": "--start", "end": "--end", "cost": "--cost", "currency": "--currency", "status": "--status",
           "booking_reference": "--reference", "kind": "--kind"}  # fmt: skip


def test_the_golden_trip_is_what_was_worked_out_by_hand(run, ada):
    def done(*words, code=0):
        result = run(*words)
        assert result.exit_code == code, result.stderr
        return result.stdout

    plan = dict(golden.PLAN)
    options = [
        word for name, value in plan.items() if name != "title" for word in (f"--{name.replace('_', '-')}", value)
    ]
    done("plan", "new", plan["title"], *options)
    for rate in golden.RATES:
        done("plan", "rate", "half way", *rate)
    for item in golden.ITEMS:
        words = [word for name, option in OPTIONS.items() if name in item for word in (option, item[name])]
        ends = {"--from" if "end_place" in item else "--place": item["place"]["name"]}
        if "end_place" in item:
            ends["--to"] = item["end_place"]["name"]
        done("item", "add", "half way", item["title"], *words, *(word for pair in ends.items() for word in pair))
    for name in golden.TRAVELLERS:
        done("traveller", "add", "half way", name)
    for expense in golden.EXPENSES:
        words = [word for name in ("date", "currency", "kind", "split", "item") if name in expense
                 for word in (f"--{name}", expense[name])]  # fmt: skip
        words += [
            word
            for option, field in (("--paid-by", "paid_by"), ("--for", "shared_by"))
            for name, value in expense[field]
            for word in (option, f"{name}={value}" if value else name)
        ]
        done("expense", "add", "half way", expense["title"], expense["amount"], *words)
    golden.check(
        json.loads(done("item", "list", "half way", "--json")),
        json.loads(done("plan", "totals", "half way", "--json")),
        json.loads(done("plan", "check", "half way", "--json", code=6)),
        json.loads(done("plan", "balances", "half way", "--json")),
    )
