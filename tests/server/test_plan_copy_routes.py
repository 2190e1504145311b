"""Copies of plans over HTTP."""

from typing import Any

import httpx2
import pytest


@pytest.fixture
def path(plan: dict) -> str:
    return f"/api/plans/{plan['id']}/copy/"


def test_a_copy_is_201_with_its_address_and_what_to_look_at(api: httpx2.Client, plan: dict, path: str) -> None:
    bar = {"title": "Bar", "start": "2027-04-02T02:30", "start_zone": "Europe/Berlin", "status": "booked"}
    api.post(f"/api/plans/{plan['id']}/items/", json=bar).raise_for_status()
    answer = api.post(path, json={"start_date": "2027-03-27", "title": "Earlier"})
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == f"/api/plans/{made['plan']['id']}/"
    assert answer.headers["etag"] == f'"{made["plan"]["version"]}"'
    assert api.get(answer.headers["location"]).json() == made["plan"]
    assert (made["plan"]["title"], made["plan"]["start_date"], made["plan"]["end_date"]) == (
        "Earlier", "2027-03-27", "2027-04-09",
    )  # fmt: skip
    assert (made["plan"]["status"], made["plan"]["plan_data"]) == ("draft", plan["plan_data"])
    assert (made["days"], made["items"], made["checklists"]) == (-5, 1, 0)
    [warning] = made["warnings"]
    assert (warning["title"], "does not exist in Europe/Berlin" in warning["message"]) == ("Bar", True)
    item = api.get(f"{answer.headers['location']}items/{warning['item_id']}/").json()
    assert (item["start"], item["status"], item["warnings"]) == (
        "2027-03-28T02:30", "planned", [warning["message"]],
    )  # fmt: skip


def test_a_repeated_copy_with_a_key_is_made_once(api: httpx2.Client, path: str) -> None:
    first, again = (api.post(path, json={}, headers={"Idempotency-Key": "copy"}) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert len(api.get("/api/plans/").json()["results"]) == 2


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"start_date": "soon"}, {"start_date"}),
        ({"start_date": "2027-02-30"}, {"start_date"}),
        ({"start_date": "0001-01-01"}, {"start_date"}),
        ({"start_date": "9999-12-31"}, {"start_date"}),
        ({"title": ""}, {"title"}),
        ({"title": " "}, {"title"}),
        ({"title": "x" * 201}, {"title"}),
        ({"end_date": "2027-04-01"}, {"end_date"}),
    ],
)
def test_bad_copies_are_400_and_leave_nothing_behind(api: httpx2.Client, path: str, body: Any, wrong: Any) -> None:
    answer = api.post(path, json=body)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, wrong)
    assert len(api.get("/api/plans/").json()["results"]) == 1


def test_five_thousand_items_are_copied_in_one_request(api: httpx2.Client, plan: dict, path: str) -> None:
    item = {"title": "Tea", "start": "2027-04-02T15:00", "start_zone": "Asia/Tokyo", "cost": "1.50"}
    for _ in range(50):
        batch = api.post(f"/api/plans/{plan['id']}/items/batch/", json={"items": [item] * 100})
        assert batch.status_code == 201
    made = api.post(path, json={"start_date": "2028-04-01"})
    assert (made.status_code, made.json()["items"], made.elapsed.total_seconds() < 5) == (201, 5_000, True)
    [day] = api.get(f"{made.headers['location']}items/").json()["days"]
    assert (day["date"], len(day["items"])) == ("2028-04-02", 5_000)
