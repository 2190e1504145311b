"""What people write is text, whatever it looks like: nothing of it runs, loads or changes the page."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from ..shared_trip import link_to
from .conftest import Watched

PAYLOADS = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</textarea></style></svg><iframe srcdoc='<script>alert(1)</script>'>",
    "{{ 7*7 }}{% for x in range(9) %}<b>{% endfor %}",
    "<a href=javascript:alert(1)>click</a>",
    "<link rel=stylesheet href=https://evil.example/x.css><meta http-equiv=refresh content=0;url=https://evil.example/>",
    "<b>x\u0301" + "<i>" * 5,
]  # fmt: skip


def plan_of(payload: str) -> dict[str, Any]:
    return {
        "title": payload, "destination": payload[:100], "description": payload * 3, "tags": ["<b>tag</b>"],
        "start_date": "2027-04-01", "end_date": "2027-04-03", "status": "published", "plan_data": {payload: payload},
    }  # fmt: skip


def item_of(payload: str) -> dict[str, Any]:
    place = {"name": payload, "address": payload, "lat": 35.0, "lon": 135.7}
    return {
        "title": payload, "notes": payload, "booking_reference": payload[:100], "kind": "train", "place": place,
        "end_place": place | {"lat": 36.0}, "start": "2027-04-01T10:00", "start_zone": "Asia/Tokyo", "cost": 5,
        "currency": "JPY",
    }  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_people_write_does_not_run(look: Callable[..., Watched], ada: httpx2.Client, payload: str) -> None:
    made = ada.post("/api/plans/", json=plan_of(payload))
    assert made.status_code == 201, made.text
    plan_id = made.json()["id"]
    ada.post(f"/api/plans/{plan_id}/items/", json=item_of(payload)).raise_for_status()
    listed = {"name": payload[:100], "entries": [{"text": payload}, {"text": f"{payload} again", "done": True}]}
    ada.post(f"/api/plans/{plan_id}/checklists/", json=listed).raise_for_status()
    shared = link_to(ada, plan_id, label=payload[:100])
    for path in (shared, f"/gallery/{plan_id}", "/gallery"):
        watched = look(path)
        watched.page.wait_for_load_state("networkidle")
        assert (watched.said, watched.elsewhere) == ([], []), path
        assert watched.page.url.endswith(path)
        assert watched.page.locator("main script, main iframe, main img, main b, main i, main style").count() == 0
    assert payload in watched.page.locator(".card h2").all_inner_texts()


def test_what_is_searched_for_does_not_run(look: Callable[..., Watched]) -> None:
    for payload in PAYLOADS:
        watched = look(str(httpx2.URL("/gallery", params={"q": payload[:100], "tag": "<script>alert(1)</script>"})))
        assert watched.page.get_by_label("Search").input_value() == payload[:100]
        assert (watched.said, watched.elsewhere) == ([], [])
