"""The history of plans over HTTP."""

from typing import Any

import httpx2
import pytest

from ..live import server_on_each as server  # noqa: F401


@pytest.fixture
def plan(api: httpx2.Client) -> str:
    """The address of a plan with an item, at version 3."""
    made = api.post("/api/plans/", json={"title": "Kyoto", "destination": "Japan"}).raise_for_status().json()
    path = f"/api/plans/{made['id']}/"
    api.post(f"{path}items/", json={"title": "Dinner", "start": "2027-04-01T19:30"}).raise_for_status()
    api.patch(path, json={"title": "Kyoto in April"}).raise_for_status()
    return path


def test_changes_come_in_pages_newest_first(api: httpx2.Client, plan: str) -> None:
    first = api.get(f"{plan}changes/", params={"limit": 2}).raise_for_status().json()
    assert [change["summary"] for change in first["results"]] == ["Changed title of the plan.", 'Added "Dinner".']
    assert first["results"][0]["parts"][0]["fields"] == [
        {"name": "title", "before": "Kyoto", "after": "Kyoto in April"}
    ]
    assert {change["via"] for change in first["results"]} == {"session"}
    second = api.get(first["next"]).raise_for_status().json()
    assert ([change["action"] for change in second["results"]], second["next"]) == (["plan.create"], None)
    some = api.get(f"{plan}changes/", params={"fields": "version,user"}).raise_for_status().json()
    assert some["results"][0] == {"version": 3, "user": first["results"][0]["user"]}


def test_a_version_is_the_whole_plan_as_it_was(api: httpx2.Client, plan: str) -> None:
    was = api.get(f"{plan}versions/2/").raise_for_status().json()
    assert (was["plan"]["title"], was["plan"]["version"], was["items"][0]["title"]) == ("Kyoto", 2, "Dinner")
    now = api.get(f"{plan}versions/3/").raise_for_status().json()
    assert now["plan"] == api.get(plan).json()
    assert now["items"] == api.get(f"{plan}items/").json()["days"][0]["items"]
    found = api.get(f"{plan}versions/1/diff/", params={"to": 2}).raise_for_status().json()
    assert [(part["part"], part["what"]) for part in found["parts"]] == [("item", "added")]


def test_undo_and_restore_answer_with_the_change_they_made(api: httpx2.Client, plan: str) -> None:
    undone = api.post(f"{plan}undo/").raise_for_status()
    assert (undone.json()["action"], undone.json()["target"], undone.headers["etag"]) == ("history.undo", 3, '"4"')
    assert api.get(plan).json()["title"] == "Kyoto"
    redone = api.post(f"{plan}undo/", json={"version": 4}).raise_for_status().json()
    assert (redone["version"], api.get(plan).json()["title"]) == (5, "Kyoto in April")
    restored = api.post(f"{plan}restore/1/").raise_for_status()
    assert (restored.json()["version"], api.get(f"{plan}items/").json()["days"]) == (6, [])
    assert api.post(f"{plan}restore/5/").raise_for_status().json()["version"] == 7
    assert api.get(f"{plan}items/").json()["days"][0]["items"][0]["title"] == "Dinner"


def test_a_newer_change_in_the_way_is_named(api: httpx2.Client, plan: str) -> None:
    api.patch(plan, json={"title": "Kyoto in May"}).raise_for_status()
    refused = api.post(f"{plan}undo/", json={"version": 3})
    problem = refused.json()
    assert (refused.status_code, problem["type"], problem["version"]) == (409, "/docs#newer-change", 4)
    [(place, [message])] = problem["errors"].items()
    assert place == "title of the plan"
    assert message.startswith("was changed in version 4 by ")
    assert api.get(plan).json()["version"] == 4


def test_of_two_who_undo_at_once_one_is_told_that_it_is_done(api: httpx2.Client, plan: str) -> None:
    first, second = (api.post(f"{plan}undo/", json={"version": 3}) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 409)
    assert "taken back already" in second.json()["detail"]


def test_preconditions_and_idempotency_keys_are_honoured(api: httpx2.Client, plan: str) -> None:
    stale = api.post(f"{plan}undo/", headers={"If-Match": '"2"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 3)
    key = {"Idempotency-Key": f"undo {plan}"}
    first, again = (api.post(f"{plan}undo/", headers=key) for _ in range(2))
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert api.get(plan).json()["version"] == 4


@pytest.mark.parametrize("version", ["0", "-1", "4", str(2**63 - 1), str(2**63), "9" * 40, "two", "1.5", "٣"])
def test_versions_that_never_were_are_not_found(api: httpx2.Client, plan: str, version: str) -> None:
    for path in (f"versions/{version}/", f"changes/{version}/", f"versions/{version}/diff/"):
        assert api.get(plan + path).status_code == 404
    assert api.post(f"{plan}restore/{version}/").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"version": 0}, 400),
        ({"version": -1}, 400),
        ({"version": 2**63}, 400),
        ({"version": "3"}, 400),
        ({"version": 99}, 404),
        ({"versoin": 3}, 400),
        ([], 400),
    ],
)
def test_what_cannot_be_undone_is_said(api: httpx2.Client, plan: str, body: Any, status: int) -> None:
    assert api.post(f"{plan}undo/", json=body).status_code == status
    assert api.get(plan).json()["version"] == 3


def test_two_on_different_items_do_not_meet_and_two_on_the_same_do(api: httpx2.Client, plan: str) -> None:
    museum = api.post(f"{plan}items/", json={"title": "Museum"}).raise_for_status()
    [dinner] = api.get(f"{plan}items/").json()["days"][0]["items"]
    as_both_read_it = api.get(f"{plan}items/{dinner['id']}/").headers["etag"]
    first = api.patch(f"{plan}items/{dinner['id']}/", json={"title": "Supper"}, headers={"If-Match": as_both_read_it})
    other = api.patch(
        museum.headers["location"], json={"title": "Shrine"}, headers={"If-Match": museum.headers["etag"]}
    )
    assert (first.status_code, other.status_code) == (200, 200)
    second = api.patch(f"{plan}items/{dinner['id']}/", json={"title": "Lunch"}, headers={"If-Match": as_both_read_it})
    assert (second.status_code, second.json()["version"], second.headers["etag"]) == (412, 2, '"2"')
