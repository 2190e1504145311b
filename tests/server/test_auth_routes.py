"""Signing up, in and out, over HTTP."""

import time

import httpx2
import pytest

from .conftest import PASSWORD, LiveServer, sign_up


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


FORM = {"email": "form@example.org", "username": "form", "password": PASSWORD, "password_confirm": PASSWORD}


def test_sign_up_answers_the_user_and_two_tokens(anonymous: httpx2.Client) -> None:
    answer = sign_up(anonymous, first_name="Ada", last_name="Lovelace")
    assert set(answer) == {"user", "tokens"}
    assert set(answer["tokens"]) == {"access", "refresh"}
    assert answer["user"]["first_name"] == "Ada"
    assert answer["user"]["is_admin"] is False
    assert answer["user"]["google_id"] is None
    assert not any("password" in field for field in answer["user"])


@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
def test_forms_are_taken_where_people_sign_in(anonymous: httpx2.Client, encoding: str) -> None:
    form = FORM | {"email": f"{encoding}@example.org", "username": encoding}
    if encoding == "multipart":
        answer = anonymous.post("/api/auth/signup/", files={name: (None, value) for name, value in form.items()})
    else:
        answer = anonymous.post("/api/auth/signup/", data=form)
    assert answer.status_code == 201, answer.text
    login = anonymous.post("/api/auth/login", data={"email": form["email"].upper(), "password": PASSWORD})
    assert login.status_code == 200


def test_every_mistake_of_a_sign_up_is_reported_at_once(anonymous: httpx2.Client) -> None:
    answer = anonymous.post(
        "/api/auth/signup/",
        json={"email": "a@@b", "username": "x", "password": "1234", "password_confirm": "1234", "admin": True},
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem["errors"]) >= {"username", "admin"}
    assert "1234" not in answer.text


def test_an_address_is_taken_in_any_letter_case(api: httpx2.Client, anonymous: httpx2.Client) -> None:
    email = api.get("/api/auth/user/").json()["email"].upper()
    answer = anonymous.post("/api/auth/signup/", json=FORM | {"email": email, "username": "another"})
    assert answer.status_code == 409
    assert list(answer.json()["errors"]) == ["email"]


