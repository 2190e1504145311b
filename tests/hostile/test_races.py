"""The same thing asked for many times at the same moment is done once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx2

from ..live import PASSWORD, LiveServer

BODY = '{"title": "A trip", "destination": "Somewhere", "plan_data": {"z": 1.10,  "a": 1e3}}'
#: What differs from answer to answer in any case.
VARYING = {"x-request-id", "date", "idempotency-replayed"}


def test_fifty_sign_ups_of_one_address_make_one_account(server: LiveServer) -> None:
    address = "MixedCase@example.org"

    def spell(n: int) -> str:
        return "".join(c.upper() if n >> i & 1 else c.lower() for i, c in enumerate(address))

    def attempt(n: int) -> int:
        form = {"email": spell(n), "username": f"race{n}", "password": PASSWORD, "password_confirm": PASSWORD}
        with server.client() as client:
            return client.post("/api/auth/signup/", json=form).status_code

    with ThreadPoolExecutor(25) as pool:
        statuses = list(pool.map(attempt, range(50)))
    assert sorted(statuses) == [201] + [409] * 49


def test_20_repeats_at_once_make_one_plan_and_get_one_answer(api: httpx2.Client) -> None:
    start = threading.Barrier(20)

    def send(_: int) -> httpx2.Response:
        start.wait()
        headers = {"Content-Type": "application/json", "Idempotency-Key": "c0ffee"}
        return api.post("/api/plans/", content=BODY, headers=headers)

    def seen(answer: httpx2.Response) -> tuple[object, ...]:
        headers = {name: value for name, value in answer.headers.items() if name not in VARYING}
        return answer.status_code, headers, answer.content

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))

    assert all(seen(answer) == seen(answers[0]) for answer in answers)
    assert answers[0].status_code == 201
    assert answers[0].headers["etag"] == '"1"'
    assert answers[0].headers["location"] == f"/api/plans/{answers[0].json()['id']}/"
    assert '"plan_data":{"z": 1.10,  "a": 1e3}' in answers[0].text
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 19
    assert [plan["title"] for plan in api.get("/api/plans/").json()["results"]] == ["A trip"]
