"""Travellers over HTTP."""

import httpx2


def test_travellers_are_added_read_renamed_and_removed(api: httpx2.Client, plan: dict) -> None:
    path = f"/api/plans/{plan['id']}/travellers/"
    made = api.post(path, json={"name": " Ada "}, headers={"Idempotency-Key": "ada"})
    assert (made.status_code, made.json()["name"]) == (201, "Ada")
    assert api.get(made.headers["location"]).json() == made.json()
    again = api.post(path, json={"name": " Ada "}, headers={"Idempotency-Key": "ada"})
    assert (again.status_code, again.json()) == (201, made.json())
    listed = api.get(path)
    assert listed.json() == {"plan_id": plan["id"], "version": 2, "travellers": [made.json()]}
    assert api.get(path, headers={"If-None-Match": listed.headers["etag"]}).status_code == 304
    stale = api.patch(made.headers["location"], json={"name": "Eve"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
    assert api.patch(made.headers["location"], json={"name": "Eve"}).json()["name"] == "Eve"
    assert api.delete(made.headers["location"]).status_code == 204
    assert api.delete(made.headers["location"]).status_code == 404


def test_wrong_names_are_named(api: httpx2.Client, plan: dict) -> None:
    path = f"/api/plans/{plan['id']}/travellers/"
    api.post(path, json={"name": "Zoë"}).raise_for_status()
    taken = api.post(path, json={"name": "ZOE"})
    assert (taken.status_code, list(taken.json()["errors"])) == (409, ["name"])
    for wrong in ({}, {"name": ""}, {"name": " "}, {"name": "x" * 101}, {"name": 1}, {"name": None}):
        answer = api.post(path, json=wrong)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["name"])
    assert len(api.get(path).json()["travellers"]) == 1
