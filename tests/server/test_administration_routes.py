"""Accounts of others, over HTTP: what administrators do, what ends at once, and what is recorded."""

import threading
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tripkit.schemas.audit import AuditQuery
from tripkit.services.policy import OPERATOR

from .conftest import PASSWORD, LiveServer, sign_up

USERS = "/api/admin/users/"
AUDIT = "/api/admin/audit/"


def own_id(client: httpx2.Client) -> int:
    found: int = client.get("/api/auth/user/").json()["id"]
    return found


def last_entry(admin: httpx2.Client, **query: Any) -> dict[str, Any]:
    entry: dict[str, Any] = admin.get(AUDIT, params={"limit": 1, **query}).json()["results"][0]
    return entry


# --- accounts -------------------------------------------------------------------------------------------------------


def test_accounts_are_listed_in_pages_and_found_by_a_piece_of_their_names(
    admin: httpx2.Client, server: LiveServer
) -> None:
    with server.client() as client:
        for number in range(3):
            sign_up(client, username=f"Findme{number}", email=f"findme{number}@example.org")
    seen: list[str] = []
    link = f"{USERS}?q=findme&limit=2"
    while link:
        page = admin.get(link).json()
        seen += [user["username"] for user in page["results"]]
        link = page["next"]
    assert seen == ["Findme0", "Findme1", "Findme2"]
    assert admin.get(USERS, params={"q": "%"}).json() == {"results": [], "next": None}
    assert admin.get(USERS, params={"cursor": "x"}).status_code == 400
    assert admin.get(USERS, params={"limit": 101}).json()["errors"].keys() == {"limit"}


def test_an_account_that_was_made_can_be_read_and_signs_in(admin: httpx2.Client, anonymous: httpx2.Client) -> None:
    form = {"email": "made@example.org", "username": "made", "password": PASSWORD, "is_admin": True}
    made = admin.post(USERS, json=form)
    assert made.status_code == 201
    assert made.json() == admin.get(made.headers["location"]).json()
    login = anonymous.post("/api/auth/login/", json={"email": "made@example.org", "password": PASSWORD}).json()
    assert login["user"]["is_admin"] is True
    again = admin.post(USERS, json=form)
    assert (again.status_code, set(again.json()["errors"])) == (409, {"email", "username"})
    weak = admin.post(USERS, json=form | {"password": "1234567"})
    assert weak.json()["errors"].keys() == {"password"}
    assert "1234567" not in weak.text


def test_disabling_enabling_and_deleting_act_at_once(
    admin: httpx2.Client, api: httpx2.Client, anonymous: httpx2.Client
) -> None:
    user = api.get("/api/auth/user/").json()
    login = {"email": user["email"], "password": PASSWORD}
    assert admin.post(f"{USERS}{user['id']}/disable/").json()["is_active"] is False
    assert api.get("/api/auth/user/").status_code == 401
    assert anonymous.post("/api/auth/login/", json=login).json()["type"] == "/docs#account-disabled"
    assert admin.post(f"{USERS}{user['id']}/enable/").json() == user
    assert api.get("/api/auth/user/").status_code == 401, "the session has ended all the same"
    assert anonymous.post("/api/auth/login/", json=login).status_code == 200
    assert admin.delete(f"{USERS}{user['id']}/").status_code == 204
    assert anonymous.post("/api/auth/login/", json=login).status_code == 401
    assert admin.get(f"{USERS}{user['id']}/").status_code == 404


def test_sessions_are_listed_and_ended(admin: httpx2.Client, api: httpx2.Client) -> None:
    path = f"{USERS}{own_id(api)}/sessions/"
    (session,) = admin.get(path).json()["results"]
    assert session["client"] == "127.0.0.1"
    assert "httpx2" in session["device"]
    assert admin.delete(path).status_code == 204
    assert api.get("/api/auth/user/").status_code == 401
    assert admin.get(path).json() == {"results": []}


def test_a_demoted_administrator_is_none_at_once(admin: httpx2.Client, api: httpx2.Client) -> None:
    user_id = own_id(api)
    assert admin.post(f"{USERS}{user_id}/promote/").json()["is_admin"] is True
    assert api.get(USERS).status_code == 200
    assert admin.post(f"{USERS}{user_id}/demote/").json()["is_admin"] is False
    assert api.get(USERS).status_code == 401


