"""Links over HTTP: what whoever has one gets, passwords and their throttling, copies, and that no token is logged."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tripkit.server.share_cookie import with_grant

from .conftest import LiveServer, sign_up

PASSWORD = "open sesame"
CHROME = {"User-Agent": "Mozilla/5.0 AppleWebKit/537.36 Chrome/139.0.0.0 Safari/537.36"}


@pytest.fixture
def link(api: httpx2.Client, plan: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """`link(password="…")`: a new link to `plan`, with its token."""

    def make(**fields: Any) -> dict[str, Any]:
        answer = api.post(f"/api/plans/{plan['id']}/share/links/", json=fields)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return make


def address(link: dict[str, Any], rest: str = "") -> str:
    return f"/api/shared/{link['token']}/{rest}"


def managed(link: dict[str, Any], rest: str = "") -> str:
    return f"/api/plans/{link['plan_id']}/share/links/{link['id']}/{rest}"


# --- what a link is -------------------------------------------------------------------------------------------------


def test_a_link_is_shown_once_with_its_page(
    api: httpx2.Client, server: LiveServer, plan: dict[str, Any], link: Any
) -> None:
    made = link(label="For Bob")
    assert made["url"] == f"{server.url}/s/{made['token']}"
    for answer in (api.get(managed(made)), api.get(f"/api/plans/{plan['id']}/share/links/")):
        assert answer.json()
        assert made["token"] not in answer.text
    location = api.post(f"/api/plans/{plan['id']}/share/links/", json={}).headers["location"]
    assert api.get(location).json()["plan_id"] == plan["id"]


def test_whoever_has_it_reads_the_plan_without_an_account(
    anonymous: httpx2.Client, api: httpx2.Client, plan: dict[str, Any], link: Any
) -> None:
    api.post(f"/api/plans/{plan['id']}/items/", json={"title": "Tea", "start": "2027-04-02T10:00", "cost": "12.50",
             "start_zone": "Asia/Tokyo", "booking_reference": "QX7F2K"}).raise_for_status()  # fmt: skip
    answer = anonymous.get(address(link()))
    shown = answer.json()
    assert (answer.status_code, shown["title"], shown["totals"]["budget"]) == (200, "Kyoto in April", "2500.00")
    assert shown["days"][0]["items"][0]["booking_reference"] == "QX7F2K"
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    hidden = anonymous.get(address(link(redactions=["costs", "references", "notes", "participants"]))).text
    for secret in ("QX7F2K", "12.50", "2500", "EUR", "cherry blossom", api.get("/api/auth/user/").json()["username"]):
        assert secret in answer.text
        assert secret not in hidden


def test_the_calendar_is_downloaded(anonymous: httpx2.Client, api: httpx2.Client, plan: dict, link: Any) -> None:
    api.post(f"/api/plans/{plan['id']}/items/", json={"title": "Tea", "start": "2027-04-02"}).raise_for_status()
    answer = anonymous.get(address(link(), "calendar.ics"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.headers["content-disposition"] == 'attachment; filename="trip.ics"'
    assert answer.headers["cache-control"] == "no-store"
    assert "SUMMARY:Tea\r\n" in answer.text


def test_a_token_of_an_account_is_not_looked_at(anonymous: httpx2.Client, link: Any) -> None:
    headers = {"Authorization": "Bearer worth-nothing"}
    assert anonymous.get(address(link()), headers=headers).status_code == 200


def test_reading_spends_none_of_the_anonymous_quota(start_server: Callable[..., LiveServer]) -> None:
    server = start_server(TRIPKIT_RATELIMIT__ANONYMOUS="1/30d", TRIPKIT_RATELIMIT__SHARED="3/m")
    with server.client() as owner, server.client(address="127.0.0.7") as reader:
        sign_up(owner)
        plan = owner.post("/api/plans/", json={"title": "T", "destination": "D"}).json()
        made = owner.post(f"/api/plans/{plan['id']}/share/links/", json={}).json()
        answers = [reader.get(address(made)), reader.get(f"/api/shared/{'A' * 22}/"), reader.get(address(made))]
        assert [each.status_code for each in answers] == [200, 404, 200]
        assert answers[0].headers["ratelimit"].startswith('"shared-60";r=2;')
        assert reader.get("/api/gallery/").status_code == 200
        # Guessing tokens is no quicker than reading.
        for path in (address(made), f"/api/shared/{'B' * 22}/", address(made, "calendar.ics")):
            refused = reader.get(path)
            assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)
        assert owner.get(address(made)).status_code == 200


# --- its end --------------------------------------------------------------------------------------------------------


def test_a_copy_is_worth_nothing_once_the_link_has_ended(
    anonymous: httpx2.Client, api: httpx2.Client, link: Any
) -> None:
    made = link()

    def ask() -> httpx2.Response:
        return anonymous.get(address(made), headers={"If-None-Match": tag})

    tag = anonymous.get(address(made)).headers["etag"]
    assert (ask().status_code, ask().content) == (304, b"")
    api.patch(managed(made), json={"enabled": False}).raise_for_status()
    assert ask().status_code == 404
    api.patch(managed(made), json={"enabled": True, "password": PASSWORD}).raise_for_status()
    assert ask().status_code == 401
    api.patch(managed(made), json={"password": None}).raise_for_status()
    assert ask().status_code == 200  # what the link showed is not asked of a copy from before it was changed
    tag = anonymous.get(address(made)).headers["etag"]
    assert ask().status_code == 304
    api.delete(managed(made)).raise_for_status()
    assert ask().status_code == 404


def test_a_copy_is_told_from_what_the_link_shows_now(
    anonymous: httpx2.Client, api: httpx2.Client, plan: dict[str, Any], link: Any
) -> None:
    made = link()
    name = f"renamed{plan['id']}"
    item = {"title": "Tea"}
    for change in (
        lambda: api.patch(managed(made), json={"redactions": ["costs"]}),
        lambda: api.patch(managed(made), json={"label": "For Bob"}),
        lambda: api.patch("/api/auth/user/", json={"username": name}),
        lambda: api.patch(f"/api/plans/{plan['id']}/", json={"title": "Nara"}),
        lambda: api.post(f"/api/plans/{plan['id']}/items/", json=item),
    ):
        tag = anonymous.get(address(made)).headers["etag"]
        change().raise_for_status()
        assert anonymous.get(address(made), headers={"If-None-Match": tag}).status_code == 200


def test_why_a_link_does_not_work_is_not_said(
    anonymous: httpx2.Client, api: httpx2.Client, plan: dict[str, Any], link: Any
) -> None:
    off, revoked, soon = (
        link(enabled=False),
        link(password=PASSWORD),
        link(expires_at=(datetime.now(UTC) + timedelta(seconds=1)).isoformat()),
    )
    api.delete(managed(revoked)).raise_for_status()
    unknown = {"token": "A" * 22}
    time.sleep(1)
    answers = [anonymous.get(address(each)) for each in (unknown, off, revoked, soon)]
    answers += [anonymous.post(address(each), json={"password": PASSWORD}) for each in (unknown, off, revoked, soon)]
    problems = [each.json() | {"request_id": ""} for each in answers]
    assert [each.status_code for each in answers] == [404] * 8
    assert all(each == problems[0] for each in problems)


def test_with_links_switched_off_nothing_is_there(
    start_server: Callable[..., LiveServer],
) -> None:
    server = start_server(TRIPKIT_SERVER__PUBLIC_LINKS="false")
    with server.client() as owner:
        sign_up(owner)
        plan = owner.post("/api/plans/", json={"title": "T", "destination": "D"}).json()
        refused = owner.post(f"/api/plans/{plan['id']}/share/links/", json={})
        assert (refused.status_code, "server.public_links" in refused.json()["detail"]) == (403, True)
        assert owner.get(f"/api/plans/{plan['id']}/share/links/").json() == {"results": []}
        assert owner.get(f"/api/shared/{'A' * 22}/").status_code == 404


# --- its password ---------------------------------------------------------------------------------------------------


def test_the_password_is_exchanged_for_a_grant(anonymous: httpx2.Client, api: httpx2.Client, link: Any) -> None:
    made = link(password=PASSWORD)
    closed = anonymous.get(address(made))
    assert (closed.status_code, closed.json()["type"]) == (401, "/docs#link-password-required")
    assert closed.headers["www-authenticate"]
    assert "Kyoto" not in closed.text
    assert anonymous.get(address(made, "calendar.ics")).status_code == 401
    wrong = anonymous.post(address(made), json={"password": "open says me"})
    assert (wrong.status_code, wrong.json()["type"]) == (401, "/docs#wrong-link-password")
    given = anonymous.post(address(made), json={"password": PASSWORD})
    assert (given.status_code, given.headers["cache-control"]) == (200, "no-store")
    headers = {"Share-Grant": given.json()["grant"]}
    assert anonymous.get(address(made), headers=headers).json()["title"] == "Kyoto in April"
    assert anonymous.get(address(made, "calendar.ics"), headers=headers).status_code == 200
    assert anonymous.get(address(link(password=PASSWORD)), headers=headers).status_code == 401
    # Its owner has no way around it either.
    assert api.get(address(made)).status_code == 401


@pytest.mark.parametrize("secure", [True, False])
def test_a_browser_keeps_the_grant_in_a_cookie_of_the_link(anonymous: httpx2.Client, link: Any, secure: bool) -> None:
    made, other = link(password=PASSWORD), link(password=PASSWORD)
    grant = anonymous.post(address(made), json={"password": PASSWORD}).json()["grant"]
    cookie = with_grant(made["token"], grant, secure=secure)
    assert made["token"] not in cookie
    assert cookie.endswith("; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else ""))
    assert cookie.startswith("__Host-") == secure
    headers = {"Cookie": cookie.partition(";")[0]}
    assert anonymous.get(address(made), headers=headers).status_code == 200
    assert anonymous.get(address(other), headers=headers).status_code == 401


@pytest.mark.parametrize("body", [{}, {"password": 1}, {"password": "x" * 201}, {"password": PASSWORD, "x": 1}, []])
def test_a_password_of_the_wrong_form_is_400(anonymous: httpx2.Client, link: Any, body: Any) -> None:
    answer = anonymous.post(address(link(password=PASSWORD)), json=body)
    assert answer.status_code == 400
    assert PASSWORD not in answer.text


def test_a_password_has_no_place_in_the_address(anonymous: httpx2.Client, link: Any) -> None:
    made = link(password=PASSWORD)
    assert anonymous.get(f"{address(made)}?password=open+sesame").status_code == 400
    assert anonymous.get(f"{address(made)}?grant=1").status_code == 400


def test_guesses_are_limited_by_link_and_client_and_by_link(start_server: Callable[..., LiveServer]) -> None:
    server = start_server(TRIPKIT_RATELIMIT__SHARE_PASSWORD="2/15m", TRIPKIT_RATELIMIT__SHARE_PASSWORD_LINK="5/h")
    with server.client() as owner:
        sign_up(owner)
        plan = owner.post("/api/plans/", json={"title": "T", "destination": "D"}).json()
        first, second = (
            owner.post(f"/api/plans/{plan['id']}/share/links/", json={"password": PASSWORD}).json() for _ in range(2)
        )

        def give(made: dict[str, Any], password: str, client: str) -> httpx2.Response:
            with server.client(address=f"127.0.0.{client}") as somebody:
                return somebody.post(address(made), json={"password": password})

        # What is right costs nothing.
        assert [give(first, PASSWORD, "2").status_code for _ in range(4)] == [200] * 4
        assert [give(first, "a wrong one", "2").status_code for _ in range(2)] == [401] * 2
        refused = give(first, PASSWORD, "2")
        assert (refused.status_code, refused.json()["detail"][:25]) == (429, "Too many wrong passwords.")
        assert 0 < int(refused.headers["retry-after"]) <= 900
        # Neither other links nor other people suffer.
        assert give(second, PASSWORD, "2").status_code == 200
        assert give(first, PASSWORD, "3").status_code == 200
        # ... until one link is guessed at from many addresses.
        assert [give(first, "a wrong one", str(number)).status_code for number in (3, 3, 4)] == [401] * 3
        refused = give(first, PASSWORD, "5")
        assert (refused.status_code, int(refused.headers["retry-after"]) > 900) == (429, True)
        assert give(second, PASSWORD, "5").status_code == 200
        # No counter holds what would open a link.
        server.stop()
        with server.services() as tripkit:
            counters = str(tripkit.db.execute("SELECT * FROM rate_limits").fetchall())
        assert "share_password_link" in counters
        assert first["token"] not in counters


# --- its views ------------------------------------------------------------------------------------------------------


def test_views_are_counted_behind(
    anonymous: httpx2.Client, api: httpx2.Client, plan: dict[str, Any], link: Any
) -> None:
    made, closed = link(), link(password=PASSWORD)
    before = api.get(f"/api/plans/{plan['id']}/").json()
    for _ in range(3):
        anonymous.get(address(made), headers=CHROME).raise_for_status()
    anonymous.get(address(made, "calendar.ics")).raise_for_status()
    anonymous.head(address(made)).raise_for_status()
    assert anonymous.get(address(closed)).status_code == 401
    until = time.monotonic() + 10
    while api.get(managed(made)).json()["views"] < 4 and time.monotonic() < until:
        time.sleep(0.1)
    found = api.get(managed(made, "views/")).json()["results"]
    assert sorted((each["client"], each["browser"], each["count"]) for each in found) == [
        ("127.0.0.0/24", "Chrome", 3),
        ("127.0.0.0/24", "unknown", 1),
    ]
    assert (api.get(managed(made)).json()["views"], api.get(managed(closed)).json()["views"]) == (4, 0)
    assert api.get(f"/api/plans/{plan['id']}/").json() == before


# --- what is logged -------------------------------------------------------------------------------------------------


def test_no_token_of_a_link_is_logged_and_its_views_are_written_when_the_server_stops(
    start_server: Callable[..., LiveServer],
) -> None:
    server = start_server(TRIPKIT_METRICS__TOKEN="prometheus", TRIPKIT_LOGS__LEVEL="debug")
    with server.client() as client:
        sign_up(client)
        plan = client.post("/api/plans/", json={"title": "T", "destination": "D"}).json()
        made = client.post(f"/api/plans/{plan['id']}/share/links/", json={"password": PASSWORD}).json()
        grant = client.post(address(made), json={"password": PASSWORD}).json()["grant"]
        token = made["token"]
        for path in (
            f"/api/shared/{token}/", f"/api/shared/{token}/calendar.ics", f"/api/shared/{token}",
            # ... and where it is no route, or not one with this method.
            f"/api/shared/{token}/nothing/", f"/s/{token}/nothing", f"/S/{token}", f"//s/{token}", f"/{token}",
            f"/api/share/{token}", f"/x/s/{token}/", f"/s/{token}%20", f"/api/shared/{token}x/?{token}",
        ):  # fmt: skip
            for method in ("GET", "POST", "DELETE", "OPTIONS", "BREW"):
                answer = client.request(method, path, headers={"Share-Grant": grant})
                assert answer.status_code < 500
                assert token not in answer.text + str(dict(answer.headers))
        metrics = client.get("/metrics", headers={"Authorization": "Bearer prometheus"}).text
    server.stop()
    assert 'route="/api/shared/{token}"' in metrics
    assert len(server.log_lines) > 60
    for secret in (token, grant, PASSWORD, token[:16]):
        assert secret not in server.rest
        assert secret not in metrics
    with server.services() as tripkit:
        assert token not in str(tripkit.db.execute("SELECT * FROM audit_events").fetchall())
        assert tripkit.db.execute("SELECT views FROM share_links").fetchone()[0] == 3
