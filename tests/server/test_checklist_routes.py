"""Checklists, their entries and templates over HTTP."""

from typing import Any

import httpx2
import pytest

from tripkit.services import packing


@pytest.fixture
def path(plan: dict) -> str:
    return f"/api/plans/{plan['id']}/checklists/"


@pytest.fixture
def checklist(api: httpx2.Client, path: str) -> dict[str, Any]:
    answer = api.post(path, json={"name": "Packing", "entries": [{"text": "Passport"}, {"text": "Tent"}]})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture
def at(path: str, checklist: dict) -> str:
    return f"{path}{checklist['id']}/"


@pytest.fixture
def passport(at: str, checklist: dict) -> str:
    return f"{at}entries/{checklist['entries'][0]['id']}/"


def test_a_new_checklist_is_201_with_its_address_and_version(api: httpx2.Client, plan: dict, path: str) -> None:
    answer = api.post(path, json={"name": "Packing", "entries": [{"text": "Passport", "done": True}]})
    made = answer.json()
    assert (answer.status_code, answer.headers["location"], answer.headers["etag"]) == (
        201, f"{path}{made['id']}/", '"1"',
    )  # fmt: skip
    assert (made["done"], made["total"], made["entries"][0]["text"]) == (1, 1, "Passport")
    assert api.get(answer.headers["location"]).json() == made
    assert api.get(f"/api/plans/{plan['id']}/").json()["version"] == plan["version"] + 1


def test_the_list_has_all_entries_and_bears_the_tag_of_the_plan(
    api: httpx2.Client, path: str, checklist: dict, passport: str
) -> None:
    answer = api.get(path)
    assert answer.json()["checklists"] == [checklist]
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    assert api.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    api.patch(passport, json={"done": True}).raise_for_status()
    again = api.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.json()["checklists"][0]["done"]) == (200, 1)
    assert set(api.get(path + "?size=3").json()["errors"]) == {"size"}


def test_entries_are_checked_off_moved_and_deleted(api: httpx2.Client, at: str, passport: str) -> None:
    done = api.patch(passport, json={"done": True})
    assert (done.status_code, done.json()["done"], done.headers["etag"]) == (200, True, '"2"')
    added = api.post(at + "entries/", json={"entries": [{"text": "Rope"}, {"text": "Map"}]})
    assert (added.status_code, added.headers["location"]) == (201, at)
    rope = added.json()["entries"][0]["id"]
    assert api.post(f"{at}entries/{rope}/move/", json={"position": 1}).json()["version"] == 2
    assert [each["text"] for each in api.get(at).json()["entries"]] == ["Rope", "Passport", "Tent", "Map"]
    assert api.delete(f"{at}entries/{rope}/").status_code == 204
    assert api.delete(f"{at}entries/{rope}/").status_code == 404


def test_if_match_is_of_what_is_written(api: httpx2.Client, plan: dict, path: str, at: str, passport: str) -> None:
    api.patch(passport, json={"done": True}).raise_for_status()
    for method, to, body in (
        ("PATCH", passport, {"done": False}),
        ("DELETE", passport, None),
        ("POST", passport + "move/", {"position": 2}),
        ("PATCH", at, {"name": "No"}),
        ("DELETE", at, None),
        ("POST", at + "move/", {"position": 1}),
        ("POST", at + "entries/", {"entries": [{"text": "No"}]}),
    ):
        answer = api.request(method, to, json=body, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["version"], answer.headers["etag"]) == (412, 2, '"2"')
    stale = api.post(path, json={"name": "No"}, headers={"If-Match": f'"{plan["version"]}"'})
    assert stale.status_code == 412
    assert api.patch(at, json={"name": "Luggage"}, headers={"If-Match": '"2"'}).json()["name"] == "Luggage"


def test_a_repeated_post_with_a_key_is_done_once(api: httpx2.Client, path: str, at: str) -> None:
    for to, body in (
        (path, {"template": "beach"}),
        (at + "entries/", {"entries": [{"text": "Rope"}]}),
        ("/api/checklist-templates/", {"name": "Mine"}),
    ):
        first, again = (api.post(to, json=body, headers={"Idempotency-Key": f"key of {to}"}) for _ in range(2))
        assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
        assert again.headers["location"] == first.headers["location"]
    assert [each["total"] for each in api.get(path).json()["checklists"]] == [3, 15]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"name"}),
        ({"name": ""}, {"name"}),
        ({"name": " "}, {"name"}),
        ({"name": "x" * 101}, {"name"}),
        ({"name": "a\nb"}, {"name"}),
        ({"name": "x", "entries": [{"text": ""}, {"text": "x" * 301}, {}]}, {f"entries[{n}].text" for n in range(3)}),
        ({"name": "x", "entries": [{"text": "ok"}, {"text": "a\u0007b"}]}, {"entries[1].text"}),
        ({"name": "x", "entries": [{"text": "x"}] * 10_000}, {"entries"}),
        ({"name": "x", "entries": [{"text": "x", "assignee": 1_000_000}]}, {"entries[0].assignee"}),
        ({"name": "x", "entries": [{"text": "x", "assignee": 0}]}, {"entries[0].assignee"}),
        ({"name": "x", "entries": ["x"]}, {"entries"}),
        ({"template": "moon"}, {"template"}),
        ({"template": "beach", "template_id": 1}, {"template_id"}),
        ({"copy_of": {"plan_id": 1}}, {"copy_of.checklist_id"}),
        ({"name": "x", "colour": "red"}, {"colour"}),
    ],
)
def test_bad_checklists_are_400_and_name_what_is_wrong(api: httpx2.Client, path: str, body: Any, wrong: Any) -> None:
    answer = api.post(path, json=body)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, wrong)
    assert api.get(path).json()["checklists"] == []


