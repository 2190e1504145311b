"""Plans over HTTP."""

import json
from decimal import Decimal
from typing import Any

import httpx2
import pytest

MINIMAL = {"title": "A trip", "destination": "Somewhere"}
FIELDS = {
    "id", "user", "role", "title", "destination", "description", "start_date", "end_date", "budget", "currency",
    "status", "plan_data", "tags", "timezone", "version", "created_at", "updated_at", "trashed_at",
}  # fmt: skip


def test_a_new_plan_is_201_with_its_address_and_defaults(api: httpx2.Client) -> None:
    answer = api.post("/api/plans/", json=MINIMAL)
    assert answer.status_code == 201
    plan = answer.json()
    assert set(plan) == FIELDS
    assert plan["status"] == "draft"
    assert plan["currency"] == "EUR"
    assert plan["plan_data"] == {}
    assert plan["version"] == 1
    assert plan["created_at"].endswith("Z")
    assert answer.headers["location"] == f"/api/plans/{plan['id']}/"
    assert answer.headers["etag"] == '"1"'
    assert api.get(answer.headers["location"]).json() == plan


def test_plan_data_comes_back_exactly_as_it_was_sent(api: httpx2.Client) -> None:
    data = (
        '{"z":1,"a":123456789012345678901234567890,"price":1.10,"tiny":1E-400,"ü":"\\u00e9","list":[ 1.0, {"b":null}]}'
    )
    made = api.post(
        "/api/plans/",
        content=f'{{"title": "T", "destination": "D", "plan_data": {data}}}',
        headers={"Content-Type": "application/json"},
    )
    assert made.status_code == 201, made.text
    assert f'"plan_data":{data}' in made.text
    assert f'"plan_data":{data}' in api.get(f"/api/plans/{made.json()['id']}/").text
    assert f'"plan_data":{data}' in api.get("/api/plans/").text


def test_budgets_are_decimal_strings(api: httpx2.Client) -> None:
    for sent, kept in (("12.5", "12.50"), (7, "7.00"), ("99999999.99", "99999999.99"), (0, "0.00")):
        answer = api.post("/api/plans/", json=MINIMAL | {"budget": sent})
        assert answer.json()["budget"] == kept, sent
        assert Decimal(answer.json()["budget"]) == Decimal(str(sent))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "   "),
        ("title", "x" * 201),
        ("title", None),
        ("title", ["x"]),
        ("title", "line\nbreak"),
        ("destination", "x" * 101),
        ("start_date", "2027-02-30"),
        ("start_date", "tomorrow"),
        ("end_date", "2027-03-31"),
        ("budget", "-1"),
        ("budget", True),
        ("currency", "ABC"),
        ("currency", "euro"),
        ("status", "public"),
        ("plan_data", []),
        ("plan_data", "text"),
        ("plan_data", None),
        ("plan_data", {"text": "x" * 262144}),
        ("tags", "one"),
        ("tags", ["a,b"]),
        ("tags", [1]),
        ("tags", ["x"] * 51),
        ("timezone", "Mars/Olympus"),
        ("version", 7),
        ("user", "somebody"),
        ("nonsense", 1),
    ],
)
def test_wrong_values_are_400_and_named(api: httpx2.Client, plan: dict, field: str, value: Any) -> None:
    made = api.post("/api/plans/", json=MINIMAL | {"start_date": "2027-04-01"} | {field: value})
    changed = api.patch(f"/api/plans/{plan['id']}/", json={field: value})
    for answer in (made, changed):
        assert answer.status_code == 400, answer.text
        assert list(answer.json()["errors"]) == [field]
        assert answer.json()["errors"][field][0]
    assert api.get(f"/api/plans/{plan['id']}/").json() == plan


def test_others_do_not_know_of_a_plan(stranger: httpx2.Client, plan: dict) -> None:
    path = f"/api/plans/{plan['id']}/"
    assert stranger.get(path).status_code == 404
    assert stranger.put(path, json=MINIMAL).status_code == 404
    assert stranger.patch(path, json={"title": "mine"}).status_code == 404
    assert stranger.delete(path).status_code == 404
    assert stranger.post(path + "restore/").status_code == 404
    assert stranger.get("/api/plans/").json()["results"] == []
    # ... and cannot tell it from one that does not exist.
    unknown = stranger.get("/api/plans/999999999/").json()
    assert stranger.get(path).json()["title"] == unknown["title"]


@pytest.mark.parametrize("name", ["id", "user", "role", "owner", "version", "created_at", "updated_at", "trashed_at"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_what_is_not_for_its_owner_to_set_is_refused(api: httpx2.Client, plan: dict, method: str, name: str) -> None:
    path = "/api/plans/" if method == "POST" else f"/api/plans/{plan['id']}/"
    answer = api.request(method, path, json={"title": "T", "destination": "D", name: 2})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])
    assert api.get(f"/api/plans/{plan['id']}/").json() == plan


