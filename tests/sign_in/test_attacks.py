"""Known attacks on sign-ins with a provider. Each has its name; none gets an account, a session, or anything recorded
as if it had.

The attacker is Mallory, who is somebody at every provider, and runs `evil`. The victim is Ada.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from ..live import PASSWORD, sign_up
from ..openid import CLIENT_ID, OpenID
from ..standin import send
from .conftest import APP, FRONT_END, Browser, SignInServer, code_in, query_of

NewBrowser = Callable[[], Browser]
MALLORY = {"email": "mallory@evil.example", "email_verified": True, "preferred_username": "mallory"}
VERIFIER = "v" * 50


def is_mallory(provider: OpenID) -> None:
    """Mallory comes by at the provider from now on."""
    provider.sub, provider.about = "mallory-at-the-provider", MALLORY


def refused(answer: httpx2.Response, why: str, status: int = 401) -> None:
    assert answer.status_code == status, answer.text
    assert why in answer.text
    assert "location" not in answer.headers


def nobody_came_in(server: SignInServer, *whys: str) -> None:
    """No account, no session, and each refusal is on record."""
    assert server.people == 0
    assert server.rows("SELECT count(*) FROM sessions") == [(0,)]
    recorded = server.refusals[-len(whys) :]
    assert all(why in record for why, record in zip(whys, recorded, strict=True)), recorded


# --- login CSRF: the victim ends up in the attacker's account -------------------------------------------------------


def test_login_csrf_with_the_callback_of_the_attacker(server: SignInServer, browser: NewBrowser) -> None:
    is_mallory(server.home)
    mallory = browser()
    trap = mallory.at_provider(mallory.begin(next=f"{FRONT_END}/"))
    refused(browser().back(trap), "it was begun in another browser")
    nobody_came_in(server, "another browser")
    # The attacker cannot use it any more either.
    refused(mallory.back(trap), "has been completed already")


def test_login_csrf_with_the_callback_of_the_attacker_while_the_victim_signs_in(
    server: SignInServer, browser: NewBrowser
) -> None:
    mallory, ada = browser(), browser()
    own = ada.at_provider(ada.begin(next=f"{FRONT_END}/"))
    is_mallory(server.home)
    trap = mallory.at_provider(mallory.begin(next=f"{FRONT_END}/"))
    refused(ada.back(trap), "another browser")
    assert ada.exchange(code_in(ada.back(own))).json()["user"]["username"] == "ada"


def test_login_csrf_without_a_state(server: SignInServer, browser: NewBrowser) -> None:
    is_mallory(server.home)
    mallory, ada = browser(), browser()
    code = query_of(mallory.at_provider(mallory.begin(next="/")))["code"]
    ada.begin(next="/")
    callback = f"{server.url}/api/auth/login/home/callback/"
    refused(ada.back(f"{callback}?code={code}"), "the state is missing")
    refused(ada.back(f"{callback}?code={code}&state="), "the state is missing")
    refused(ada.back(f"{callback}?code={code}&state=undefined"), "more than 10 minutes ago")
    refused(ada.back(callback), "the state is missing")
    assert ada.back(f"{callback}?code={code}&state=a&state=b").status_code == 400
    nobody_came_in(server, "state is missing", "state is missing", "10 minutes", "state is missing")


def test_login_csrf_with_the_one_time_code_of_the_attacker(server: SignInServer, browser: NewBrowser) -> None:
    is_mallory(server.home)
    for challenge in ({}, {"code_challenge": "m" * 43}):
        mallory = browser()
        code = code_in(mallory.sign_in(next=f"{FRONT_END}/", **challenge))
        # The victim's front end sends the verifier of a sign-in of its own, which the code was not made for.
        refused(browser().exchange(code, code_verifier=VERIFIER), "made for another front end")
        refused(mallory.exchange(code), "used before")
    assert server.rows("SELECT count(*) FROM sessions") == [(0,)]


def test_login_csrf_with_a_cookie_of_the_attacker(server: SignInServer, browser: NewBrowser) -> None:
    """A cookie that is not one of ours is not taken for one."""
    is_mallory(server.home)
    trap = browser().at_provider(browser().begin(next="/"))
    for value in ("", ".", "x", "a" * 43, ".".join(["a" * 43] * 9), "%00", "é"):
        ada = browser()
        answer = ada.client.get(trap, headers={"Cookie": b"tripkit-oauth=" + value.encode()})
        assert answer.status_code == 401
    assert server.people == 0


# --- linking by force -----------------------------------------------------------------------------------------------


@pytest.fixture
def ada(server: SignInServer) -> Any:
    """The victim, with an account and signed in."""
    with server.client() as client:
        sign_up(client, email="ada@example.org", username="ada")
        yield client


@pytest.fixture
def mallory(server: SignInServer) -> Any:
    """The attacker, with an account and signed in."""
    with server.client() as client:
        sign_up(client, email="mallory@evil.example", username="mallory")
        yield client


def linked(client: httpx2.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/auth/identities/").json()["results"]
    return found


def test_the_attackers_identity_is_not_linked_to_the_victims_account(
    server: SignInServer, browser: NewBrowser, ada: httpx2.Client, mallory: httpx2.Client
) -> None:
    is_mallory(server.home)
    tab = browser()
    start = mallory.post("/api/auth/identities/home/start/", json={"next": "/"}).json()["url"]
    code = code_in(tab.back(tab.at_provider(tab.client.get(start).headers["location"])))
    refused(ada.post("/api/auth/identities/", json={"code": code}), "another session")
    refused(mallory.post("/api/auth/identities/", json={"code": code}), "used before")
    assert linked(ada) == linked(mallory) == []


def test_the_victims_identity_is_not_linked_to_the_attackers_account(
    server: SignInServer, browser: NewBrowser, ada: httpx2.Client, mallory: httpx2.Client
) -> None:
    victims = browser()
    start = mallory.post("/api/auth/identities/home/start/", json={"next": f"{FRONT_END}/"}).json()["url"]
    # The victim is sent to the attacker's address, and her provider knows her; but the code comes to her front end.
    code = code_in(victims.back(victims.at_provider(victims.client.get(start).headers["location"])))
    refused(ada.post("/api/auth/identities/", json={"code": code}), "another session")
    assert linked(ada) == linked(mallory) == []


def test_a_code_to_sign_in_does_not_link_and_the_other_way_round(
    server: SignInServer, browser: NewBrowser, ada: httpx2.Client
) -> None:
    is_mallory(server.home)
    code = code_in(browser().sign_in(next="/"))
    refused(ada.post("/api/auth/identities/", json={"code": code}), "made to sign in")
    start = ada.post("/api/auth/identities/home/start/", json={"next": "/"}).json()["url"]
    tab = browser()
    server.home.sub = "another"
    code = code_in(tab.back(tab.at_provider(tab.client.get(start).headers["location"])))
    refused(tab.exchange(code), "made to link")


def test_an_address_to_link_works_once(server: SignInServer, browser: NewBrowser, ada: httpx2.Client) -> None:
    start = ada.post("/api/auth/identities/home/start/", json={}).json()["url"]
    assert browser().client.get(start).status_code == 302
    refused(browser().client.get(start), "linking was not asked for")
    refused(browser().client.get(start.replace("/home/", "/evil/")), "linking was not asked for")


# --- mix-up between two providers -----------------------------------------------------------------------------------


def test_mix_up_the_code_of_one_provider_does_not_go_to_another(server: SignInServer, browser: NewBrowser) -> None:
    """The victim begins at `evil`, which sends her on to the real provider, to get the code that is for tripkit.

    Each provider has a callback of its own, so the real one, which knows only its own, does not go along.
    """
    ada = browser()
    begun = query_of(ada.begin("evil", next="/"))
    assert begun["redirect_uri"].endswith("/api/auth/login/evil/callback/")
    real = query_of(ada.begin("mock", next="/"))
    assert real["redirect_uri"].endswith("/api/auth/login/mock/callback/")
    forwarded = begun | {"client_id": real["client_id"]}
    answer = httpx2.post(f"{server.mock.url}/oauth2/authorize", params=forwarded, data={"sub": "ada-1"})
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert server.people == 0


def test_mix_up_the_answer_of_one_provider_at_the_callback_of_another(
    server: SignInServer, browser: NewBrowser
) -> None:
    ada = browser()
    back = query_of(ada.at_provider(ada.begin("home", next="/")))
    callback = f"{server.url}/api/auth/login/evil/callback/?state={back['state']}&code={back['code']}"
    refused(ada.back(callback), "begun with another provider")
    assert "/token" not in server.evil.asked
    nobody_came_in(server, "another provider")


def test_mix_up_an_answer_that_names_another_issuer(server: SignInServer, browser: NewBrowser) -> None:
    """RFC 9207: `home` is honest and says who it is, so its code is not sent to `evil`."""
    server.home.sends_issuer = True
    ada = browser()
    begun = query_of(ada.begin("evil", next="/"))
    back = httpx2.get(f"{server.home.url}/authorize", params=begun).headers["location"]
    assert query_of(back)["iss"] == server.home.issuer
    refused(ada.back(back), "the code comes from another provider")
    assert "/token" not in server.evil.asked
    nobody_came_in(server, "another provider")


def test_mix_up_a_provider_that_claims_to_be_another(server: SignInServer, browser: NewBrowser) -> None:
    server.evil.claims = {"iss": server.home.issuer}
    refused(browser().sign_in("evil", next="/"), "claim iss")
    nobody_came_in(server, "claim iss")


def test_the_same_subject_at_another_provider_is_another_person(server: SignInServer, browser: NewBrowser) -> None:
    ada, mallory = browser(), browser()
    account = ada.exchange(code_in(ada.sign_in("home", next="/"))).json()["user"]
    server.evil.sub, server.evil.about = server.home.sub, MALLORY
    other = mallory.exchange(code_in(mallory.sign_in("evil", next="/"))).json()["user"]
    assert account["id"] != other["id"]


# --- code injection: a code that was stolen from the victim ---------------------------------------------------------


def test_code_injection_into_a_sign_in_of_the_attacker(server: SignInServer, browser: NewBrowser) -> None:
    ada, mallory = browser(), browser()
    stolen = query_of(ada.at_provider(ada.begin(next="/")))["code"]
    own = query_of(mallory.at_provider(mallory.begin(next="/")))
    callback = f"{server.url}/api/auth/login/home/callback/?state={own['state']}&code={stolen}"
    refused(mallory.back(callback), "does not accept the code")
    nobody_came_in(server, "does not accept the code")


def test_code_injection_at_a_provider_that_does_not_know_pkce(server: SignInServer, browser: NewBrowser) -> None:
    """The real provider ignores PKCE. Then the nonce says that the code belongs to another sign-in."""
    ada, mallory = browser(), browser()
    sub = server.mock.knows("ada-1", email="ada@example.org", email_verified=True)
    stolen = query_of(ada.at_provider(ada.begin("mock", next="/"), sub))["code"]
    own = query_of(mallory.begin("mock", next="/"))
    callback = f"{server.url}/api/auth/login/mock/callback/?state={own['state']}&code={stolen}"
    refused(mallory.back(callback), "the nonce of the ID token is wrong")
    nobody_came_in(server, "nonce")


def test_code_injection_by_way_of_the_api(server: SignInServer, browser: NewBrowser, api: httpx2.Client) -> None:
    ada = browser()
    for redirect_uri in (APP, f"{server.url}/api/auth/login/home/callback/", "https://evil.example/"):
        stolen = query_of(ada.at_provider(ada.begin(next="/")))["code"]
        form = {"code": stolen, "redirect_uri": redirect_uri, "code_verifier": VERIFIER}
        answer = api.post("/api/auth/login/home/", json=form)
        assert answer.status_code == (401 if redirect_uri == APP else 400)
    assert server.people == 0


# --- replay ---------------------------------------------------------------------------------------------------------


def test_replay_of_a_callback(server: SignInServer, browser: NewBrowser) -> None:
    ada, mallory = browser(), browser()
    back = ada.at_provider(ada.begin(next="/"))
    assert ada.back(back).status_code == 302
    refused(ada.back(back), "has been completed already")
    refused(mallory.back(back), "has been completed already")
    assert server.home.asked.count("/token") == 1


def test_replay_of_a_code_of_the_provider(server: SignInServer, browser: NewBrowser) -> None:
    ada = browser()
    spent = query_of(ada.at_provider(ada.begin(next="/")))
    ada.back(f"{server.url}/api/auth/login/home/callback/?state={spent['state']}&code={spent['code']}")
    fresh = query_of(ada.begin(next="/"))["state"]
    again = ada.back(f"{server.url}/api/auth/login/home/callback/?state={fresh}&code={spent['code']}")
    refused(again, "does not accept the code")


def test_replay_of_a_one_time_code(server: SignInServer, browser: NewBrowser) -> None:
    ada = browser()
    code = code_in(ada.sign_in(next="/"))
    assert ada.exchange(code).status_code == 200
    for someone in (ada, browser()):
        refused(someone.exchange(code), "unknown, was used before")
    assert server.rows("SELECT count(*) FROM sessions") == [(1,)]


def test_replay_of_an_id_token(server: SignInServer, api: httpx2.Client) -> None:
    nonce = api.post("/api/auth/login/home/nonce/").json()["nonce"]
    form = {"id_token": server.home.id_token(nonce), "nonce": nonce}
    assert api.post("/api/auth/login/home/", json=form).status_code == 200
    refused(api.post("/api/auth/login/home/", json=form), "nonce is unknown, was used before")
    fresh = api.post("/api/auth/login/home/nonce/").json()["nonce"]
    refused(api.post("/api/auth/login/home/", json=form | {"nonce": fresh}), "nonce of the ID token is wrong")
    made_up = {"id_token": server.home.id_token("mine"), "nonce": "mine"}
    refused(api.post("/api/auth/login/home/", json=made_up), "nonce is unknown")
    elsewhere = api.post("/api/auth/login/evil/nonce/").json()["nonce"]
    other = {"id_token": server.home.id_token(elsewhere), "nonce": elsewhere}
    refused(api.post("/api/auth/login/home/", json=other), "nonce is unknown")
    assert server.rows("SELECT count(*) FROM sessions") == [(1,)]


# --- the account of somebody else by its address --------------------------------------------------------------------


def test_pre_registered_victim_address(server: SignInServer, browser: NewBrowser, api: httpx2.Client) -> None:
    """Mallory signs up with the victim's address and waits for her to sign in with a provider."""
    sign_up(api, email="Ada@Example.org", username="trap")
    ada = browser()
    refused(ada.sign_in(next="/"), "There is an account with your email address already", 409)
    assert linked(api) == []
    assert server.people == 1
    assert server.refusals[-1] == "the address has an account, and both sides have not verified it"


