"""Every refusal of the server is the same one here."""

from typing import Any

import pytest

from tripkit import errors
from tripkit.client.problems import error_of
from tripkit.schemas.problems import Problem
from tripkit.server.problems import KINDS

OURS = {kind.slug: error for error, kind in reversed(KINDS.items()) if issubclass(error, errors.TripkitError)}


def problem(slug: str, status: int = 400, **fields: Any) -> Problem:
    return Problem(f"/docs#{slug}", "Title", status, "What it says.", "id", **fields)


@pytest.mark.parametrize("slug", sorted(OURS))
def test_every_kind_of_problem_is_the_exception_it_was(slug: str) -> None:
    error = error_of(problem(slug), {})
    assert type(error) is OURS[slug]
    assert str(error) == "What it says."


def test_the_data_comes_along() -> None:
    limited = error_of(
        problem("too-many-requests"), {"retry-after": "90", "ratelimit": '"a-60";r=3;t=1, "b-c-60";r=0;t=9'}
    )
    assert isinstance(limited, errors.TooManyRequests)
    assert (limited.retry_after, limited.rule) == (90, "b-c")
    assert isinstance(error_of(problem("invalid", errors={"a": ["b"]}), {}), errors.ValidationFailed)
    taken = error_of(problem("conflict", errors={"email": ["is taken."]}), {})
    assert isinstance(taken, errors.Taken)
    assert taken.errors == {"email": ["is taken."]}


@pytest.mark.parametrize(("status", "kind"), [(400, errors.InvalidInput), (401, errors.NotAuthenticated),
                                               (403, errors.Forbidden), (409, errors.Conflict),
                                               (418, errors.TripkitError)])  # fmt: skip
def test_a_kind_that_only_a_newer_server_knows_goes_by_its_status(status: int, kind: type[Exception]) -> None:
    assert type(error_of(problem("of-tomorrow", status), {})) is kind
