"""The golden trip through the API."""

import httpx2

from .. import golden


def test_the_golden_trip_is_what_was_worked_out_by_hand(api: httpx2.Client) -> None:
    path = f"/api/plans/{api.post('/api/plans/', json=golden.PLAN).json()['id']}/"
    rates = [{"base": base, "quote": quote, "rate": rate} for base, quote, rate in golden.RATES]
    api.put(path + "rates/", json={"rates": rates}).raise_for_status()
    answer = api.post(path + "items/batch/", json={"items": golden.ITEMS})
    assert answer.status_code == 201, answer.text
    days = api.get(path + "items/").json()["days"]
    items = [item for day in days for item in day["items"]]
    people = {name: api.post(path + "travellers/", json={"name": name}).json()["id"] for name in golden.TRAVELLERS}
    numbers = {item["title"]: item["id"] for item in items}
    for expense in golden.EXPENSES:
        answer = api.post(path + "expenses/", json=golden.numbered(expense, people, numbers))
        assert answer.status_code == 201, answer.text
    golden.check(items, *(api.get(f"{path}{part}/").json() for part in ("totals", "check", "balances")))
