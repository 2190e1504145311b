"""Providers on the other side, and what tripkit asks them with."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from tripkit.config import OAuth
from tripkit.oauth.base import OAuthProvider
from tripkit.oauth.providers import open_provider

from ..graph import APP_ID, APP_SECRET, Graph
from ..openid import CLIENT_ID, CLIENT_SECRET, OpenID

T = TypeVar("T")
CALLBACK = "https://trips.example.org/api/auth/login/home/callback/"
#: A PKCE verifier.
VERIFIER = "v" * 43


def wait(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@pytest.fixture
def openid(clock: Any) -> Iterator[OpenID]:
    """A provider whose clock is ours."""
    with OpenID(lambda: clock.now.timestamp()).running() as running:
        yield running


@pytest.fixture
def graph(clock: Any) -> Iterator[Graph]:
    with Graph(lambda: clock.now.timestamp()).running() as running:
        yield running


@pytest.fixture
def home(openid: OpenID, clock: Any) -> Callable[..., OAuthProvider]:
    """`home(admin_group="x")`: what asks `openid`."""

    def make(**options: Any) -> OAuthProvider:
        given = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "issuer": openid.issuer, "timeout": 20}
        return open_provider("home", OAuth(**(given | options)), clock)

    return make


@pytest.fixture
def facebook(graph: Graph, clock: Any) -> Callable[..., OAuthProvider]:
    """What asks `graph`."""

    def make(**options: Any) -> OAuthProvider:
        given = {"client_id": APP_ID, "client_secret": APP_SECRET, "graph_url": f"{graph.url}/v23.0", "timeout": 20}
        return open_provider("facebook", OAuth(**(given | options)), clock)

    return make
