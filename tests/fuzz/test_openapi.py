"""What the OpenAPI document says holds for whatever is sent: schemathesis makes it up from the document itself."""

from contextlib import suppress
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tripkit.server import openapi
from tripkit.server.routes import ENDPOINTS
from tripkit.services.policy import OPERATOR

from ..conftest import SOAK
from ..live import LiveServer, sign_up

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
#: They end the session, or the account: each of their requests is made by an account of its own.
LAST_REQUESTS = {"log_out", "delete_account", "change_password", "end_session"}
QUICK = {
    "deadline": None,
    "derandomize": not SOAK,
    "database": None,
    "suppress_health_check": list(hypothesis.HealthCheck),
}


def described() -> dict[str, Any]:
    """The document, without the answer that stands for all others: each status has to be named."""
    document = openapi.document(ENDPOINTS, server_url="")
    del document["paths"]["/api/plans/{plan_id}/events/"]  # it has no end, and is followed in test_event_routes.py
    for item in document["paths"].values():
        for operation in item.values():
            del operation["responses"]["default"]
    return document


schema = schemathesis.openapi.from_dict(described())
#: What follows up what was made. (With every route in it, chains would seldom come to the last of these.)
FOLLOWED = ["create_plan", "get_plan", "edit_plan", "trash_plan", "restore_plan"]
FOLLOWED += ["create_item", "get_item", "edit_item", "move_item", "trash_item", "restore_item"]
#: Only valid requests: with a refusal a chain ends.
chained = schemathesis.openapi.from_dict(described()).include(operation_id=FOLLOWED)
chained.config.generation.modes = [schemathesis.GenerationMode.POSITIVE]
chained.config.generation.with_security_parameters = False
chained.config.phases.stateful.inference.algorithms = []


#: What chains have to reach.
FOLLOWED_UP = {"create_plan", "get_plan", "edit_plan", "trash_plan"}
FOLLOWED_UP |= {"create_item", "get_item", "edit_item", "trash_item"}


def newcomer(server: LiveServer) -> dict[str, str]:
    """The header of a new account."""
    with server.client() as client:
        sign_up(client)
        return {"Authorization": client.headers["Authorization"]}


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


def test_chains_of_requests_are_answered_as_described(server: LiveServer, account: dict[str, str]) -> None:
    seen: set[tuple[str, int]] = set()
    problems: list[Exception] = []

    class Chain(chained.as_state_machine()):  # type: ignore[misc]
        """What one answer says is sent with the next request."""

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            for header in ("If-Match", "If-None-Match", "Idempotency-Key"):
                case.headers.pop(header, None)
            return {"base_url": server.url, "headers": account, "timeout": 20}

        def validate_response(self, response: Any, case: Any, additional_checks: Any = None, **kwargs: Any) -> None:
            seen.add((case.operation.definition.raw["operationId"], response.status_code))
            try:
                case.validate_response(response, checks=CHECKS, transport_kwargs=kwargs)
            except Exception as problem:
                problems.append(problem)
                raise

    settings = hypothesis.settings(max_examples=60, stateful_step_count=10, **(QUICK | {"derandomize": False}))
    for _ in range(20 if SOAK else 5):
        # What can be sent next depends on what is there, which is never quite the same again: Hypothesis minds.
        with suppress(FlakyStrategyDefinition):
            Chain.run(settings=settings)
        if not SOAK and {name for name, status in seen if status < 300} >= FOLLOWED_UP:
            break
    assert not problems
    assert {name for name, status in seen if status < 300} >= FOLLOWED_UP
