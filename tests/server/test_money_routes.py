"""Rates and totals over HTTP."""

import httpx2


def test_rates_and_totals(api: httpx2.Client, plan: dict) -> None:
    path = f"/api/plans/{plan['id']}/"
    answer = api.put(path + "rates/", json={"rates": [{"base": "EUR", "quote": "JPY", "rate": 162.5}]})
    assert answer.status_code == 200
    assert answer.json()["rates"] == [{"base": "EUR", "quote": "JPY", "rate": "162.5"}]
    assert answer.headers["etag"] == '"2"'
    assert api.get(path + "rates/").json() == answer.json()
    stale = api.put(path + "rates/", json={"rates": []}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)

    api.post(
        path + "items/", json={"title": "Tea", "cost": 1300, "currency": "JPY", "status": "done"}
    ).raise_for_status()
    api.post(path + "items/", json={"title": "Bus", "cost": "3.5", "currency": "USD"}).raise_for_status()
    totals = api.get(path + "totals/").json()
    assert totals["spent"] == {"by_currency": {"JPY": "1300"}, "amount": "8.00", "missing": []}
    assert totals["total"] == {"by_currency": {"JPY": "1300", "USD": "3.50"}, "amount": None, "missing": ["USD"]}
    assert (totals["currency"], totals["budget"], totals["remaining"]) == ("EUR", "2500.00", None)
    assert totals["version"] == 4


def test_wrong_rates_are_400_and_named(api: httpx2.Client, plan: dict) -> None:
    path = f"/api/plans/{plan['id']}/rates/"
    one = {"base": "EUR", "quote": "JPY", "rate": "1"}
    for wrong, named in (
        ({"rates": [one, one]}, "rates[1].quote"),
        ({"rates": [one | {"rate": "-1"}]}, "rates[0].rate"),
        ({"rates": [one | {"rate": "x"}]}, "rates[0].rate"),
        ({"rates": [{"base": "EUR"}]}, "rates[0].quote"),
        ({"rates": [one] * 201}, "rates"),
        ({}, "rates"),
    ):
        answer = api.put(path, json=wrong)
        assert answer.status_code == 400
        assert named in answer.json()["errors"]
    assert api.get(path).json()["rates"] == []
