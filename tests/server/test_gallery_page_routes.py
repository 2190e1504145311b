"""The gallery as pages: what is listed and found, what of a plan is shown, and how often."""

import itertools
from collections.abc import Callable, Iterator

import httpx2
import pytest

from ..shared_trip import golden_trip
from .conftest import LiveServer, sign_up
from .page_reader import PageReader

_names = itertools.count(1)


@pytest.fixture(scope="module")
def owner(server: LiveServer) -> Iterator[httpx2.Client]:
    with server.client() as client:
        sign_up(client)
        yield client


@pytest.fixture(scope="module")
def trip(owner: httpx2.Client) -> int:
    return golden_trip(owner, status="published", tags=["golden"])


def titles(client: httpx2.Client, **asked: str) -> list[str]:
    answer = client.get("/gallery", params=asked)
    assert answer.status_code == 200, answer.text
    found = PageReader(answer.text)
    assert not found.active
    assert not found.unmatched
    return [str(each["href"]) for each in found.all("a") if str(each["href"]).startswith("/gallery/")]


def test_everybody_may_look(anonymous: httpx2.Client, owner: httpx2.Client, trip: int, server: LiveServer) -> None:
    assert f"/gallery/{trip}" in titles(anonymous)
    answer = anonymous.get(f"/gallery/{trip}")
    found = PageReader(answer.text)
    assert found.meta("og:url") == f"{server.url}/gallery/{trip}"
    assert found.meta("robots") is None
    assert "x-robots-tag" not in answer.headers
    assert "Half way around" in found.words
    assert f"by {owner.get('/api/auth/user/').json()['username']}" in found.words
    for secret in ("EUR", "3,528", "QX7F2K", "@example.org"):
        assert secret not in answer.text


def test_drafts_are_not_there(anonymous: httpx2.Client, owner: httpx2.Client) -> None:
    draft = owner.post("/api/plans/", json={"title": "Secret", "destination": "Nowhere"}).json()["id"]
    missing = anonymous.get(f"/gallery/{draft}")
    unknown = anonymous.get("/gallery/999999")
    assert missing.status_code == unknown.status_code == 404
    assert missing.content == unknown.content
    assert f"/gallery/{draft}" not in titles(anonymous)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "half WAY"}, True),
        ({"q": "nothing like it"}, False),
        ({"country": "JP"}, True),
        ({"country": "BR"}, False),
        ({"length": "8-14"}, True),
        ({"length": "15-"}, False),
        ({"season": "spring"}, True),
        ({"season": "winter"}, False),
        ({"tag": "golden", "q": "", "country": "", "length": "", "season": "", "utm_source": "x"}, True),
        ({"q": "half", "country": "jp", "length": "8-14", "season": "spring"}, True),
    ],
)
def test_the_form_finds(anonymous: httpx2.Client, trip: int, asked: dict[str, str], found: bool) -> None:
    assert (f"/gallery/{trip}" in titles(anonymous, **{"tag": "golden"} | asked)) is found


def test_the_form_shows_what_was_asked(anonymous: httpx2.Client, trip: int) -> None:
    found = PageReader(anonymous.get("/gallery", params={"q": '"><b>x', "country": "jp", "length": "4-7"}).text)
    assert [each["value"] for each in found.all("input")] == ['"><b>x']
    assert [each["value"] for each in found.all("option") if "selected" in each] == ["JP", "4-7", ""]
    assert not found.all("b")
    assert "Nothing fits." in found.words


@pytest.mark.parametrize(
    "asked",
    [
        {"country": "XX"}, {"country": "Japan"}, {"length": "seven"}, {"length": "0-0"}, {"season": "rain"},
        {"cursor": "made up"}, {"q": "x" * 101}, {"tag": 'a"b'}, {"q": "x" * 5000},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_refused_with_a_page(anonymous: httpx2.Client, asked: dict[str, str]) -> None:
    answer = anonymous.get("/gallery", params=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
    found = PageReader(answer.text)
    assert not found.active
    assert "This cannot be shown" in found.words


def test_pages_lead_on(anonymous: httpx2.Client, owner: httpx2.Client) -> None:
    tag = f"many-{next(_names)}"
    for number in range(25):
        body = {"title": f"Trip {number}", "destination": "Kyoto", "status": "published", "tags": [tag]}
        owner.post("/api/plans/", json=body).raise_for_status()
    first = PageReader(anonymous.get("/gallery", params={"tag": tag, "q": "trip"}).text)
    (following,) = [str(each["href"]) for each in first.all("a") if each.get("rel") == "next"]
    assert following.startswith("?q=trip&tag=many-")
    second = PageReader(anonymous.get(f"/gallery{following}").text)
    pages = [[each["href"] for each in page.all("a") if "/gallery/" in str(each["href"])] for page in (first, second)]
    assert [len(page) for page in pages] == [20, 5]
    assert not set(pages[0]) & set(pages[1])
    assert not [each for each in second.all("a") if each.get("rel") == "next"]


@pytest.mark.parametrize("path", ["/gallery", "/gallery/{}"])
def test_a_browser_asks_before_it_shows_again(anonymous: httpx2.Client, trip: int, path: str) -> None:
    answer = anonymous.get(path.format(trip))
    assert answer.headers["cache-control"] == "private, no-cache"
    again = anonymous.get(path.format(trip), headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_pages_spend_the_same_quota_as_the_api(start_server: Callable[..., LiveServer]) -> None:
    server = start_server(TRIPKIT_RATELIMIT__ANONYMOUS="4/30d")
    with server.client() as client:
        sign_up(client)
        trip = golden_trip(client, status="published")
        paths = ["/gallery", "/api/gallery/", f"/gallery/{trip}", f"/api/gallery/{trip}/"]
        assert {client.get(path).status_code for path in paths * 2} == {200}  # somebody with an account
    with server.client() as stranger:
        answers = [stranger.get(path) for path in paths]
        assert [each.status_code for each in answers] == [200] * 4
        assert ";r=3;" in answers[0].headers["ratelimit"]
        for path in ("/gallery", f"/gallery/{trip}"):
            refused = stranger.get(path, headers={"Accept": "text/html"})
            assert (refused.status_code, refused.headers["content-type"]) == (429, "text/html; charset=utf-8")
            assert int(refused.headers["retry-after"]) > 86_400
            assert "Sign up for continued access" in PageReader(refused.text).words
        for path in ("/", "/pages/style.css", "/s/AAAAAAAAAAAAAAAAAAAAAA"):
            assert stranger.get(path).status_code in (200, 404)


def test_a_token_that_is_worth_nothing_is_refused(server: LiveServer) -> None:
    with server.client(headers={"Authorization": "Bearer nonsense"}) as client:
        answer = client.get("/gallery")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