def test_pre_registered_victim_address_at_a_provider_that_does_not_check(
    server: SignInServer, browser: NewBrowser
) -> None:
    """Mallory has the victim's address at a provider, unverified, before the victim comes."""
    server.evil.sub, server.evil.about = "mallory", {"email": "ada@example.org", "email_verified": False}
    mallory = browser()
    trap = mallory.exchange(code_in(mallory.sign_in("evil", next="/"))).json()["user"]
    assert trap["is_verified"] is False
    refused(browser().sign_in("home", next="/"), "There is an account with your email address already", 409)


@pytest.mark.parametrize("said", [False, None, "false", "yes", 1, [True], {"verified": True}])
def test_takeover_by_unverified_email(server: SignInServer, browser: NewBrowser, api: httpx2.Client, said: Any) -> None:
    sign_up(api, email="ada@example.org", username="ada")
    server.run("UPDATE users SET is_verified = true")
    server.evil.sub, server.evil.about = "mallory", {"email": "ADA@example.org", "email_verified": said}
    refused(browser().sign_in("evil", next="/"), "There is an account with your email address already", 409)
    assert linked(api) == []


def test_takeover_by_an_unverified_account_here(server: SignInServer, browser: NewBrowser, api: httpx2.Client) -> None:
    sign_up(api, email="ada@example.org", username="ada")
    refused(browser().sign_in(next="/"), "There is an account with your email address already", 409)


