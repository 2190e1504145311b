"""Chains of requests along the links of the document: what one answer says is sent with the next request.

A chain is made up before anything is sent. Were the next request chosen by the answers, Hypothesis could not make the
same chain again, since ids are never the same; so what follows a refused request is left out, and no more. Each chain
has an account of its own: nothing is there but what the chain has made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies as st

from ..conftest import SOAK
from ..live import LiveServer, sign_up
from .document import CHECKS, QUICK, newcomer, schema, session

EXAMPLES = 50 if SOAK else 5
#: Requests that follow at random when a link has been followed.
MORE = 8 if SOAK else 3
#: Headers that ask for what a chain does not know: a version, or a key.
UNSENT = ("If-Match", "If-None-Match", "Idempotency-Key")
#: What has to be there before, beside what an address names.
BEFORE = {"create_expense": "create_traveller"}
#: What is sent in place of what is refused, so that the chain goes on.
SIMPLEST: dict[str, dict[str, Any]] = {
    "create_plan": {"title": "T", "destination": "D"},
    "create_item": {"title": "I"},
    "create_traveller": {"name": "N"},
    "create_expense": {"title": "E", "date": "2027-04-01", "amount": "1", "paid_by": [{"traveller_id": 1}]},
    "create_checklist": {"name": "C"},
    "add_entries": {"entries": [{"text": "E"}]},
    "move_item": {"position": 1},
    "move_checklist": {"position": 1},
    "create_template": {"name": "T"},
    "move_entry": {"position": 1},
    "create_share_link": {"label": "L"},
    "create_api_token": {"name": "N", "scopes": ["plans:read"]},
    "invite_member": {"username": "guest"},
}


class Operation:
    """One operation of the document."""

    def __init__(self, declared: Any) -> None:
        raw: dict[str, Any] = declared.definition.raw
        self.name: str = raw["operationId"]
        #: Parameters of its address that come from elsewhere; any version may be asked for.
        self.needs = {each["name"] for each in raw.get("parameters", ()) if each["in"] == "path"} - {"version"}
        self.cases = declared.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
        #: By status: what may follow, and where its parameters come from.
        self.links: dict[int, dict[str, dict[str, str]]] = {
            int(status): {each["operationId"]: each["parameters"] for each in answer["links"].values()}
            for status, answer in raw["responses"].items()
            if "links" in answer
        }
        self.linked = [name for links in self.links.values() for name in links]
        self.gives = {frozenset(each) for links in self.links.values() for each in links.values()}


OPERATIONS = {each.name: each for each in (Operation(found.ok()) for found in schema.get_all_operations())}
LINKS = [(source.name, target) for source in OPERATIONS.values() for target in source.linked]
#: What is asked for by just what an answer gives.
FOLLOWERS = {
    source.name: [target.name for target in OPERATIONS.values() if target.needs in source.gives]
    for source in OPERATIONS.values()
    if source.gives
}


def _ways() -> dict[str, list[str]]:
    """For each operation the shortest chain to it: by links, or from what gives all that its address needs."""
    linked = {target for _, target in LINKS}
    ways = {name: [name] for name in FOLLOWERS if not OPERATIONS[name].needs}
    waiting = list(ways)
    for source in waiting:
        found = [name for name in FOLLOWERS.get(source, ()) if name not in linked] + OPERATIONS[source].linked
        for target in found:
            if target not in ways:
                ways[target] = [*ways[source], target]
                waiting.append(target)
    return ways


WAYS = _ways()


@dataclass
class Step:
    """One request of a chain: what is sent, and the step whose answer it follows."""

    operation: Operation
    case: Any
    source: "Step | None"
    #: By operation: the parameters that the answer gives it.
    given: dict[str, dict[str, Any]] = field(default_factory=dict)


@st.composite
def chains(draw: st.DrawFn, link: tuple[str, str]) -> list[Step]:
    """Requests that lead to this link and follow it, and some more."""
    steps: list[Step] = []

    def add(name: str, source: Step | None) -> Step:
        for each in filter(None, (BEFORE.get(name), name)):
            operation = OPERATIONS[each]
            steps.append(Step(operation, draw(operation.cases), source))
        return steps[-1]

    last: Step | None = None
    for name in (*WAYS[link[0]], link[1]):
        last = add(name, last)
    for _ in range(MORE):
        source = draw(st.sampled_from([each for each in steps if each.operation.gives]))
        add(draw(st.sampled_from(FOLLOWERS[source.operation.name])), source)
    return steps


class Run:
    """Sends a chain."""

    def __init__(self, server: LiveServer) -> None:
        self._server, self._headers = server, newcomer(server)
        #: The last number of each kind that was given out.
        self._known: dict[str, Any] = {}
        #: The links that led to something.
        self.followed: set[tuple[str, str]] = set()

    def send(self, step: Step) -> None:
        operation, case = step.operation, step.case
        if step.source is not None:
            if not (given := step.source.given):
                return  # it was refused itself
            self._known |= given.get(operation.name) or next(g for g in given.values() if g.keys() == operation.needs)
        case.path_parameters = {name: self._known.get(name, value) for name, value in case.path_parameters.items()}
        for header in UNSENT:
            case.headers.pop(header, None)
        answer = self._answer(case, self._plain(case.body))
        simplest = SIMPLEST.get(operation.name, {})
        if wrong := _called_wrong(answer, case):
            right = {name: value for name, value in case.body.items() if name not in wrong}
            answer = self._answer(case, self._plain(simplest | right))
        if simplest and answer.status_code in (400, 403):
            answer = self._answer(case, self._plain(simplest))
        if step.source is not None and _is_followed(step, answer):
            self.followed.add((step.source.operation.name, operation.name))
        self._learn(step, answer)

    def _answer(self, case: Any, body: Any) -> Any:
        case.body = body
        answer = case.call(base_url=self._server.url, headers=self._headers, session=session, timeout=20)
        case.validate_response(answer, checks=CHECKS)
        return answer

    def _learn(self, step: Step, answer: Any) -> None:
        for follower, parameters in step.operation.links.get(answer.status_code, {}).items():
            step.given[follower] = {
                name: _evaluated(expression, step.case, answer) for name, expression in parameters.items()
            }
            self._known |= step.given[follower]
        if "version" in answer.text and answer.status_code < 300 and isinstance(answer.json(), dict):
            self._known["version"] = answer.json().get("version")

    def _plain(self, body: Any) -> Any:
        """A body as it is likely to be taken: it names what is there, in text that can be printed."""
        if isinstance(body, dict):
            return {name: self._known.get(name) or self._plain(value) for name, value in body.items()}
        if isinstance(body, list):
            return [self._plain(each) for each in body]
        if isinstance(body, float) and body.is_integer():
            return int(body)
        return "".join(c if c.isprintable() else "x" for c in body) if isinstance(body, str) else body


def _is_followed(step: Step, answer: Any) -> bool:
    """Whether the answer is what the link is for; what was put into the trash cannot be had any more."""
    source, target = step.source.operation.name, step.operation.name
    is_gone = source.startswith("trash_") and target.startswith("get_")
    return answer.status_code == 404 if is_gone else answer.status_code < 300


def _evaluated(expression: str, case: Any, answer: Any) -> Any:
    """What a runtime expression of a link stands for."""
    if expression.startswith("$request.path."):
        return case.path_parameters[expression.removeprefix("$request.path.")]
    found = answer.json()
    for part in expression.removeprefix("$response.body#/").split("/"):
        found = found[int(part) if isinstance(found, list) else part]
    return found


def _called_wrong(answer: Any, case: Any) -> set[str]:
    """The fields of a refused body that are to blame, if only for what is in them."""
    if answer.status_code != 400 or not isinstance(case.body, Mapping):
        return set()
    named = {name.partition("[")[0].partition(".")[0] for name in answer.json().get("errors", {})}
    return named & case.body.keys()


@pytest.fixture(scope="session", autouse=True)
def _guest(server: LiveServer) -> None:
    """Somebody who may be let into plans."""
    with server.client() as client:
        sign_up(client, username="guest", email="guest@example.org")


@pytest.mark.parametrize("link", LINKS, ids=" -> ".join)
def test_a_link_leads_to_an_answer_that_the_document_describes(server: LiveServer, link: tuple[str, str]) -> None:
    followed: set[tuple[str, str]] = set()

    @hypothesis.settings(max_examples=EXAMPLES, **QUICK)
    @hypothesis.given(steps=chains(link))
    def send(steps: list[Step]) -> None:
        run = Run(server)
        for step in steps:
            run.send(step)
        followed.update(run.followed)

    send()
    assert link in followed