def test_put_replaces_and_patch_keeps(api: httpx2.Client, plan: dict) -> None:
    path = f"/api/plans/{plan['id']}/"
    patched = api.patch(path, json={"title": "Nara"}).json()
    assert patched["title"] == "Nara"
    assert patched["budget"] == "2500.00"
    assert patched["version"] == 2
    replaced = api.put(path, json=MINIMAL).json()
    assert replaced["budget"] is None
    assert replaced["tags"] == []
    assert replaced["version"] == 3
    assert replaced["created_at"] == plan["created_at"]


def test_plan_data_is_merged_when_sent_as_a_merge_patch(api: httpx2.Client, plan: dict) -> None:
    path = f"/api/plans/{plan['id']}/"
    patch = json.dumps({"plan_data": {"notes": None, "hotel": {"stars": 3}}})
    merged = api.patch(path, content=patch, headers={"Content-Type": "application/merge-patch+json"})
    assert merged.json()["plan_data"] == {"km": 12.5, "hotel": {"stars": 3}}
    replaced = api.patch(path, content=patch, headers={"Content-Type": "application/json; charset=utf-8"})
    assert replaced.json()["plan_data"] == {"notes": None, "hotel": {"stars": 3}}


def test_a_stale_if_match_changes_nothing(api: httpx2.Client, plan: dict) -> None:
    path = f"/api/plans/{plan['id']}/"
    api.patch(path, json={"title": "Second"}, headers={"If-Match": '"1"'}).raise_for_status()
    for tag in ('"1"', 'W/"2"', '"zzz"', "2"):
        for method, body in (("PATCH", {"title": "No"}), ("PUT", MINIMAL), ("DELETE", None)):
            answer = api.request(method, path, json=body, headers={"If-Match": tag})
            assert answer.status_code == 412, (tag, method)
            assert answer.json()["version"] == 2
            assert answer.json()["current"] == api.get(path).json()
            assert answer.headers["etag"] == '"2"'
    assert api.get(path).json()["title"] == "Second"
    assert api.patch(path, json={"title": "Third"}, headers={"If-Match": "*"}).json()["version"] == 3


def test_a_known_version_is_304_without_a_body(api: httpx2.Client, plan: dict) -> None:
    path = f"/api/plans/{plan['id']}/"
    answer = api.get(path, headers={"If-None-Match": 'W/"7", "1"'})
    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["etag"] == '"1"'
    assert api.get(path, headers={"If-None-Match": '"2"'}).status_code == 200


def test_the_trash_keeps_a_plan_until_it_is_restored(api: httpx2.Client, plan: dict) -> None:
    path = f"/api/plans/{plan['id']}/"
    assert api.post(path + "restore/").status_code == 404
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert api.delete(path).status_code == 404
    assert api.get("/api/plans/").json()["results"] == []
    [trashed] = api.get("/api/plans/?trashed=true").json()["results"]
    assert trashed["trashed_at"]
    restored = api.post(path + "restore/").json()
    assert restored["title"] == plan["title"]
    assert restored["trashed_at"] is None
    assert api.get("/api/plans/?trashed=true").json()["results"] == []


def test_pages_follow_each_other_and_lose_nothing(api: httpx2.Client) -> None:
    made = [api.post("/api/plans/", json=MINIMAL | {"title": f"Trip {n}"}).json()["id"] for n in range(7)]
    seen, link = [], "/api/plans/?limit=3&status=draft"
    while link:
        page = api.get(link).json()
        seen += [plan["id"] for plan in page["results"]]
        link = page["next"]
    assert seen == made[::-1]


def test_lists_are_filtered_ordered_and_cut_to_fields(api: httpx2.Client, plan: dict) -> None:
    api.post("/api/plans/", json=MINIMAL | {"title": "Archive me", "status": "archived"}).raise_for_status()

    def titles(query: str) -> list[str]:
        return [found["title"] for found in api.get(f"/api/plans/?{query}").json()["results"]]

    assert titles("status=archived") == ["Archive me"]
    assert titles("tag=spring") == ["Kyoto in April"]
    assert titles("tag=sprin") == []
    assert titles("from=2027-04-14&to=2027-04-20") == ["Kyoto in April"]
    assert titles("from=2027-04-15") == []
    assert titles("ordering=title") == ["Archive me", "Kyoto in April"]
    part = api.get("/api/plans/?fields=id,title&status=draft").json()["results"]
    assert part == [{"id": plan["id"], "title": "Kyoto in April"}]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "status=x", "ordering=budget", "from=x", "trashed=maybe", "cursor=abc",
     "page=2", "limit=1&limit=2", "fields=password", "fields=", "tag=%00", "limit="],
)  # fmt: skip
def test_wrong_parameters_are_400(api: httpx2.Client, query: str) -> None:
    answer = api.get(f"/api/plans/?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"]
