"""The header Idempotency-Key: a POST that is sent again is done once."""

import asyncio
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from tripkit.bootstrap import Tripkit
from tripkit.schemas.plans import PlanIn, PlanOut
from tripkit.schemas.users import Actor
from tripkit.server.app import _upkeep
from tripkit.server.routes import ENDPOINTS
from tripkit.server.routing import Endpoint

from .conftest import sign_up

BODY = '{"title": "A trip", "destination": "Somewhere", "plan_data": {"z": 1.10,  "a": 1e3}}'
JSON = {"Content-Type": "application/json"}
KEY = {"Idempotency-Key": "c0ffee"}
#: What differs from answer to answer in any case.
VARYING = {"x-request-id", "date", "idempotency-replayed"}
#: Where bodies and answers hold secrets (decision 25).
WITHOUT = ("/api/auth/", "/api/admin/", "/account/", "/api/plans/{plan_id}/share/links/", "/api/shared/", "/s/")
POSTS = [each for each in ENDPOINTS if each.method == "POST" and not each.path.startswith(WITHOUT)]


def post(client: httpx2.Client, content: str = BODY, **headers: str) -> httpx2.Response:
    return client.post("/api/plans/", content=content, headers=JSON | KEY | headers)


def titles(client: httpx2.Client) -> list[str]:
    return [plan["title"] for plan in client.get("/api/plans/").json()["results"]]


def seen(answer: httpx2.Response) -> tuple[Any, ...]:
    """The answer without what differs in any case."""
    headers = {name: value for name, value in answer.headers.items() if name not in VARYING}
    return answer.status_code, headers, answer.content


@pytest.mark.parametrize("endpoint", POSTS, ids=lambda each: each.path)
def test_every_other_post_takes_a_key(endpoint: Endpoint) -> None:
    assert "Idempotency-Key" in endpoint.headers, "declare headers=IDEMPOTENT"
    assert 409 in endpoint.problems
    assert "write_once" in endpoint.handler.__code__.co_names, "write through `write_once`"


def test_keys_are_for_nothing_else() -> None:
    assert POSTS
    assert [each.path for each in ENDPOINTS if "Idempotency-Key" in each.headers] == [each.path for each in POSTS]


def test_the_reference_tells_of_keys(anonymous: httpx2.Client) -> None:
    create = anonymous.get("/openapi.json").json()["paths"]["/api/plans/"]["post"]
    assert {"name": "Idempotency-Key", "in": "header"}.items() <= create["parameters"][0].items()
    assert "409" in create["responses"]


def test_without_a_key_or_with_another_one_each_request_counts(api: httpx2.Client) -> None:
    for headers in ({}, {}, {"Idempotency-Key": "one"}, {"Idempotency-Key": "two"}):
        answer = api.post("/api/plans/", content=BODY, headers=JSON | headers)
        assert answer.status_code == 201
        assert "idempotency-replayed" not in answer.headers
    assert len(titles(api)) == 4


def test_a_repeat_is_answered_after_a_restart(start_server: Callable[..., Any]) -> None:
    server = start_server()
    with server.client() as client:
        sign_up(client)
        token = client.headers["Authorization"]
        first = post(client)
    assert server.stop() == 0
    server = start_server()
    with server.client(headers={"Authorization": token}) as client:
        again = post(client)
        assert seen(again) == seen(first)
        assert again.headers["idempotency-replayed"] == "true"
        assert titles(client) == ["A trip"]


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (BODY.replace("A trip", "Another"), {}),
        (BODY + " ", {}),
        (BODY, {"Content-Type": "application/json; charset=utf-8"}),
    ],
    ids=["body", "spaces", "type"],
)
def test_another_request_with_the_key_is_409(api: httpx2.Client, content: str, headers: dict[str, str]) -> None:
    assert post(api).status_code == 201
    answer = post(api, content, **headers)
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/docs#key-reused"
    assert "Use a new key" in answer.json()["detail"]
    assert titles(api) == ["A trip"]


def test_a_key_is_of_its_user(api: httpx2.Client, stranger: httpx2.Client) -> None:
    mine, theirs = post(api), post(stranger)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]
    assert "idempotency-replayed" not in theirs.headers


