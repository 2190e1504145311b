"""Expenses and balances over HTTP."""

import json
from typing import Any

import httpx2
import pytest


@pytest.fixture
def path(plan: dict) -> str:
    return f"/api/plans/{plan['id']}/"


@pytest.fixture
def people(api: httpx2.Client, path: str) -> dict[str, int]:
    made = {name: api.post(path + "travellers/", json={"name": name}) for name in ("Ann", "Ben")}
    return {name: answer.raise_for_status().json()["id"] for name, answer in made.items()}


@pytest.fixture
def dinner(people: dict[str, int]) -> dict[str, Any]:
    """An expense to send."""
    return {"title": "Dinner", "date": "2027-04-02", "amount": 40.5, "paid_by": [{"traveller_id": people["Ann"]}]}


def test_an_expense_is_made_read_changed_and_restored(
    api: httpx2.Client, path: str, people: dict, dinner: dict
) -> None:
    made = api.post(path + "expenses/", json=dinner, headers={"Idempotency-Key": "dinner"})
    assert made.status_code == 201
    address = made.headers["location"]
    assert address == f"{path}expenses/{made.json()['id']}/"
    assert (made.json()["amount"], made.json()["currency"], made.headers["etag"]) == ("40.50", "EUR", '"1"')
    assert [(each["traveller_id"], each["amount"]) for each in made.json()["shared_by"]] == [
        (people["Ann"], "20.25"), (people["Ben"], "20.25"),
    ]  # fmt: skip
    again = api.post(path + "expenses/", json=dinner, headers={"Idempotency-Key": "dinner"})
    assert again.json() == made.json()
    assert api.get(address).json() == made.json()
    assert api.patch(address, json={"amount": "30"}, headers={"If-Match": '"7"'}).status_code == 412
    changed = api.patch(address, json={"amount": "30"}, headers={"If-Match": '"1"'}).json()
    assert (changed["version"], changed["paid_by"][0]["amount"]) == (2, "30.00")
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404
    assert len(api.get(path + "expenses/?trashed=true").json()["expenses"]) == 1
    assert api.post(address + "restore/").json()["version"] == 4
    assert api.delete(f"{path}travellers/{people['Ben']}/").status_code == 409


def test_the_list_bears_the_tag_of_the_plan(api: httpx2.Client, path: str, people: dict, dinner: dict) -> None:
    api.post(path + "expenses/", json=dinner).raise_for_status()
    answer = api.get(path + "expenses/")
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    assert api.get(path + "expenses/", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert len(api.get(path + f"expenses/?traveller_id={people['Ben']}").json()["expenses"]) == 1
    assert api.get(path + "expenses/?kind=food").json()["expenses"] == []
    assert "kind" in api.get(path + "expenses/?kind=x").json()["errors"]


def test_balances_and_the_transfers_that_settle_them(api: httpx2.Client, path: str, people: dict, dinner: dict) -> None:
    ann, ben = people["Ann"], people["Ben"]
    api.post(path + "expenses/", json=dinner | {"amount": "10.01"}).raise_for_status()
    found = api.get(path + "balances/").json()
    assert found["by_currency"]["EUR"]["accounts"] == [
        {"traveller_id": ann, "name": "Ann", "paid": "10.01", "share": "5.01", "balance": "5.00"},
        {"traveller_id": ben, "name": "Ben", "paid": "0.00", "share": "5.00", "balance": "-5.00"},
    ]
    transfers = [{"payer_id": ben, "payer": "Ben", "payee_id": ann, "payee": "Ann", "amount": "5.00"}]
    assert found["by_currency"]["EUR"]["transfers"] == found["total"]["transfers"] == transfers
    api.post(path + "expenses/", json=dinner | {"amount": 100, "currency": "JPY"}).raise_for_status()
    found = api.get(path + "balances/").json()
    assert (found["total"], found["missing"]) == (None, ["JPY"])


WRONG = [
    ({"amount": "NaN"}, "amount"),
    ({"amount": "1e30"}, "amount"),
    ({"amount": 1e30}, "amount"),
    ({"amount": "1.234", "currency": "JPY"}, "amount"),
    ({"amount": -1}, "amount"),
    ({"amount": "ten"}, "amount"),
    ({"currency": "ABC"}, "currency"),
    ({"split": "half"}, "split"),
    ({"paid_by": []}, "paid_by"),
    ({"paid_by": [{"traveller_id": 0}]}, "paid_by[0].traveller_id"),
    ({"paid_by": [{"traveller_id": 2**63}]}, "paid_by[0].traveller_id"),
    ({"paid_by": [{"traveller_id": 10**12}]}, "paid_by[0].traveller_id"),
    ({"paid_by": [{"traveller_id": 1, "name": "Ann"}]}, "paid_by[0].name"),
    ({"paid_by": [{}]}, "paid_by[0].traveller_id"),
    ({"shared_by": []}, "shared_by"),
    ({"item_id": 10**12}, "item_id"),
    ({"date": None}, "date"),
    ({"title": "x" * 201}, "title"),
    ({"title": "two\nlines"}, "title"),
    ({"notes": "x" * 20_001}, "notes"),
    ({"unknown": 1}, "unknown"),
]


@pytest.mark.parametrize(("fields", "named"), WRONG, ids=lambda value: json.dumps(value)[:40])
def test_what_is_wrong_is_400_and_named(
    api: httpx2.Client, path: str, dinner: dict, fields: dict[str, Any], named: str
) -> None:
    answer = api.post(path + "expenses/", json=dinner | fields)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [named])
    assert api.get(path + "expenses/").json()["expenses"] == []


def test_a_sum_of_shares_that_does_not_match_says_the_difference(
    api: httpx2.Client, path: str, people: dict, dinner: dict
) -> None:
    shares = [{"traveller_id": number, "amount": "20"} for number in people.values()]
    answer = api.post(path + "expenses/", json=dinner | {"split": "exact", "shared_by": shares})
    assert answer.json()["errors"] == {"shared_by": ["must add up to 40.50 EUR; they are 0.50 EUR too little."]}
