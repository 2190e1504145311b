"""What `tripkit oauth check` finds: each thing that is wrong is said in one line."""

from collections.abc import Callable
from typing import Any

import pytest

from tripkit.oauth.base import OAuthProvider

from ..graph import Graph
from ..openid import OpenID
from ..standin import send
from .conftest import CALLBACK, wait

Make = Callable[..., OAuthProvider]


def wrong(provider: OAuthProvider) -> dict[str, str]:
    """What is not right, by what was looked at."""
    found = wait(provider.check(CALLBACK))
    assert all("\n" not in each.detail for each in found)
    return {each.check: each.detail for each in found if each.state != "ok"}


def test_a_provider_that_is_right_is_right_in_everything(openid: OpenID, home: Make) -> None:
    found = wait(home().check(CALLBACK))
    assert [(each.check, each.state) for each in found] == [
        ("discovery", "ok"),
        ("keys", "ok"),
        ("clock", "ok"),
        ("secret", "ok"),
    ]


@pytest.mark.parametrize("keys", [{"client_secret": "wrong"}, {"client_id": "wrong"}])
def test_a_wrong_secret_is_explained(home: Make, keys: dict[str, str]) -> None:
    assert wrong(home(**keys)) == {"secret": "the client_id or client_secret is wrong: the provider refuses them."}


def test_a_wrong_issuer_is_explained(openid: OpenID, home: Make) -> None:
    [detail] = wrong(home(issuer=openid.issuer + "/")).values()
    assert f"it calls itself '{openid.issuer}' where '{openid.issuer}/' was expected" in detail
    [detail] = wrong(home(issuer=openid.issuer + "/realms/none")).values()
    assert "/realms/none/.well-known/openid-configuration" in detail
    assert "status 404" in detail
    [detail] = wrong(home(issuer="http://127.0.0.1:9")).values()
    assert "cannot be reached" in detail


@pytest.mark.parametrize(("seconds", "where"), [(3600, "ahead of"), (-3600, "behind")])
def test_a_clock_that_is_off_is_explained(openid: OpenID, home: Make, clock: Any, seconds: int, where: str) -> None:
    provider = home()
    real = openid.now()
    openid.now = lambda: real
    clock.advance(seconds=seconds)
    assert wrong(provider) == {
        "clock": f"the clock of this machine is 3600 s {where} the provider's. Set it by NTP.",
    }


def test_other_troubles_are_explained_too(openid: OpenID, home: Make) -> None:
    openid.hostile["/jwks"] = lambda handler: send(handler, 200, {"keys": []}, {})
    assert wrong(home()) == {"keys": f"{openid.url}/jwks: it has no key for signatures."}
    openid.hostile = {"/token": lambda handler: send(handler, 400, {"error": "redirect_uri_mismatch"}, {})}
    assert "redirect URI" in wrong(home())["secret"]
    openid.hostile = {"/token": lambda handler: send(handler, 400, {"error": "strange"}, {})}
    assert "'strange'" in wrong(home())["secret"]
    openid.hostile = {"/token": lambda handler: send(handler, 502, b"", {})}
    assert "status 502" in wrong(home())["secret"]


def test_facebook_is_checked_by_asking_about_the_app_itself(graph: Graph, facebook: Make) -> None:
    assert [(each.check, each.state) for each in wait(facebook().check(CALLBACK))] == [
        ("graph", "ok"),
        ("clock", "ok"),
        ("secret", "ok"),
    ]
    assert wrong(facebook(client_secret="wrong")).keys() == {"secret"}
    assert "cannot be reached" in wrong(facebook(graph_url="http://127.0.0.1:9"))["graph"]
