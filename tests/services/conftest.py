"""Plans, made in one line."""

from collections.abc import Callable
from typing import Any

import pytest

from tripkit.bootstrap import Tripkit
from tripkit.schemas.plans import PlanIn, PlanOut
from tripkit.schemas.users import Actor


@pytest.fixture
def make_plan(tripkit: Tripkit) -> Callable[..., PlanOut]:
    """`make_plan(ada, title="Kyoto")`."""

    def make(actor: Actor, **fields: Any) -> PlanOut:
        return tripkit.plans.create(actor, PlanIn(**({"title": "Kyoto", "destination": "Japan"} | fields)))

    return make
