"""One live server on each kind of database, with people and plans."""

import pytest

from tripkit.services.policy import OPERATOR

from ..live import LiveServer, sign_up
from ..live import server_on_each as server
from .document import newcomer

__all__ = ["server"]


@pytest.fixture(scope="session", autouse=True)
def account(server: LiveServer) -> dict[str, str]:
    """Somebody with plans that have the lowest numbers there are, which are often tried; they are in the gallery.

    They are made before any test makes others.
    """
    for _ in range(3):
        newcomer(server)  # somebody else has the lowest numbers of accounts, which administrators are told to delete
    headers = newcomer(server)
    with server.client(headers=headers) as client:
        for number in range(3):
            form = {"title": f"Plan {number}", "destination": "D", "status": "published"}
            client.post("/api/plans/", json=form).raise_for_status()
            item = {"title": "I", "start": "2027-04-01T10:00", "place": {"name": "Kyoto"}, "cost": "1"}
            client.post(f"/api/plans/{number + 1}/items/", json=item).raise_for_status()
            traveller = client.post(f"/api/plans/{number + 1}/travellers/", json={"name": "T"}).raise_for_status()
            paid = {"paid_by": [{"traveller_id": traveller.json()["id"]}]}
            expense = {"title": "E", "date": "2027-04-01", "amount": "1"} | paid
            client.post(f"/api/plans/{number + 1}/expenses/", json=expense).raise_for_status()
    return headers


@pytest.fixture(scope="session")
def administrator(server: LiveServer, account: dict[str, str]) -> dict[str, str]:
    """Somebody who administers."""
    with server.client() as client, server.services() as tripkit:
        tripkit.administration.set_admin(OPERATOR, sign_up(client)["user"]["id"], admin=True)
        return {"Authorization": client.headers["Authorization"]}
