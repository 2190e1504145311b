"""The page behind a link, over HTTP: who sees it, what of it is kept secret, and what its refusals tell."""

import re
import time
from collections.abc import Callable, Iterator

import httpx2
import pytest

from ..shared_trip import golden_trip, link_to
from .conftest import LiveServer, sign_up
from .page_reader import PageReader

PASSWORD = "a red umbrella"
NOWHERE = "/s/AAAAAAAAAAAAAAAAAAAAAA"
HEAVIEST = 150_000


@pytest.fixture(scope="module")
def owner(server: LiveServer) -> Iterator[httpx2.Client]:
    with server.client() as client:
        sign_up(client)
        yield client


@pytest.fixture(scope="module")
def trip(owner: httpx2.Client) -> int:
    return golden_trip(owner)


def page_of(client: httpx2.Client, path: str) -> PageReader:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    found = PageReader(answer.text)
    assert not found.active
    assert not found.unmatched
    return found


def link_id(owner: httpx2.Client, trip: int) -> int:
    """The number of the newest link."""
    found: int = owner.get(f"/api/plans/{trip}/share/links/").json()["results"][0]["id"]
    return found


def test_whoever_has_the_link_sees_the_trip(
    anonymous: httpx2.Client, owner: httpx2.Client, trip: int, server: LiveServer
) -> None:
    path = link_to(owner, trip)
    answer = anonymous.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["referrer-policy"] == "no-referrer"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'")
    assert "unsafe" not in policy
    found = PageReader(answer.text)
    assert found.meta("og:url") == server.url + path
    assert found.meta("robots") == "noindex, nofollow"
    for words in (
        "26 March to 8 April 2027, 14 days",
        "Friday, 26 March 2027 Day 1",
        "Flight: To Tokyo booked Paris (CDG)",
        "Clocks go forward 7 h: Tokyo time (UTC+9)",
        "Total 3,528.14 EUR",
        "Over the budget 28.14 EUR",
        "Seats 61 and 62, coach 4.",
        "Reference QX7F2K",
        "GeoNames",
    ):
        assert words in found.words
    assert anonymous.head(path).status_code == 200
    assert anonymous.get(path + "/").status_code == 200


def test_what_is_hidden_is_not_in_the_page(anonymous: httpx2.Client, owner: httpx2.Client, trip: int) -> None:
    username = owner.get("/api/auth/user/").json()["username"]
    secrets = ["3,528.14", "EUR", "GBP", "QX7F2K", "Seats 61", "rather a lot", username]
    shown = anonymous.get(link_to(owner, trip)).text
    assert [secret for secret in secrets if secret not in shown] == []
    hidden = anonymous.get(link_to(owner, trip, redactions=["costs", "references", "notes", "participants"])).text
    assert [secret for secret in secrets if secret in hidden] == []
    assert "Not shown here: costs, booking references, notes and who takes part." in hidden


def test_the_page_is_light(anonymous: httpx2.Client, owner: httpx2.Client, trip: int) -> None:
    path = link_to(owner, trip)
    page = anonymous.get(path)
    loaded = [anonymous.get(each) for each in PageReader(page.text).loaded]
    assert len(loaded) == 2
    assert sum(len(each.content) for each in [page, *loaded]) < HEAVIEST


def test_the_page_is_quick(anonymous: httpx2.Client, owner: httpx2.Client, trip: int) -> None:
    path = link_to(owner, trip)
    taken = []
    for _ in range(10):
        before = time.perf_counter()
        anonymous.get(path)
        taken.append(time.perf_counter() - before)
    assert min(taken) < 0.1


def test_the_calendar_of_the_page_is_there(anonymous: httpx2.Client, owner: httpx2.Client, trip: int) -> None:
    found = page_of(anonymous, link_to(owner, trip))
    (calendar,) = [each["href"] for each in found.all("a") if "download" in each]
    answer = anonymous.get(str(calendar))
    assert answer.headers["content-type"].startswith("text/calendar")


