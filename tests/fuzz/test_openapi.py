"""What the OpenAPI document says holds for whatever is sent: schemathesis makes it up from the document itself."""

from typing import Any

import hypothesis

from ..conftest import SOAK
from ..live import LiveServer
from .document import CHECKS, QUICK, newcomer, schema, session

#: They end the session, or the account: each of their requests is made by an account of its own.
LAST_REQUESTS = {"log_out", "delete_account", "change_password", "end_session"}


@schema.parametrize()
@hypothesis.settings(max_examples=1_000 if SOAK else 6, **QUICK)
def test_every_answer_is_one_that_the_document_describes(
    case: Any, server: LiveServer, account: dict[str, str], administrator: dict[str, str]
) -> None:
    operation = case.operation.definition.raw
    headers = administrator if "administration" in operation["tags"] else account
    if operation["operationId"] in LAST_REQUESTS:
        headers = newcomer(server)
    case.call_and_validate(base_url=server.url, headers=headers, checks=CHECKS, session=session, timeout=20)
