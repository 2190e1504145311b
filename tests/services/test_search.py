"""Searching: what is found, by whom, in which order, and whatever was written before."""

from collections.abc import Callable
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.schemas.plans import PlanIn
from tripkit.schemas.search import SearchQuery
from tripkit.schemas.users import Actor


@pytest.fixture
def find(tripkit: Tripkit, ada: Actor) -> Callable[..., list[str]]:
    """`find("kyoto")`: titles of the plans and items that Ada finds, in order."""

    def search(text: str, actor: Actor = ada, **filters: Any) -> list[str]:
        return [
            (hit.item or hit.plan).title for hit in tripkit.search.page(actor, SearchQuery(text, **filters)).results
        ]

    return search


def test_x(tripkit, ada, find):
    tripkit.plans.create(ada, PlanIn(title="Kyoto in April", destination="Kyoto"))
    assert find("kyo") == ["Kyoto in April"]
