"""Trips that are shown to others, made through the API."""

from typing import Any

import httpx2

from . import golden

DESCRIPTION = "Two weeks, six countries and rather a lot of trains.\n\nAll is booked, except where it says otherwise."
NOTES = {
    "Ryokan": "Dinner is at seven. Shoes off at the door.\nThe garden is open until sunset.",
    "Eurostar": "Seats 61 and 62, coach 4.",
}


def golden_trip(api: httpx2.Client, **fields: Any) -> int:
    """The golden trip, with words around it; its id."""
    about = {"description": DESCRIPTION, "tags": ["spring", "trains"]}
    made = api.post("/api/plans/", json=golden.PLAN | about | fields)
    path = f"/api/plans/{made.raise_for_status().json()['id']}/"
    rates = [{"base": base, "quote": quote, "rate": rate} for base, quote, rate in golden.RATES]
    api.put(path + "rates/", json={"rates": rates}).raise_for_status()
    items = [item | ({"notes": NOTES[item["title"]]} if item["title"] in NOTES else {}) for item in golden.ITEMS]
    api.post(path + "items/batch/", json={"items": items}).raise_for_status()
    packing = {"name": "Packing", "entries": [{"text": text} for text in ("Passports", "Adapters", "Umbrella")]}
    api.post(path + "checklists/", json=packing).raise_for_status()
    return int(made.json()["id"])


def link_to(api: httpx2.Client, plan_id: int, **fields: Any) -> str:
    """The path of the page behind a new link to a plan."""
    made = api.post(f"/api/plans/{plan_id}/share/links/", json=fields)
    return f"/s/{made.raise_for_status().json()['token']}"