def test_takeover_by_facebook_whose_addresses_are_not_verified(server: SignInServer, api: httpx2.Client) -> None:
    sign_up(api, email="ada@example.org", username="ada")
    server.run("UPDATE users SET is_verified = true")
    answer = api.post("/api/auth/login/facebook/", json={"access_token": server.graph.access_token()})
    refused(answer, "There is an account with your email address already", 409)


def test_takeover_by_changing_the_address_at_the_provider(server: SignInServer, browser: NewBrowser) -> None:
    ada, mallory = browser(), browser()
    victim = ada.exchange(code_in(ada.sign_in(next="/"))).json()["user"]
    is_mallory(server.home)
    own = mallory.exchange(code_in(mallory.sign_in(next="/"))).json()["user"]
    server.home.about = {**MALLORY, "email": "ada@example.org", "email_verified": True}
    again = mallory.exchange(code_in(mallory.sign_in(next="/"))).json()["user"]
    assert again == own
    assert again["id"] != victim["id"]
    assert again["email"] == "mallory@evil.example"


def test_a_verified_address_on_both_sides_is_one_person_in_any_letter_case(
    server: SignInServer, browser: NewBrowser, api: httpx2.Client
) -> None:
    signed_up = sign_up(api, email="ada@example.org", username="ada")
    server.run("UPDATE users SET is_verified = true")
    server.home.about["email"] = "ADA@EXAMPLE.ORG"
    tab = browser()
    assert tab.exchange(code_in(tab.sign_in(next="/"))).json()["user"]["id"] == signed_up["user"]["id"]


