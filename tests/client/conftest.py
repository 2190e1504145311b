"""Clients of a live server, each of an account of its own."""

from collections.abc import Callable, Iterator

import pytest

from tripkit.client import Client
from tripkit.client.authorization import Session
from tripkit.schemas.users import TokenPair

from ..live import PASSWORD, LiveServer, server, sign_up

__all__ = ["PASSWORD", "LiveServer", "server", "sign_up"]


@pytest.fixture
def pair(server: LiveServer) -> TokenPair:
    """The tokens of a new account."""
    with server.client() as http:
        return TokenPair(**sign_up(http)["tokens"])


@pytest.fixture
def client(server: LiveServer, pair: TokenPair) -> Iterator[Client]:
    with Client(server.url, authorization=Session(pair)) as found:
        yield found


@pytest.fixture
def stranger(server: LiveServer) -> Iterator[Client]:
    with server.client() as http:
        tokens = TokenPair(**sign_up(http)["tokens"])
    with Client(server.url, authorization=Session(tokens)) as found:
        yield found


@pytest.fixture
def outdated(server: LiveServer, pair: TokenPair) -> Callable[[], Client]:
    """The same account with an access token that the server does not take any more."""
    return lambda: Client(server.url, authorization=Session(TokenPair("a.b.c", pair.refresh)))
