"""Items over HTTP."""

import json
from typing import Any

import httpx2
import pytest

MINIMAL = {"title": "Tea"}


@pytest.fixture
def path(plan: dict) -> str:
    return f"/api/plans/{plan['id']}/items/"


@pytest.fixture
def item(api: httpx2.Client, path: str) -> dict[str, Any]:
    answer = api.post(path, json={"title": "Tea", "start": "2027-04-02T15:00", "place": {"name": "Kyoto"}})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_new_item_is_201_with_its_address_version_and_what_was_filled_in(
    api: httpx2.Client, plan: dict, path: str
) -> None:
    flight = {
        "title": "To Tokyo",
        "kind": "flight",
        "start": "2027-04-01T13:00",
        "end": "2027-04-02T09:30",
        "place": {"name": "LHR"},
        "end_place": {"name": "NRT"},
        "cost": 812.5,
    }
    answer = api.post(path, json=flight)
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == f"{path}{made['id']}/"
    assert answer.headers["etag"] == '"1"'
    assert (made["start_zone"], made["end_zone"], made["cost"], made["currency"]) == (
        "Europe/London", "Asia/Tokyo", "812.50", "EUR",
    )  # fmt: skip
    assert (made["start_at"], made["duration"], made["day"]) == ("2027-04-01T12:00:00Z", 45_000, 1)
    assert {"place.timezone", "end_place.lat", "start_zone", "end_zone", "currency"} <= set(made["filled_in"])
    assert api.get(answer.headers["location"]).json() == made | {"filled_in": []}
    assert api.get(f"/api/plans/{plan['id']}/").json()["version"] == plan["version"] + 1


def test_the_list_is_by_day_and_bears_the_tag_of_the_plan(api: httpx2.Client, path: str, item: dict) -> None:
    api.post(path, json={"title": "Someday"}).raise_for_status()
    answer = api.get(path)
    found = answer.json()
    days = [(day["date"], day["number"], [each["title"] for each in day["items"]]) for day in found["days"]]
    assert days == [("2027-04-02", 2, ["Tea"]), (None, None, ["Someday"])]
    assert answer.headers["etag"] == f'"{found["version"]}"'
    assert api.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert api.get(path + "?kind=food").json()["days"] == []
    assert api.get(path + "?day=2027-04-02").json()["days"][0]["number"] == 2
    assert set(api.get(path + "?day=soon&size=3").json()["errors"]) == {"day", "size"}


def test_several_are_made_in_one_request_or_none(api: httpx2.Client, path: str) -> None:
    answer = api.post(path + "batch/", json={"items": [MINIMAL, MINIMAL | {"start": "2027-04-01"}]})
    assert answer.status_code == 201
    assert [each["start"] for each in answer.json()["items"]] == [None, "2027-04-01"]
    wrong = api.post(
        path + "batch/",
        json={"items": [MINIMAL, {"title": "", "place": {"lat": 91}}, {"kind": "boat", "x": 1}]},
    )
    assert wrong.status_code == 400
    assert set(wrong.json()["errors"]) == {
        "items[1].title", "items[1].place.lat", "items[2].title", "items[2].kind", "items[2].x",
    }  # fmt: skip
    assert "must be at most 90, not 91." in wrong.json()["errors"]["items[1].place.lat"][0]
    assert "flight, train" in wrong.json()["errors"]["items[2].kind"][0]
    rule = api.post(path + "batch/", json={"items": [MINIMAL, MINIMAL | {"start": "2027-02-30"}]})
    assert set(rule.json()["errors"]) == {"items[1].start"}
    assert api.post(path + "batch/", json={"items": []}).status_code == 400
    assert api.post(path + "batch/", json={"items": [MINIMAL] * 101}).status_code == 400
    assert len(api.get(path).json()["days"]) == 2


def test_a_plan_full_of_items_takes_no_more(start_server: Any) -> None:
    from ..live import sign_up

    with start_server(TRIPKIT_PLANS__MAX_ITEMS="3").client() as client:
        sign_up(client)
        path = f"/api/plans/{client.post('/api/plans/', json={'title': 'T', 'destination': 'D'}).json()['id']}/items/"
        assert client.post(path + "batch/", json={"items": [MINIMAL] * 4}).status_code == 409
        assert client.post(path + "batch/", json={"items": [MINIMAL] * 3}).status_code == 201
        answer = client.post(path, json=MINIMAL)
        assert answer.status_code == 409
        assert "A plan may have 3 items" in answer.json()["detail"]