def test_disabled_accounts_stay_out(server: SignInServer, browser: NewBrowser, api: httpx2.Client) -> None:
    tab = browser()
    tab.sign_in(next="/")
    waiting = code_in(tab.sign_in(next="/"))
    server.run("UPDATE users SET is_active = false")
    refused(tab.exchange(waiting), "This account is disabled", 403)
    refused(tab.sign_in(next="/"), "This account is disabled", 403)
    nonce = api.post("/api/auth/login/home/nonce/").json()["nonce"]
    form = {"id_token": server.home.id_token(nonce), "nonce": nonce}
    refused(api.post("/api/auth/login/home/", json=form), "This account is disabled", 403)
    assert server.rows("SELECT count(*) FROM sessions") == [(0,)]
    assert server.refusals[-3:] == ["AccountDisabled"] * 3


@pytest.mark.parametrize("email", [None, "", "nobody", 7])
def test_without_an_address_nobody_gets_an_account(server: SignInServer, browser: NewBrowser, email: Any) -> None:
    server.home.about = {"email": email, "email_verified": True}
    refused(browser().sign_in(next="/"), "gave no email address that can be used", 403)
    nobody_came_in(server, "no email address")


# --- open redirect --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "https://evil.example",
        "https://allowed.evil",
        "http://localhost:3000.evil.example",
        "http://localhost:3000@evil.example",
        "http://localhost:3000\\@evil.example",
        "http://localhost:30001",
        "https://localhost:3000",
        "javascript:alert(1)",
        "/?code=of-mallory",
        "/\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_open_redirect(server: SignInServer, api: httpx2.Client, browser: NewBrowser, url: str) -> None:
    answer = api.get("/api/auth/login/home/", params={"next": url})
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers
    with server.client() as client:
        sign_up(client)
        answer = client.post("/api/auth/identities/home/start/", json={"next": url} if url else {"next": "//x"})
        assert answer.status_code == 400


