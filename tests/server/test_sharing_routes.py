"""Sharing over HTTP: what is answered, and that it ends at once. Who may is walked in test_permission_walk.py."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tripkit.services.policy import OPERATOR

from .conftest import LiveServer, sign_up

MEMBER = {
    "id", "status", "role", "username", "email", "invited_by", "created_at", "expires_at", "offered_at",
}  # fmt: skip
Share = Callable[..., httpx2.Response]


@pytest.fixture
def name(stranger: httpx2.Client) -> str:
    """The username of the stranger."""
    found: str = stranger.get("/api/auth/user/").json()["username"]
    return found


@pytest.fixture
def share(api: httpx2.Client, plan: dict[str, Any]) -> Share:
    """`share(username="bob")`: let somebody into the plan."""
    return lambda **form: api.post(f"/api/plans/{plan['id']}/share/members/", json=form)


def verify(server: LiveServer, client: httpx2.Client) -> dict[str, Any]:
    """Vouch for the address of an account; the account."""
    user: dict[str, Any] = client.get("/api/auth/user/").json()
    with server.services() as tripkit:
        tripkit.administration.verify(OPERATOR, user["id"])
    return user


def test_a_member_is_201_and_reads_and_lists_the_plan(
    api: httpx2.Client, stranger: httpx2.Client, plan: dict[str, Any], name: str, share: Share
) -> None:
    path = f"/api/plans/{plan['id']}/"
    assert stranger.get(path).status_code == 404
    answer = share(username=name, role="editor")
    made = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"{path}share/members/")
    assert set(made) == MEMBER
    assert (made["status"], made["role"], made["username"], made["email"]) == ("member", "editor", name, None)
    assert stranger.get(answer.headers["location"]).json() == {"results": [made]}
    seen = stranger.get(path)
    assert (seen.json()["role"], seen.headers["etag"]) == ("editor", '"2"')
    assert [each["id"] for each in stranger.get("/api/plans/", params={"role": "editor"}).json()["results"]] == [
        plan["id"]
    ]
    assert stranger.get("/api/plans/", params={"fields": "id,role"}).json()["results"] == [
        {"id": plan["id"], "role": "editor"}
    ]
    assert stranger.get(f"{path}share/").json() == {
        "plan_id": plan["id"],
        "version": 2,
        "owner": api.get("/api/auth/user/").json()["username"],
        "members": [made],
        "links": [],
    }


def test_links_are_shown_to_whoever_may_see_them(
    api: httpx2.Client, stranger: httpx2.Client, plan: dict[str, Any], name: str, share: Share
) -> None:
    path = f"/api/plans/{plan['id']}/share/"
    made = api.post(f"{path}links/", json={"label": "For Bob"}).raise_for_status().json()
    shown = api.get(path).json()["links"]
    assert [each["label"] for each in shown] == ["For Bob"]
    member = share(username=name, role="editor").json()
    assert stranger.get(path).json()["links"] == shown == stranger.get(f"{path}links/").json()["results"]
    assert made["token"] not in stranger.get(path).text
    api.patch(f"{path}members/{member['id']}/", json={"role": "viewer"}).raise_for_status()
    assert stranger.get(path).json()["links"] is None
    assert stranger.get(f"{path}links/").status_code == 403


def test_what_was_cached_is_gone_with_the_membership(
    api: httpx2.Client, stranger: httpx2.Client, plan: dict[str, Any], name: str, share: Share
) -> None:
    made = share(username=name).json()
    path = f"/api/plans/{plan['id']}/"
    cached = {"If-None-Match": stranger.get(path).headers["etag"]}
    assert stranger.get(path, headers=cached).status_code == 304
    assert stranger.get(f"{path}items/", headers=cached).status_code == 304
    assert api.delete(f"{path}share/members/{made['id']}/").status_code == 204
    for below in ("", "items/", "share/", "share/members/", "totals/"):
        for headers in (cached, {"If-None-Match": "*"}, {}):
            assert stranger.get(path + below, headers=headers).status_code == 404
    assert stranger.patch(path, json={"title": "Mine"}, headers={"If-Match": "*"}).status_code == 404
    assert stranger.get("/api/plans/").json()["results"] == []


def test_a_kept_answer_of_a_removed_member_shows_nothing_new(
    api: httpx2.Client, stranger: httpx2.Client, plan: dict[str, Any], name: str, share: Share
) -> None:
    member = share(username=name, role="editor").json()
    path = f"/api/plans/{plan['id']}/"
    key = {"Idempotency-Key": "tea"}
    first = stranger.post(f"{path}items/", json={"title": "Tea"}, headers=key)
    api.delete(f"{path}share/members/{member['id']}/").raise_for_status()
    api.patch(f"{path}items/{first.json()['id']}/", json={"notes": "secret"}).raise_for_status()
    again = stranger.post(f"{path}items/", json={"title": "Tea"}, headers=key)
    assert again.json() == first.json()
    assert stranger.post(f"{path}items/", json={"title": "Tea"}).status_code == 404


def test_inviting_again_with_the_same_key_is_done_once(
    api: httpx2.Client, plan: dict[str, Any], name: str, share: Share
) -> None:
    path = f"/api/plans/{plan['id']}/share/members/"
    answers = [api.post(path, json={"username": name}, headers={"Idempotency-Key": "bob"}) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert share(username=name).status_code == 409


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"username": "somebody-else", "role": "owner"}, "role"),
        ({"username": "somebody-else", "role": "king"}, "role"),
        ({"username": "somebody-else", "role": None}, "role"),
        ({"username": "no-such-account"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "x" * 31}, "username"),
        ({"username": 7}, "username"),
        ({"username": "a\x00b"}, "username"),
        ({"username": "bob", "email": "bob@example.org"}, "username"),
        ({}, "username"),
        ({"email": "a@@b"}, "email"),
        ({"email": "x" * 250 + "@example.org"}, "email"),
        ({"user_id": 1}, "user_id"),
    ],
)
def test_what_is_wrong_is_400_and_named(
    server: LiveServer, api: httpx2.Client, plan: dict[str, Any], share: Share, form: dict[str, Any], field: str
) -> None:
    verify(server, api)
    answer = share(**form)
    assert (answer.status_code, field in json.dumps(answer.json())) == (400, True), answer.text
    assert api.get(f"/api/plans/{plan['id']}/share/members/").json()["results"] == []


@pytest.mark.parametrize("which", ["username", "email"])
def test_one_does_not_invite_oneself(
    server: LiveServer, api: httpx2.Client, plan: dict[str, Any], share: Share, which: str
) -> None:
    me = verify(server, api)
    answer = share(**{which: me[which].upper()})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [which])


def test_an_address_is_invited_and_accepted_by_who_has_confirmed_it(
    server: LiveServer, api: httpx2.Client, stranger: httpx2.Client, plan: dict[str, Any], share: Share
) -> None:
    answer = share(email="grace@example.org")
    assert (answer.status_code, answer.json()["type"]) == (403, "/docs#email-not-verified")
    verify(server, api)
    them = verify(server, stranger)
    made = share(email=them["email"].upper(), role="editor").json()
    assert (made["status"], made["username"]) == ("invited", None)
    assert stranger.get(f"/api/plans/{plan['id']}/").status_code == 404
    [waiting] = stranger.get("/api/invitations/").json()["results"]
    assert set(waiting) == {"id", "plan_id", "title", "owner", "role", "created_at", "expires_at"}
    assert api.get("/api/invitations/").json()["results"] == []
    accepted = stranger.post(f"/api/invitations/{waiting['id']}/accept/")
    assert (accepted.status_code, accepted.json()["role"], accepted.headers["etag"]) == (200, "editor", '"3"')
    assert stranger.post(f"/api/invitations/{waiting['id']}/accept/").status_code == 404
    assert stranger.delete("/api/plans/{}/share/members/me/".format(plan["id"])).status_code == 204
    assert stranger.get(f"/api/plans/{plan['id']}/").status_code == 404


def test_nobody_gets_many_invitations_and_nobody_sends_many(start_server: Callable[..., LiveServer]) -> None:
    own = start_server(TRIPKIT_RATELIMIT__INVITE="4/h", TRIPKIT_RATELIMIT__INVITE_ADDRESS="2/d")
    with own.client() as client, own.client() as other:
        paths = []
        for each in (client, other):
            sign_up(each)
            verify(own, each)
            plan = each.post("/api/plans/", json={"title": "Win money", "destination": "D"}).json()
            paths.append(f"/api/plans/{plan['id']}/share/members/")
        victim = {"email": "victim@example.org"}
        first = client.post(paths[0], json=victim)
        assert first.status_code == 201
        assert '"invite-3600"' in first.headers["ratelimit-policy"]
        assert "invite_address" not in first.headers["ratelimit-policy"]
        client.delete(f"{paths[0]}{first.json()['id']}/").raise_for_status()
        assert other.post(paths[1], json=victim).status_code == 201
        third = client.post(paths[0], json={"email": "VICTIM@example.org"})
        assert (third.status_code, "retry-after" in third.headers) == (429, True)
        assert client.post(paths[0], json={"email": "other@example.org"}).status_code == 201
        seen = [client.post(paths[0], json={"username": "nobody"}).status_code for _ in range(4)]
        assert (seen[0], seen[-1]) == (400, 429)


def test_a_plan_is_offered_accepted_and_left(
    api: httpx2.Client, stranger: httpx2.Client, plan: dict[str, Any], name: str, share: Share
) -> None:
    path = f"/api/plans/{plan['id']}/"
    assert api.post(f"{path}share/transfer/", json={"username": name}).status_code == 400
    share(username=name)
    offered = api.post(f"{path}share/transfer/", json={"username": name})
    assert (offered.status_code, bool(offered.json()["members"][0]["offered_at"])) == (200, True)
    assert stranger.delete(f"{path}share/transfer/").status_code == 204
    assert stranger.post(f"{path}share/transfer/accept/").status_code == 404
    api.post(f"{path}share/transfer/", json={"username": name}).raise_for_status()
    accepted = stranger.post(f"{path}share/transfer/accept/", headers={"Idempotency-Key": "mine"})
    assert (accepted.json()["role"], accepted.json()["user"]) == ("owner", name)
    again = stranger.post(f"{path}share/transfer/accept/", headers={"Idempotency-Key": "mine"})
    assert again.json() == accepted.json()
    assert api.get(path).json()["role"] == "editor"
    assert api.delete(path).status_code == 403
    assert stranger.delete(f"{path}share/members/me/").status_code == 409
    assert api.delete(f"{path}share/members/me/").status_code == 204
    assert api.get(path).status_code == 404


def test_a_disabled_member_is_out_until_enabled(
    server: LiveServer, stranger: httpx2.Client, plan: dict[str, Any], name: str, share: Share
) -> None:
    share(username=name)
    user_id = stranger.get("/api/auth/user/").json()["id"]
    with server.services() as tripkit:
        tripkit.administration.set_active(OPERATOR, user_id, active=False)
    assert stranger.get(f"/api/plans/{plan['id']}/").status_code == 401


def test_a_token_of_a_member_does_what_the_member_may_within_its_scopes(
    server: LiveServer, stranger: httpx2.Client, plan: dict[str, Any], name: str, share: Share
) -> None:
    share(username=name, role="editor")
    path = f"/api/plans/{plan['id']}/"
    for scope, reads, writes, shares in (("plans:read", 200, 403, 403), ("plans:write", 200, 200, 403)):
        token = stranger.post("/api/auth/tokens/", json={"name": scope, "scopes": [scope]}).json()["token"]
        with server.client(headers={"Authorization": f"Bearer {token}"}) as client:
            assert client.get(path).status_code == reads
            assert client.patch(path, json={"title": "T"}).status_code == writes
            assert client.post(f"{path}share/members/", json={"username": "ada"}).status_code == shares
