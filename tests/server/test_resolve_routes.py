"""Names of plans and items, looked up for programs."""

from typing import Any

import httpx2
import pytest

from tripkit.schemas.contract import API


def make(api: httpx2.Client, *titles: str) -> list[int]:
    bodies = [{"title": title, "destination": "Japan"} for title in titles]
    return [api.post("/api/plans/", json=body).raise_for_status().json()["id"] for body in bodies]


def resolve(api: httpx2.Client, **query: Any) -> httpx2.Response:
    return api.get("/api/plans/resolve/", params=query)


def test_a_plan_is_found_by_a_piece_of_its_title_or_all_of_it(api: httpx2.Client) -> None:
    april, kyoto = make(api, "Kyoto in April", "KYOTO")
    assert resolve(api, name="april").json() == {"id": april}
    assert resolve(api, name=" kyoto ").json() == {"id": kyoto}
    api.delete(f"/api/plans/{april}/").raise_for_status()
    assert resolve(api, name="april").status_code == 404
    assert resolve(api, name="april", trashed="true").json() == {"id": april}


def test_several_that_match_are_told(api: httpx2.Client) -> None:
    first, second = make(api, "Kyoto in April", "Kyoto in May")
    answer = resolve(api, name="kyoto")
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["type"] == "/docs#ambiguous"
    assert (problem["kind"], problem["key"]) == ("plan", "kyoto")
    assert problem["candidates"] == [{"id": second, "title": "Kyoto in May"}, {"id": first, "title": "Kyoto in April"}]


def test_what_is_not_there_is_named(api: httpx2.Client, plan: dict[str, Any]) -> None:
    problem = resolve(api, name="paris").json()
    assert (problem["status"], problem["kind"], problem["key"]) == (404, "plan", '"paris"')
    problem = api.get("/api/plans/999999/").json()
    assert (problem["kind"], problem["key"]) == ("plan", 999999)
    stale = api.patch(f"/api/plans/{plan['id']}/", json={"title": "T"}, headers={"If-Match": '"9"'}).json()
    assert (stale["kind"], stale["key"], stale["version"]) == ("plan", plan["id"], 1)


@pytest.mark.parametrize("query", [{}, {"name": ""}, {"name": "x" * 201}, {"name": "x", "trash": "true"}])
def test_a_name_is_needed(api: httpx2.Client, query: dict[str, str]) -> None:
    assert resolve(api, **query).status_code == 400


def test_nobody_finds_plans_of_others(api: httpx2.Client, stranger: httpx2.Client, plan: dict[str, Any]) -> None:
    assert resolve(stranger, name="Kyoto in April").status_code == 404
    api.post(f"/api/plans/{plan['id']}/items/", json={"title": "Tea"}).raise_for_status()
    path = f"/api/plans/{plan['id']}/items/resolve/?name=tea"
    assert api.get(path).status_code == 200
    assert stranger.get(path).json()["kind"] == "plan"
    assert stranger.get(path).status_code == 404


def test_an_item_is_found_in_its_plan_alone(api: httpx2.Client, plan: dict[str, Any]) -> None:
    [other] = make(api, "Paris")
    made = api.post(f"/api/plans/{plan['id']}/items/", json={"title": "Tea ceremony"}).json()
    assert api.get(f"/api/plans/{plan['id']}/items/resolve/?name=tea").json() == {"id": made["id"]}
    assert api.get(f"/api/plans/{other}/items/resolve/?name=tea").status_code == 404


def test_what_is_put_into_the_trash_comes_back_where_that_is_preferred(
    api: httpx2.Client, plan: dict[str, Any]
) -> None:
    item = api.post(f"/api/plans/{plan['id']}/items/", json={"title": "Tea"}).json()
    prefer = {"Prefer": "respond-async, return=representation"}
    for path in (f"/api/plans/{plan['id']}/items/{item['id']}/", f"/api/plans/{plan['id']}/"):
        answer = api.delete(path, headers=prefer)
        assert answer.status_code == 200
        assert answer.headers["preference-applied"] == "return=representation"
        assert answer.json()["trashed_at"]
        api.post(f"{path}restore/").raise_for_status()
        assert api.delete(path, headers={"Prefer": "return=minimal"}).status_code == 204
        api.post(f"{path}restore/").raise_for_status()


def test_every_answer_says_which_contract_is_kept(api: httpx2.Client) -> None:
    for path in ("/healthz", "/api/plans/", "/nowhere", "/docs"):
        assert api.get(path).headers["tripkit-api"] == f"{API[0]}.{API[1]}"