def test_ten_thousand_entries_are_too_many_also_in_parts(api: httpx2.Client, at: str) -> None:
    body = {"entries": [{"text": f"{number}"} for number in range(300)]}
    answer = api.post(at + "entries/", json=body)
    assert (answer.status_code, "may have 300 entries; this one has 2" in answer.json()["detail"]) == (409, True)
    answer = api.post(at + "entries/", json={"entries": body["entries"] * 34})
    assert answer.json()["errors"]["entries"] == ["must have at most 300 entries (it has 10200)."]
    assert api.get(at).json()["total"] == 2


def test_checklists_of_others_are_neither_copied_nor_moved(
    api: httpx2.Client, stranger: httpx2.Client, plan: dict, at: str, checklist: dict
) -> None:
    theirs = stranger.post("/api/plans/", json={"title": "T", "destination": "D"}).json()["id"]
    ref = {"plan_id": plan["id"], "checklist_id": checklist["id"]}
    assert stranger.post(f"/api/plans/{theirs}/checklists/", json={"copy_of": ref}).status_code == 404
    assert stranger.post("/api/checklist-templates/", json={"copy_of": ref}).status_code == 404
    assert api.post(at + "move/", json={"plan_id": theirs}).status_code == 404
    assert stranger.get(f"/api/plans/{theirs}/checklists/").json()["checklists"] == []
    mine = api.post("/api/checklist-templates/", json={"name": "Mine"}).json()["id"]
    assert stranger.post(f"/api/plans/{theirs}/checklists/", json={"template_id": mine}).status_code == 404
    assert api.get(at).json() == checklist


def test_a_move_answers_where_the_checklist_is_now(api: httpx2.Client, at: str, checklist: dict) -> None:
    other = api.post("/api/plans/", json={"title": "T", "destination": "D"}).json()["id"]
    answer = api.post(at + "move/", json={"plan_id": other})
    there = f"/api/plans/{other}/checklists/{answer.json()['id']}/"
    assert answer.headers["content-location"] == there
    assert [each["text"] for each in api.get(there).json()["entries"]] == ["Passport", "Tent"]
    assert api.get(at).status_code == 404
    assert api.post(there + "move/", json={}).status_code == 400
    assert api.post(at + "restore/").json()["entries"] == checklist["entries"]


def test_the_trash_keeps_a_checklist_until_it_is_restored(api: httpx2.Client, path: str, at: str) -> None:
    assert api.delete(at).status_code == 204
    assert (api.get(at).status_code, api.get(path).json()["checklists"]) == (404, [])
    assert api.get(path + "?trashed=true").json()["checklists"][0]["trashed_at"]
    assert api.post(at + "restore/").json()["trashed_at"] is None
    assert api.post(at + "restore/").status_code == 404
    assert len(api.get(at).json()["entries"]) == 2


def test_templates_are_made_listed_changed_and_deleted(api: httpx2.Client, plan: dict, checklist: dict) -> None:
    ref = {"plan_id": plan["id"], "checklist_id": checklist["id"]}
    answer = api.post("/api/checklist-templates/", json={"copy_of": ref})
    made = answer.json()
    assert (answer.status_code, made["name"], made["entries"]) == (201, "Packing", ["Passport", "Tent"])
    address = answer.headers["location"]
    assert api.get(address, headers={"If-None-Match": '"1"'}).status_code == 304
    found = api.get("/api/checklist-templates/").json()
    assert found["results"] == [made]
    assert [each["key"] for each in found["built_in"]] == list(packing.templates())
    assert api.patch(address, json={"entries": ["Hat"]}, headers={"If-Match": '"1"'}).json()["entries"] == ["Hat"]
    assert api.patch(address, json={"entries": ["Hat"]}, headers={"If-Match": '"1"'}).status_code == 412
    wrong = api.patch(address, json={"name": "", "entries": ["x", ""]})
    assert set(wrong.json()["errors"]) == {"name", "entries"}
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404


def test_fifty_templates_and_no_more(api: httpx2.Client) -> None:
    answers = [api.post("/api/checklist-templates/", json={"name": "T"}).status_code for _ in range(51)]
    assert answers == [201] * 50 + [409]


def test_many_entries_are_checked_off_at_once(api: httpx2.Client, at: str) -> None:
    numbers = [each["id"] for each in api.get(at).json()["entries"]]
    answer = api.patch(at + "entries/", json={"entries": numbers, "done": True})
    assert (answer.status_code, [each["done"] for each in answer.json()["entries"]]) == (200, [True, True])
    assert api.get(at).json()["done"] == 2
    assert api.patch(at + "entries/", json={"entries": [], "done": True}).status_code == 400
    assert api.patch(at + "entries/", json={"entries": [*numbers, 99_999], "done": False}).status_code == 404
    assert api.get(at).json()["done"] == 2
