"""Every route, as everybody: what is not listed here fails."""

import httpx2
import pytest

from tripkit.server.routes import ENDPOINTS

#: Where links in mail lead.
PAGES = ("verify", "reset", "email", "email/undo", "invitation")
#: Open to everybody; all other routes need an access token.
OPEN = {
    ("POST", "/api/auth/signup/"),
    ("POST", "/api/auth/login/"),
    ("POST", "/api/auth/token/refresh/"),
    ("POST", "/api/auth/invitation/"),
    ("POST", "/api/auth/email/verify/"),
    ("POST", "/api/auth/email/confirm/"),
    ("POST", "/api/auth/email/revert/"),
    ("POST", "/api/auth/password/reset/"),
    ("POST", "/api/auth/password/reset/confirm/"),
    *((method, f"/account/{page}") for method in ("GET", "POST") for page in PAGES),
    ("GET", "/account/style.css"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/docs/style.css"),
    ("GET", "/"),
}
#: Routes of a signed-in person's own things.
OWN = {
    ("POST", "/api/auth/logout/"),
    ("GET", "/api/auth/user/"),
    ("PATCH", "/api/auth/user/"),
    ("DELETE", "/api/auth/user/"),
    ("GET", "/api/auth/user/export/"),
    ("POST", "/api/auth/password/change/"),
    ("POST", "/api/auth/email/verify/resend/"),
    ("GET", "/api/plans/"),
    ("POST", "/api/plans/"),
}
#: Routes of one plan: only its owner knows of it.
PLAN = {
    ("GET", "/api/plans/{plan_id}/"),
    ("PUT", "/api/plans/{plan_id}/"),
    ("PATCH", "/api/plans/{plan_id}/"),
    ("DELETE", "/api/plans/{plan_id}/"),
    ("POST", "/api/plans/{plan_id}/restore/"),
}
#: Routes of what was published: open to everybody, and a token that is sent has to be alive.
GALLERY = {
    ("GET", "/api/gallery/"),
    ("GET", "/api/gallery/{plan_id}/"),
}
#: Routes of administrators, with a body that is right.
NEWCOMER = {"email": "walk@example.org", "username": "walk", "password": "wander far and wide"}
ADMIN: dict[tuple[str, str], dict | None] = {
    ("GET", "/api/admin/users/"): None,
    ("POST", "/api/admin/users/"): NEWCOMER,
    ("POST", "/api/admin/users/invite/"): {"email": "invited@example.org"},
    ("POST", "/api/admin/users/{user_id}/invite/"): None,
    ("GET", "/api/admin/users/{user_id}/"): None,
    ("DELETE", "/api/admin/users/{user_id}/"): None,
    ("POST", "/api/admin/users/{user_id}/disable/"): None,
    ("POST", "/api/admin/users/{user_id}/enable/"): None,
    ("POST", "/api/admin/users/{user_id}/verify/"): None,
    ("POST", "/api/admin/users/{user_id}/promote/"): None,
    ("POST", "/api/admin/users/{user_id}/demote/"): None,
    ("GET", "/api/admin/users/{user_id}/sessions/"): None,
    ("DELETE", "/api/admin/users/{user_id}/sessions/"): None,
    ("GET", "/api/admin/audit/"): None,
}
ROUTES = {(each.method, each.path) for each in ENDPOINTS}
BODY = {"title": "T", "destination": "D"}


def test_every_route_is_listed() -> None:
    assert OPEN | OWN | PLAN | GALLERY | set(ADMIN) == ROUTES


@pytest.mark.parametrize(("method", "path"), sorted(OWN | PLAN | set(ADMIN)))
@pytest.mark.parametrize("who", ["nobody", "a dead session"])
def test_without_a_live_session_nothing_is_done(
    anonymous: httpx2.Client, stranger: httpx2.Client, plan: dict, method: str, path: str, who: str
) -> None:
    client = anonymous
    if who == "a dead session":
        stranger.post("/api/auth/logout/").raise_for_status()
        client = stranger
    body = BODY if method in ("POST", "PUT", "PATCH") else None
    answer = client.request(method, path.format(plan_id=plan["id"], user_id=1), json=body)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"]


@pytest.mark.parametrize(("method", "path"), sorted(PLAN))
def test_strangers_do_not_know_of_a_plan(stranger: httpx2.Client, plan: dict, method: str, path: str) -> None:
    body = BODY if method in ("PUT", "PATCH") else None
    assert stranger.request(method, path.format(plan_id=plan["id"]), json=body).status_code == 404


@pytest.mark.parametrize(("method", "path"), sorted(PLAN - {("POST", "/api/plans/{plan_id}/restore/")}))
def test_the_owner_may(api: httpx2.Client, plan: dict, method: str, path: str) -> None:
    body = BODY if method in ("PUT", "PATCH") else None
    assert api.request(method, path.format(plan_id=plan["id"]), json=body).is_success


@pytest.mark.parametrize(("method", "path"), sorted(GALLERY))
def test_everybody_sees_what_was_published_and_nothing_else(
    anonymous: httpx2.Client, stranger: httpx2.Client, api: httpx2.Client, plan: dict, method: str, path: str
) -> None:
    for status in ("draft", "published", "archived"):
        changed = {"status": status, "title": f"{status} {plan['id']}"}
        api.patch(f"/api/plans/{plan['id']}/", json=changed).raise_for_status()
        shown = f'"title":"{changed["title"]}"'
        for client in (anonymous, stranger, api):
            answer = client.request(method, path.format(plan_id=plan["id"]))
            assert (shown in answer.text) == (status == "published")
            assert answer.status_code == (200 if status == "published" or "{" not in path else 404)


@pytest.mark.parametrize(("method", "path"), sorted(GALLERY))
def test_a_dead_session_does_not_pass_for_a_stranger(
    stranger: httpx2.Client, plan: dict, method: str, path: str
) -> None:
    stranger.post("/api/auth/logout/").raise_for_status()
    answer = stranger.request(method, path.format(plan_id=plan["id"]))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"]


@pytest.mark.parametrize(("method", "path"), sorted(ADMIN))
def test_only_administrators_administer(api: httpx2.Client, admin: httpx2.Client, method: str, path: str) -> None:
    own = api.get("/api/auth/user/").json()["id"]
    before = admin.get(f"/api/admin/users/{own}/").json()
    for user_id in (own, admin.get("/api/auth/user/").json()["id"], 2**62):
        answer = api.request(method, path.format(user_id=user_id), json=ADMIN[method, path])
        assert (answer.status_code, answer.json()["type"]) == (403, "/docs#forbidden")
    assert admin.get(f"/api/admin/users/{own}/").json() == before


@pytest.mark.parametrize(("method", "path"), sorted(ADMIN))
def test_an_administrator_may(stranger: httpx2.Client, admin: httpx2.Client, method: str, path: str) -> None:
    user_id = stranger.get("/api/auth/user/").json()["id"]
    if path.endswith("{user_id}/invite/"):
        user_id = admin.post("/api/admin/users/invite/", json={"email": "again@example.org"}).json()["user"]["id"]
    answer = admin.request(method, path.format(user_id=user_id), json=ADMIN[method, path])
    assert answer.is_success, answer.text
