"""OpenID providers: what is believed, and all that is not."""

import asyncio
import base64
import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tripkit.config import OAuth
from tripkit.errors import ProviderUnavailable, SignInFailed, ValidationFailed
from tripkit.oauth.base import AccessTokenProof, CodeProof, IdTokenProof, OAuthProvider, Person
from tripkit.oauth.openid import Google
from tripkit.oauth.providers import open_providers

from ..openid import CLIENT_ID, OpenID
from ..standin import send
from .conftest import CALLBACK, VERIFIER, wait

Home = Callable[..., OAuthProvider]


def answer_of(provider: OAuthProvider, *, nonce: str = "n", verifier: str = VERIFIER) -> dict[str, str]:
    """What a browser brings back from the provider."""
    asked = provider.authorization_url(redirect_uri=CALLBACK, state="s", nonce=nonce, code_verifier=verifier)
    location = httpx2.get(wait(asked)).headers["location"]
    assert location.startswith(CALLBACK)
    return dict(parse_qsl(urlsplit(location).query))


def by_code(provider: OAuthProvider, **changes: Any) -> Person:
    """Sign in as a browser does; `changes` to the proof."""
    brought = answer_of(provider)
    proof = {"code": brought["code"], "redirect_uri": CALLBACK, "code_verifier": VERIFIER, "nonce": "n"}
    return wait(provider.identify(CodeProof(**(proof | {"issuer": brought.get("iss")} | changes))))


def by_token(provider: OAuthProvider, token: str, nonce: str = "n") -> Person:
    return wait(provider.identify(IdTokenProof(token, nonce)))


# --- what is right --------------------------------------------------------------------------------------------------


def test_the_browser_is_sent_with_state_nonce_and_pkce(openid: OpenID, home: Home) -> None:
    url = wait(home().authorization_url(redirect_uri=CALLBACK, state="s", nonce="n", code_verifier=VERIFIER))
    assert url.startswith(f"{openid.url}/authorize?")
    query = parse_qs(urlsplit(url).query)
    assert query.pop("code_challenge") == ["7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"]
    assert query == {
        "response_type": ["code"],
        "client_id": [CLIENT_ID],
        "redirect_uri": [CALLBACK],
        "scope": ["openid email profile"],
        "state": ["s"],
        "nonce": ["n"],
        "code_challenge_method": ["S256"],
    }


def test_scopes_always_hold_openid(home: Home) -> None:
    asked = home(scopes=("groups",)).authorization_url(
        redirect_uri=CALLBACK, state="s", nonce="n", code_verifier=VERIFIER
    )
    assert parse_qs(urlsplit(wait(asked)).query)["scope"] == ["openid groups"]


def test_a_code_and_an_id_token_identify_the_same_person(openid: OpenID, home: Home) -> None:
    openid.about |= {"given_name": "Ada", "family_name": "Lovelace", "groups": ["trips", 7]}
    person = Person("ada-at-the-provider", "ada@example.org", True, "ada", "Ada", "Lovelace", ("trips",))
    assert by_code(home()) == by_token(home(), openid.id_token("n")) == person


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_the_secret_is_sent_in_a_way_that_the_provider_takes(openid: OpenID, home: Home, method: str) -> None:
    openid.metadata["token_endpoint_auth_methods_supported"] = [method]
    if method == "client_secret_basic":
        seen = []

        def refuse(handler: Any) -> None:
            seen.append(handler.headers["authorization"])
            send(handler, 500, {}, {})

        openid.hostile["/token"] = refuse
        with pytest.raises(ProviderUnavailable):
            by_code(home())
        assert base64.b64decode(seen[0].removeprefix("Basic ")).decode() == f"{CLIENT_ID}:s3cret+with/odd=chars%"
    else:
        assert by_code(home()).subject == openid.sub


@pytest.mark.parametrize(("kind", "algorithm"), [("RSA", "PS256"), ("EC", "ES256"), ("OKP", "EdDSA")])
def test_other_signatures_are_taken_when_the_provider_makes_them(
    openid: OpenID, home: Home, kind: str, algorithm: str
) -> None:
    openid.rotate(kind)
    openid.header = {"alg": algorithm}
    assert by_code(home()).subject == openid.sub
    openid.metadata["id_token_signing_alg_values_supported"] = ["RS256"]
    with pytest.raises(SignInFailed, match="signed in a way"):
        by_code(home())


