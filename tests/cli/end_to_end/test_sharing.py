"""`tripkit plan share` and its like, wherever they work."""

from collections.abc import Callable
from typing import Any

import pytest

from ...live import PASSWORD, sign_up
from .conftest import Do


@pytest.fixture
def bob(do: Do, request: pytest.FixtureRequest) -> tuple[str, Callable[..., str]]:
    """Another account, and what runs commands as it."""
    if do.place == "local":
        request.getfixturevalue("person")("bob")
        return "bob", lambda *words, **options: do(*words, "--user", "bob", **options)
    server: Any = request.getfixturevalue("postgres_server" if "postgres" in do.place else "sqlite_server")
    with server.client() as client:
        user = sign_up(client)["user"]
        token = client.post("/api/auth/login/", json={"email": user["email"], "password": PASSWORD})
    setting = {"TRIPKIT_CLIENT__SERVER": server.url, "TRIPKIT_CLIENT__TOKEN": token.json()["tokens"]["access"]}
    return user["username"], lambda *words, **options: do(*words, env=setting, **options)


@pytest.fixture
def me(do: Do, bob: Any) -> Callable[..., str]:
    """Where there are two accounts, commands have to say whose they are."""
    if do.place == "local":
        return lambda *words, **options: do(*words, "--user", "ada", **options)
    return do


def test_members_are_let_in_and_put_out(do: Do, me: Callable[..., str], bob: tuple[str, Callable[..., str]]) -> None:
    name, as_bob = bob
    plan = me("plan", "new", "Kyoto in April", "Kyoto").strip()
    me("plan", "share", "kyoto", name)
    assert do.said == f"{name} is a viewer of plan {plan} now.\n"
    as_bob("plan", "set", plan, "--title", "Mine", code=4)
    me("plan", "share", "kyoto", name, "--role", "editor")
    assert as_bob("plan", "set", plan, "--title", "Ours") == ""
    assert name in me("plan", "members", plan)
    me("plan", "unshare", plan, name)
    as_bob("plan", "show", plan, code=3)
    me("plan", "unshare", plan, name, code=3)
    assert do.said == f"tripkit: There is no member {name}.\n"
    assert as_bob("plan", "invitations") == ""
    as_bob("plan", "join", "99", code=3)


def test_a_plan_changes_hands(do: Do, me: Callable[..., str], bob: tuple[str, Callable[..., str]]) -> None:
    name, as_bob = bob
    plan = me("plan", "new", "Kyoto in April", "Kyoto").strip()
    me("plan", "share", plan, name)
    me("plan", "transfer", plan, name)
    as_bob("plan", "transfer", plan, "--decline")
    me("plan", "transfer", plan, name)
    as_bob("plan", "transfer", plan, "--accept")
    assert do.said == f"Plan {plan} is yours now.\n"
    me("plan", "leave", plan)
    assert me("plan", "list") == ""
