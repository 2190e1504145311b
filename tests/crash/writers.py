"""Clients that write as much as they can, and remember what they were told has been written."""

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

import httpx2

from ..live import LiveServer

#: Enough of it that a half-written plan would show.
PADDING = "0123456789" * 50


def content(name: str) -> dict[str, Any]:
    """A plan whose every field is told by its name."""
    return {
        "title": name,
        "destination": f"to {name}",
        "description": f"{name} {PADDING}",
        "plan_data": {"name": name, "padding": [PADDING] * 3},
        "tags": [name, "written"],
    }


def create(client: httpx2.Client, name: str) -> httpx2.Response:
    """Ask for a plan; asked for again, it is the same one."""
    return client.post("/api/plans/", json=content(name), headers={"Idempotency-Key": name})


def is_whole(plan: dict[str, Any]) -> bool:
    """Whether all fields belong to one write."""
    expected = content(plan["title"])
    return {name: plan[name] for name in expected} == expected


class Writers:
    """Threads that make plans and change them, until the server is gone or `stop` is called."""

    def __init__(self, server: LiveServer, token: str, *, threads: int, label: str) -> None:
        self._server, self._token, self.label = server, token, label
        self._stopping = threading.Event()
        #: Of each plan: the last name that was acknowledged, and the one that was sent and never answered.
        self.acknowledged: dict[int, str] = {}
        self.unanswered: dict[int, str] = {}
        #: Names of plans that were sent and never answered.
        self.unanswered_new: set[str] = set()
        self.refused: list[httpx2.Response] = []
        self.first = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(threads)]

    def start(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _write(self, number: int) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        with self._server.client(headers=headers) as client:
            count = 0
            mine: int | None = None
            while not self._stopping.is_set():
                count += 1
                name = f"{self.label}-{number}-{count}"
                try:
                    if mine is None or count % 3 == 1:
                        mine = self._create(client, name) or mine
                    else:
                        self._change(client, mine, name)
                except httpx2.TransportError:
                    return

    def _create(self, client: httpx2.Client, name: str) -> int | None:
        self.unanswered_new.add(name)
        answer = create(client, name)
        self.unanswered_new.discard(name)
        if not self._was_written(answer, 201):
            return None
        plan_id: int = answer.json()["id"]
        self.acknowledged[plan_id] = name
        self.first.set()
        return plan_id

    def _change(self, client: httpx2.Client, plan_id: int, name: str) -> None:
        self.unanswered[plan_id] = name
        answer = client.patch(f"/api/plans/{plan_id}/", json=content(name))
        del self.unanswered[plan_id]
        if self._was_written(answer, 200):
            self.acknowledged[plan_id] = name

    def _was_written(self, answer: httpx2.Response, status: int) -> bool:
        if answer.status_code == status:
            return True
        self.refused.append(answer)
        return False


def everything(client: httpx2.Client) -> dict[int, dict[str, Any]]:
    """All plans of whoever is signed in."""
    found: dict[int, dict[str, Any]] = {}
    link = "/api/plans/?limit=100"
    while link:
        page = client.get(link).raise_for_status().json()
        found |= {plan["id"]: plan for plan in page["results"]}
        link = page["next"]
    return found


def repeat(client: httpx2.Client, rounds: Iterable[Writers]) -> None:
    """Ask again for what was never answered: it is there once, whether it had been made before or not."""
    unanswered = [name for writers in rounds for name in sorted(writers.unanswered_new)]
    made = {name: create(client, name).raise_for_status().json()["id"] for name in unanswered}
    found = everything(client)
    titles = Counter(plan["title"] for plan in found.values())
    for name, plan_id in made.items():
        assert titles[name] == 1, f"{name} was made {titles[name]} times"
        assert found[plan_id]["title"] == name


def check(found: dict[int, dict[str, Any]], writers: Writers) -> None:
    """Every acknowledged write is there with its content, and nothing is there by halves."""
    for plan_id, name in writers.acknowledged.items():
        assert plan_id in found, f"{name} was acknowledged and is lost"
        assert found[plan_id]["title"] in (name, writers.unanswered.get(plan_id)), f"{name} was undone"
    for plan_id, plan in found.items():
        assert is_whole(plan), plan
        if plan["title"].startswith(f"{writers.label}-") and plan_id not in writers.acknowledged:
            assert plan["title"] in writers.unanswered_new