def test_claims_may_have_other_names(openid: OpenID, home: Home) -> None:
    openid.about = {"mail": "a@example.org", "edov": "true", "nick": "a", "first": "A", "last": "L", "roles": ["x"]}
    options = {"email_claim": "mail", "verified_claim": "edov", "username_claim": "nick"}
    options |= {"first_name_claim": "first", "last_name_claim": "last", "groups_claim": "roles"}
    assert by_code(home(**options)) == Person(openid.sub, "a@example.org", True, "a", "A", "L", ("x",))


def test_what_the_id_token_leaves_out_is_asked_for(openid: OpenID, home: Home) -> None:
    openid.userinfo = {"email": "ada@example.org", "email_verified": True}
    assert by_code(home()).email == "ada@example.org"
    openid.userinfo["sub"] = "somebody-else"
    assert openid.asked.count("/userinfo") == 1
    with pytest.raises(SignInFailed, match="describes somebody else"):
        by_code(home())


def test_groups_are_asked_for_where_they_matter(openid: OpenID, home: Home) -> None:
    assert by_code(home()).groups is None
    assert "/userinfo" not in openid.asked
    about = openid.about
    openid.userinfo = {"groups": ["trips"]}
    openid.claims = about
    assert by_code(home(admin_group="trips")).groups == ("trips",)


@pytest.mark.parametrize(
    "about",
    [
        {},
        {"email": None, "email_verified": None},
        {"email": 7, "email_verified": 1, "preferred_username": ["a"], "given_name": {}},
        {"email": "x" * 300, "email_verified": "yes", "preferred_username": "a\x00b", "given_name": "\x9f"},
        {"email": ["ada@example.org"], "email_verified": "True", "groups": "trips"},
    ],
)
def test_claims_that_are_missing_or_odd_count_for_nothing(openid: OpenID, home: Home, about: dict[str, Any]) -> None:
    openid.about = about
    assert by_token(home(), openid.id_token("n")) == Person(openid.sub)


def test_every_address_of_a_trusted_provider_is_verified(openid: OpenID, home: Home) -> None:
    openid.about = {"email": "ada@example.org", "email_verified": False}
    assert not by_code(home()).is_verified
    assert by_code(home(trust_email=True)).is_verified


@pytest.mark.parametrize(
    ("about", "is_verified"),
    [
        ({"email": "ada@gmail.com", "email_verified": True}, True),
        ({"email": "ada@GMail.com", "email_verified": True}, True),
        ({"email": "ada@gmail.com", "email_verified": False}, False),
        ({"email": "ada@corp.example", "email_verified": True, "hd": "corp.example"}, True),
        ({"email": "ada@corp.example", "email_verified": True}, False),
        ({"email": "ada@corp.example", "email_verified": True, "hd": ""}, False),
        ({"email": "ada@gmail.com.evil.example", "email_verified": True}, False),
    ],
)
def test_google_is_believed_where_it_hands_the_address_out(
    openid: OpenID, clock: Any, about: dict[str, Any], is_verified: bool
) -> None:
    openid.about = about
    google = Google("google", OAuth(client_id=CLIENT_ID, client_secret="x", issuer=openid.issuer), clock)
    assert by_token(google, openid.id_token("n")).is_verified == is_verified


def test_google_has_two_names_and_others_have_one(openid: OpenID, home: Home, clock: Any) -> None:
    token = openid.id_token("n", iss="accounts.google.com")
    google = Google("google", OAuth(client_id=CLIENT_ID, client_secret="x", issuer=openid.issuer), clock)
    assert by_token(google, token).subject == openid.sub
    with pytest.raises(SignInFailed, match="claim iss"):
        by_token(home(), token)


def test_google_needs_no_issuer_and_has_a_label(clock: Any) -> None:
    keys = {"client_id": "x", "client_secret": "y"}
    options = {"google": OAuth(**keys), "home": OAuth(**keys, issuer="https://a.example"), "half": OAuth(client_id="x")}
    found = open_providers(options, clock)
    assert {name: each.label for name, each in found.items()} == {"google": "Google", "home": "home"}
    assert open_providers({"google": OAuth(**keys, label="G")}, clock)["google"].label == "G"


# --- ID tokens ------------------------------------------------------------------------------------------------------

