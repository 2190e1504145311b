"""API tokens over HTTP."""

import httpx2
import pytest

from .conftest import LiveServer


def make(api: httpx2.Client, *scopes: str) -> dict[str, str]:
    """The header of a new token."""
    answer = api.post("/api/auth/tokens/", json={"name": "script", "scopes": list(scopes)})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def test_a_token_is_made_used_listed_and_revoked(api: httpx2.Client, anonymous: httpx2.Client, plan: dict) -> None:
    answer = api.post("/api/auth/tokens/", json={"name": "script", "scopes": ["plans:read"], "expires_in_days": 7})
    made = answer.json()
    header = {"Authorization": f"Bearer {made['token']}"}
    assert answer.status_code == 201
    assert anonymous.get("/api/plans/", headers=header).json()["results"] == [plan]
    listed = api.get(answer.headers["location"]).json()
    assert listed["last_used_at"]
    assert "token" not in listed
    assert api.get("/api/auth/tokens/").json() == {"results": [listed], "next": None}
    assert api.delete(f"/api/auth/tokens/{made['id']}/").status_code == 204
    dead = anonymous.get("/api/plans/", headers=header)
    assert dead.status_code == 401
    assert "invalid_token" in dead.headers["www-authenticate"]
    assert made["token"] not in dead.text


def test_a_token_for_reading_does_not_write_and_one_for_writing_reads(
    api: httpx2.Client, anonymous: httpx2.Client, plan: dict
) -> None:
    path = f"/api/plans/{plan['id']}/"
    reader, writer = make(api, "plans:read"), make(api, "plans:write")
    refused = anonymous.patch(path, json={"title": "Osaka"}, headers=reader)
    assert refused.status_code == 403
    assert refused.json()["type"] == "/docs#insufficient-scope"
    assert 'error="insufficient_scope", scope="plans:write"' in refused.headers["www-authenticate"]
    assert anonymous.get(path, headers=writer).json() == plan
    assert anonymous.patch(path, json={"title": "Osaka"}, headers=writer).json()["title"] == "Osaka"


def test_a_token_of_all_scopes_makes_no_tokens_and_changes_no_credentials(
    api: httpx2.Client, anonymous: httpx2.Client
) -> None:
    header = make(api, "plans:write", "account")
    for method, path in (
        ("POST", "/api/auth/tokens/"),
        ("POST", "/api/auth/password/change/"),
        ("POST", "/api/auth/reauth/"),
        ("POST", "/api/auth/second-factor/"),
        ("DELETE", "/api/auth/user/"),
        ("POST", "/api/auth/logout/"),
    ):
        answer = anonymous.request(method, path, json={}, headers=header)
        assert answer.status_code == 403, path
        assert "No API token may do this" in answer.json()["detail"]
    assert anonymous.patch("/api/auth/user/", json={"email": "eve@example.org"}, headers=header).status_code == 403
    assert anonymous.patch("/api/auth/user/", json={"first_name": "Ada"}, headers=header).status_code == 200
    assert anonymous.post("/api/auth/token/refresh/", json={"refresh": header["Authorization"][7:]}).status_code == 401


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"name", "scopes"}),
        ({"name": "", "scopes": []}, {"name", "scopes"}),
        ({"name": "x" * 101, "scopes": ["everything"]}, {"name", "scopes"}),
        ({"name": "x", "scopes": ["admin"]}, {"scopes"}),
        ({"name": "x", "scopes": ["account"], "expires_in_days": 0}, {"expires_in_days"}),
        ({"name": "x", "scopes": ["account"], "expires_in_days": 367}, {"expires_in_days"}),
        ({"name": "x", "scopes": ["account"], "expires_in_days": "never"}, {"expires_in_days"}),
        ({"name": "x", "scopes": ["account"], "user": 1}, {"user"}),
    ],
)
def test_what_is_wrong_with_a_new_token_is_told(api: httpx2.Client, body: dict, fields: set[str]) -> None:
    answer = api.post("/api/auth/tokens/", json=body)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == fields
    assert api.get("/api/auth/tokens/").json()["results"] == []


def test_a_token_never_stands_in_the_log(start_server) -> None:
    from .conftest import sign_up

    server: LiveServer = start_server()
    with server.client() as client:
        sign_up(client)
        token = make(client, "plans:read")["Authorization"][7:]
        for sent in (token, token[:-1]):
            client.get("/api/plans/", headers={"Authorization": f"Bearer {sent}"})
    server.stop()
    assert token[12:40] not in server.rest


def test_scopes_stand_in_the_openapi_document(anonymous: httpx2.Client) -> None:
    document = anonymous.get("/openapi.json").json()
    assert set(document["components"]["securitySchemes"]) == {"session", "token"}
    security = {
        (method, path): operation["security"]
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    assert security["get", "/api/plans/"] == [{"session": []}, {"token": ["plans:read"]}]
    assert security["post", "/api/plans/"] == [{"session": []}, {"token": ["plans:write"]}]
    assert security["post", "/api/auth/tokens/"] == [{"session": []}]
    assert security["post", "/api/auth/login/"] == []
