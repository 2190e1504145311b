"""Forged, altered and misused tokens over HTTP, and one refresh token in many hands."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tripkit.security.jwt import PURPOSE
from tripkit.security.keys import FILE_NAME, KeyRing, load_or_create

from ..live import PASSWORD, LiveServer, sign_up

Parts = tuple[dict[str, Any], dict[str, Any], bytes]


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def signed(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    text = ".".join(encode(json.dumps(each).encode()) for each in (header, claims))
    return f"{text}.{encode(hmac.digest(key, text.encode(), hashlib.sha256))}"


@pytest.fixture
def key(server: LiveServer) -> bytes:
    """The key that the server signs with: what is refused below is refused for what it says, and not for its key."""
    return KeyRing(load_or_create(server.directory / FILE_NAME)).signing(PURPOSE)


@pytest.fixture
def tokens(server: LiveServer) -> dict[str, str]:
    with server.client() as client:
        found: dict[str, str] = sign_up(client)["tokens"]
        return found


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = token.split(".")
    return json.loads(decode(header)), json.loads(decode(claims))


def refused(client: httpx2.Client, token: str, kind: str) -> None:
    answers = [client.post("/api/auth/token/refresh/", json={"refresh": token[:4096]})]
    if kind == "access":
        answers = [
            client.get(path, headers={"Authorization": f"Bearer {token}".encode()})
            for path in ("/api/auth/user/", "/api/plans/")
        ]
    for answer in answers:
        assert answer.status_code == 401, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert "invalid_token" in answer.headers["www-authenticate"]
        assert len(token) < 10 or token not in answer.text


FORGERIES: dict[str, Callable[[dict[str, Any], dict[str, Any], bytes], str]] = {
    "alg none, unsigned": lambda h, c, k: signed(h | {"alg": "none"}, c, k).rpartition(".")[0] + ".",
    "alg none, signed": lambda h, c, k: signed(h | {"alg": "none"}, c, k),
    "alg None": lambda h, c, k: signed(h | {"alg": "None"}, c, k).rpartition(".")[0] + ".",
    "alg RS256 with the key as HMAC": lambda h, c, k: signed(h | {"alg": "RS256"}, c, k),
    "alg HS512": lambda h, c, k: signed(h | {"alg": "HS512"}, c, k),
    "alg missing": lambda h, c, k: signed({n: v for n, v in h.items() if n != "alg"}, c, k),
    "alg of another type": lambda h, c, k: signed(h | {"alg": ["HS256"]}, c, k),
    "embedded key": lambda h, c, k: signed(h | {"jwk": {"kty": "oct", "k": encode(b"x" * 32)}}, c, b"x" * 32),
    "key from elsewhere": lambda h, c, k: signed(h | {"jku": "http://127.0.0.1:1/keys"}, c, b"x" * 32),
    "unknown kid": lambda h, c, k: signed(h | {"kid": "../../../dev/null"}, c, b""),
    "kid of another type": lambda h, c, k: signed(h | {"kid": {"a": 1}}, c, k),
    "no kid": lambda h, c, k: signed({n: v for n, v in h.items() if n != "kid"}, c, k),
    "empty key": lambda h, c, k: signed(h, c, b""),
    "another key": lambda h, c, k: signed(h, c, secrets.token_bytes(32)),
    "foreign issuer": lambda h, c, k: signed(h, c | {"iss": "https://evil.test"}, k),
    "foreign audience": lambda h, c, k: signed(h, c | {"aud": "elsewhere"}, k),
    "several audiences": lambda h, c, k: signed(h, c | {"aud": ["elsewhere"]}, k),
    "the other typ": lambda h, c, k: signed(h, c | {"typ": {"access": "refresh", "refresh": "access"}[c["typ"]]}, k),
    "made-up typ": lambda h, c, k: signed(h, c | {"typ": "admin"}, k),
    "typ of another type": lambda h, c, k: signed(h, c | {"typ": ["access", "refresh"]}, k),
    "expired": lambda h, c, k: signed(h, c | {"exp": int(time.time()) - 1}, k),
    "exp is text": lambda h, c, k: signed(h, c | {"exp": "never"}, k),
    "exp is null": lambda h, c, k: signed(h, c | {"exp": None}, k),
    "exp is a list": lambda h, c, k: signed(h, c | {"exp": [9**20]}, k),
    "exp is infinite": lambda h, c, k: signed(h, c | {"exp": float("inf")}, k),
    "exp is not a number": lambda h, c, k: signed(h, c | {"exp": float("nan")}, k),
    "sub is somebody else": lambda h, c, k: signed(h, c | {"sub": "999999"}, k),
    "sub is huge": lambda h, c, k: signed(h, c | {"sub": "9" * 4000}, k),
    "sub is beyond 64 bits": lambda h, c, k: signed(h, c | {"sub": str(2**70)}, k),
    "sub is a number": lambda h, c, k: signed(h, c | {"sub": 1}, k),
    "sub is no number": lambda h, c, k: signed(h, c | {"sub": "1 OR 1=1"}, k),
    "sid is beyond 64 bits": lambda h, c, k: signed(h, c | {"sid": 2**70}, k),
    "sid is negative": lambda h, c, k: signed(h, c | {"sid": -1}, k),
    "sid is infinite": lambda h, c, k: signed(h, c | {"sid": float("inf")}, k),
    "sid is an object": lambda h, c, k: signed(h, c | {"sid": {}}, k),
    "jti is half a pair": lambda h, c, k: signed(h, c | {"jti": "\ud800", "sid": 2**62}, k),
    "claims are a list": lambda h, c, k: signed(h, [c], k),  # type: ignore[arg-type]
    "claims are null": lambda h, c, k: signed(h, None, k),  # type: ignore[arg-type]
    "critical extension": lambda h, c, k: signed(h | {"crit": ["x"], "x": 1}, c, k),
} | {
    f"{claim} missing": lambda h, c, k, claim=claim: signed(h, {n: v for n, v in c.items() if n != claim}, k)
    for claim in ("iss", "aud", "typ", "sub", "sid", "jti", "iat", "exp")
}  # fmt: skip


@pytest.mark.parametrize("kind", ["access", "refresh"])
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token_is_401(
    anonymous: httpx2.Client, tokens: dict[str, str], key: bytes, kind: str, forgery: str
) -> None:
    header, claims = parts(tokens[kind])
    assert signed(header, claims, key).split(".")[0]
    refused(anonymous, FORGERIES[forgery](header, claims, key), kind)


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_an_altered_or_truncated_token_is_401(anonymous: httpx2.Client, tokens: dict[str, str], kind: str) -> None:
    token = tokens[kind]
    header, claims, signature = token.split(".")
    altered = [token[:cut] for cut in (1, len(header), len(header) + 1, len(token) // 2, len(token) - 1)]
    altered += [
        f"{header}.{claims}.",
        f"{header}.{claims}",
        f"{header}..{signature}",
        f".{claims}.{signature}",
        "..",
        "...",
        ".",
    ]
    altered += [
        token + "=",
        token + "A",
        token + ".",
        f"{token}.{signature}",
        token.replace(".", "%2e"),
        token.swapcase(),
    ]
    altered += [header[::-1] + token[len(header) :], "A" * 5000, "eyJ" * 1000, "null", "{}", "é", "\u202e"]
    for each in altered:
        refused(anonymous, each, kind)


def test_a_token_counts_in_the_authorization_header_only(anonymous: httpx2.Client, tokens: dict[str, str]) -> None:
    """What a browser sends by itself, or shows in its history, signs nobody in."""
    access = tokens["access"]
    elsewhere: list[dict[str, Any]] = [
        {"headers": {"Cookie": f"access={access}; access_token={access}; Authorization=Bearer {access}"}},
        {"headers": {"X-Access-Token": access, "X-Authorization": f"Bearer {access}", "Proxy-Authorization": access}},
        {"auth": ("token", access)},
        {"json": {"title": "T", "destination": "D", "access_token": access}},
        {"data": {"title": "T", "destination": "D", "access_token": access}},
        {"params": {"access_token": access}},
    ]
    for sent in elsewhere:
        answer = anonymous.post("/api/plans/", **sent)
        assert answer.status_code == 401, sent
        assert "set-cookie" not in answer.headers
    assert anonymous.get("/api/plans/", headers={"Authorization": f"Bearer {access}"}).json()["results"] == []


def test_no_answer_that_signs_in_sets_a_cookie(server: LiveServer) -> None:
    with server.client() as client:
        signed_in = sign_up(client)
        form = {"email": signed_in["user"]["email"], "password": PASSWORD}
        answers = [
            client.post("/api/auth/login/", json=form),
            client.post("/api/auth/token/refresh/", json={"refresh": signed_in["tokens"]["refresh"]}),
            client.get("/api/auth/user/"),
        ]
        assert [each.status_code for each in answers] == [200, 200, 200]
        assert not any("set-cookie" in each.headers for each in answers)
        assert not client.cookies


def test_the_key_of_the_test_makes_tokens_that_are_taken(
    anonymous: httpx2.Client, tokens: dict[str, str], key: bytes
) -> None:
    forged = signed(*parts(tokens["access"]), key)
    assert anonymous.get("/api/auth/user/", headers={"Authorization": f"Bearer {forged}"}).status_code == 200


def test_one_refresh_token_in_twenty_hands_leaves_one_chain(server: LiveServer, tokens: dict[str, str]) -> None:
    start = threading.Barrier(20)

    def refresh(_: int) -> httpx2.Response:
        with server.client() as client:
            start.wait(10)
            return client.post("/api/auth/token/refresh/", json={"refresh": tokens["refresh"]})

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(refresh, range(20)))
    assert {answer.status_code for answer in answers} <= {200, 401}
    successors = [answer.json()["refresh"] for answer in answers if answer.status_code == 200]
    # All of them say that they hold the successor. Only the one that was made last can go on.
    session = parts(tokens["refresh"])[1]["sid"]
    with server.services() as tripkit:
        [(newest,)] = tripkit.db.execute(f"SELECT current_jti FROM sessions WHERE id = {session}").fetchall()
    [survivor] = [token for token in successors if parts(token)[1]["jti"] == newest]
    with server.client() as client:
        going_on = client.post("/api/auth/token/refresh/", json={"refresh": survivor})
        assert going_on.status_code == 200
        for dead in {*successors} - {survivor}:
            assert client.post("/api/auth/token/refresh/", json={"refresh": dead}).status_code == 401
        again = client.post("/api/auth/token/refresh/", json={"refresh": going_on.json()["refresh"]})
        assert again.status_code == 401, "somebody else had a token of this chain"


def test_a_lost_answer_may_be_asked_for_again_by_many_and_one_chain_survives(
    server: LiveServer, tokens: dict[str, str]
) -> None:
    """Nobody used a successor, so nobody is punished: the last successor lives, and it alone."""
    with server.client() as client:
        pairs = [client.post("/api/auth/token/refresh/", json={"refresh": tokens["refresh"]}).json() for _ in range(5)]
        newest = client.post("/api/auth/token/refresh/", json={"refresh": pairs[-1]["refresh"]})
        assert newest.status_code == 200
        live = {"Authorization": f"Bearer {newest.json()['access']}"}
        assert client.get("/api/auth/user/", headers=live).status_code == 200
        for dead in pairs[:-1]:
            assert client.post("/api/auth/token/refresh/", json={"refresh": dead["refresh"]}).status_code == 401