HOUR = 3600


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://evil.example"}, "claim iss"),
        ({"iss": None}, "lacks the claim iss"),
        ({"iss": 7}, "claim iss"),
        ({"aud": "another-client"}, "claim aud"),
        ({"aud": ["another-client"]}, "claim aud"),
        ({"aud": []}, "claim aud"),
        ({"aud": None}, "lacks the claim aud"),
        ({"aud": {"tripkit": 1}}, "claim aud"),
        ({"aud": [CLIENT_ID, "another-client"]}, "claim azp"),
        ({"aud": [CLIENT_ID, "another-client"], "azp": "another-client"}, "claim azp"),
        ({"azp": "another-client"}, "claim azp"),
        ({"azp": [CLIENT_ID]}, "claim azp"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"nonce": ["n"]}, "nonce"),
        ({"nonce": ""}, "nonce"),
        ({"exp": None}, "lacks the claim exp"),
        ({"exp": "tomorrow"}, "claim exp"),
        ({"exp": float("inf")}, "claim exp"),
        ({"exp": float("nan")}, "claim exp"),
        ({"iat": None}, "lacks the claim iat"),
        ({"sub": None}, "lacks the claim sub"),
        ({"sub": 7}, "claim sub"),
        ({"sub": ""}, "claim sub"),
        ({"sub": "x" * 256}, "who it is"),
        ({"sub": "a\x00b"}, "who it is"),
        ({"sub": "a\nb"}, "who it is"),
    ],
)
@pytest.mark.parametrize("way", ["code", "token"])
def test_an_id_token_with_a_wrong_claim_is_refused(
    openid: OpenID, home: Home, claims: dict[str, Any], reason: str, way: str
) -> None:
    openid.claims = claims
    with pytest.raises(SignInFailed, match=reason):
        by_code(home()) if way == "code" else by_token(home(), openid.id_token("n"))


@pytest.mark.parametrize(
    ("offsets", "accepted"),
    [
        ({"exp": -59}, True),
        ({"exp": -61}, False),
        ({"iat": 59}, True),
        ({"iat": 61}, False),
        ({"nbf": 59}, True),
        ({"nbf": 61}, False),
    ],
)
def test_clocks_may_differ_by_a_minute(
    openid: OpenID, home: Home, clock: Any, offsets: dict[str, int], accepted: bool
) -> None:
    now = int(clock.now.timestamp())
    token = openid.id_token("n", **{name: now + seconds for name, seconds in offsets.items()})
    if accepted:
        assert by_token(home(), token).subject == openid.sub
    else:
        with pytest.raises(SignInFailed):
            by_token(home(), token)


def test_a_token_for_several_or_for_an_app_of_ours_is_taken(openid: OpenID, home: Home) -> None:
    several = openid.id_token("n", aud=[CLIENT_ID, "another"], azp=CLIENT_ID)
    assert by_token(home(), several).subject == openid.sub
    android = openid.id_token("n", azp="our-android-app")
    assert by_token(home(authorized_parties=("our-android-app",)), android).subject == openid.sub
    with pytest.raises(SignInFailed, match="azp"):
        by_token(home(), android)


def encoded(part: Any) -> str:
    """One part of a token."""
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return f"{encoded({**header, 'alg': 'none'})}.{encoded(claims)}."


def test_a_token_without_signature_is_refused(openid: OpenID, home: Home) -> None:
    openid.sign = unsigned
    for provider in (home(), home()):
        with pytest.raises(SignInFailed, match="signed in a way"):
            by_code(provider)
    with pytest.raises(SignInFailed, match="signed in a way"):
        by_token(home(), openid.id_token("n"))


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(openid: OpenID, home: Home) -> None:
    public = openid.keys[0].as_pem(private=False)

    def confused(header: dict[str, Any], claims: dict[str, Any]) -> str:
        signed = ".".join(encoded(part) for part in ({**header, "alg": "HS256"}, claims))
        return f"{signed}.{encoded(hmac.digest(public, signed.encode(), 'sha256'))}"

    openid.sign = confused
    with pytest.raises(SignInFailed, match="signed in a way"):
        by_token(home(), openid.id_token("n"))


def test_a_token_signed_with_the_client_secret_is_refused(openid: OpenID, home: Home) -> None:
    openid.metadata["id_token_signing_alg_values_supported"] = ["HS256"]
    with pytest.raises(ProviderUnavailable, match="signs with none of"):
        by_code(home())


def test_a_token_signed_with_another_key_is_refused(openid: OpenID, home: Home) -> None:
    evil = RSAKey.generate_key(2048, {"kid": "first"})
    openid.sign = lambda header, claims: jwt.encode(header, claims, evil)
    with pytest.raises(SignInFailed, match="signature"):
        by_token(home(), openid.id_token("n"))


