"""Signing in with a provider, from the button to the profile."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import httpx2
import msgspec
import pytest

from tripkit.config import load
from tripkit.oauth.providers import check
from tripkit.services.clock import utc_now

from ..graph import APP_ID
from ..live import PASSWORD, LiveServer, sign_up
from ..openid import CLIENT_ID
from .conftest import APP, FRONT_END, Browser, SignInServer, code_in, free_port, query_of

NewBrowser = Callable[[], Browser]
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def bearer(signed_in: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {signed_in['tokens']['access']}"}


def test_the_whole_way_through_a_browser_with_a_real_provider(server: SignInServer, browser: NewBrowser) -> None:
    sub = server.mock.knows(
        "ada-1", email="ada@example.org", email_verified=True, preferred_username="ada", given_name="Ada"
    )
    ada = browser()
    answer = ada.sign_in("mock", sub=sub, next=f"{FRONT_END}/signed-in?tab=plans", code_challenge=CHALLENGE)
    assert answer.headers["location"].startswith(f"{FRONT_END}/signed-in?tab=plans&code=")
    signed_in = ada.exchange(code_in(answer), code_verifier=VERIFIER)
    assert signed_in.status_code == 200, signed_in.text
    body = signed_in.json()
    assert set(body) == {"user", "tokens"}
    assert set(body["tokens"]) == {"access", "refresh"}
    user = body["user"]
    assert (user["email"], user["username"], user["first_name"]) == ("ada@example.org", "ada", "Ada")
    assert (user["is_verified"], user["is_admin"], user["google_id"]) == (True, False, None)
    with server.client(headers=bearer(body)) as client:
        assert client.get("/api/auth/user/").json() == user
        [identity] = client.get("/api/auth/identities/").json()["results"]
        assert (identity["provider"], identity["label"], identity["subject"]) == ("mock", "Mock", "ada-1")
        refreshed = client.post("/api/auth/token/refresh/", json={"refresh": body["tokens"]["refresh"]})
        assert refreshed.status_code == 200
    again = browser()
    code = code_in(again.sign_in("mock", sub=sub, next=f"{FRONT_END}/"))
    assert again.exchange(code).json()["user"] == user
    assert server.people == 1
    assert [row[0] for row in server.rows("SELECT event FROM audit_events ORDER BY id DESC LIMIT 1")] == [
        "session.started"
    ]


def test_the_real_provider_passes_the_check_and_tells_a_wrong_secret(server: SignInServer) -> None:
    options = load(env=server.settings_env, cwd=server.directory).settings.oauth["mock"]
    for secret, states in ((options.client_secret, ["ok"] * 5), ("wrong", ["ok"] * 4 + ["wrong"])):
        tried = msgspec.structs.replace(options, client_secret=secret)
        found = asyncio.run(check("mock", tried, server.url, utc_now))
        assert [each.state for each in found] == states, found


def test_the_buttons_are_listed(server: SignInServer, api: httpx2.Client) -> None:
    found = api.get("/api/auth/providers/").json()
    assert found["next"] is None
    assert {each["name"]: each["label"] for each in found["results"]} == {
        "mock": "Mock",
        "home": "home",
        "evil": "evil",
        "facebook": "Facebook",
    }
    assert found["results"][0].keys() == {"name", "label", "login_url"}
    for each in found["results"]:
        assert api.get(each["login_url"]).status_code == 302


def test_without_providers_there_are_no_buttons(start_server: Any) -> None:
    server: LiveServer = start_server()
    with server.client() as client:
        assert client.get("/api/auth/providers/").json() == {"results": [], "next": None}
        for path in ("/api/auth/login/google/", "/api/auth/login/google/callback/?state=x&code=y"):
            assert client.get(path).status_code == 404
        assert client.post("/api/auth/login/google/", json={"access_token": "x"}).status_code == 404


def test_without_its_own_address_a_server_says_so(start_server: Any) -> None:
    keys = {"TRIPKIT_OAUTH__GOOGLE__CLIENT_ID": "x", "TRIPKIT_OAUTH__GOOGLE__CLIENT_SECRET": "y"}
    server: LiveServer = start_server(**keys)
    with server.client() as client:
        answer = client.get("/api/auth/login/google/")
        assert answer.status_code == 503
        assert "server.public_url" in answer.json()["detail"]


@pytest.mark.parametrize("following", ["/", "/app/?x=1#part", "http://localhost:3000/#/in"])
def test_next_may_be_a_path_or_a_front_end(browser: NewBrowser, following: str) -> None:
    location = browser().sign_in(next=following).headers["location"]
    assert location.startswith(following.partition("#")[0].partition("?")[0])
    assert len(query_of(location)["code"]) == 43


def test_without_next_the_code_is_shown(browser: NewBrowser) -> None:
    person, program = browser(), browser()
    page = person.sign_in()
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    found = re.search(r": ([\w-]{43})<", page.text)
    assert found
    assert person.exchange(found[1]).status_code == 200
    program.client.headers["Accept"] = "*/*"
    answer = program.sign_in()
    assert answer.json().keys() == {"code", "expires_in"}
    assert program.exchange(answer.json()["code"]).status_code == 200


def test_tokens_never_stand_in_an_address(server: SignInServer, browser: NewBrowser) -> None:
    ada = browser()
    begun = ada.begin(next=f"{FRONT_END}/")
    back = ada.at_provider(begun)
    answer = ada.back(back)
    tokens = ada.exchange(code_in(answer)).json()["tokens"]
    for url in (begun, back, answer.headers["location"]):
        assert not any(token in url for token in tokens.values())
    # Nor do the secrets of the flow stand where anybody else could read them.
    cookies = [value for value in ada.client.cookies.values() if value]
    assert cookies
    for url in (begun, back, answer.headers["location"]):
        assert not any(cookie in url for cookie in cookies)


def test_the_cookie_is_for_this_host_and_this_quarter_of_an_hour(server: SignInServer, api: httpx2.Client) -> None:
    answer = api.get("/api/auth/login/home/")
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("tripkit-oauth=")
    assert set(attributes) == {"Max-Age=600", "Path=/", "HttpOnly", "SameSite=Lax"}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_under_https_no_other_host_can_set_the_cookie(start_server: Any, server: SignInServer) -> None:
    keys = {"CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": "x", "ISSUER": server.home.issuer}
    port = free_port()
    start_server(
        "--port",
        str(port),
        TRIPKIT_SERVER__PUBLIC_URL="https://trips.example.org",
        **{f"TRIPKIT_OAUTH__HOME__{name}": value for name, value in keys.items()},
    )
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
        answer = client.get("/api/auth/login/home/")
        name, *attributes = answer.headers["set-cookie"].split("; ")
        assert name.startswith("__Host-tripkit-oauth=")
        assert set(attributes) == {"Max-Age=600", "Path=/", "HttpOnly", "SameSite=Lax", "Secure"}
        query = query_of(answer.headers["location"])
        assert query["redirect_uri"] == "https://trips.example.org/api/auth/login/home/callback/"
        back = f"/api/auth/login/home/callback/?state={query['state']}&code=x"
        tossed = client.get(back, headers={"Cookie": name.removeprefix("__Host-")})
        assert "another browser" in tossed.json()["detail"]


def test_two_tabs_do_not_disturb_each_other(browser: NewBrowser) -> None:
    ada = browser()
    urls = [ada.at_provider(ada.begin(next="/")) for _ in range(3)]
    for url in urls:
        assert ada.exchange(code_in(ada.back(url))).status_code == 200


def test_keys_may_be_rotated_in_mid_flight(server: SignInServer, browser: NewBrowser) -> None:
    ada = browser()
    ada.sign_in(next="/")
    back = ada.at_provider(ada.begin(next="/"))
    server.home.rotate()
    assert ada.exchange(code_in(ada.back(back))).status_code == 200


def test_a_refusal_is_a_page_for_people_and_a_problem_for_programs(
    server: SignInServer, browser: NewBrowser, api: httpx2.Client
) -> None:
    path = "/api/auth/login/home/callback/?state=made-up&code=x"
    page = browser().back(server.url + path)
    assert page.status_code == 401
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>The sign-in could not be completed</h1>" in page.text
    assert "script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert page.headers["x-request-id"]
    problem = api.get(path)
    assert problem.status_code == 401
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["type"] == "/docs#sign-in-failed"
    unknown = browser().back(f"{server.url}/api/auth/login/<b>x/")
    assert unknown.status_code == 404
    assert "<b>x" not in unknown.text
    wrong = browser().back(f"{server.url}/api/auth/login/home/?next=//evil.example")
    assert wrong.status_code == 400
    assert "next must be a path of this server" in wrong.text


def test_whoever_says_no_at_the_provider_is_told_so(server: SignInServer, browser: NewBrowser) -> None:
    ada = browser()
    url = ada.begin("mock", next="/")
    answer = ada.client.post(url, data={"action": "deny"})
    refused = ada.back(answer.headers["location"])
    # This provider leaves the state out of its refusal, so that nobody knows what it is about.
    assert refused.status_code == 401
    state = query_of(ada.begin(next="/"))["state"]
    back = f"{server.url}/api/auth/login/home/callback/?error=access_denied&state={state}"
    assert "the provider answers access_denied" in ada.back(back).text
    assert server.people == 0


# --- apps -----------------------------------------------------------------------------------------------------------


def test_an_app_signs_in_with_an_id_token(server: SignInServer, api: httpx2.Client) -> None:
    asked = api.post("/api/auth/login/home/nonce/")
    assert asked.status_code == 200
    nonce = asked.json()["nonce"]
    form = {"id_token": server.home.id_token(nonce), "nonce": nonce}
    answer = api.post("/api/auth/login/home/", json=form)
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["email"] == "ada@example.org"
    assert api.get("/api/auth/user/", headers=bearer(answer.json())).status_code == 200


@pytest.mark.parametrize("encoding", ["json", "data"])
def test_an_app_signs_in_with_a_code(server: SignInServer, api: httpx2.Client, encoding: str) -> None:
    begun = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "scope": "openid",
        "state": "of-the-app",
        "redirect_uri": APP,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    back = httpx2.get(f"{server.home.url}/authorize", params=begun).headers["location"]
    form = {"code": query_of(back)["code"], "redirect_uri": APP, "code_verifier": VERIFIER}
    answer = api.post("/api/auth/login/home", **{encoding: form})
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["username"] == "ada"


def test_facebook_signs_in_with_an_access_token_and_by_a_browser(
    server: SignInServer, api: httpx2.Client, browser: NewBrowser
) -> None:
    token = server.graph.access_token()
    answer = api.post("/api/auth/login/facebook/", json={"access_token": token})
    assert answer.status_code == 200, answer.text
    user = answer.json()["user"]
    assert (user["facebook_id"], user["email"], user["is_verified"]) == ("10001", "ada@example.org", False)
    ada = browser()
    asked = ada.begin("facebook", next="/")
    assert asked.startswith("https://www.facebook.com/v23.0/dialog/oauth?")
    query = query_of(asked)
    assert query["client_id"] == APP_ID
    code = server.graph.code(query["redirect_uri"])
    back = ada.back(f"{query['redirect_uri']}?state={query['state']}&code={code}")
    assert ada.exchange(code_in(back)).json()["user"] == user


def test_every_mistake_of_an_app_is_named(api: httpx2.Client) -> None:
    answer = api.post("/api/auth/login/home/", json={"code": "", "code_verifier": "short", "token": "x"})
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"code", "code_verifier", "token"}
    answer = api.post("/api/auth/login/home/", json={"access_token": "secret-token"})
    assert answer.status_code == 400
    assert "secret-token" not in answer.text
    assert api.post("/api/auth/login/home/", json={"code": "c"}).json()["errors"].keys() == {
        "redirect_uri",
        "code_verifier",
    }


# --- linking --------------------------------------------------------------------------------------------------------


@pytest.fixture
def ada(server: SignInServer) -> Any:
    """Somebody with a password, signed in."""
    with server.client() as client:
        sign_up(client, email="countess@example.org", username="ada")
        yield client


def test_somebody_signed_in_links_by_a_browser_and_unlinks(
    server: SignInServer, browser: NewBrowser, ada: httpx2.Client
) -> None:
    start = ada.post("/api/auth/identities/home/start/", json={"next": f"{FRONT_END}/me", "code_challenge": CHALLENGE})
    assert start.status_code == 200
    tab = browser()
    begun = tab.client.get(start.json()["url"])
    answer = tab.back(tab.at_provider(begun.headers["location"]))
    assert answer.headers["location"].startswith(f"{FRONT_END}/me?code=")
    form = {"code": code_in(answer), "code_verifier": VERIFIER}
    linked = ada.post("/api/auth/identities/", json=form)
    assert linked.status_code == 201, linked.text
    assert linked.json()["subject"] == "ada-at-the-provider"
    assert linked.headers["location"].endswith("/api/auth/identities/")
    assert ada.get("/api/auth/identities/").json()["results"] == [linked.json()]
    # From now on the provider signs in to this account, whatever its address is.
    other = browser()
    user = other.exchange(code_in(other.sign_in(next="/"))).json()["user"]
    assert user == ada.get("/api/auth/user/").json()
    assert ada.delete("/api/auth/identities/home/").status_code == 204
    assert ada.delete("/api/auth/identities/home/").status_code == 404
    assert ada.get("/api/auth/identities/").json()["results"] == []


def test_an_app_links_with_what_the_provider_gave_it(server: SignInServer, ada: httpx2.Client) -> None:
    linked = ada.post("/api/auth/identities/facebook/", json={"access_token": server.graph.access_token()})
    assert linked.status_code == 201, linked.text
    assert ada.get("/api/auth/user/").json()["facebook_id"] == "10001"


def test_the_last_way_in_is_not_unlinked(server: SignInServer, api: httpx2.Client) -> None:
    signed_in = api.post("/api/auth/login/facebook/", json={"access_token": server.graph.access_token()}).json()
    answer = api.delete("/api/auth/identities/facebook/", headers=bearer(signed_in))
    assert answer.status_code == 409
    assert "only way into your account" in answer.json()["detail"]


def test_somebody_with_an_unverified_twin_signs_in_to_it_and_links(
    server: SignInServer, browser: NewBrowser, api: httpx2.Client
) -> None:
    sign_up(api, email="ada@example.org", username="ada")
    refused = browser().sign_in(next="/")
    assert refused.status_code == 409
    assert "Sign in to it as you did before, and link home to it in your profile" in refused.text
    login = {"email": "ada@example.org", "password": PASSWORD}
    signed_in = bearer(api.post("/api/auth/login/", json=login).json())
    start = api.post("/api/auth/identities/home/start/", json={}, headers=signed_in).json()["url"]
    tab = browser()
    tab.client.headers["Accept"] = "*/*"
    code = tab.back(tab.at_provider(tab.client.get(start).headers["location"])).json()["code"]
    assert api.post("/api/auth/identities/", json={"code": code}, headers=signed_in).status_code == 201
    assert browser().sign_in(next="/").status_code == 302
    assert server.people == 1
