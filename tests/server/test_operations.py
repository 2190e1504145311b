"""Health, metrics, and the reference."""

import re
import sqlite3
from html.parser import HTMLParser

import httpx2
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from .conftest import LiveServer

TOKEN = {"Authorization": "Bearer a-token-for-prometheus"}


def test_health_and_readiness(anonymous: httpx2.Client) -> None:
    assert anonymous.get("/healthz").json() == {"status": "ok"}
    assert anonymous.get("/readyz").json() == {"status": "ok", "database": "ok", "migrations": "ok", "limiter": "ok"}


def test_a_schema_that_is_not_current_is_not_ready(start_server) -> None:
    server: LiveServer = start_server()
    with sqlite3.connect(server.directory / "tripkit.sqlite3") as connection:
        connection.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01')")
    with server.client() as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["migrations"] == "not current"
        assert client.get("/healthz").status_code == 200


def test_metrics_count_requests_by_route_template(api: httpx2.Client, plan: dict, anonymous: httpx2.Client) -> None:
    api.get(f"/api/plans/{plan['id']}/").raise_for_status()
    text = anonymous.get("/metrics", headers=TOKEN).text
    counted = r'tripkit_http_requests_total\{method="GET",route="(.*/plans/{[^/"]+)",status="200"\} (\S+)'
    found = re.search(counted, text)
    assert found
    assert found[1] == "/api/plans/{plan_id}"
    assert float(found[2]) >= 1
    assert "tripkit_http_request_duration_seconds_bucket" in text


def test_metrics_need_their_token_when_there_is_one(anonymous: httpx2.Client) -> None:
    assert anonymous.get("/metrics").status_code == 403
    assert anonymous.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    assert anonymous.get("/metrics", headers=TOKEN).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_without_a_token_metrics_are_for_this_machine_only(start_server, header: str) -> None:
    server: LiveServer = start_server()
    with server.client() as client:
        assert client.get("/metrics").status_code == 200
        assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


def test_the_openapi_document_is_valid_and_names_every_route(anonymous: httpx2.Client) -> None:
    document = anonymous.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()
    for core in ("/api/auth/signup/", "/api/auth/login/", "/api/auth/logout/", "/api/auth/token/refresh/",
                 "/api/auth/user/", "/api/plans/", "/api/plans/{plan_id}/"):  # fmt: skip
        assert core in document["paths"]
    operations = [each for item in document["paths"].values() for each in item.values()]
    assert len({each["operationId"] for each in operations}) == len(operations)
    assert all(each["summary"] for each in operations)


def test_the_document_says_where_limits_are_told(anonymous: httpx2.Client) -> None:
    paths = anonymous.get("/openapi.json").json()["paths"]
    told = {"RateLimit", "RateLimit-Policy"}
    sign_up, log_in = (paths[path]["post"]["responses"] for path in ("/api/auth/signup/", "/api/auth/login/"))
    for responses in (sign_up, log_in, paths["/api/plans/"]["get"]["responses"]):
        assert set(responses["429"]["headers"]) == told | {"Retry-After"}
    assert set(sign_up["201"]["headers"]) == told | {"Location"}
    assert "headers" not in log_in["200"]  # only failures count
    assert "429" not in paths["/healthz"]["get"]["responses"]


class Assets(HTMLParser):
    """Everything a page would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts = 0
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "script":
            self.scripts += 1
        if tag in ("link", "img", "script", "iframe"):
            self.found.append(values.get("href") or values.get("src") or "")
        if values.get("id"):
            self.ids.add(values["id"] or "")
        if tag == "a":
            self.links.append(values.get("href") or "")


def test_the_reference_needs_no_script_and_no_other_host(anonymous: httpx2.Client) -> None:
    answer = anonymous.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    page = Assets(answer.text)
    assert page.scripts == 0
    assert page.found == ["/docs/style.css"]
    assert anonymous.get("/docs/style.css").headers["content-type"].startswith("text/css")
    assert "/api/plans/{plan_id}/" in answer.text
    broken = [link for link in page.links if link.startswith("#") and link[1:] not in page.ids]
    assert not broken


def test_every_problem_type_is_explained_in_the_reference(anonymous: httpx2.Client) -> None:
    page = Assets(anonymous.get("/docs").text)
    kind = anonymous.get("/api/plans/").json()["type"]
    assert kind == "/docs#not-authenticated"
    assert "not-authenticated" in page.ids