def test_keys_that_a_token_brings_along_are_not_used(openid: OpenID, home: Home) -> None:
    evil = RSAKey.generate_key(2048, {"kid": "evil"})
    for header in ({"jwk": evil.as_dict(private=False)}, {"jku": f"{openid.url}/evil"}, {"x5u": f"{openid.url}/evil"}):
        openid.sign = lambda given, claims, header=header: jwt.encode(
            {**given, **header, "kid": "evil"}, claims, evil, algorithms=["RS256"]
        )
        with pytest.raises(SignInFailed, match=r"key of the ID token is unknown|ID token cannot be read"):
            by_token(home(), openid.id_token("n"))
    assert "/evil" not in openid.asked


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b.c",
        "..",
        "e30.e30.e30",
        "W10.W10.W10",
        "bnVsbA.bnVsbA.bnVsbA",
        "eyJhbGciOjd9.e30.x",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6N30.e30.x",
        "eyJhbGciOiJSUzI1NiIsImNyaXQiOlsieCJdLCJ4IjoxfQ.e30.x",
        "é.é.é",
        "x" * 20_000,
        base64.urlsafe_b64encode(b'{"alg":' + b"[" * 10_000).decode() + ".e30.x",
    ],
)
def test_what_is_no_token_is_refused(home: Home, token: str) -> None:
    with pytest.raises(SignInFailed):
        by_token(home(), token)


def test_an_access_token_proves_nothing_to_an_openid_provider(home: Home) -> None:
    with pytest.raises(ValidationFailed) as failed:
        wait(home().identify(AccessTokenProof("whatever")))
    assert failed.value.errors.keys() == {"access_token"}


# --- codes ----------------------------------------------------------------------------------------------------------


def test_a_code_is_worth_something_once(home: Home) -> None:
    provider = home()
    code = answer_of(provider)["code"]
    proof = CodeProof(code, CALLBACK, VERIFIER, "n", None)
    assert wait(provider.identify(proof))
    with pytest.raises(SignInFailed, match="does not accept the code"):
        wait(provider.identify(proof))


@pytest.mark.parametrize(
    "changes", [{"code": "made-up"}, {"code_verifier": "w" * 43}, {"redirect_uri": CALLBACK + "x"}]
)
def test_a_code_for_something_else_is_refused(home: Home, changes: dict[str, str]) -> None:
    with pytest.raises(SignInFailed, match="does not accept the code"):
        by_code(home(), **changes)


def test_a_code_that_says_it_is_from_another_provider_goes_nowhere(openid: OpenID, home: Home) -> None:
    for supported in (True, False):
        openid.sends_issuer = supported
        openid.asked.clear()
        with pytest.raises(SignInFailed, match="another provider"):
            by_code(home(), issuer="https://evil.example")
        assert "/token" not in openid.asked
    openid.sends_issuer = True
    assert by_code(home()).subject == openid.sub
    with pytest.raises(SignInFailed, match="another provider"):
        by_code(home(), issuer=None)
    assert openid.asked.count("/token") == 1


@pytest.mark.parametrize("answer", [{"id_token": None}, {"id_token": 7}, {"id_token": ""}])
def test_a_token_endpoint_that_sends_no_id_token_identifies_nobody(
    openid: OpenID, home: Home, answer: dict[str, Any]
) -> None:
    openid.token = answer
    with pytest.raises(SignInFailed):
        by_code(home())


# --- keys that change -----------------------------------------------------------------------------------------------


def test_keys_may_be_rotated_while_people_sign_in(openid: OpenID, home: Home) -> None:
    provider = home()
    openid.header = {"kid": "made-up"}
    with pytest.raises(SignInFailed, match="key of the ID token is unknown"):
        by_token(provider, openid.id_token("n"))
    openid.header = {}
    for _ in range(3):
        code = answer_of(provider)["code"]
        openid.rotate()
        assert wait(provider.identify(CodeProof(code, CALLBACK, VERIFIER, "n", None))).subject == openid.sub
        assert by_token(provider, openid.id_token("n")).subject == openid.sub


def test_made_up_keys_do_not_make_us_ask_again_and_again(openid: OpenID, home: Home, clock: Any) -> None:
    provider = home()
    for attempt in range(30):
        openid.header = {"kid": f"made-up-{attempt}"}
        with pytest.raises(SignInFailed, match="key of the ID token is unknown"):
            by_token(provider, openid.id_token("n"))
        clock.advance(seconds=3)
    assert openid.asked.count("/jwks") == 3  # at the beginning, for the first of them, and after a minute