def test_wrong_passwords_and_unknown_addresses_look_the_same(anonymous: httpx2.Client, api: httpx2.Client) -> None:
    email = api.get("/api/auth/user/").json()["email"]
    wrong = anonymous.post("/api/auth/login/", json={"email": email, "password": "something-else"})
    unknown = anonymous.post("/api/auth/login/", json={"email": "no@example.org", "password": "something-else"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.headers["www-authenticate"].startswith("Bearer")
    assert {**wrong.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}


def test_logging_out_kills_the_access_token_at_once(api: httpx2.Client) -> None:
    assert api.post("/api/auth/logout/").status_code == 204
    refused = api.get("/api/auth/user/")
    assert refused.status_code == 401
    assert "invalid_token" in refused.headers["www-authenticate"]


def test_refreshing_rotates_and_reuse_ends_the_session(anonymous: httpx2.Client) -> None:
    first = sign_up(anonymous)["tokens"]
    second = anonymous.post("/api/auth/token/refresh/", json={"refresh": first["refresh"]}).json()
    assert set(second) == {"access", "refresh"}
    third = anonymous.post("/api/auth/token/refresh/", json={"refresh": second["refresh"]}).json()
    reused = anonymous.post("/api/auth/token/refresh/", json={"refresh": first["refresh"]})
    assert reused.status_code == 401
    for token in (first, second, third):
        assert anonymous.get("/api/auth/user/", headers=bearer(token["access"])).status_code == 401
    assert anonymous.post("/api/auth/token/refresh/", json={"refresh": third["refresh"]}).status_code == 401


def test_an_access_token_does_not_refresh_and_a_refresh_token_opens_nothing(anonymous: httpx2.Client) -> None:
    tokens = sign_up(anonymous)["tokens"]
    assert anonymous.get("/api/auth/user/", headers=bearer(tokens["refresh"])).status_code == 401
    assert anonymous.post("/api/auth/token/refresh/", json={"refresh": tokens["access"]}).status_code == 401


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer a b", "Bearer é", "garbage", "Bearer a.b.c"])
def test_odd_credentials_are_401(anonymous: httpx2.Client, header: str) -> None:
    answer = anonymous.get("/api/auth/user/", headers={"Authorization": header.encode()})
    assert answer.status_code == 401


def test_tokens_expire(start_server) -> None:
    server: LiveServer = start_server(TRIPKIT_SECURITY__ACCESS_LIFETIME="1")
    with server.client() as client:
        sign_up(client)
        time.sleep(1.1)
        answer = client.get("/api/auth/user/")
    assert answer.status_code == 401
    assert "expired" in answer.json()["detail"]


def test_the_profile_is_changed_field_by_field(api: httpx2.Client) -> None:
    before = api.get("/api/auth/user/").json()
    after = api.patch("/api/auth/user/", json={"first_name": "Grace"}).json()
    assert after == before | {"first_name": "Grace"}
    for forbidden in ({"is_admin": True}, {"password": "x"}, {"id": 7}):
        assert api.patch("/api/auth/user/", json=forbidden).status_code == 400


#: What belongs to an account, and is not for its owner to set.
NOT_THEIRS = {"id": 1, "is_admin": True, "is_active": True, "is_verified": True, "date_joined": "2000-01-01T00:00:00Z",
              "google_id": "1", "password_hash": "x", "role": "admin"}  # fmt: skip


def test_nobody_gives_themselves_what_others_have_to_give(anonymous: httpx2.Client, api: httpx2.Client) -> None:
    form = {"email": "m@example.org", "username": "mallory", "password": PASSWORD, "password_confirm": PASSWORD}
    before = api.get("/api/auth/user/").json()
    for name, value in NOT_THEIRS.items():
        made = anonymous.post("/api/auth/signup/", json=form | {name: value})
        assert (made.status_code, list(made.json()["errors"])) == (400, [name])
        changed = api.patch("/api/auth/user/", json={"first_name": "M", name: value})
        assert (changed.status_code, list(changed.json()["errors"])) == (400, [name])
    assert api.get("/api/auth/user/").json() == before
    assert anonymous.post("/api/auth/signup/", data=form | {"is_admin": "true"}).status_code == 400


def test_an_account_is_shown_without_its_hash(api: httpx2.Client) -> None:
    answer = api.get("/api/auth/user/")
    assert answer.json()["email"]
    assert not [name for name in answer.json() if "password" in name or "hash" in name or name.endswith("_key")]
    assert "argon2" not in answer.text


def test_a_new_password_ends_the_other_sessions_only(api: httpx2.Client, server: LiveServer) -> None:
    email = api.get("/api/auth/user/").json()["email"]
    new = "a-much-better-one"
    with server.client() as other:
        tokens = other.post("/api/auth/login/", json={"email": email, "password": PASSWORD}).json()["tokens"]
        form = {"current_password": "wrong", "new_password": new, "new_password_confirm": new}
        assert api.post("/api/auth/password/change/", json=form).status_code == 400
        assert api.post("/api/auth/password/change/", json=form | {"current_password": PASSWORD}).status_code == 204
        assert other.get("/api/auth/user/", headers=bearer(tokens["access"])).status_code == 401
        assert api.get("/api/auth/user/").status_code == 200
        assert other.post("/api/auth/login/", json={"email": email, "password": PASSWORD}).status_code == 401
        assert other.post("/api/auth/login/", json={"email": email, "password": new}).status_code == 200


def test_deleting_the_account_needs_the_password_and_takes_the_plans(api: httpx2.Client, plan: dict) -> None:
    assert api.request("DELETE", "/api/auth/user/", json={"password": "wrong"}).status_code == 400
    assert api.get("/api/auth/user/").status_code == 200
    assert api.request("DELETE", "/api/auth/user/", json={"password": PASSWORD}).status_code == 204
    assert api.get(f"/api/plans/{plan['id']}/").status_code == 401


def test_files_and_repeated_fields_in_forms_are_refused(anonymous: httpx2.Client) -> None:
    answer = anonymous.post("/api/auth/login/", files={"email": ("x.txt", b"a@b.c"), "password": (None, "x")})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["email"]
    twice = "email=a%40b.c&email=d%40e.f&password=x"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert anonymous.post("/api/auth/login/", content=twice, headers=headers).json()["errors"].keys() == {"email"}
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert anonymous.post("/api/auth/login/", content=b"--x\r\nnonsense", headers=broken).status_code == 400
