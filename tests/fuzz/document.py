"""The OpenAPI document as the tests here send requests by it, and what they check of each answer."""

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tripkit.server import openapi
from tripkit.server.routes import ENDPOINTS

from ..conftest import SOAK
from ..live import LiveServer, sign_up

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
#: The same in each run, unless it is to find something new.
QUICK: dict[str, Any] = {
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


schemathesis.openapi.format("decimal", st.decimals(0, 99_999_999, places=2).map(str))
schema = schemathesis.openapi.from_dict(described())


#: A connection that stays open, with nothing from this machine's environment and no memory of cookies.
session = requests.Session()
session.trust_env = False
session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))


def newcomer(server: LiveServer) -> dict[str, str]:
    """The header of a new account."""
    with server.client() as client:
        sign_up(client)
        return {"Authorization": client.headers["Authorization"]}