def test_every_dead_link_looks_the_same(
    anonymous: httpx2.Client, owner: httpx2.Client, api: httpx2.Client, trip: int
) -> None:
    off = link_to(owner, trip, enabled=False)
    revoked = link_to(owner, trip, password=PASSWORD)
    owner.delete(f"/api/plans/{trip}/share/links/{link_id(owner, trip)}/").raise_for_status()
    plan = api.post("/api/plans/", json={"title": "Gone", "destination": "D"}).json()["id"]
    trashed = link_to(api, plan)
    api.delete(f"/api/plans/{plan}/").raise_for_status()
    pages = set()
    for path in (NOWHERE, "/s/x", off, revoked, trashed, "/s/" + "A" * 3000, "/s/%3Cscript%3E"):
        for method in ("GET", "POST"):
            answer = anonymous.request(method, path, data={"password": PASSWORD} if method == "POST" else None)
            assert answer.status_code == 404, path
            assert answer.headers["x-robots-tag"] == "noindex, nofollow"
            assert answer.headers["cache-control"] == "no-store"
            pages.add(answer.content)
    (page,) = pages
    assert "This link does not work" in PageReader(page.decode()).words


def test_a_password_is_asked_for_and_given_once(
    anonymous: httpx2.Client, owner: httpx2.Client, trip: int, server: LiveServer
) -> None:
    path = link_to(owner, trip, password=PASSWORD)
    asked = anonymous.get(path)
    assert (asked.status_code, asked.headers["cache-control"]) == (200, "no-store")
    found = PageReader(asked.text)
    assert not found.active
    assert "Half way around" not in asked.text  # nothing tells what is behind it
    assert found.all("form") == [{"method": "post", "action": path}]
    wrong = anonymous.post(path, data={"password": "a blue umbrella"})
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (403, False)
    assert "The password is wrong." in wrong.text
    assert "a blue umbrella" not in wrong.text
    right = anonymous.post(path, data={"password": PASSWORD})
    assert (right.status_code, right.headers["location"]) == (303, path)
    cookie = right.headers["set-cookie"]
    assert re.search("; HttpOnly; SameSite=Lax$", cookie)
    assert path.removeprefix("/s/") not in cookie
    assert "Half way around" in anonymous.get(path).text
    with server.client() as somebody_else:
        assert "Half way around" not in somebody_else.get(path).text
    owner.patch(f"/api/plans/{trip}/share/links/{link_id(owner, trip)}/", json={"password": "another umbrella"})
    assert "Half way around" not in anonymous.get(path).text


@pytest.mark.parametrize(
    ("body", "status"), [({"more": "y"}, 400), ({"password": "x" * 201}, 400), ({"password": "x", "more": "y"}, 400)]
)
def test_a_form_that_cannot_be_is_refused_with_a_page(
    anonymous: httpx2.Client, owner: httpx2.Client, trip: int, body: dict[str, str], status: int
) -> None:
    answer = anonymous.post(link_to(owner, trip, password=PASSWORD), data=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert not PageReader(answer.text).active


def test_passwords_cannot_be_guessed_for_long(
    start_server: Callable[..., LiveServer],
) -> None:
    server = start_server(TRIPKIT_RATELIMIT__SHARE_PASSWORD="3/10m")
    with server.client() as client:
        sign_up(client)
        path = link_to(client, golden_trip(client), password=PASSWORD)
    with server.client() as guesser:
        statuses = [guesser.post(path, data={"password": f"a guess {i}"}).status_code for i in range(4)]
        assert statuses == [403, 403, 403, 429]
        refused = guesser.post(path, data={"password": PASSWORD})
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert "Too many wrong passwords." in PageReader(refused.text).words


def test_reading_links_is_throttled(start_server: Callable[..., LiveServer]) -> None:
    server = start_server(TRIPKIT_RATELIMIT__SHARED="3/1m")
    with server.client() as client:
        assert [client.get(NOWHERE).status_code for _ in range(4)] == [404, 404, 404, 429]


def test_the_token_is_in_no_log(start_server: Callable[..., LiveServer]) -> None:
    server = start_server(TRIPKIT_LOGS__FORMAT="json")
    with server.client() as client:
        sign_up(client)
        path = link_to(client, golden_trip(client), password=PASSWORD)
        client.get(path)
        client.post(path, data={"password": PASSWORD})
        client.get(f"{path}/nothing")
    server.stop()
    assert path.removeprefix("/s/") not in server.rest
    assert PASSWORD not in server.rest
    assert "/s/{token}" in server.rest