def test_if_match_is_of_the_item_and_on_new_items_of_the_plan(
    api: httpx2.Client, plan: dict, path: str, item: dict
) -> None:
    address = f"{path}{item['id']}/"
    assert api.patch(address, json={"title": "Coffee"}, headers={"If-Match": '"1"'}).json()["version"] == 2
    for method, to, body in (
        ("PATCH", address, {"title": "No"}),
        ("DELETE", address, None),
        ("POST", address + "move/", {"day": "2027-04-03"}),
    ):
        answer = api.request(method, to, json=body, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["version"], answer.headers["etag"]) == (412, 2, '"2"')
        assert answer.json()["current"] == api.get(address).json()
    stale = api.post(path, json=MINIMAL, headers={"If-Match": f'"{plan["version"]}"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 3)
    assert api.post(path, json=MINIMAL, headers={"If-Match": '"3"'}).status_code == 201
    assert api.get(address).json()["title"] == "Coffee"


@pytest.mark.parametrize(
    ("to", "body"),
    [("", MINIMAL), ("batch/", {"items": [MINIMAL, MINIMAL]})],
)
def test_a_repeated_post_with_a_key_is_done_once(api: httpx2.Client, path: str, to: str, body: Any) -> None:
    first, again = (api.post(path + to, json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    [day] = api.get(path).json()["days"]
    assert len(day["items"]) == len(body.get("items", [1]))


def test_a_move_answers_where_the_item_is_now(api: httpx2.Client, path: str, item: dict) -> None:
    other = api.post("/api/plans/", json={"title": "T", "destination": "D"}).json()["id"]
    answer = api.post(f"{path}{item['id']}/move/", json={"plan_id": other, "day": "2027-05-01", "position": 1})
    assert answer.json()["start"] == "2027-05-01T15:00"
    assert answer.headers["content-location"] == f"/api/plans/{other}/items/{item['id']}/"
    assert api.get(answer.headers["content-location"]).json()["plan_id"] == other
    assert api.get(f"{path}{item['id']}/").status_code == 404
    assert api.post(f"{path}{item['id']}/move/", json={}).status_code in (400, 404)


def test_nothing_is_moved_into_a_plan_of_somebody_else(
    api: httpx2.Client, stranger: httpx2.Client, path: str, item: dict
) -> None:
    theirs = stranger.post("/api/plans/", json={"title": "T", "destination": "D"}).json()["id"]
    answer = api.post(f"{path}{item['id']}/move/", json={"plan_id": theirs})
    assert answer.status_code == 404
    assert stranger.get(f"/api/plans/{theirs}/items/").json()["days"] == []
    assert api.get(f"{path}{item['id']}/").json()["version"] == 1


def test_the_trash_keeps_an_item_until_it_is_restored(api: httpx2.Client, path: str, item: dict) -> None:
    address = f"{path}{item['id']}/"
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404
    assert api.get(path + "?trashed=true").json()["days"][0]["items"][0]["trashed_at"]
    assert api.post(address + "restore/").json()["trashed_at"] is None
    assert api.post(address + "restore/").status_code == 404
    assert api.get(address).status_code == 200


@pytest.mark.parametrize("item_id", ["0", "-1", "9223372036854775808", "abc", "1.5", "batch"])
def test_ids_that_cannot_be_are_404(api: httpx2.Client, path: str, item_id: str) -> None:
    assert api.get(f"{path}{item_id}/").status_code == (405 if item_id == "batch" else 404)


@pytest.mark.parametrize("cost", ["NaN", "1e999", "-0.01", '"NaN"', '"1e30"', "1.234", "true", "[]"])
def test_costs_that_are_none_are_400(api: httpx2.Client, path: str, cost: str) -> None:
    body = f'{{"title": "T", "currency": "JPY", "cost": {cost}}}'
    answer = api.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert cost == "NaN" or set(answer.json()["errors"]) == {"cost"}


def test_an_item_of_every_field_round_trips(api: httpx2.Client, path: str, item: dict) -> None:
    known = json.loads(api.get(f"{path}{item['id']}/").text)
    fields = {name: known[name] for name in ("title", "kind", "start", "start_zone", "place", "status", "notes")}
    again = api.patch(f"{path}{item['id']}/", json=fields).json()
    assert {name: again[name] for name in fields} == fields
    assert again["filled_in"] == []