def test_the_last_administrator_stays(start_server: Callable[..., LiveServer]) -> None:
    server = start_server()
    with server.client() as root:
        user = sign_up(root)["user"]
        with server.services() as tripkit:
            tripkit.administration.set_admin(OPERATOR, user["id"], admin=True)
        own = f"{USERS}{user['id']}/"
        for refused in (
            root.delete(own),
            root.post(f"{own}demote/"),
            root.post(f"{own}disable/"),
            root.request("DELETE", "/api/auth/user/", json={"password": PASSWORD}),
        ):
            assert (refused.status_code, refused.json()["type"]) == (409, "/docs#last-admin")
        recorded = [(entry["event"], entry["refused"]) for entry in root.get(AUDIT).json()["results"][:4]]
        assert recorded == [
            ("user.deleted", "last-admin"),
            ("user.disabled", "last-admin"),
            ("user.demoted", "last-admin"),
            ("user.deleted", "last-admin"),
        ]


# --- invitations and sign-up ----------------------------------------------------------------------------------------


def test_an_invitation_lets_one_person_in_once(admin: httpx2.Client, server: LiveServer) -> None:
    made = admin.post(f"{USERS}invite/", json={"email": "guest@example.org", "first_name": "Guest"})
    assert made.status_code == 201
    invited = made.json()
    assert set(invited) == {"user", "token", "expires_at"}
    assert admin.get(made.headers["location"]).json() == invited["user"]
    form = {"token": invited["token"], "password": PASSWORD, "password_confirm": PASSWORD}
    with server.client() as guest:
        answer = guest.post("/api/auth/invitation/", data=form)
        assert answer.status_code == 200
        assert answer.json()["user"]["is_verified"] is True
        guest.headers["Authorization"] = f"Bearer {answer.json()['tokens']['access']}"
        assert guest.get("/api/auth/user/").json()["username"] == "guest"
        again = guest.post("/api/auth/invitation/", json=form)
        assert (again.status_code, again.json()["type"]) == (401, "/docs#invalid-token")
        assert "Ask for another invitation" in again.json()["detail"]
        assert admin.post(f"{USERS}{invited['user']['id']}/invite/").status_code == 409
    refused = last_entry(admin, event="invitation.accepted")
    assert (refused["refused"], refused["actor"], refused["client"]) == ("invalid-token", None, "127.0.0.1")
    assert refused["request"] == again.headers["x-request-id"]


@pytest.mark.parametrize("mode", ["invite", "closed"])
def test_sign_up_may_be_closed(start_server: Callable[..., LiveServer], mode: str) -> None:
    server = start_server(TRIPKIT_SECURITY__SIGNUP=mode)
    assert "sign up at" not in "\n".join(server.banner)
    form = {"email": "a@example.org", "username": "abc", "password": PASSWORD, "password_confirm": PASSWORD}
    with server.client() as client:
        refused = client.post("/api/auth/signup/", json=form)
        assert (refused.status_code, refused.json()["type"]) == (403, "/docs#signup-closed")
    with server.services() as tripkit:
        (entry,) = tripkit.audit_trail.page(OPERATOR, AuditQuery()).results
        assert (entry.event, entry.refused) == ("user.signed_up", "signup-closed")


