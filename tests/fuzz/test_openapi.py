"""What the OpenAPI document says holds for whatever is sent: schemathesis makes it up from the document itself."""

from typing import Any

import hypothesis
import pytest

from tripkit.services.policy import OPERATOR

from ..conftest import SOAK
from ..live import LiveServer, sign_up
from .document import CHECKS, QUICK, newcomer, schema

#: They end the session, or the account: each of their requests is made by an account of its own.
LAST_REQUESTS = {"log_out", "delete_account", "change_password", "end_session"}


@pytest.fixture(scope="session")
def account(server: LiveServer) -> dict[str, str]:
    """Somebody with plans that have the lowest numbers there are, which are often tried; they are in the gallery."""
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


@schema.parametrize()
@hypothesis.settings(max_examples=1_000 if SOAK else 6, **QUICK)
def test_every_answer_is_one_that_the_document_describes(
    case: Any, server: LiveServer, account: dict[str, str], administrator: dict[str, str]
) -> None:
    operation = case.operation.definition.raw
    headers = administrator if "administration" in operation["tags"] else account
    if operation["operationId"] in LAST_REQUESTS:
        headers = newcomer(server)
    case.call_and_validate(base_url=server.url, headers=headers, checks=CHECKS, timeout=20)
