"""The gallery over HTTP: who may read it, what of a plan they see, and what their copies are worth."""

import itertools
from typing import Any

import httpx2
import pytest

from .conftest import PASSWORD, sign_up

FIELDS = {
    "id", "user", "title", "destination", "description", "start_date", "end_date", "tags", "timezone",
    "version", "updated_at",
}  # fmt: skip
_tags = itertools.count(1)


@pytest.fixture
def published(api: httpx2.Client) -> dict[str, Any]:
    """A published plan of `api`, as its owner sees it. It bears a tag that no other plan has."""
    body = {
        "title": "Kyoto in April",
        "destination": "Kyoto, Japan",
        "budget": "2501.37",
        "currency": "JPY",
        "status": "published",
        "plan_data": {"notes": "cherry blossom", "km": 12.50},
        "tags": [f"only-{next(_tags)}"],
    }
    answer = api.post("/api/plans/", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def address(plan: dict[str, Any]) -> str:
    return f"/api/gallery/{plan['id']}/"


def listed(client: httpx2.Client, plan: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    """What a list of the gallery shows of this plan."""
    answer = client.get(f"/api/gallery/?tag={plan['tags'][0]}{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


# --- who ------------------------------------------------------------------------------------------------------------


def test_everybody_sees_the_same_of_a_published_plan(
    anonymous: httpx2.Client, stranger: httpx2.Client, api: httpx2.Client, published: dict
) -> None:
    expected = {name: value for name, value in published.items() if name in FIELDS}
    for client in (anonymous, stranger, api):
        alone = client.get(address(published))
        assert (alone.status_code, {name: alone.json()[name] for name in FIELDS}) == (200, expected)
        assert listed(client, published) == [expected]
        assert client.head(address(published)).status_code == 200
    assert set(expected) == FIELDS


def test_nobody_finds_out_the_budget_or_the_address_of_the_owner(
    anonymous: httpx2.Client, stranger: httpx2.Client, api: httpx2.Client, published: dict
) -> None:
    email = api.get("/api/auth/user/").json()["email"]
    for client in (anonymous, stranger, api):
        shown = client.get(address(published)).text + client.get(f"/api/gallery/?tag={published['tags'][0]}").text
        assert shown.count(published["title"]) == 2
        for hidden in ("budget", "currency", "2501", "JPY", "status", "email", email, "owner"):
            assert hidden not in shown


@pytest.mark.parametrize(
    "field", ["budget", "currency", "status", "created_at", "owner", "owner_id", "email", "Budget"]
)
def test_what_is_hidden_can_neither_be_asked_for_nor_searched_by(
    anonymous: httpx2.Client, api: httpx2.Client, published: dict, field: str
) -> None:
    for client in (anonymous, api):
        answer = client.get(f"/api/gallery/?fields=id,{field}")
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == ["fields"]
        assert "2501" not in answer.text
        for query in (f"{field}=2501.37", f"ordering={field}"):
            assert client.get(f"/api/gallery/?{query}").status_code == 400
        assert client.get(f"{address(published)}?fields={field}").status_code == 400


@pytest.mark.parametrize("path", ["/api/gallery/", "/api/gallery/{id}/", "/api/gallery/999999999/"])
def test_a_token_that_is_sent_has_to_be_alive(
    anonymous: httpx2.Client, stranger: httpx2.Client, published: dict, path: str
) -> None:
    path = path.format(**published)
    stranger.post("/api/auth/logout/").raise_for_status()
    dead = stranger.headers["authorization"]
    for header in (dead, "Bearer a.b.c", "Bearer", "Basic YTpi", "garbage"):
        answer = anonymous.get(path, headers={"Authorization": header})
        assert answer.status_code == 401, header
        assert "invalid_token" in answer.headers["www-authenticate"]
        assert answer.headers["cache-control"] == "no-store"
    assert anonymous.get(path).status_code != 401


def test_what_is_not_published_looks_like_what_does_not_exist(
    anonymous: httpx2.Client, api: httpx2.Client, published: dict
) -> None:
    def refusal(plan_id: int) -> tuple[int, dict[str, Any]]:
        answer = anonymous.get(f"/api/gallery/{plan_id}/")
        problem = answer.json() | {"request_id": "", "key": 0}
        return answer.status_code, problem | {"detail": problem["detail"].replace(str(plan_id), "N")}

    unknown = refusal(999999999)
    assert unknown[0] == 404
    for status in ("draft", "archived"):
        api.patch(f"/api/plans/{published['id']}/", json={"status": status}).raise_for_status()
        assert refusal(published["id"]) == unknown
        assert api.get(address(published)).status_code == 404, "not for its owner either"
        assert listed(anonymous, published) == listed(api, published) == []
    api.patch(f"/api/plans/{published['id']}/", json={"status": "published"}).raise_for_status()
    assert len(listed(anonymous, published)) == 1
    api.delete(f"/api/plans/{published['id']}/").raise_for_status()
    assert refusal(published["id"]) == unknown
    assert listed(anonymous, published) == []


def test_with_an_account_its_plans_leave_the_gallery(
    anonymous: httpx2.Client, api: httpx2.Client, published: dict
) -> None:
    api.request("DELETE", "/api/auth/user/", json={"password": PASSWORD}).raise_for_status()
    assert anonymous.get(address(published)).status_code == 404
    assert listed(anonymous, published) == []


def test_reading_is_all_that_can_be_done(anonymous: httpx2.Client, api: httpx2.Client, published: dict) -> None:
    for client in (anonymous, api):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            for path in ("/api/gallery/", address(published)):
                assert client.request(method, path, json={}).status_code == 405


# --- lists ----------------------------------------------------------------------------------------------------------


def test_pages_follow_each_other_and_lose_nothing(anonymous: httpx2.Client, api: httpx2.Client) -> None:
    tag = f"only-{next(_tags)}"
    body = {"title": "A trip", "destination": "Somewhere", "status": "published", "tags": [tag]}
    made = [api.post("/api/plans/", json=body).json()["id"] for _ in range(7)]
    seen, link, pages = [], f"/api/gallery?limit=3&tag={tag}&fields=id,user", 0
    while link:
        page = anonymous.get(link).json()
        assert all(set(plan) == {"id", "user"} for plan in page["results"])
        seen += [plan["id"] for plan in page["results"]]
        link, pages = page["next"], pages + 1
    assert (seen, pages) == (made[::-1], 3)


def test_items_are_shown_without_costs_and_references(
    anonymous: httpx2.Client, api: httpx2.Client, published: dict
) -> None:
    item = {"title": "<script>", "cost": "731", "booking_reference": "QX7F2K", "notes": "Ask for tea"}
    api.post(f"/api/plans/{published['id']}/items/", json=item).raise_for_status()
    answer = anonymous.get(address(published))
    shown = answer.json()
    assert shown["redactions"] == ["costs", "references"]
    assert [each["title"] for each in shown["days"][0]["items"]] == ["<script>"]
    assert "Ask for tea" in answer.text
    for hidden in ("731", "QX7F2K", "JPY", "cherry blossom"):
        assert hidden not in answer.text + anonymous.get(f"/api/gallery/?tag={published['tags'][0]}").text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_plans_are_searched(anonymous: httpx2.Client, published: dict) -> None:
    for query, found in (("&q=KYOTO+april", 1), ("&q=osaka", 0), ("&country=jp", 1), ("&month=4", 0)):
        assert len(listed(anonymous, published, query)) == found


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "limit=", "cursor=abc", "cursor=", "fields=", "fields=password", "tag=",
     "tag=%00", "tag=" + "x" * 51, "status=draft", "trashed=true", "ordering=title", "from=2027-04-01", "page=2",
     "limit=1&limit=2"],
)  # fmt: skip
def test_wrong_parameters_are_400(anonymous: httpx2.Client, query: str) -> None:
    answer = anonymous.get(f"/api/gallery/?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"]


def test_the_cursor_of_ones_own_plans_is_refused(api: httpx2.Client, published: dict) -> None:
    api.post("/api/plans/", json={"title": "T", "destination": "D"}).raise_for_status()
    cursor = api.get("/api/plans/?limit=1").json()["next"].partition("cursor=")[2]
    assert api.get(f"/api/gallery/?cursor={cursor}").status_code == 400


# --- copies ---------------------------------------------------------------------------------------------------------


def test_a_copy_is_kept_by_its_reader_only_and_asked_about_before_each_use(
    anonymous: httpx2.Client, api: httpx2.Client, published: dict
) -> None:
    for client in (anonymous, api):
        for path in (address(published), "/api/gallery/"):
            answer = client.get(path)
            assert answer.headers["cache-control"] == "private, no-cache"
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_known_plan_is_304_until_it_changes_or_its_owner_is_called_otherwise(
    anonymous: httpx2.Client, api: httpx2.Client, published: dict
) -> None:
    def ask(tag: str) -> httpx2.Response:
        return anonymous.get(address(published), headers={"If-None-Match": tag})

    first = anonymous.get(address(published)).headers["etag"]
    same = ask(f'"something", W/{first}')
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first)
    assert same.headers["cache-control"] == "private, no-cache"
    api.patch(f"/api/plans/{published['id']}/", json={"title": "Nara"}).raise_for_status()
    second = ask(first)
    assert (second.status_code, second.json()["title"]) == (200, "Nara")
    name = f"renamed{published['id']}"
    api.patch("/api/auth/user/", json={"username": name}).raise_for_status()
    third = ask(second.headers["etag"])
    assert (third.status_code, third.json()["user"]) == (200, name)
    assert third.json()["version"] == second.json()["version"]


def test_a_copy_is_worth_nothing_once_the_plan_was_taken_back(
    anonymous: httpx2.Client, api: httpx2.Client, published: dict
) -> None:
    tag = anonymous.get(address(published)).headers["etag"]
    api.patch(f"/api/plans/{published['id']}/", json={"status": "draft"}).raise_for_status()
    answer = anonymous.get(address(published), headers={"If-None-Match": tag})
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"


def test_a_token_is_believed_for_one_request_only(
    anonymous: httpx2.Client, api: httpx2.Client, published: dict
) -> None:
    """One connection serves several requests: who asked before is forgotten."""
    anonymous.get(address(published), headers={"Authorization": api.headers["authorization"]}).raise_for_status()
    assert anonymous.get(address(published)).status_code == 200
    assert anonymous.get("/api/plans/").status_code == 401
    sign_up(anonymous)
    assert anonymous.get("/api/plans/").json()["results"] == []