def test_guesses_at_invitations_are_limited(start_server: Callable[..., LiveServer]) -> None:
    server = start_server(TRIPKIT_RATELIMIT__LOGIN_CLIENT="3/h")
    form = {"token": "x" * 43, "password": PASSWORD, "password_confirm": PASSWORD}
    with server.client() as client:
        statuses = [client.post("/api/auth/invitation/", json=form).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    with server.services() as tripkit:
        assert len(tripkit.audit_trail.page(OPERATOR, AuditQuery()).results) == 3, "what is limited is not recorded"


# --- the audit trail ------------------------------------------------------------------------------------------------


def test_what_is_refused_is_recorded_with_who_what_and_where_from(admin: httpx2.Client, api: httpx2.Client) -> None:
    user_id, admin_id = own_id(api), own_id(admin)
    refused = api.post(f"{USERS}{admin_id}/demote/")
    entry = last_entry(admin)
    assert (entry["event"], entry["refused"]) == ("user.demoted", "forbidden")
    assert (entry["actor"], entry["subject"]) == (user_id, admin_id)
    assert (entry["client"], entry["request"]) == ("127.0.0.1", refused.headers["x-request-id"])
    assert entry["via"].startswith("session ")

    wrong = {"current_password": "wrong", "new_password": "x", "new_password_confirm": "y"}
    api.post("/api/auth/password/change/", json=wrong)
    entry = last_entry(admin)
    assert (entry["event"], entry["refused"]) == ("password.changed", "invalid: current_password")
    assert (entry["actor"], entry["subject"]) == (user_id, user_id)

    admin.post(f"{USERS}{2**62}/disable/")
    entry = last_entry(admin)
    assert (entry["event"], entry["refused"], entry["subject"]) == ("user.disabled", "not-found", 2**62)


def test_no_secret_and_no_name_is_ever_in_the_trail(admin: httpx2.Client, anonymous: httpx2.Client) -> None:
    invited = admin.post(f"{USERS}invite/", json={"email": "secretive@example.org"}).json()
    form = {"token": invited["token"], "password": "secretive", "password_confirm": PASSWORD}
    assert anonymous.post("/api/auth/invitation/", json=form).status_code == 400
    signup = {"email": "secretive@example.org", "username": "secretive2", "password": PASSWORD, "password_confirm": "x"}
    assert anonymous.post("/api/auth/signup/", json=signup).status_code == 400
    assert anonymous.post("/api/auth/signup/", json=signup | {"password_confirm": PASSWORD}).status_code == 409
    anonymous.post("/api/auth/login/", json={"email": "secretive@example.org", "password": PASSWORD})
    page = admin.get(AUDIT, params={"limit": 100})
    for secret in ("secretive", PASSWORD, invited["token"], "example.org"):
        assert secret not in page.text
    entries = [(entry["event"], entry["refused"]) for entry in page.json()["results"][:5]]
    assert entries == [
        ("session.started", "wrong password"),
        ("user.signed_up", "conflict: email"),
        ("user.signed_up", "invalid: password_confirm"),
        ("invitation.accepted", "invalid: password, password_confirm"),
        ("user.invited", ""),
    ]


def test_of_a_flood_of_refusals_only_so_many_are_recorded(start_server: Callable[..., LiveServer]) -> None:
    server = start_server(TRIPKIT_RATELIMIT__REFUSALS="5/h")
    with server.client() as client:
        sign_up(client)
        statuses = {client.get(USERS).status_code for _ in range(20)}
    assert statuses == {403}
    with server.services() as tripkit:
        found = tripkit.audit_trail.page(OPERATOR, AuditQuery(event="accounts.read", limit=100)).results
        assert len(found) == 5
        assert tripkit.audit_trail.verify(OPERATOR).ok


def test_the_trail_is_paged_and_filtered(admin: httpx2.Client, api: httpx2.Client) -> None:
    user_id = own_id(api)
    for action in ("verify", "promote", "demote"):
        admin.post(f"{USERS}{user_id}/{action}/").raise_for_status()
    seen: list[str] = []
    link = f"{AUDIT}?user={user_id}&limit=2"
    while link:
        page = admin.get(link).json()
        seen += [entry["event"] for entry in page["results"]]
        link = page["next"]
    assert seen == ["user.demoted", "user.promoted", "user.verified", "user.signed_up"]
    (entry,) = admin.get(AUDIT, params={"user": user_id, "event": "user.verified"}).json()["results"]
    since = {"user": user_id, "since": entry["at"]}
    assert len(admin.get(AUDIT, params=since).json()["results"]) == 3
    for query in ({"since": "yesterday"}, {"since": "2027-04-01T09:30:00"}, {"user": "ada"}, {"limit": 0}, {"x": "1"}):
        assert admin.get(AUDIT, params=query).json()["errors"].keys() == query.keys()


def test_administrators_who_demote_each_other_at_once_leave_one(start_server: Callable[..., LiveServer]) -> None:
    server = start_server()
    clients = [server.client() for _ in range(2)]
    users = [sign_up(client)["user"]["id"] for client in clients]
    with server.services() as tripkit:
        for user_id in users:
            tripkit.administration.set_admin(OPERATOR, user_id, admin=True)
    start = threading.Barrier(2)
    statuses: list[int] = []

    def demote(client: httpx2.Client, other: int) -> None:
        start.wait()
        statuses.append(client.post(f"{USERS}{other}/demote/").status_code)

    threads = [threading.Thread(target=demote, args=pair) for pair in zip(clients, reversed(users), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses)[0] == 200
    assert sorted(statuses)[1] in (401, 409), "the other was signed out before, or is the last"
    with server.services() as tripkit:
        assert [user.is_admin for user in tripkit.administration.everybody(OPERATOR)].count(True) == 1
    for client in clients:
        client.close()