# --- forged tokens --------------------------------------------------------------------------------------------------


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def without_signature(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return f"{encoded({**header, 'alg': 'none'})}.{encoded(claims)}."


def with_another_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode(header, claims, RSAKey.generate_key(2048))


FORGED: dict[str, tuple[dict[str, Any], str]] = {
    "of another issuer": ({"claims": {"iss": "https://evil.example"}}, "claim iss"),
    "for another client": ({"claims": {"aud": "another-client"}}, "claim aud"),
    "asked for by another client": ({"claims": {"azp": "another-client"}}, "claim azp"),
    "for another sign-in": ({"claims": {"nonce": "another"}}, "nonce"),
    "expired": ({"claims": {"exp": 1_000_000_000}}, "expired"),
    "from the future": ({"claims": {"iat": 9_999_999_999}}, "claim iat"),
    "without a subject": ({"claims": {"sub": None}}, "claim sub"),
    "without a signature": ({"sign": without_signature}, "signed in a way"),
    "of another key": ({"sign": with_another_key}, "signature"),
    "of a symmetric key": ({"header": {"alg": "HS256"}, "sign": without_signature}, "signed in a way"),
}


@pytest.mark.parametrize("how", FORGED)
def test_forged_id_token(server: SignInServer, browser: NewBrowser, api: httpx2.Client, how: str) -> None:
    changes, why = FORGED[how]
    for name, value in changes.items():
        setattr(server.evil, name, value)
    refused(browser().sign_in("evil", next="/"), why)
    nonce = api.post("/api/auth/login/evil/nonce/").json()["nonce"]
    form = {"id_token": server.evil.id_token(nonce), "nonce": nonce}
    refused(api.post("/api/auth/login/evil/", json=form), why)
    nobody_came_in(server, why, why)


def test_token_substitution_at_facebook(server: SignInServer, api: httpx2.Client) -> None:
    """A token that the victim gave to another app, whose maker is Mallory."""
    token = server.graph.access_token(app_id="app-of-mallory")
    refused(api.post("/api/auth/login/facebook/", json={"access_token": token}), "made for another service")
    nobody_came_in(server, "made for another service")


def test_an_id_token_for_one_provider_is_not_one_for_another(server: SignInServer, api: httpx2.Client) -> None:
    nonce = api.post("/api/auth/login/home/nonce/").json()["nonce"]
    form = {"id_token": server.evil.id_token(nonce, iss=server.home.issuer), "nonce": nonce}
    refused(api.post("/api/auth/login/home/", json=form), "ID token")
    nobody_came_in(server, "ID token")


def test_made_up_keys_do_not_make_us_hammer_the_provider(server: SignInServer, api: httpx2.Client) -> None:
    for number in range(20):
        nonce = api.post("/api/auth/login/evil/nonce/").json()["nonce"]
        server.evil.header = {"kid": f"made-up-{number}"}
        form = {"id_token": server.evil.id_token(nonce), "nonce": nonce}
        refused(api.post("/api/auth/login/evil/", json=form), "key of the ID token is unknown")
    assert server.evil.asked.count("/jwks") <= 2


# --- a hostile provider ---------------------------------------------------------------------------------------------

HOSTILE: dict[str, Callable[[Any], None]] = {
    "HTML": lambda handler: send(handler, 200, b"<html>", {"Content-Type": "text/html"}),
    "a 500": lambda handler: send(handler, 500, {}, {}),
    "a redirect to a private address": lambda handler: send(
        handler, 302, b"", {"Location": "http://169.254.169.254/latest/meta-data/"}
    ),
    "10 MB": lambda handler: send(handler, 200, b" " * 10_000_000, {}),
    "silence": lambda handler: handler.rfile.read(1),
    "other JSON": lambda handler: send(handler, 200, [], {}),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_a_hostile_provider_is_a_clear_problem_and_makes_no_account(
    server: SignInServer, browser: NewBrowser, api: httpx2.Client, how: str
) -> None:
    server.evil.hostile["/token"] = HOSTILE[how]
    page = browser().sign_in("evil", next="/")
    refused(page, "You cannot sign in with evil at the moment", 503)
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["retry-after"]
    code = query_of(browser().at_provider(browser().begin("evil")))["code"]
    form = {"code": code, "redirect_uri": APP, "code_verifier": VERIFIER}
    problem = api.post("/api/auth/login/evil/", json=form)
    assert problem.status_code == 503
    assert problem.json()["type"] == "/docs#provider-unavailable"
    server.evil.hostile.clear()
    assert server.people == 0
    assert server.rows("SELECT count(*) FROM sessions") == [(0,)]
    assert len(server.refusals) >= 2


def test_what_a_provider_says_about_somebody_does_no_harm(server: SignInServer, browser: NewBrowser) -> None:
    server.home.about |= {
        "preferred_username": "<script>alert(1)</script>",
        "given_name": "Robert'); DROP TABLE users;--",
        "family_name": "\u202egnp.exe",
        "groups": ["admin", "x" * 10_000],
        "is_admin": True,
    }
    tab = browser()
    user = tab.exchange(code_in(tab.sign_in(next="/"))).json()["user"]
    assert user["username"] == "script-alert-1-script"
    assert (user["first_name"], user["last_name"]) == ("Robert'); DROP TABLE users;--", "")
    assert user["is_admin"] is False


# --- guessing -------------------------------------------------------------------------------------------------------


def test_failures_and_beginnings_are_limited_by_client(start_server: Any, server: SignInServer) -> None:
    keys = {"CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": "x", "ISSUER": server.home.issuer}
    limited = start_server(
        TRIPKIT_SERVER__PUBLIC_URL="",
        TRIPKIT_RATELIMIT__LOGIN_CLIENT="3/h",
        TRIPKIT_RATELIMIT__OAUTH="2/h",
        **{f"TRIPKIT_OAUTH__HOME__{name}": value for name, value in keys.items()},
    )
    with limited.client() as client:
        for _ in range(3):
            assert client.post("/api/auth/token/exchange/", json={"code": "guess"}).status_code == 401
        answer = client.post("/api/auth/token/exchange/", json={"code": "guess"})
        assert answer.status_code == 429
        assert answer.headers["retry-after"]
        assert client.get("/api/auth/login/home/callback/?state=x&code=y").status_code == 429
        statuses = [client.post("/api/auth/login/home/nonce/").status_code for _ in range(3)]
        assert statuses == [200, 200, 429]


def test_passwords_are_not_guessed_by_way_of_accounts_without_one(
    server: SignInServer, browser: NewBrowser, api: httpx2.Client
) -> None:
    browser().sign_in(next="/")
    for password in ("", PASSWORD, "null"):
        answer = api.post("/api/auth/login/", json={"email": "ada@example.org", "password": password})
        assert answer.status_code == 401
