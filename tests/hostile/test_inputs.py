"""What no client should send, in bodies, addresses and queries: refused with the reason, and nothing comes of it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tripkit.server.routes import ENDPOINTS
from tripkit.server.routing import FORMS, Endpoint, is_number
from tripkit.services.policy import OPERATOR

from ..live import PASSWORD, LiveServer, sign_up
from .wire import connect, is_problem, request

JSON = {"Content-Type": "application/json"}
MIB = 1024 * 1024
#: Text that Postgres cannot keep, as it is written in an address.
UNKEEPABLE = {"NUL": "%00", "half a pair": "%ED%A0%80", "not UTF-8": "%FF"}
#: In addresses: numbers that no row can have.
NO_IDS = ["0", "-1", str(2**63), str(2**70), "abc", "1.5", "²", "٣", "%00", "9" * 5000]


def refused(answer: httpx2.Response, *statuses: int) -> dict[str, Any]:
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    return problem


@pytest.fixture
def everything(api: httpx2.Client, plan: dict[str, Any]) -> Iterator[None]:
    """All that there is is the same afterwards."""
    before = api.get("/api/plans/").json()
    assert before["results"] == [plan]
    yield
    assert api.get("/api/plans/").json() == before
    assert api.get("/api/plans/?trashed=true").json()["results"] == []


def body(**fields: str) -> bytes:
    """A plan with these fields, as the text they are given as."""
    sent = {"title": '"T"', "destination": '"D"'} | fields
    return ("{" + ", ".join(f'"{name}": {text}' for name, text in sent.items()) + "}").encode()


UNREADABLE = {
    "a field that stands twice": (b'{"title": "a", "title": "b", "destination": "D"}', "stands twice"),
    "a field that stands twice within": (body(plan_data='{"deep": {"a": 1, "a": 2}}'), "stands twice"),
    "twice, in another spelling": (b'{"title": "a", "t\\u0069tle": "b", "destination": "D"}', "stands twice"),
    "NUL in text": (body(title='"a\\u0000b"'), "NUL"),
    "NUL in free data": (body(plan_data='{"a": ["\\u0000"]}'), "NUL"),
    "NUL in the name of free data": (body(plan_data='{"\\u0000": 1}'), "NUL"),
    "half a pair in text": (body(title='"\\ud800"'), "surrogate"),
    "the other half": (body(description='"\\udc00 x"'), "surrogate"),
    "half a pair in free data": (body(plan_data='{"a": "\\ud83d"}'), "surrogate"),
    "half a pair in the name of free data": (body(plan_data='{"\\ud800": 1}'), "surrogate"),
    "half a pair in bytes": (b'{"title": "\xed\xa0\x80", "destination": "D"}', "not UTF-8"),
    "not UTF-8": (b'{"title": "\xff", "destination": "D"}', "not UTF-8"),
    "lists 10,000 deep": (body(plan_data='{"a":' + "[" * 10_000 + "]" * 10_000 + "}"), "deeper"),
    "objects 10,000 deep": (body(plan_data='{"a":' * 10_000 + "1" + "}" * 10_000), "deeper"),
    "10,000 deep and never closed": (b'{"plan_data": ' + b"[" * 10_000, "deeper"),
    "10,000 deep where no depth belongs": (body(title="[" * 10_000 + "]" * 10_000), "deeper"),
    "NaN": (body(budget="NaN"), "NaN is not JSON"),
    "Infinity": (body(budget="-Infinity"), "not JSON"),
}  # fmt: skip


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("what", UNREADABLE)
def test_a_body_that_cannot_be_read_is_400(api: httpx2.Client, plan: dict[str, Any], what: str) -> None:
    content, hint = UNREADABLE[what]
    for method, path in (("POST", "/api/plans/"), ("PUT", _of(plan)), ("PATCH", _of(plan))):
        assert hint in refused(api.request(method, path, content=content, headers=JSON), 400)["detail"]


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(
    "budget",
    ["1e400", '"1e400"', '"NaN"', '"Infinity"', "-1", '"-1"', '"-0.01"', "12345678901.00", '"12345678901.00"', "1.005",
     '"1.005"', "100000000", "1e-400", '""', "true", "[1]", "1" + "0" * 5000],
)  # fmt: skip
def test_a_budget_that_is_no_amount_is_400(api: httpx2.Client, plan: dict[str, Any], budget: str) -> None:
    for method, path in (("POST", "/api/plans/"), ("PUT", _of(plan)), ("PATCH", _of(plan))):
        answer = api.request(method, path, content=body(budget=budget), headers=JSON)
        assert list(refused(answer, 400)["errors"]) == ["budget"]


@pytest.mark.usefixtures("everything")
def test_a_body_of_one_byte_too_many_is_413(api: httpx2.Client, plan: dict[str, Any]) -> None:
    most = body(description='"' + "x" * (MIB - len(body(description='""'))) + '"')
    assert len(most) == MIB
    for method, path in (("POST", "/api/plans/"), ("PUT", _of(plan)), ("PATCH", _of(plan))):
        assert list(refused(api.request(method, path, content=most, headers=JSON), 400)["errors"]) == ["description"]
        refused(api.request(method, path, content=most + b" ", headers=JSON), 413)


def _of(plan: dict[str, Any]) -> str:
    return f"/api/plans/{plan['id']}/"


def test_a_thousand_lines_of_headers_are_refused(server: LiveServer) -> None:
    with connect(server) as wire:
        wire.send(request("GET /healthz", *[f"X-Line-{number}: 1" for number in range(1_000)]))
        is_problem(wire.answer(), 400, 413)
        assert wire.is_closed()


# --- every route ----------------------------------------------------------------------------------------------------

NUMBERED = [each for each in ENDPOINTS if any(map(is_number, re.findall(r"{(\w+)}", each.path)))]
ASKED = [each for each in ENDPOINTS if each.query and each.path != "/api/plans/{plan_id}/events/"]


@pytest.fixture
def admin(server: LiveServer, api: httpx2.Client) -> httpx2.Client:
    """`api`, who administers."""
    with server.services() as tripkit:
        tripkit.administration.set_admin(OPERATOR, api.get("/api/auth/user/").json()["id"], admin=True)
    return api


def address(endpoint: Endpoint, **parameters: str) -> str:
    """Where it is; what `parameters` leave out is a number that nothing has, or a name or token of nothing."""
    return re.sub(
        r"{(\w+)}",
        lambda found: parameters.get(found[1]) or ("999999999" if is_number(found[1]) else "x" * 22),
        endpoint.path,
    )


@pytest.mark.parametrize("number", NO_IDS, ids=lambda number: number[:30])
def test_what_cannot_be_an_id_names_nothing_on_any_route(admin: httpx2.Client, number: str) -> None:
    for endpoint in NUMBERED:
        for name in filter(is_number, re.findall(r"{(\w+)}", endpoint.path)):
            answer = admin.request(endpoint.method, address(endpoint, **{name: number}), json={})
            assert answer.status_code == 404, (endpoint.method, endpoint.path, name, answer.text)


@pytest.mark.parametrize("number", [0, -1, 2**63, 2**70, "abc", 1.5, True])
def test_what_cannot_be_an_id_is_refused_in_bodies(api: httpx2.Client, plan: dict[str, Any], number: Any) -> None:
    made = {
        part: api.post(_of(plan) + part, json=sent).raise_for_status().json()["id"]
        for part, sent in {"items/": {"title": "I"}, "travellers/": {"name": "T"}, "checklists/": {"name": "C"}}.items()
    }
    expense = {"title": "E", "date": "2027-04-01", "amount": "1", "paid_by": [{"traveller_id": made["travellers/"]}]}
    entries = {"entries": [{"text": "E", "assignee": number}]}
    before = [api.get(_of(plan) + part).json() for part in ("", *made, "expenses/")]
    for path, sent, field in (
        ("expenses/", expense | {"paid_by": [{"traveller_id": number}]}, "paid_by[0].traveller_id"),
        ("expenses/", expense | {"shared_by": [{"traveller_id": number}]}, "shared_by[0].traveller_id"),
        ("expenses/", expense | {"item_id": number}, "item_id"),
        (f"items/{made['items/']}/move/", {"plan_id": number}, "plan_id"),
        ("checklists/", {"template_id": number}, "template_id"),
        ("checklists/", {"copy_of": {"plan_id": number, "checklist_id": 1}}, "copy_of.plan_id"),
        (f"checklists/{made['checklists/']}/entries/", entries, "entries[0].assignee"),
        ("undo/", {"version": number}, "version"),
    ):
        assert list(refused(api.post(_of(plan) + path, json=sent), 400)["errors"]) == [field]
    assert [api.get(_of(plan) + part).json() for part in ("", *made, "expenses/")] == before


def test_a_position_behind_all_others_is_the_last(api: httpx2.Client, plan: dict[str, Any]) -> None:
    items = [api.post(f"{_of(plan)}items/", json={"title": title}).json()["id"] for title in ("One", "Two")]
    for position in (2**31, 2**63, 2**70, 10**300):
        answer = api.post(f"{_of(plan)}items/{items[0]}/move/", json={"position": position})
        assert answer.status_code == 200, answer.text
        items.reverse()
        [day] = api.get(f"{_of(plan)}items/").json()["days"]
        assert [each["id"] for each in day["items"]] == items


@pytest.mark.parametrize("what", UNKEEPABLE)
def test_text_that_cannot_be_kept_is_refused_in_queries_of_any_route(admin: httpx2.Client, what: str) -> None:
    for endpoint in ASKED:
        assert endpoint.query is not None
        for name in endpoint.query.__struct_encode_fields__:
            answer = admin.request(endpoint.method, f"{address(endpoint)}?{name}={UNKEEPABLE[what]}")
            assert answer.status_code in (400, 404), (endpoint.path, name, answer.status_code, answer.text)


@pytest.mark.parametrize("what", UNKEEPABLE)
def test_text_that_cannot_be_kept_names_nothing_in_addresses(admin: httpx2.Client, what: str) -> None:
    for endpoint in ENDPOINTS:
        for name in re.findall(r"{(\w+)}", endpoint.path):
            sent = {"data": {"password": "x"}} if FORMS[0] in endpoint.takes else {"json": {}}
            answer = admin.request(endpoint.method, address(endpoint, **{name: UNKEEPABLE[what]}), **sent)
            assert answer.status_code in (400, 404), (endpoint.path, name, answer.status_code, answer.text)


# --- cursors --------------------------------------------------------------------------------------------------------


def test_a_cursor_that_was_altered_anywhere_is_400(api: httpx2.Client) -> None:
    for title in ("One", "Two"):
        form = {"title": title, "destination": "D", "status": "published"}
        api.post("/api/plans/", json=form).raise_for_status()
    for path in ("/api/plans/?limit=1", "/api/gallery/?limit=1", "/api/plans/?limit=1&ordering=title"):
        link = api.get(path).json()["next"]
        cursor = re.findall("cursor=([^&]*)", link)[0]
        assert api.get(link).status_code == 200
        altered = [cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :] for at in range(len(cursor))]
        altered += [cursor[:at] for at in range(1, len(cursor), 7)]
        altered += [cursor + "A", cursor + "=", cursor[::-1], "A" * 2000, "null", "%E2%80%AE"]
        for each in altered:
            assert "Start again without it" in refused(api.get(link.replace(cursor, each)), 400)["detail"], each
        refused(api.get(f"/api/plans/?ordering=destination&cursor={cursor}"), 400)


@pytest.mark.parametrize("agent", ["\xff\xfe", "\xed\xa0\x80", "\x80" * 4_000, "'; DROP TABLE sessions; --", "\u00ad"])
def test_whatever_a_browser_calls_itself_it_signs_in(server: LiveServer, anonymous: httpx2.Client, agent: str) -> None:
    form = json.dumps({"email": sign_up(anonymous)["user"]["email"], "password": PASSWORD}).encode()
    head = ("Content-Type: application/json", f"Content-Length: {len(form)}", f"User-Agent: {agent}")
    with connect(server) as wire:
        assert wire.send(request("POST /api/auth/login/", *head, body=form)).answer().status == 200
    found = anonymous.get("/api/auth/sessions/")
    assert found.status_code == 200
    assert len(found.json()["results"]) == 2
