"""Searches and the agenda over HTTP."""

import httpx2
import pytest


def test_a_search_finds_in_pages_what_was_just_written(api: httpx2.Client) -> None:
    for number in range(5):
        api.post("/api/plans/", json={"title": f"Serendipity {number}", "destination": "D"}).raise_for_status()
    page = api.get("/api/search/", params={"q": "SERENDIP", "limit": 2}).json()
    titles = [hit["plan"]["title"] for hit in page["results"]]
    assert titles == ["Serendipity 4", "Serendipity 3"]
    while page["next"]:
        assert "q=SERENDIP" in page["next"]
        page = api.get(page["next"]).json()
        titles += [hit["plan"]["title"] for hit in page["results"]]
    assert titles == [f"Serendipity {number}" for number in (4, 3, 2, 1, 0)]
    [hit] = api.get("/api/search/", params={"q": "serendipity 3"}).json()["results"]
    assert hit["item"] is None
    assert (hit["field"], hit["snippet"]) == ("title", "Serendipity 3")
    assert hit["marks"] == [{"start": 0, "end": 11}, {"start": 12, "end": 13}]


def test_nobody_finds_plans_of_others(api: httpx2.Client, stranger: httpx2.Client) -> None:
    body = {"title": "Secretissimo", "destination": "D", "start_date": "2027-04-01"}
    api.post("/api/plans/", json=body).raise_for_status()
    assert len(api.get("/api/search/?q=secretissimo").json()["results"]) == 1
    assert stranger.get("/api/search/?q=secretissimo").json() == {"results": [], "next": None}
    assert stranger.get("/api/agenda/?from=2027-04-01").json()["days"] == []
    cursor = api.get("/api/search/?q=d&limit=1").json()["next"]
    assert cursor is None or stranger.get(cursor).json()["results"] == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", {"q": ["is required."]}),
        ("?q=", {"q": ["must not be empty."]}),
        ("?q=%22", {"q": ["must have a letter, a digit or a symbol to search for."]}),
        ("?q=*", {"q": ["must have a letter, a digit or a symbol to search for."]}),
        ("?q=+++", {"q": ["must have a letter, a digit or a symbol to search for."]}),
        (f"?q={'x' * 5_000}", {"q": ["must have at most 100 characters (it has 5000)."]}),
        ("?q=%00", None),
        ("?q=x&country=XX", {"country": ['must be an ISO 3166-1 code such as JP, not "XX".']}),
        ("?q=x&from=soon", None),
        ("?q=x&limit=101", None),
        ("?q=x&cursor=x", None),
        ("?q=x&owner=1", None),
    ],
)
def test_a_search_that_cannot_be_meant_is_a_400(api: httpx2.Client, query: str, message: dict | None) -> None:
    answer = api.get(f"/api/search/{query}")
    assert answer.status_code == 400, answer.text
    assert message is None or answer.json()["errors"] == message


@pytest.mark.parametrize(
    "text", ["AND", "NOT", "NEAR(a b)", "title:x", "🏖", "京都", "l'été", "a*", "x:*|y", "x'); --", "\ufffd"]
)
def test_any_other_search_is_answered(api: httpx2.Client, text: str) -> None:
    assert api.get("/api/search/", params={"q": text}).status_code == 200


def test_a_cursor_of_another_list_is_refused(api: httpx2.Client) -> None:
    for _ in range(2):
        api.post("/api/plans/", json={"title": "T", "destination": "D"}).raise_for_status()
    cursor = api.get("/api/plans/?limit=1").json()["next"].partition("cursor=")[2]
    assert api.get(f"/api/search/?q=x&cursor={cursor}").status_code == 400


def test_the_agenda_tells_days_and_what_comes_next(api: httpx2.Client, plan: dict) -> None:
    item = {"title": "Tea", "start": "2027-04-03T15:00", "start_zone": "Asia/Tokyo"}
    made = api.post(f"/api/plans/{plan['id']}/items/", json=item).raise_for_status().json()
    found = api.get("/api/agenda/?from=2027-04-03&to=2027-04-03").json()
    [day] = found["days"]
    assert day["date"] == "2027-04-03"
    assert [(each["item"]["id"], each["time"], each["zone"]) for each in day["entries"]] == [
        (made["id"], "15:00", "Asia/Tokyo")
    ]
    assert {"now", "today", "timezone", "on_now", "next", "next_from"} < set(found)
    assert api.get("/api/agenda/?from=2027-04-03&to=2029-04-03").json()["errors"]["to"]


def test_a_search_for_10000_characters_does_not_reach_the_database(api: httpx2.Client) -> None:
    answer = api.get("/api/search/", params={"q": "x" * 10_000})
    assert (answer.status_code, answer.json()["type"]) == (413, "/docs#too-large")
    assert "an address with all headers 8192" in answer.json()["detail"]
