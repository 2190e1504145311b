"""Facebook: whom a token was made for is asked, and every request is signed with the secret of the app."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tripkit.errors import ProviderUnavailable, SignInFailed, ValidationFailed
from tripkit.oauth.base import AccessTokenProof, CodeProof, IdTokenProof, OAuthProvider, Person

from ..graph import APP_ID, Graph
from ..standin import send
from .conftest import CALLBACK, VERIFIER, wait

Facebook = Callable[..., OAuthProvider]
ADA = Person("10001", "ada@example.org", False, "", "Ada", "Lovelace")


def test_the_browser_is_sent_to_the_dialog_of_the_same_version(facebook: Facebook) -> None:
    asked = facebook().authorization_url(redirect_uri=CALLBACK, state="s", nonce="n", code_verifier=VERIFIER)
    url = urlsplit(wait(asked))
    assert url._replace(query="").geturl() == "https://www.facebook.com/v23.0/dialog/oauth"
    query = parse_qs(url.query)
    assert query.keys() == {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    }
    assert query["scope"] == ["email public_profile"]


def test_a_code_and_an_access_token_identify_the_same_person(graph: Graph, facebook: Facebook) -> None:
    assert wait(facebook().identify(CodeProof(graph.code(CALLBACK), CALLBACK, VERIFIER))) == ADA
    assert wait(facebook().identify(AccessTokenProof(graph.access_token()))) == ADA
    graph.about = {}
    assert wait(facebook().identify(AccessTokenProof(graph.access_token()))) == Person("10001")


def test_no_address_of_facebook_is_verified(graph: Graph, facebook: Facebook) -> None:
    graph.about |= {"email_verified": True, "verified": True}
    assert not wait(facebook().identify(AccessTokenProof(graph.access_token()))).is_verified


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"app_id": "another-app"}, "made for another service"),
        ({"app_id": ""}, "made for another service"),
        ({"is_valid": False}, "not valid any more"),
        ({"type": "PAGE"}, "made for another service"),
    ],
)
def test_a_token_that_was_not_made_for_us_is_refused(
    graph: Graph, facebook: Facebook, made: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SignInFailed, match=reason):
        wait(facebook().identify(AccessTokenProof(graph.access_token(**made))))
    assert not any(path.endswith("/me") for path in graph.asked)


def test_a_token_that_nobody_made_is_refused(facebook: Facebook) -> None:
    with pytest.raises(SignInFailed, match="not valid any more"):
        wait(facebook().identify(AccessTokenProof("made-up")))


def test_a_token_of_somebody_else_than_it_says_is_refused(graph: Graph, facebook: Facebook) -> None:
    graph.me = {"id": "666"}
    with pytest.raises(SignInFailed, match="describes somebody else"):
        wait(facebook().identify(AccessTokenProof(graph.access_token())))


def test_a_code_is_worth_something_once_and_for_its_redirect_uri(graph: Graph, facebook: Facebook) -> None:
    code = graph.code(CALLBACK)
    assert wait(facebook().identify(CodeProof(code, CALLBACK, VERIFIER)))
    for spent in (code, "made-up", graph.code("https://another.example/")):
        with pytest.raises(SignInFailed, match="does not accept the code"):
            wait(facebook().identify(CodeProof(spent, CALLBACK, VERIFIER)))


@pytest.mark.parametrize("wrong", [{"client_id": "999"}, {"client_secret": "wrong"}])
def test_wrong_keys_are_not_the_fault_of_whoever_signs_in(
    graph: Graph, facebook: Facebook, wrong: dict[str, str]
) -> None:
    for proof in (CodeProof(graph.code(CALLBACK), CALLBACK, VERIFIER), AccessTokenProof(graph.access_token())):
        with pytest.raises(ProviderUnavailable) as failed:
            wait(facebook(**wrong).identify(proof))
        assert "facebook-app-secret" not in str(failed.value)


def test_an_id_token_is_not_taken(facebook: Facebook) -> None:
    with pytest.raises(ValidationFailed) as failed:
        wait(facebook().identify(IdTokenProof("x", "n")))
    assert failed.value.errors.keys() == {"id_token"}


@pytest.mark.parametrize("path", ["oauth/access_token", "debug_token", "me"])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>"),
        (200, b"[]"),
        (200, {"data": 7}),
        (500, {}),
        (302, b""),
        (400, {"error": {"code": 4}}),
        (429, {}),
    ],
)
def test_a_graph_that_answers_badly_is_unavailable(
    graph: Graph, facebook: Facebook, path: str, status: int, body: Any
) -> None:
    code = graph.code(CALLBACK)
    graph.hostile[f"/v23.0/{path}"] = lambda handler: send(handler, status, body, {"Location": "http://10.0.0.1/"})
    with pytest.raises(ProviderUnavailable) as failed:
        wait(facebook().identify(CodeProof(code, CALLBACK, VERIFIER)))
    assert "EAA" not in str(failed.value)
    assert APP_ID not in str(failed.value)
