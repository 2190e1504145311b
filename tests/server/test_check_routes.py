"""Checks over HTTP."""

import httpx2


def test_a_check_finds_and_ignores(api: httpx2.Client, plan: dict) -> None:
    path = f"/api/plans/{plan['id']}/"
    item = {"title": "Hotel", "kind": "lodging", "start": "2027-04-01", "end": "2027-04-13", "status": "booked"}
    made = api.post(path + "items/", json=item).json()
    answer = api.get(path + "check/")
    found = answer.json()
    assert (found["ok"], found["version"], answer.headers["etag"]) == (False, 2, '"2"')
    assert found["findings"] == [
        {
            "code": "night-without-lodging",
            "severity": "warning",
            "items": [],
            "message": "There is no bed for the night of 2027-04-13.",
            "remedy": "Add where you sleep, or how you travel.",
        },
        {
            "code": "no-reference",
            "severity": "hint",
            "items": [made["id"]],
            "message": f'"Hotel" ({made["id"]}) is booked and has no booking reference.',
            "remedy": "Note the reference of the booking.",
        },
    ]
    codes = ["no-reference", "night-without-lodging"]
    ignoring = api.put(path + "check/ignored/", json={"codes": codes}, headers={"If-Match": '"2"'})
    assert ignoring.json() == {
        "plan_id": plan["id"], "version": 3, "ok": True, "findings": [],
        "ignored_codes": ["night-without-lodging", "no-reference"], "ignored": 2,
    }  # fmt: skip
    assert api.get(path + "check/").json() == ignoring.json()
    assert api.put(path + "check/ignored/", json={"codes": []}, headers={"If-Match": '"2"'}).status_code == 412


def test_unknown_codes_are_refused(api: httpx2.Client, plan: dict) -> None:
    answer = api.put(f"/api/plans/{plan['id']}/check/ignored/", json={"codes": ["overlap", "boredom"]})
    assert answer.status_code == 400
    assert "must be one of overlap" in answer.json()["errors"]["codes"][0]