def test_the_trailing_slash_does_not_matter(api: httpx2.Client) -> None:
    first = post(api)
    again = api.post("/api/plans", content=BODY, headers=JSON | KEY)
    assert seen(again) == seen(first)
    assert "idempotency-replayed" in again.headers


def test_a_refused_request_may_be_mended_and_sent_with_its_key(api: httpx2.Client) -> None:
    for wrong in (BODY.replace("A trip", ""), BODY.replace("A trip", "  "), "{"):
        assert post(api, wrong).status_code == 400
    assert post(api).status_code == 201
    assert titles(api) == ["A trip"]


def test_restoring_is_done_once_for_each_plan(api: httpx2.Client) -> None:
    plans = [api.post("/api/plans/", content=BODY, headers=JSON).json()["id"] for _ in range(2)]
    for plan_id in plans:
        api.delete(f"/api/plans/{plan_id}/").raise_for_status()
    first = api.post(f"/api/plans/{plans[0]}/restore/", headers=KEY)
    assert first.status_code == 200
    again = api.post(f"/api/plans/{plans[0]}/restore/", headers=KEY)
    assert seen(again) == seen(first)
    assert again.headers["idempotency-replayed"] == "true"
    assert api.post(f"/api/plans/{plans[0]}/restore/").status_code == 404, "without the key it is a new request"
    other = api.post(f"/api/plans/{plans[1]}/restore/", headers=KEY)
    assert other.json()["id"] == plans[1]
    assert len(titles(api)) == 2


@pytest.mark.parametrize("key", [b"", b"x" * 256, b"\xc3\xa9", b"\xff", b"tab\tinside"])
def test_keys_that_cannot_be_one_are_400(api: httpx2.Client, key: bytes) -> None:
    headers = [(b"Content-Type", b"application/json"), (b"Idempotency-Key", key)]
    answer = api.post("/api/plans/", content=BODY, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"Idempotency-Key": ["must have 1 to 255 characters, all of printable ASCII."]}
    assert titles(api) == []


def test_two_keys_are_400(api: httpx2.Client) -> None:
    headers = [("Content-Type", "application/json"), ("Idempotency-Key", "one"), ("Idempotency-Key", "one")]
    answer = api.post("/api/plans/", content=BODY, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"Idempotency-Key": ["was sent more than once. Send it once."]}


def test_other_methods_and_signing_in_ignore_the_header(api: httpx2.Client, plan: dict[str, Any]) -> None:
    address = f"/api/plans/{plan['id']}/"
    for key in (KEY, {"Idempotency-Key": "x" * 256}):
        assert api.get(address, headers=key).status_code == 200
        for version in (1, 2):
            assert api.put(address, content=BODY, headers=JSON | key).json()["version"] > version
            assert (
                api.patch(address, json={"title": f"Title {version}"}, headers=key)
                .json()["title"]
                .endswith(str(version))
            )
    assert sign_up(api)
    assert api.post("/api/auth/logout/", headers=KEY).status_code == 204
    assert api.post("/api/auth/logout/", headers=KEY).status_code == 401


def test_a_replay_needs_a_live_session_too(api: httpx2.Client) -> None:
    assert post(api).status_code == 201
    api.post("/api/auth/logout/").raise_for_status()
    assert post(api).status_code == 401


def test_the_upkeep_of_a_server_forgets_old_keys(tripkit: Tripkit, ada: Actor, clock: Any) -> None:
    work = partial(tripkit.plans.create, ada, PlanIn(title="T", destination="D"))
    tripkit.idempotency.once(ada, "POST /api/plans", "old", "0" * 64, PlanOut, work)
    clock.advance(hours=24)

    async def write(method: Callable[[], Any]) -> Any:
        return method()

    async def one_round() -> None:
        app: Any = SimpleNamespace(ctx=SimpleNamespace(tripkit=tripkit, bridge=SimpleNamespace(write=write)))
        upkeep = asyncio.create_task(_upkeep(app))
        await asyncio.sleep(0)
        upkeep.cancel()

    asyncio.run(one_round())
    assert tripkit.db.execute("SELECT count(*) FROM idempotency_keys").fetchone()[0] == 0
