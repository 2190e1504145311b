"""What every answer bears, CORS, and the access log."""

import json
import re
import socket

import httpx2
import pytest

from .conftest import PASSWORD, LiveServer, sign_up

FRONT_END = "http://localhost:3000"


@pytest.mark.parametrize("path", ["/healthz", "/docs", "/api/plans/", "/nothing", "/openapi.json", "/metrics"])
def test_every_answer_bears_the_security_headers(anonymous: httpx2.Client, path: str) -> None:
    headers = anonymous.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    policy = dict(each.split(" ", 1) for each in headers["content-security-policy"].split("; "))
    closed = dict.fromkeys(("default-src", "frame-ancestors", "base-uri", "form-action"), "'none'")
    assert policy.items() >= closed.items(), "what default-src forbids includes objects, scripts and frames"
    assert policy.keys() <= {*closed, "style-src"}
    assert policy.get("style-src", "'self'") == "'self'"
    assert headers["x-request-id"]
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/healthz", "application/json"),
        ("/readyz", "application/json"),
        ("/openapi.json", "application/json"),
        ("/api/gallery/", "application/json"),
        ("/api/plans/", "application/problem+json"),
        ("/nothing.html", "application/problem+json"),
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/style.css", "text/css; charset=utf-8"),
        ("/metrics", "text/plain; version=0.0.4; charset=utf-8"),
    ],
)
def test_every_answer_says_what_it_is(anonymous: httpx2.Client, path: str, expected: str) -> None:
    token = {"Authorization": "Bearer a-token-for-prometheus"} if path == "/metrics" else {}
    answer = anonymous.get(path, headers=token)
    assert answer.headers["content-type"] == expected
    assert answer.content.decode("utf-8")
    if "json" in expected:
        json.loads(answer.content)


def test_private_answers_are_not_stored(api: httpx2.Client) -> None:
    assert api.get("/api/plans/").headers["cache-control"] == "no-store"


def test_request_ids_are_our_own_and_differ(anonymous: httpx2.Client) -> None:
    ids = {anonymous.get("/healthz", headers={"X-Request-ID": "forged\tid"}).headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5
    assert not any("forged" in each for each in ids)


@pytest.mark.parametrize(
    ("subdomains", "expected"),
    [("true", "max-age=31536000; includeSubDomains"), ("false", "max-age=31536000")],
)
def test_https_is_insisted_on_when_it_is_used(start_server, subdomains: str, expected: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    https = {
        "TRIPKIT_SERVER__PUBLIC_URL": "https://trips.example.org",
        "TRIPKIT_SERVER__HSTS_SUBDOMAINS": subdomains,
    }
    server: LiveServer = start_server("--port", str(port), **https)
    assert server.url == "https://trips.example.org"
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for path in ("/", "/docs", "/api/plans/", "/nothing"):
            assert client.get(path).headers["strict-transport-security"] == expected


def test_a_known_origin_may_call_and_read_headers(anonymous: httpx2.Client) -> None:
    headers = anonymous.get("/healthz", headers={"Origin": FRONT_END}).headers
    assert headers["access-control-allow-origin"] == FRONT_END
    assert "ETag" in headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in headers
    assert headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:3001",
        "https://localhost:3000",
        "http://localhost:3000.evil.org",
        "null",
        "HTTP://LOCALHOST:3000",
    ],
)
def test_other_origins_may_not(anonymous: httpx2.Client, origin: str) -> None:
    headers = anonymous.get("/healthz", headers={"Origin": origin}).headers
    assert "access-control-allow-origin" not in headers
    assert headers["vary"] == "Origin"


def test_preflight_is_answered_without_a_token(anonymous: httpx2.Client) -> None:
    ask = {"Origin": FRONT_END, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "if-match"}
    answer = anonymous.options("/api/plans/7/", headers=ask)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == FRONT_END
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "If-Match" in answer.headers["access-control-allow-headers"]


def test_errors_can_be_read_across_origins_as_well(anonymous: httpx2.Client) -> None:
    answer = anonymous.get("/api/plans/", headers={"Origin": FRONT_END})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == FRONT_END


def test_head_answers_as_get_without_the_body(api: httpx2.Client) -> None:
    answer = api.head("/api/plans/")
    assert answer.status_code == 200
    assert answer.content == b""
    assert int(answer.headers["content-length"]) > 10


def test_the_log_has_one_json_line_a_request_and_no_secret(start_server) -> None:
    server: LiveServer = start_server()
    with server.client() as client:
        tokens = sign_up(client)["tokens"]
        made = client.post("/api/plans/", json={"title": "A secret trip", "destination": "X"})
        client.get("/api/plans/?cursor=hidden-in-the-query")
        client.get(f"/api/plans/{made.json()['id']}")
        client.get("/no/such%0Aplace")
    server.stop()
    lines = server.log_lines
    seen = [(line["method"], line["route"], line["status"]) for line in lines if line["logger"] == "tripkit.access"]
    assert ("POST", "/api/auth/signup", 201) in seen
    assert ("GET", "/api/plans/{plan_id}", 200) in seen
    created = next(line for line in lines if line.get("request_id") == made.headers["x-request-id"])
    assert created["client"] == "127.0.0.1"
    assert created["user_id"] == 1
    assert created["ms"] > 0
    for secret in (PASSWORD, tokens["access"], tokens["refresh"], "hidden-in-the-query", "A secret trip"):
        assert secret not in server.rest


def test_the_log_for_people_is_one_line_a_request(start_server) -> None:
    server: LiveServer = start_server(TRIPKIT_LOGS__FORMAT="human")
    with server.client() as client:
        client.get("/healthz")
    server.stop()
    [line] = server.rest.splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d GET /healthz 200 ms=\S+ client=127\.0\.0\.1 request_id=\S+", line)


def test_the_access_log_can_be_switched_off(start_server) -> None:
    server: LiveServer = start_server(TRIPKIT_LOGS__ACCESS="false")
    with server.client() as client:
        client.get("/healthz")
    server.stop()
    assert "healthz" not in server.rest
