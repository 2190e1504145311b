"""Places over HTTP."""

import httpx2
import pytest


def test_a_destination_has_coordinates_country_and_zone(api: httpx2.Client) -> None:
    [kyoto, *_] = api.get("/api/places/", params={"q": "Kyoto, Japan"}).json()["results"]
    assert (round(kyoto["lat"]), round(kyoto["lon"])) == (35, 136)
    assert (kyoto["kind"], kyoto["country"], kyoto["timezone"]) == ("city", "JP", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("text", "name"), [("NRT", "Narita International Airport"), ("malag", "Málaga"), ("Lissabon", "Lisbon")]
)
def test_codes_beginnings_and_names_in_other_languages_are_known(api: httpx2.Client, text: str, name: str) -> None:
    found = api.get("/api/places/", params={"q": text}).json()
    assert name in [each["name"] for each in found["results"]]
    assert found["did_you_mean"] == []


def test_no_place_comes_twice_and_as_many_as_are_asked_for(api: httpx2.Client) -> None:
    found = api.get("/api/places/", params={"q": "Paris", "limit": 20}).json()["results"]
    assert len({(each["name"], each["lat"], each["lon"]) for each in found}) == len(found) == 20
    assert [each["country"] for each in found[:2]] == ["FR", "US"]
    assert len(api.get("/api/places/", params={"q": "Paris", "limit": 1}).json()["results"]) == 1


def test_what_is_not_found_is_answered_with_what_may_have_been_meant(api: httpx2.Client) -> None:
    assert api.get("/api/places/", params={"q": "Kyotoo"}).json() == {"results": [], "did_you_mean": ["Kyoto, JP"]}
    assert api.get("/api/places/", params={"q": "🏖"}).json() == {"results": [], "did_you_mean": []}


@pytest.mark.parametrize("query", ["", "?q=", f"?q={'x' * 101}", "?q=x&limit=0", "?q=x&limit=21", "?q=x&place=y"])
def test_a_question_that_cannot_be_meant_is_a_400(api: httpx2.Client, query: str) -> None:
    assert api.get(f"/api/places/{query}").status_code == 400