def test_made_up_keys_do_not_make_us_ask_a_broken_provider_again_and_again(
    openid: OpenID, home: Home, clock: Any
) -> None:
    provider = home()
    openid.hostile["/jwks"] = lambda handler: handler.send_error(500)
    for _ in range(10):
        with pytest.raises(ProviderUnavailable):
            by_token(provider, openid.id_token("n"))
        clock.advance(seconds=1)
    assert openid.asked.count("/jwks") == 2


def test_of_many_at_once_one_asks(openid: OpenID, home: Home) -> None:
    provider = home()
    tokens = [openid.id_token("n") for _ in range(20)]

    async def all_of_them() -> list[Person]:
        return await asyncio.gather(*(provider.identify(IdTokenProof(token, "n")) for token in tokens))

    assert len(wait(all_of_them())) == 20
    assert sorted(openid.asked) == ["/.well-known/openid-configuration", "/jwks"]


def test_what_was_found_out_is_kept_for_an_hour(openid: OpenID, home: Home, clock: Any) -> None:
    provider = home()
    for minutes, asked in ((0, 1), (59, 1), (2, 2)):
        clock.advance(minutes=minutes)
        assert by_token(provider, openid.id_token("n"))
        assert openid.asked.count("/jwks") == asked


def test_keys_of_other_kinds_are_left_out(openid: OpenID, home: Home) -> None:
    sign_with = openid.keys[0]
    others = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "first"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "first"},
        {"kty": "RSA", "kid": "first"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "first"},
        {"kty": "post-quantum", "kid": "first"},
        {**RSAKey.generate_key(2048).as_dict(private=False), "kid": "first", "use": "enc"},
        {},
    ]
    keys = json.dumps({"keys": [*others, sign_with.as_dict(private=False)]}).encode()
    openid.hostile["/jwks"] = lambda handler: send_json(handler, keys)
    assert by_token(home(), openid.id_token("n")).subject == openid.sub


def test_without_kid_there_has_to_be_one_key(openid: OpenID, home: Home) -> None:
    openid.header = {"kid": None}
    openid.sign = lambda header, claims: jwt.encode({"alg": "RS256"}, claims, openid.keys[0])
    assert by_token(home(), openid.id_token("n")).subject == openid.sub
    openid.keys.append(RSAKey.generate_key(2048, {"kid": "second"}))
    with pytest.raises(SignInFailed, match="key of the ID token is unknown"):
        by_token(home(), openid.id_token("n"))


def send_json(handler: Any, content: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


# --- discovery ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"issuer": "https://evil.example"}, "calls itself 'https://evil.example'"),
        ({"issuer": None}, "cannot be used"),
        ({"token_endpoint": None}, "cannot be used"),
        ({"jwks_uri": 7}, "cannot be used"),
        ({"token_endpoint": "http://169.254.169.254/token"}, "is not https"),
        ({"jwks_uri": "file:///etc/passwd"}, "cannot be used"),
        ({"authorization_endpoint": "https://a.example/\r\nSet-Cookie: a=b"}, "cannot be used"),
        ({"userinfo_endpoint": "http://10.0.0.1/"}, "is not https"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "cannot be used"),
        ({"id_token_signing_alg_values_supported": ["none", "HS256"]}, "signs with none of"),
        ({"id_token_signing_alg_values_supported": []}, "signs with none of"),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "takes client secrets in none"),
    ],
)
def test_a_provider_that_describes_itself_wrongly_cannot_be_used(
    openid: OpenID, home: Home, metadata: dict[str, Any], reason: str
) -> None:
    openid.metadata = metadata
    provider = home()
    with pytest.raises(ProviderUnavailable, match=reason):
        by_token(provider, openid.id_token("n"))
    with pytest.raises(ProviderUnavailable):
        wait(provider.authorization_url(redirect_uri=CALLBACK, state="s", nonce="n", code_verifier=VERIFIER))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("invalid_grant", SignInFailed),
        ("invalid_request", SignInFailed),
        ("invalid_client", ProviderUnavailable),
        ("unauthorized_client", ProviderUnavailable),
        ("server_error", ProviderUnavailable),
        ({"code": 100}, ProviderUnavailable),
        (["x"], ProviderUnavailable),
        (None, ProviderUnavailable),
    ],
)
def test_what_a_token_endpoint_refuses_is_told_apart(
    openid: OpenID, home: Home, error: Any, kind: type[Exception]
) -> None:
    body = json.dumps({"error": error}).encode()
    openid.hostile["/token"] = lambda handler: send_json(handler, body)
    with pytest.raises(kind) as raised:
        by_code(home())
    assert "s3cret" not in str(raised.value)
